"""Nothing public without a case: names and signatures beside PyTorch's, and where each one is tested."""

from __future__ import annotations

import inspect
from importlib import import_module

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from layer_cases import LAYERS, LOSSES, SPREADS
from op_cases_nn import CASES

import tinygrad_edu as tg
from tinygrad_edu import nn
from tinygrad_edu.primitive import Op
from tinygrad_edu.watching import watched

# Ours alone, or without floats to differentiate, or random: each with a test of its own.
FUNCTIONS_OF_THEIR_OWN = {
    "one_hot": "test_one_hot_agrees_with_torch",
    "rmse_loss": "test_rmse",
    "sign": "test_sign_and_step",
    "step": "test_sign_and_step",
}
# Not in PyTorch, or operations of the engine themselves, whose one input has no name there.
WITHOUT_A_PEER = {"rmse_loss", "sigmoid", "sign", "step", "tanh"}
# What is no layer, loss or activation: tested by its behaviour.
PARTS = {
    "Module",
    "ModuleDict",
    "ModuleList",
    "Parameter",
    "ParameterList",
    "functional",
    "init",
    "summary",
    "utils",
}
LAYERS_OF_THEIR_OWN = {"Embedding", "RMSELoss", "Sign", "Step"}
# PyTorch has these only to refuse or to warn of them.
OLD = {"size_average", "reduce", "_stacklevel", "generator", "args", "kwargs"}


def is_tested(name):
    return any(case == name or case.startswith(name + "_") for case in CASES)


def test_every_function_has_a_case():
    names = set(nn.functional.__all__)
    left_out = {name for name in names if not is_tested(name)}
    assert left_out == FUNCTIONS_OF_THEIR_OWN.keys()
    # and the other way round: no case of something that is not there
    assert all(any(case == n or case.startswith(n + "_") for n in names) for case in CASES)


def test_every_layer_and_loss_has_a_case():
    texts = [text for text, _ in LAYERS] + [text for text, *_ in LOSSES]
    tested = {text.partition("(")[0] for text in texts}
    assert set(nn.__all__) - tested == PARTS | LAYERS_OF_THEIR_OWN


def test_every_initializer_has_a_case():
    tested = {name for name, *_ in SPREADS}
    assert set(nn.init.__all__) - tested == {
        "calculate_gain",
        "constant_",
        "eye_",
        "ones_",
        "orthogonal_",
        "zeros_",
    }


def parameters(function):
    return [p for p in inspect.signature(function).parameters.values() if p.name not in OLD]


@pytest.mark.parametrize("name", sorted(set(nn.functional.__all__) - WITHOUT_A_PEER))
def test_functions_have_pytorchs_names_and_defaults(name):
    torch = pytest.importorskip("torch")
    theirs = getattr(torch.nn.functional, name)
    try:
        expected = {p.name: p.default for p in parameters(theirs)}
    except ValueError:
        pytest.skip("PyTorch does not tell the signature of this one")
    if not expected:
        pytest.skip("PyTorch does not tell the signature of this one")
    ours = {p.name: p.default for p in parameters(getattr(nn.functional, name))}
    assert differing(ours, expected) == {}


@pytest.mark.parametrize("name", sorted(set(nn.__all__) - PARTS - LAYERS_OF_THEIR_OWN - {"Sequential"}))
def test_layers_have_pytorchs_names_and_defaults(name):
    torch = pytest.importorskip("torch")
    expected = {p.name: p.default for p in parameters(getattr(torch.nn, name))}
    ours = {p.name: p.default for p in parameters(getattr(nn, name))}
    assert differing(ours, expected) == {}


@pytest.mark.parametrize("name", nn.init.__all__)
def test_initializers_have_pytorchs_names_and_defaults(name):
    torch = pytest.importorskip("torch")
    expected = {p.name: p.default for p in parameters(getattr(torch.nn.init, name))}
    ours = {p.name: p.default for p in parameters(getattr(nn.init, name))}
    assert differing(ours, expected) == {}


# What PyTorch has and we do not: features, not spellings.
NOT_OFFERED = {
    "return_indices",
    "divisor_override",
    "dtype",
    "_weight",
    "_freeze",
    "weight",
    "min_value",
    "max_value",
}


def differing(ours, expected):
    """The parameters that only one side has, or that differ in their default."""
    only = (ours.keys() - expected.keys()) | (expected.keys() - ours.keys() - NOT_OFFERED)
    both = {name for name in ours.keys() & expected.keys() if ours[name] != expected[name]}
    return {name: (ours.get(name), expected.get(name)) for name in only | both}


def test_no_rule_of_these_operations_is_left_out():
    """Every rule that the operations behind the layers declare runs under some case, first or second order."""
    declared = {
        value.op.name
        for module in ("activation", "conv", "linear", "loss", "norm", "pool", "resample", "unfold")
        for value in vars(import_module(f"tinygrad_edu.ops.{module}")).values()
        if isinstance(getattr(value, "op", None), Op) and value.op.vjp is not None
    }
    ran = set()

    def noting(op, rule):
        def noted(*args, **kwargs):
            ran.add(op.name)
            return rule(*args, **kwargs)

        return noted

    with watched(lambda op, function: function, noting):
        for case in CASES.values():
            run_twice(case)
    assert len(declared) > 15
    # the step has a test of its own, and so has the third derivative of pooling
    assert declared - ran == {"step", "max_pool2d_pick"}


def run_twice(case):
    """Take first and second derivatives of a few draws of a case."""

    @settings(deadline=None, max_examples=4, derandomize=True, database=None)
    @given(data=st.data())
    def run(data):
        arrays, f = case(data.draw)
        xs = [tg.tensor(a, requires_grad=True) for a in arrays]
        out = f(tg, *xs)
        if not out.requires_grad:
            return
        first = tg.autograd.grad(
            out, xs, tg.ones_like(out).requires_grad_(), create_graph=True, allow_unused=True
        )
        for g in first:
            if g is not None and g.requires_grad:
                g.backward(tg.ones_like(g), retain_graph=True)

    run()
