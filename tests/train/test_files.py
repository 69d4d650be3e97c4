"""Weights on disk: whole or not at all, and never a pickle."""

from __future__ import annotations

import os
import stat

import numpy as np
import pytest

import tinygrad_edu as tg
from tinygrad_edu.data import DataError
from tinygrad_edu.saving import write_aside
from tinygrad_edu.train import load_weights, save_weights


def test_weights_come_back_as_they_were(tmp_path):
    state = {"a.weight": tg.randn(2, 3), "b": np.float64([1.5]), "count": tg.tensor(3)}
    save_weights(tmp_path / "w.npz", state)
    loaded = load_weights(tmp_path / "w.npz")
    assert list(loaded) == list(state)
    for name, value in state.items():
        np.testing.assert_array_equal(loaded[name].data, np.asarray(value))
        assert loaded[name].dtype == value.dtype


def fail_half_way(path):
    with write_aside(path) as file:
        file.write(b"half of the new")
        raise KeyError


def test_what_fails_half_way_leaves_the_old_file_and_no_litter(tmp_path):
    path = tmp_path / "w.npz"
    path.write_text("old")
    with pytest.raises(KeyError):
        fail_half_way(path)
    assert path.read_text() == "old"
    with pytest.raises(ValueError, match="allow_pickle"):
        save_weights(path, {"a": np.array([object()])})
    assert path.read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["w.npz"]


@pytest.mark.skipif(os.name == "nt", reason="rights work otherwise on Windows")
def test_a_new_file_has_the_usual_rights(tmp_path):
    (tmp_path / "usual").touch()
    with write_aside(tmp_path / "new") as file:
        file.write(b"x")
    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == stat.S_IMODE(
        (tmp_path / "usual").stat().st_mode
    )


def test_what_is_no_file_of_weights_is_refused(tmp_path):
    with pytest.raises(DataError, match="There are no weights at"):
        load_weights(tmp_path / "nothing.npz")
    path = tmp_path / "w.npz"
    save_weights(path, {"a": tg.zeros(100)})
    whole = path.read_bytes()
    pickled = tmp_path / "pickled.npz"
    np.savez(pickled, a=np.array([{}], dtype=object))
    np.save(tmp_path / "single.npy", np.zeros(3))
    for content in (b"", b"text", whole[:100], pickled.read_bytes(), (tmp_path / "single.npy").read_bytes()):
        path.write_bytes(content)
        with pytest.raises(DataError, match=r"w\.npz is not a file of weights"):
            load_weights(path)
