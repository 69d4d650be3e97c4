"""The summary of a model: shapes, parameters, multiply-adds, and that it leaves the model as it was."""

from __future__ import annotations

import pytest

import tinygrad_edu as tg
from tinygrad_edu import nn
from tinygrad_edu.nn import functional as F  # noqa: N812  # the field's name for it


def test_lenet_as_in_the_books():
    model = nn.Sequential(
        nn.Conv2d(1, 6, 5, padding=2),
        nn.Tanh(),
        nn.AvgPool2d(2),
        nn.Conv2d(6, 16, 5),
        nn.Flatten(),
        nn.Linear(1600, 10),
    )
    found = nn.summary(model, (2, 1, 28, 28))
    assert [layer.output_shape for layer in found.layers] == [
        (2, 6, 28, 28),
        (2, 6, 28, 28),
        (2, 6, 14, 14),
        (2, 16, 10, 10),
        (2, 1600),
        (2, 10),
    ]
    assert [layer.parameters for layer in found.layers] == [156, 0, 0, 2416, 0, 16010]
    # for each number of the result, as many products as the kernel has numbers
    assert [layer.multiply_adds for layer in found.layers] == [
        2 * 6 * 28 * 28 * 25,
        0,
        0,
        2 * 16 * 10 * 10 * 6 * 25,
        0,
        2 * 1600 * 10,
    ]
    assert found.parameters == found.trainable == 18582
    assert found.multiply_adds == sum(layer.multiply_adds for layer in found.layers)
    assert "all, for (2, 1, 28, 28)" in str(found)


@pytest.mark.parametrize(
    ("layer", "size", "work"),
    [
        (nn.Conv1d(4, 6, 3, groups=2), (1, 4, 10), 6 * 8 * 2 * 3),
        (nn.ConvTranspose2d(4, 6, 3, stride=2, groups=2), (1, 4, 5, 5), 4 * 25 * 3 * 9),
        (nn.Linear(4, 3), (2, 5, 4), 2 * 5 * 4 * 3),
    ],
)
def test_multiply_adds(layer, size, work):
    assert nn.summary(layer, size).multiply_adds == work


class Shared(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(2, 2)
        self.drop = nn.Dropout(0.5)
        self.norm = nn.BatchNorm1d(2)
        self.scale = nn.Parameter(tg.ones(2))

    def forward(self, x, y):
        return self.norm(self.drop(self.fc(F.relu(self.fc(x))))) * self.scale + y


def test_shared_layers_frozen_parameters_and_a_model_left_as_it_was():
    model = Shared()
    model.drop.eval()
    model.fc.requires_grad_(False)
    found = nn.summary(model, [(1, 2), (1, 2)])
    assert [(x.name, x.parameters) for x in found.layers] == [
        ("fc", 6),
        ("fc", 0),
        ("drop", 0),
        ("norm", 4),
        ("", 2),
    ]
    assert (found.parameters, found.trainable) == (12, 6)
    assert str(found).endswith("frozen: 6 of the parameters")
    assert [m.training for m in model.modules()] == [True, True, False, True]
    assert model.norm.num_batches_tracked.item() == 0
    assert model.norm.running_mean.tolist() == [0.0, 0.0]
    seen = len(found.layers)
    model(tg.ones(2, 2), tg.ones(2, 2))
    assert len(found.layers) == seen


def test_an_input_that_does_not_fit_leaves_no_hook_behind():
    model = nn.Sequential(nn.Linear(3, 2))
    with pytest.raises(tg.errors.ShapeError, match="its last dimension should be 3"):
        nn.summary(model, (1, 4))
    assert model.training
    assert not model[0]._hooks.after
