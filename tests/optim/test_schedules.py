"""Schedules: against PyTorch over many epochs, stacked, and resumed."""

from __future__ import annotations

import math

import numpy as np
import pytest

import tinygrad_edu as tg
from tinygrad_edu import nn, optim
from tinygrad_edu.optim import lr_scheduler

CASES = [
    ("StepLR", {"step_size": 3}),
    ("StepLR", {"step_size": 1, "gamma": 0.9}),
    ("MultiStepLR", {"milestones": [2, 5, 5, 9], "gamma": 0.5}),
    ("ExponentialLR", {"gamma": 0.8}),
    ("CosineAnnealingLR", {"T_max": 5}),
    ("CosineAnnealingLR", {"T_max": 4, "eta_min": 0.01}),
    ("LinearLR", {}),
    ("LinearLR", {"start_factor": 0.5, "end_factor": 0.25, "total_iters": 7}),
    ("OneCycleLR", {"max_lr": 0.5, "total_steps": 21}),
    ("OneCycleLR", {"max_lr": [0.5, 0.1], "epochs": 3, "steps_per_epoch": 7, "anneal_strategy": "linear"}),
    (
        "OneCycleLR",
        {"max_lr": 0.5, "total_steps": 30, "three_phase": True, "div_factor": 10, "pct_start": 0.4},
    ),
    ("OneCycleLR", {"max_lr": 0.5, "total_steps": 21, "cycle_momentum": False}),
    ("LambdaLR", {"lr_lambda": lambda epoch: 0.9**epoch}),
]


def optimizer_of(lib, name="SGD"):
    make = lib.tensor
    groups = [
        {"params": [make([1.0], requires_grad=True)]},
        {"params": [make([1.0], requires_grad=True)], "lr": 0.05},
    ]
    options = {"momentum": 0.9} if name == "SGD" else {}
    return getattr(lib.optim, name)(groups, lr=0.2, **options)


def readings(optimizer):
    return [
        (group["lr"], group["momentum"] if "momentum" in group else group["betas"][0])
        for group in optimizer.param_groups
    ]


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize("optimizer", ["SGD", "Adam"])
@pytest.mark.parametrize(("name", "options"), CASES, ids=[f"{name}-{i}" for i, (name, _) in enumerate(CASES)])
def test_twenty_epochs_agree_with_pytorch(name, options, optimizer):
    torch = pytest.importorskip("torch")
    ours, theirs = optimizer_of(tg, optimizer), optimizer_of(torch, optimizer)
    mine = getattr(lr_scheduler, name)(ours, **options)
    other = getattr(torch.optim.lr_scheduler, name)(theirs, **options)
    for _ in range(20):
        np.testing.assert_allclose(readings(ours), readings(theirs), rtol=1e-9)
        assert mine.get_last_lr() == [group["lr"] for group in ours.param_groups]
        mine.step()
        other.step()
    np.testing.assert_allclose(readings(ours), readings(theirs), rtol=1e-9)


LOSSES = [
    5.0,
    4.0,
    4.0,
    3.9999,
    3.9999,
    3.9999,
    3.9,
    3.9,
    3.9,
    3.9,
    -1.0,
    -1.00005,
    -1.0,
    -1.0,
    -1.0,
    2.0,
    math.nan,
]


@pytest.mark.parametrize(
    "options",
    [
        {"patience": 1},
        {"patience": 0, "cooldown": 2, "factor": 0.5},
        {"patience": 1, "mode": "max"},
        {"patience": 1, "threshold_mode": "abs", "threshold": 0.2},
        {"patience": 1, "threshold_mode": "abs", "threshold": 0.2, "mode": "max"},
        {"patience": 0, "min_lr": 0.03},
        {"patience": 0, "eps": 0.1},
    ],
    ids=str,
)
def test_plateaus_agree_with_pytorch(options):
    torch = pytest.importorskip("torch")
    ours, theirs = optimizer_of(tg), optimizer_of(torch)
    mine = lr_scheduler.ReduceLROnPlateau(ours, **options)
    other = torch.optim.lr_scheduler.ReduceLROnPlateau(theirs, **options)
    for loss in LOSSES:
        mine.step(tg.tensor(loss))
        other.step(loss)
        np.testing.assert_allclose(readings(ours), readings(theirs), rtol=1e-12)
    assert mine.get_last_lr() == [group["lr"] for group in ours.param_groups]


def test_stacked_schedules_multiply():
    optimizer = optimizer_of(tg)
    first, second = lr_scheduler.StepLR(optimizer, 2, 0.1), lr_scheduler.ExponentialLR(optimizer, 0.5)
    for _ in range(3):
        first.step()
        second.step()
    np.testing.assert_allclose(optimizer.param_groups[0]["lr"], 0.2 * 0.1 * 0.125)


def training(optimizer_name, schedule_name, options):
    tg.manual_seed(0)
    model = nn.Sequential(nn.Linear(3, 8), nn.Tanh(), nn.Linear(8, 1))
    optimizer = getattr(optim, optimizer_name)(model.parameters(), lr=0.05)
    return model, optimizer, getattr(lr_scheduler, schedule_name)(optimizer, **options)


def run(model, optimizer, schedule, epochs):
    x = tg.tensor(np.random.default_rng(1).standard_normal((16, 3)).astype(np.float32))
    for _ in range(epochs):
        optimizer.zero_grad()
        ((model(x) - x.sum(1, keepdim=True)) ** 2).mean().backward()
        optimizer.step()
        schedule.step()


@pytest.mark.parametrize("name", ["SGD", "Adam", "AdamW", "NAdam", "RMSprop", "Adagrad", "Adadelta"])
@pytest.mark.parametrize(
    ("schedule", "options"),
    [("CosineAnnealingLR", {"T_max": 7}), ("StepLR", {"step_size": 2}), ("LinearLR", {})],
    ids=str,
)
def test_a_run_resumed_from_its_checkpoint_gives_the_same_bits(name, schedule, options):
    whole = training(name, schedule, options)
    run(*whole, 9)
    begun = training(name, schedule, options)
    run(*begun, 4)
    saved = [part.state_dict() for part in begun]
    run(*begun, 2)
    resumed = training(name, schedule, options)
    for part, state in zip(resumed, saved, strict=True):
        part.load_state_dict(state)
    run(*resumed, 5)
    for a, b in zip(whole[0].parameters(), resumed[0].parameters(), strict=True):
        np.testing.assert_array_equal(a.data, b.data)


def test_mistakes_get_a_sentence():
    optimizer = optimizer_of(tg)
    with pytest.raises(ValueError, match="needs total_steps, or both"):
        lr_scheduler.OneCycleLR(optimizer, 0.1)
    with pytest.raises(ValueError, match="'cos' or 'linear'"):
        lr_scheduler.OneCycleLR(optimizer, 0.1, total_steps=3, anneal_strategy="sine")
    schedule = lr_scheduler.OneCycleLR(optimizer, 0.1, total_steps=2)
    schedule.step()
    with pytest.raises(ValueError, match="was made for 2 steps, and this is step 3"):
        schedule.step()
    with pytest.raises(ValueError, match="no momentum to cycle"):
        lr_scheduler.OneCycleLR(optim.Adagrad([tg.ones(1, requires_grad=True)]), 0.1, total_steps=2)
    with pytest.raises(ValueError, match="factor must be below 1"):
        lr_scheduler.ReduceLROnPlateau(optimizer, factor=1.0)
    with pytest.raises(ValueError, match="mode is 'min' or 'max'"):
        lr_scheduler.ReduceLROnPlateau(optimizer, mode="up")
    with pytest.raises(ValueError, match="start_factor lies in"):
        lr_scheduler.LinearLR(optimizer, start_factor=0)
    with pytest.raises(KeyError, match="load its state_dict first"):
        lr_scheduler.StepLR(optim.SGD([tg.ones(1, requires_grad=True)]), 1, last_epoch=3)


def test_no_schedule_is_without_a_case():
    # ReduceLROnPlateau is told the loss, so it has a comparison of its own
    tested = {name for name, _ in CASES} | {"ReduceLROnPlateau"}
    assert tested == set(lr_scheduler.__all__) - {"LRScheduler"}
