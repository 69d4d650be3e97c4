"""Every public name, run once with this package and once with PyTorch; and a test that no name is left out.

Differentiable operations have their cases in `op_cases`; here are the rest, and every method of a tensor.
"""

from __future__ import annotations

import inspect

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from op_cases import CASES as FIRST_CASES
from op_cases_more import CASES as MORE_CASES

import tinygrad_edu as tg

DRAWS = settings(deadline=None, max_examples=15, derandomize=True, database=None)

# Ours alone. Each is tested where it lives: conventions, CONVENTIONS.md's page and the engine's own tests.
FUNCTIONS_OF_OUR_OWN = {"cast", "keep_freed_memory", "sum_to"}
METHODS_OF_OUR_OWN = {"name", "op", "inputs", "arrays", "params", "kept", "order", "cotangent", "extra"}

# Called with the library and two tensors of one drawn shape, whose numbers tie and are sometimes not finite.
FUNCTIONS = {
    "add": lambda lib, x, y: lib.add(x, y),
    "all": lambda lib, x, y: [lib.all(x), lib.all(x, dim=0), lib.all(x, dim=1, keepdim=True)],
    "allclose": lambda lib, x, y: [
        lib.allclose(x, y),
        lib.allclose(x, x + 1e-9),
        lib.allclose(x, x, equal_nan=True),
        lib.allclose(x, x * 1.1, rtol=0.2),
    ],
    "any": lambda lib, x, y: [lib.any(x), lib.any(x, dim=0), lib.any(x, dim=1, keepdim=True)],
    "arange": lambda lib, x, y: [lib.arange(5), lib.arange(1, 2, 0.25), lib.arange(2, 7), lib.arange(3.0)],
    "argmax": lambda lib, x, y: [lib.argmax(x[:1]), lib.argmax(distinct(lib, x), dim=1)],
    "argmin": lambda lib, x, y: [lib.argmin(x[:1]), lib.argmin(distinct(lib, x), dim=0, keepdim=True)],
    "argsort": lambda lib, x, y: [
        lib.argsort(distinct(lib, x)),
        lib.argsort(distinct(lib, x), dim=0, descending=True),
    ],
    "clamp": lambda lib, x, y: [lib.clamp(x, -1, 1), lib.clamp(x, min=0), lib.clamp(x, max=0)],
    "device": lambda lib, x, y: [lib.device("cpu").type, str(x.to(lib.device("cpu")).device)],
    "div": lambda lib, x, y: lib.div(x, y),
    "empty": lambda lib, x, y: [
        list(lib.empty(2, 3).shape),
        lib.empty((1,), dtype=lib.float64).dtype == lib.float64,
    ],
    "enable_grad": lambda lib, x, y: [grads_on(lib, lib.no_grad(), lib.enable_grad())],
    "eq": lambda lib, x, y: lib.eq(x, y),
    "equal": lambda lib, x, y: [
        lib.equal(x, y),
        lib.equal(x * 0 + 1 == 1, x * 0 + 1 == 1),
        lib.equal(x, x[:1]),
    ],
    "expand": lambda lib, x, y: [x[:, :1].expand(-1, 4), x.expand(2, *x.shape)],
    "eye": lambda lib, x, y: [lib.eye(3), lib.eye(2, 3), lib.eye(2, dtype=lib.float64)],
    "flatten": lambda lib, x, y: [lib.flatten(x), lib.flatten(x[None], 1), lib.flatten(x[None], 0, 1)],
    "from_numpy": lambda lib, x, y: lib.from_numpy(np.arange(3.0)) * 2,
    "full": lambda lib, x, y: [lib.full((2, 2), 7), lib.full((2,), 0.5), lib.full((1,), True)],
    "full_like": lambda lib, x, y: lib.full_like(x, 3),
    "ge": lambda lib, x, y: lib.ge(x, y),
    "gt": lambda lib, x, y: lib.gt(x, y),
    "is_grad_enabled": lambda lib, x, y: [lib.is_grad_enabled(), grads_on(lib, lib.no_grad())],
    "is_tensor": lambda lib, x, y: [lib.is_tensor(x), lib.is_tensor(1.0), lib.is_tensor([x])],
    "isclose": lambda lib, x, y: [
        lib.isclose(x, y),
        lib.isclose(x, y, rtol=0.6, atol=1e-3),
        lib.isclose(x, x, equal_nan=True),
    ],
    "isfinite": lambda lib, x, y: lib.isfinite(x),
    "isinf": lambda lib, x, y: lib.isinf(x),
    "isnan": lambda lib, x, y: lib.isnan(x),
    "le": lambda lib, x, y: lib.le(x, y),
    "linspace": lambda lib, x, y: [lib.linspace(-1, 1, 5), lib.linspace(0, 3, 2, dtype=lib.float64)],
    "logical_and": lambda lib, x, y: lib.logical_and(x, y),
    "logical_not": lambda lib, x, y: lib.logical_not(x),
    "logical_or": lambda lib, x, y: lib.logical_or(x, y),
    "lt": lambda lib, x, y: lib.lt(x, y),
    "manual_seed": lambda lib, x, y: same_again(lib, lambda: lib.rand(3)),
    "matmul": lambda lib, x, y: finite(lib, x).matmul(finite(lib, y).T),
    "mm": lambda lib, x, y: lib.mm(finite(lib, x), finite(lib, y).T),
    "mul": lambda lib, x, y: lib.mul(x, y),
    "ne": lambda lib, x, y: lib.ne(x, y),
    "neg": lambda lib, x, y: lib.neg(x),
    "no_grad": lambda lib, x, y: grads_on(lib, lib.no_grad()),
    "numel": lambda lib, x, y: lib.numel(x),
    "ones": lambda lib, x, y: [lib.ones(2, 3), lib.ones([2]), lib.ones((), dtype=lib.int64)],
    "ones_like": lambda lib, x, y: lib.ones_like(x),
    "permute": lambda lib, x, y: [lib.permute(x, (1, 0)), x[None].permute(2, 0, 1)],
    "pow": lambda lib, x, y: [lib.pow(x, 2), lib.pow(x, 3), lib.pow(x.abs(), 0.5)],
    "rand": lambda lib, x, y: [lib.rand(2, 3) < 1, lib.rand(2, dtype=lib.float64) * 0],
    "randint": lambda lib, x, y: [lib.randint(0, 5, (2, 2)) < 5, lib.randint(3, (4,)) >= 0],
    "randn": lambda lib, x, y: [lib.randn(2, 3) * 0 == 0, lib.randn(2, dtype=lib.float64) * 0 == 0],
    "randn_like": lambda lib, x, y: lib.randn_like(x) * 0 == 0,
    "randperm": lambda lib, x, y: lib.sort(lib.randperm(6))[0],
    "reshape": lambda lib, x, y: [lib.reshape(x, (-1,)), lib.reshape(x, (1, -1)), x.reshape(x.shape[1], -1)],
    "set_grad_enabled": lambda lib, x, y: grads_on(lib, lib.set_grad_enabled(False)),
    "squeeze": lambda lib, x, y: [lib.squeeze(x[None]), lib.squeeze(x[None], 0), lib.squeeze(x, 0)],
    "sub": lambda lib, x, y: lib.sub(x, y),
    "swapaxes": lambda lib, x, y: lib.swapaxes(x, 0, 1),
    "take_along_dim": lambda lib, x, y: [
        lib.take_along_dim(x, lib.argsort(distinct(lib, x), dim=1), 1),
        lib.take_along_dim(x, lib.argsort(distinct(lib, x), dim=0), dim=0),
    ],
    "Tensor": lambda lib, x, y: [isinstance(x, lib.Tensor), lib.Tensor([1.0, 2.0])],
    "transpose": lambda lib, x, y: lib.transpose(x, 0, 1),
    "unbind": lambda lib, x, y: [*lib.unbind(x), *lib.unbind(x, 1)],
    "unsqueeze": lambda lib, x, y: [lib.unsqueeze(x, 0), lib.unsqueeze(x, -1), lib.unsqueeze(x, 1)],
    "zeros": lambda lib, x, y: [lib.zeros(2, 3), lib.zeros((2,), dtype=lib.bool), lib.zeros(1, device="cpu")],
    "zeros_like": lambda lib, x, y: lib.zeros_like(x),
}

# What a method does that is not simply the function of its name.
METHODS = {
    "T": lambda lib, x, y: x.T,
    "add_": lambda lib, x, y: [
        changed(x, "add_", y),
        changed(x, "add_", y, alpha=0.5),
        changed(x, "add_", 2),
    ],
    "backward": lambda lib, x, y: [leaf_gradient(lib, x, lambda z: (z * y).backward(y))],
    "bool": lambda lib, x, y: x.bool(),
    "clamp_": lambda lib, x, y: [changed(x, "clamp_", -1, 1), changed(x, "clamp_", min=0)],
    "clip_": lambda lib, x, y: changed(x, "clip_", -1, 1),
    "clone": lambda lib, x, y: leaf_gradient(lib, x, lambda z: (z.clone() * y).sum().backward()),
    "contiguous": lambda lib, x, y: x.T.contiguous(),
    "copy_": lambda lib, x, y: [changed(x, "copy_", y), changed(x, "copy_", y[:1])],
    "cpu": lambda lib, x, y: x.cpu(),
    "data": lambda lib, x, y: lib.tensor(np.asarray(x.data)),
    "detach": lambda lib, x, y: [x.detach(), x.requires_grad_().detach().requires_grad],
    "device": lambda lib, x, y: [str(x.device), x.device.type],
    "dim": lambda lib, x, y: x.dim(),
    "div_": lambda lib, x, y: changed(x, "div_", y),
    "double": lambda lib, x, y: x.double(),
    "dtype": lambda lib, x, y: [str(x.dtype).removeprefix("torch."), x.dtype == lib.float32],
    "expand_as": lambda lib, x, y: x[:1].expand_as(y),
    "fill_": lambda lib, x, y: changed(x, "fill_", 0.3),
    "float": lambda lib, x, y: x.float(),
    "grad": lambda lib, x, y: [x.grad is None, leaf_gradient(lib, x, lambda z: (z * z).sum().backward())],
    "grad_fn": lambda lib, x, y: [x.grad_fn is None, (x.requires_grad_() * y).grad_fn is None],
    "int": lambda lib, x, y: finite(lib, x).int(),
    "is_leaf": lambda lib, x, y: [x.is_leaf, (x.requires_grad_() * y).is_leaf],
    "item": lambda lib, x, y: x[0, 0].item(),
    "long": lambda lib, x, y: finite(lib, x).long(),
    "mT": lambda lib, x, y: x[None].mT,
    "masked_fill": lambda lib, x, y: x.masked_fill(y > 0, -1.0),
    "mul_": lambda lib, x, y: changed(x, "mul_", y),
    "ndim": lambda lib, x, y: x.ndim,
    "numel": lambda lib, x, y: x.numel(),
    "numpy": lambda lib, x, y: lib.tensor(x.numpy()),
    "register_hook": lambda lib, x, y: hooked(lib, x, y),
    "requires_grad": lambda lib, x, y: [x.requires_grad, (x.requires_grad_() * y).requires_grad],
    "requires_grad_": lambda lib, x, y: [
        x.requires_grad_().requires_grad,
        x.requires_grad_(False).requires_grad,
    ],
    "reshape_as": lambda lib, x, y: x.reshape_as(y.T),
    "retain_grad": lambda lib, x, y: retained(lib, x, y)[0],
    "retains_grad": lambda lib, x, y: retained(lib, x, y)[1:],
    "shape": lambda lib, x, y: list(x.shape),
    "size": lambda lib, x, y: [list(x.size()), x.size(0), x.size(-1)],
    "sub_": lambda lib, x, y: [changed(x, "sub_", y), changed(x, "sub_", y, alpha=2)],
    "t": lambda lib, x, y: x.t(),
    "to": lambda lib, x, y: [
        x.to(lib.float64),
        x.to("cpu"),
        x.to("cpu", lib.float64),
        x.to(device="cpu"),
        x.to(y),
    ],
    "tolist": lambda lib, x, y: x.tolist(),
    "type": lambda lib, x, y: x.type(lib.float64),
    "view": lambda lib, x, y: [x.view(-1), x.view(1, *x.shape)],
    "view_as": lambda lib, x, y: x.view_as(y),
    "where": lambda lib, x, y: x.where(y > 0, y),
    "zero_": lambda lib, x, y: changed(x, "zero_"),
}
# Arguments for the methods that are functions of the package, where a call without any will not do.
ARGUMENTS = {
    **dict.fromkeys("add sub mul div maximum minimum atan2 eq ne lt le gt ge remainder".split(), ("y",)),
    "matmul": ("y.T",),
    "mm": ("y.T",),
    "pow": (2,),
    "clip": (-1, 1),
    "clamp": (-1, 1),
    "topk": (1,),
    "roll": (1,),
    "flip": ((0,),),
    "moveaxis": (0, 1),
    "tile": ((2,),),
    "repeat_interleave": (2,),
    "split": (2,),
    "chunk": (2,),
    "softmax": (1,),
    "log_softmax": (1,),
    "logsumexp": (1,),
    "unsqueeze": (0,),
    "transpose": (0, 1),
    "swapaxes": (0, 1),
    "permute": (1, 0),
    "expand": (2, -1, -1),
    "reshape": (-1,),
    "cumsum": (0,),
    "cumprod": (1,),
    "gather": (1, "index"),
    "take_along_dim": ("index", 1),
    "scatter_add": (1, "index", "y"),
    "index_select": (0, "first"),
}


def distinct(lib, x):
    """Numbers of the shape of `x` of which no two tie."""
    rows, columns = x.shape
    return lib.sin(lib.arange(rows * columns) * 2.3).reshape(rows, columns)


def finite(lib, x):
    return lib.where(lib.isfinite(x), x, lib.zeros_like(x))


def grads_on(lib, *managers):
    managers[0].__enter__()
    for manager in managers[1:]:
        manager.__enter__()
    answer = lib.is_grad_enabled()
    for manager in managers[::-1]:
        manager.__exit__(None, None, None)
    return answer


def same_again(lib, draw):
    lib.manual_seed(4)
    first = draw()
    lib.manual_seed(4)
    return bool((first == draw()).all())


def changed(x, name, *args, **options):
    """The tensor after the change, which it returns itself."""
    y = x.clone()
    assert getattr(y, name)(*args, **options) is y
    return y


def leaf_gradient(lib, x, use):
    z = x.detach().clone().requires_grad_()
    use(z)
    return z.grad


def hooked(lib, x, y):
    z = x.detach().clone().requires_grad_()
    handle = z.register_hook(lambda g: g * 2)
    (z * y).sum().backward()
    twice = z.grad.clone()
    handle.remove()
    z.grad = None
    (z * y).sum().backward()
    return [twice, z.grad]


def retained(lib, x, y):
    z = x.detach().clone().requires_grad_()
    interior, other = z * y, z * 2
    interior.retain_grad()
    ((interior * 3).sum() + other.sum()).backward()
    return [interior.grad, interior.retains_grad, other.retains_grad, z.retains_grad]


def flat(answer):
    """An answer as a list of plain things: arrays, numbers, texts."""
    if isinstance(answer, (list, tuple)):
        return [part for one in answer for part in flat(one)]
    if hasattr(answer, "detach"):
        answer = np.asarray(answer.detach().numpy())
        return [answer.dtype.name, answer.shape, answer]
    return [answer]


def assert_same(ours, theirs):
    ours, theirs = flat(ours), flat(theirs)
    assert len(ours) == len(theirs)
    for got, expected in zip(ours, theirs, strict=True):
        if isinstance(expected, np.ndarray):
            np.testing.assert_allclose(got, expected, rtol=1e-6, atol=1e-6)
        else:
            assert type(got) is type(expected)
            assert got == expected or got != got


NUMBERS = st.sampled_from([0.0, 1.0, -1.0, 2.0, -2.0, 0.5, 3.0, float("inf"), float("nan")])


@st.composite
def pairs(draw):
    """Two arrays of one shape with two axes, in float32 or float64."""
    shape = draw(st.tuples(st.integers(1, 4), st.integers(1, 4)))
    size = shape[0] * shape[1]
    dtype = draw(st.sampled_from([np.float32, np.float64]))
    return [
        np.array(draw(st.lists(NUMBERS, min_size=size, max_size=size)), dtype).reshape(shape)
        for _ in range(2)
    ]


def compare(program, arrays):
    torch = pytest.importorskip("torch")
    with np.errstate(all="ignore"):
        ours = program(tg, *(tg.tensor(a) for a in arrays))
    assert_same(ours, program(torch, *(torch.tensor(a) for a in arrays)))


@pytest.mark.parametrize("name", FUNCTIONS)
def test_functions_agree_with_pytorch(name):
    pytest.importorskip("torch")

    @DRAWS
    @given(pairs())
    def run(arrays):
        compare(FUNCTIONS[name], arrays)

    run()


@pytest.mark.parametrize("name", METHODS)
def test_methods_agree_with_pytorch(name):
    pytest.importorskip("torch")

    @DRAWS
    @given(pairs())
    def run(arrays):
        compare(METHODS[name], arrays)

    run()


def method_names():
    return {name for name in dir(tg.Tensor) if not name.startswith("_")}


def functions_as_methods():
    """Methods that are the package's function of the same name, with that function's tests behind them."""
    return {
        name
        for name in method_names() - METHODS.keys()
        if inspect.isfunction(getattr(tg.Tensor, name)) and hasattr(tg, name)
    }


@pytest.mark.parametrize("name", sorted(functions_as_methods()))
def test_a_method_agrees_with_its_function_and_with_pytorch(name):
    x = tg.tensor([[0.3, 0.2, 0.7], [0.5, 0.1, 0.6]], dtype=tg.float64)
    known = {
        "y": x * 2 + 0.1,
        "y.T": (x + 1).T,
        "index": tg.tensor([[0, 2, 1], [1, 1, 0]]),
        "first": tg.tensor([0]),
    }
    args = [known[a] if isinstance(a, str) else a for a in ARGUMENTS.get(name, ())]
    together = [args] if name in {"permute", "reshape"} else [tuple(args)] if name == "expand" else args
    ours, expected = getattr(x, name)(*args), getattr(tg, name)(x, *together)
    assert_same(list(flat(ours)), list(flat(expected)))
    torch = pytest.importorskip("torch")
    to_torch = [torch.tensor(a.numpy()) if isinstance(a, tg.Tensor) else a for a in args]
    assert_same(ours, getattr(torch.tensor(x.numpy()), name)(*to_torch))


class Asked:
    """The package, noting which names are asked of it."""

    def __init__(self):
        self.names = set()

    def __getattr__(self, name):
        self.names.add(name)
        return getattr(tg, name)


def public_functions():
    return {
        name
        for name, value in vars(tg).items()
        if not name.startswith("_")
        and callable(value)
        and getattr(value, "__module__", "").startswith("tinygrad_edu")
    }


def ask(lib, case):
    @settings(DRAWS, max_examples=8)
    @given(st.data())
    def run(data):
        arrays, f = case(data.draw)
        f(lib, *(tg.tensor(a, dtype=tg.float64) for a in arrays))

    run()


def test_no_public_function_is_without_a_case():
    """Each is called by a case of `op_cases` (values, gradients, second gradients) or by one above."""
    asked = Asked()
    for case in (FIRST_CASES | MORE_CASES).values():
        ask(asked, case)
    assert public_functions() - asked.names - FUNCTIONS.keys() == FUNCTIONS_OF_OUR_OWN
    assert FUNCTIONS.keys() <= public_functions()


def test_no_method_is_without_a_case():
    assert method_names() - METHODS.keys() - functions_as_methods() == METHODS_OF_OUR_OWN
