"""Saving and loading: everything comes back, nothing is half-written, and nothing in a file is ever run."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import tinygrad_edu as tg
from tinygrad_edu import nn, optim

PLAIN = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text()
ARRAYS = st.builds(
    lambda values, dtype: np.array(values, dtype),
    st.lists(st.integers(0, 9), max_size=4),
    st.sampled_from(["f4", "f8", "i8", "u1", "?"]),
)
TREES = st.recursive(
    PLAIN | ARRAYS | ARRAYS.map(tg.tensor),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.lists(inner, max_size=3).map(tuple)
        | st.dictionaries(st.text() | st.integers(), inner, max_size=3)
    ),
    max_leaves=8,
)


def same(a, b):
    if isinstance(a, tg.Tensor):
        return isinstance(b, tg.Tensor) and a.requires_grad == b.requires_grad and same(a.data, b.data)
    if isinstance(a, np.ndarray):
        return a.dtype == b.dtype and a.shape == b.shape and bool((a == b).all())
    if isinstance(a, dict):
        return list(a) == list(b) and all(same(a[k], b[k]) for k in a)
    if isinstance(a, (list, tuple)):
        return type(a) is type(b) and len(a) == len(b) and all(map(same, a, b))
    return type(a) is type(b) and a == b


@settings(deadline=None, max_examples=60)
@given(tree=TREES)
def test_everything_comes_back(tree, tmp_path_factory):
    path = tmp_path_factory.mktemp("saved") / "tree.pt"
    tg.save(tree, path)
    assert same(tg.load(path), tree)


def test_a_run_goes_on_from_its_checkpoint(tmp_path):
    """PyTorch's recipe: model, optimizer and schedule in one file; the weights are the same to the last bit."""

    def made():
        tg.manual_seed(1)
        model = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Tanh(), nn.Linear(4, 1))
        optimizer = optim.Adam(model.parameters(), lr=0.1)
        return model, optimizer, optim.lr_scheduler.StepLR(optimizer, 2, 0.5)

    def train(model, optimizer, schedule, steps):
        x = tg.tensor(np.linspace(-1, 1, 15).reshape(5, 3))
        for _ in range(steps):
            optimizer.zero_grad()
            (model(x.float()) ** 2).sum().backward()
            optimizer.step()
            schedule.step()
        return model.state_dict()

    straight = train(*made(), 6)
    parts = made()
    train(*parts, 3)
    names = ("model", "optimizer", "schedule")
    tg.save({n: p.state_dict() for n, p in zip(names, parts, strict=True)}, tmp_path / "checkpoint.pt")
    parts = made()
    checkpoint = tg.load(tmp_path / "checkpoint.pt", map_location="cpu", weights_only=True)
    for name, part in zip(names, parts, strict=True):
        part.load_state_dict(checkpoint[name])
    resumed = train(*parts, 3)
    assert all(same(resumed[name].data, straight[name].data) for name in straight)


def test_what_cannot_be_saved_is_named_and_leaves_the_old_file(tmp_path):
    path = tmp_path / "kept.pt"
    tg.save({"a": 1}, path)
    with pytest.raises(TypeError, match=r"the object\['m'\]\[1\] is a Linear, .*state_dict\(\)"):
        tg.save({"m": [1, nn.Linear(1, 1)]}, path)
    assert tg.load(path) == {"a": 1}
    assert [p.name for p in tmp_path.iterdir()] == ["kept.pt"]


class Bomb:
    def __reduce__(self):
        return print, ("run while loading",)


def test_nothing_in_a_file_is_run(tmp_path, capsys):
    path = tmp_path / "bomb.pt"
    path.write_bytes(pickle.dumps(Bomb()))
    with pytest.raises(ValueError, match=r"is not a file that save\(\) wrote"):
        tg.load(path)
    np.savez(tmp_path / "bomb.npz", structure=np.array([Bomb()], dtype=object))
    with pytest.raises(ValueError, match=r"is not a file that save\(\) wrote"):
        tg.load(tmp_path / "bomb.npz")
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 damaged", b"text"])
def test_a_damaged_file_gets_a_sentence(content, tmp_path):
    path = tmp_path / "file.pt"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"is not a file that save\(\) wrote, or is damaged"):
        tg.load(path)


def test_a_missing_file_and_another_device_get_a_sentence(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"there is no file .*nowhere\.pt"):
        tg.load(tmp_path / "nowhere.pt")
    with pytest.raises(RuntimeError, match="no device 'cuda' here"):
        tg.load(tmp_path / "nowhere.pt", map_location="cuda")
