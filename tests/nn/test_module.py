"""Modules: what they consist of, how they are saved and loaded, how they print, what they say when misused."""

from __future__ import annotations

import copy
import pickle

import numpy as np
import pytest

import tinygrad_edu as tg
from tinygrad_edu import nn
from tinygrad_edu.errors import AutogradError, ShapeError
from tinygrad_edu.nn.module import StateDictError


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.scale = nn.Parameter(tg.ones(1))
        self.fc = nn.Linear(3, 3)
        self.register_buffer("mean", tg.zeros(3))
        self.register_buffer("scratch", tg.zeros(3), persistent=False)
        self.plain = tg.ones(2)

    def forward(self, x):
        return self.fc(x) * self.scale


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.first = Block()
        self.layers = nn.ModuleList([nn.Linear(3, 2), nn.ReLU()])
        self.tied = self.first.fc
        self.nothing = None

    def forward(self, x):
        x = self.first(x)
        for layer in self.layers:
            x = layer(x)
        return x


PARAMETERS = ["first.scale", "first.fc.weight", "first.fc.bias", "layers.0.weight", "layers.0.bias"]


def test_parameters_are_found_once_each_own_ones_first():
    net = Net()
    assert [name for name, _ in net.named_parameters()] == PARAMETERS
    assert len(list(net.parameters())) == len(PARAMETERS)
    assert [name for name, _ in net.named_parameters(recurse=False)] == []
    assert [name for name, _ in net.first.named_parameters(prefix="x", recurse=False)] == ["x.scale"]


def test_a_parameter_under_two_names_counts_once_unless_told_otherwise():
    net = nn.Sequential(nn.Linear(3, 3), nn.Linear(3, 3))
    net[1].weight = net[0].weight
    assert [name for name, _ in net.named_parameters()] == ["0.weight", "0.bias", "1.bias"]
    assert len(list(net.named_parameters(remove_duplicate=False))) == 4
    assert list(net.state_dict()) == ["0.weight", "0.bias", "1.weight", "1.bias"]


def test_modules_children_and_buffers():
    net = Net()
    assert [name for name, _ in net.named_modules()] == [
        "",
        "first",
        "first.fc",
        "layers",
        "layers.0",
        "layers.1",
    ]
    assert [name for name, _ in net.named_children()] == ["first", "layers", "tied"]
    assert [name for name, _ in net.named_buffers()] == ["first.mean", "first.scratch"]
    assert len(list(net.modules())) == 6
    assert len(list(net.children())) == 3
    assert len(list(net.buffers())) == 2


def test_what_torch_finds_is_what_is_found_here():
    torch = pytest.importorskip("torch")

    def build(nn):
        return nn.Sequential(
            nn.Conv2d(1, 2, 3, bias=False), nn.ReLU(), nn.Flatten(), nn.Sequential(nn.Linear(8, 4), nn.Tanh())
        )

    ours, theirs = build(nn), build(torch.nn)
    assert [(n, tuple(p.shape)) for n, p in ours.named_parameters()] == [
        (n, tuple(p.shape)) for n, p in theirs.named_parameters()
    ]
    assert [n for n, _ in ours.named_modules()] == [n for n, _ in theirs.named_modules()]
    assert list(ours.state_dict()) == list(theirs.state_dict())
    assert repr(ours) == repr(theirs)


LAYERS = [
    "Linear(4, 3, bias=False)",
    "Conv2d(2, 4, (3, 5), stride=2, padding=(1, 2), dilation=2, groups=2, bias=False)",
    "Conv2d(2, 4, 3, padding='same')",
    "MaxPool2d(2)",
    "MaxPool2d(3, stride=2, padding=1)",
    "AvgPool2d(2, 1)",
    "Flatten()",
    "ReLU()",
    "ReLU(inplace=True)",
    "LeakyReLU(0.2)",
    "Sigmoid()",
    "Tanh()",
    "Softmax(dim=1)",
    "LogSoftmax(dim=-1)",
    "Dropout(0.25)",
    "Identity()",
    "CrossEntropyLoss()",
    "MSELoss()",
    "ModuleList()",
    "Sequential()",
]


@pytest.mark.parametrize("text", LAYERS)
def test_layers_print_as_in_torch(text):
    torch = pytest.importorskip("torch")
    theirs = repr(eval(f"torch.nn.{text}", {"torch": torch}))
    assert repr(eval(f"nn.{text}", {"nn": nn})) == theirs


def test_a_module_prints_its_children_nested():
    assert repr(Net()).splitlines() == [
        "Net(",
        "  (first): Block(",
        "    (fc): Linear(in_features=3, out_features=3, bias=True)",
        "  )",
        "  (layers): ModuleList(",
        "    (0): Linear(in_features=3, out_features=2, bias=True)",
        "    (1): ReLU()",
        "  )",
        "  (tied): Linear(in_features=3, out_features=3, bias=True)",
        ")",
    ]


def test_a_subclass_may_forget_to_call_super():
    class Careless(nn.Module):
        def __init__(self):
            self.fc = nn.Linear(1, 1)
            self.register_buffer("count", tg.zeros(1))

    assert [name for name, _ in Careless().eval().named_parameters()] == ["fc.weight", "fc.bias"]
    assert [name for name, _ in Block().named_buffers()] == ["mean", "scratch"]


def test_train_and_eval_reach_every_module():
    net = Net()
    assert net.eval() is net
    assert not any(module.training for module in net.modules())
    net.train()
    assert all(module.training for module in net.modules())


def test_apply_visits_children_before_their_parent():
    visited = []
    Net().apply(lambda module: visited.append(type(module).__name__))
    assert visited == ["Linear", "Block", "Linear", "ReLU", "ModuleList", "Linear", "Net"]


def test_freezing_and_forgetting_gradients():
    net = Net()
    net(tg.ones(2, 3)).sum().backward()
    assert all(p.grad is not None for p in net.parameters())
    net.zero_grad(set_to_none=False)
    assert all((p.grad.data == 0).all() for p in net.parameters())
    net.zero_grad()
    assert all(p.grad is None for p in net.parameters())
    assert net.requires_grad_(False) is net
    assert not net(tg.ones(2, 3)).requires_grad


def test_dtype_and_device():
    net = Net()
    assert net.to("cpu") is net
    assert net.double().first.mean.dtype == net.first.fc.weight.dtype == tg.float64
    assert net.float().first.fc.weight.dtype == tg.float32
    assert net.to(dtype=tg.float64).first.scale.dtype == tg.float64
    with pytest.raises(AutogradError, match="no device 'cuda' here"):
        net.to("cuda")


# State


def test_a_state_dict_holds_parameters_and_persistent_buffers_under_every_name():
    assert list(Net().state_dict()) == [
        "first.scale",
        "first.mean",
        "first.fc.weight",
        "first.fc.bias",
        "layers.0.weight",
        "layers.0.bias",
        "tied.weight",
        "tied.bias",
    ]
    assert not any(value.requires_grad for value in Net().state_dict().values())


def test_loading_a_state_makes_two_models_agree_and_copies():
    source, target = Net(), Net()
    state = source.state_dict()
    result = target.load_state_dict(state)
    assert result == ([], [])
    x = tg.randn(4, 3)
    np.testing.assert_array_equal(source(x).data, target(x).data)
    for name, parameter in target.named_parameters():
        assert not np.shares_memory(parameter.data, state[name].data)


def test_a_state_dict_of_arrays_loads_and_takes_the_dtype_of_the_model():
    layer = nn.Linear(2, 1)
    layer.load_state_dict({"weight": np.ones((1, 2)), "bias": np.zeros(1)})
    assert layer.weight.dtype == tg.float32
    assert layer(tg.ones(1, 2)).item() == 2


def test_a_state_dict_is_a_snapshot_that_training_leaves_alone():
    layer = nn.Linear(2, 1)
    optimizer = tg.optim.SGD(layer.parameters(), lr=1.0)
    before = layer.state_dict()
    values = before["weight"].data.copy()
    layer(tg.ones(1, 2)).sum().backward()
    optimizer.step()
    np.testing.assert_array_equal(before["weight"].data, values)
    assert (layer.weight.data != values).all()


def test_every_fault_of_a_state_dict_is_named_and_nothing_is_loaded():
    net = Net()
    state = net.state_dict()
    before = net.layers[0].bias.data.copy()
    del state["first.scale"]
    state["first.fc.weight"] = tg.zeros(2, 2)
    state["layers.0.bias"] = tg.ones(2)
    state["other.weight"] = tg.zeros(1)
    with pytest.raises(StateDictError) as caught:
        net.load_state_dict(state)
    message = str(caught.value)
    assert "it lacks first.scale" in message
    assert "it has other.weight, which the module does not" in message
    assert "first.fc.weight has shape (2, 2), but should be (3, 3)" in message
    np.testing.assert_array_equal(net.layers[0].bias.data, before)


def test_without_strict_names_may_differ_but_shapes_may_not():
    layer = nn.Linear(2, 1)
    result = layer.load_state_dict({"weight": tg.ones(1, 2), "extra": tg.ones(1)}, strict=False)
    assert result.missing_keys == ["bias"]
    assert result.unexpected_keys == ["extra"]
    assert layer.weight.tolist() == [[1.0, 1.0]]
    with pytest.raises(StateDictError, match=r"weight has shape \(2, 1\), but should be \(1, 2\)"):
        layer.load_state_dict({"weight": tg.ones(2, 1)}, strict=False)


@pytest.mark.parametrize(
    "duplicate", [copy.deepcopy, lambda net: pickle.loads(pickle.dumps(net))], ids=["deepcopy", "pickle"]
)
def test_a_copy_of_a_model_is_whole_and_independent(duplicate):
    # only classes of the package: those of a test file have no name that pickle could import
    net = nn.Sequential(nn.Linear(3, 3), nn.ReLU())
    net.append(net[0])
    net(tg.ones(1, 3)).sum().backward()
    other = duplicate(net)
    x = tg.randn(2, 3)
    np.testing.assert_array_equal(other(x).data, net(x).data)
    assert other[2] is other[0]
    assert [name for name, _ in other.named_parameters()] == ["0.weight", "0.bias"]
    optimizer = tg.optim.SGD(other.parameters(), lr=1.0)
    other[0](x).sum().backward()
    optimizer.step()
    assert (other[0].bias.data != net[0].bias.data).all()


# Containers


def test_sequential_indexing_slicing_and_replacing():
    model = nn.Sequential(nn.Linear(2, 3), nn.ReLU())
    model.append(nn.Linear(3, 1))
    assert len(model) == 3
    assert model[-1] is model[2]
    assert [type(layer).__name__ for layer in model[:2]] == ["Linear", "ReLU"]
    model[1] = nn.Tanh()
    assert [type(layer).__name__ for layer in model] == ["Linear", "Tanh", "Linear"]
    with pytest.raises(IndexError, match="has 3 modules; there is no index 3"):
        model[3]


def test_sequential_takes_names():
    model = nn.Sequential({"hidden": nn.Linear(2, 3), "out": nn.Linear(3, 1)})
    assert [name for name, _ in model.named_parameters()][::2] == ["hidden.weight", "out.weight"]
    assert model.hidden is model[0]


def test_a_module_that_stands_twice_in_a_sequential_runs_twice():
    double = nn.Linear(1, 1, bias=False)
    nn.init.constant_(double.weight, 2.0)
    assert nn.Sequential(double, double)(tg.ones(1, 1)).item() == 4


@pytest.mark.parametrize(
    ("wrong", "words"),
    [(nn.ReLU, r"write ReLU\(\) with parentheses"), (abs, "wrap what it does in an nn.Module")],
)
def test_containers_refuse_what_is_no_module(wrong, words):
    for make in (lambda: nn.Sequential(wrong), lambda: nn.ModuleList([wrong])):
        with pytest.raises(TypeError, match=words):
            make()


# What a mistake says


@pytest.mark.parametrize(
    ("layer", "shape", "words"),
    [
        (nn.Linear(4, 2), (3, 5), r"Linear\(in_features=4, .*shape \(3, 5\); its last dimension should be 4"),
        (nn.Linear(4, 2), (3, 1, 2, 2), r"Flatten it first"),
        (
            nn.Conv2d(3, 2, 3),
            (1, 1, 8, 8),
            r"Conv2d\(3, 2, .*shape \(1, 1, 8, 8\), but should get \(N, 3, H, W\)",
        ),
        (nn.Conv2d(3, 2, 3), (3, 8, 8), r"unsqueeze\(0\)"),
        (nn.MaxPool2d(2), (3, 8), r"MaxPool2d\(.*shape \(3, 8\), but should get images, \(N, C, H, W\)"),
        (nn.AvgPool2d(2), (3, 8), r"AvgPool2d\("),
    ],
)
def test_a_wrong_shape_names_the_module_and_both_shapes(layer, shape, words):
    with pytest.raises(ShapeError, match=words):
        layer(tg.zeros(*shape))


def test_a_shape_error_tells_where_in_the_model_it_happened():
    net = nn.Sequential(nn.ReLU(), nn.Sequential({"fc": nn.Linear(2, 2)}))
    with pytest.raises(ShapeError) as caught:
        net(tg.zeros(1, 3))
    assert caught.value.__notes__ == ["It happened in 1.fc of Sequential."]


def test_a_module_without_forward_says_so():
    with pytest.raises(NotImplementedError, match="Module must define forward"):
        nn.Module()()


@pytest.mark.parametrize("name", ["", "a.b", "forward"])
def test_names_that_cannot_be_attributes_are_refused(name):
    with pytest.raises(KeyError, match="cannot name a part"):
        nn.Module().register_buffer(name, tg.zeros(1))
