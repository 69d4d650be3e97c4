"""The training loop and the evaluation, on models small enough to follow by hand."""

from __future__ import annotations

import pytest

import tinygrad_edu as tg
from tinygrad_edu import nn, optim
from tinygrad_edu.data import TensorDataset
from tinygrad_edu.train import evaluate, train_epoch


class Recorder(nn.Module):
    """Notes in which mode it is called; its scores favour class 0."""

    def __init__(self):
        super().__init__()
        self.scale = nn.Parameter(tg.ones(1))
        self.modes = []

    def forward(self, x):
        self.modes.append((self.training, tg.is_grad_enabled()))
        return x * self.scale


def test_an_epoch_takes_one_step_per_batch_and_averages_over_samples():
    model = nn.Linear(1, 1, bias=False)
    nn.init.zeros_(model.weight)
    batches = [(tg.ones(3, 1), tg.full((3, 1), 2.0)), (tg.ones(1, 1), tg.full((1, 1), 1.0))]
    seen = []
    optimizer = optim.SGD(model.parameters(), lr=0.25)
    mean = train_epoch(model, batches, optimizer, nn.MSELoss(), on_batch=seen.append)
    # w: 0 -> 0 - 0.25 * 2 (0 - 2) = 1, where the second loss is (1 - 1)^2 = 0 and moves nothing
    assert seen == [4.0, 0.0]
    assert mean == 3.0
    assert model.weight.item() == 1.0


def test_gradients_of_one_batch_do_not_leak_into_the_next():
    model = nn.Linear(1, 1, bias=False)
    nn.init.zeros_(model.weight)
    x = tg.ones(1, 1)
    batches = [(x, tg.ones(1, 1)), (x, tg.zeros(1, 1))]
    train_epoch(model, batches, optim.SGD(model.parameters(), lr=0.25), nn.MSELoss())
    assert model.weight.item() == 0.25


def test_training_stops_when_told_and_is_nan_without_a_batch():
    model = nn.Linear(1, 1)
    batch = (tg.ones(1, 1), tg.ones(1, 1))
    seen = []
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    train_epoch(
        model, [batch] * 5, optimizer, nn.MSELoss(), on_batch=lambda loss: seen.append(loss) or len(seen) == 2
    )
    assert len(seen) == 2
    mean = train_epoch(model, [], optimizer, nn.MSELoss())
    assert mean != mean


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("batch_size", [1, 2, 5])
def test_evaluation_has_its_mode_no_graph_and_leaves_the_mode_alone(batch_size, training):
    model = Recorder().train(training)
    scores = tg.tensor([[2.0, 0.0], [2.0, 0.0], [2.0, 0.0]])
    loss, accuracy = evaluate(
        model, TensorDataset(scores, tg.tensor([0, 1, 0])), nn.CrossEntropyLoss(), batch_size
    )
    assert accuracy == pytest.approx(2 / 3)
    assert loss == pytest.approx((2 * 0.126928 + 2.126928) / 3, rel=1e-5)
    assert set(model.modes) == {(False, False)}
    assert model.training is training


def test_training_has_its_mode():
    model = Recorder().eval()
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    train_epoch(model, [(tg.zeros(1, 2), tg.tensor([0]))], optimizer, nn.CrossEntropyLoss())
    assert model.modes == [(True, True)]


def test_evaluating_nothing_is_refused():
    with pytest.raises(ValueError, match="the dataset is empty"):
        evaluate(nn.Identity(), TensorDataset(tg.zeros(0, 2), tg.zeros(0)), nn.CrossEntropyLoss())
