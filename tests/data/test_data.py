"""Datasets, batches, and the data that courses use."""

from __future__ import annotations

import gzip
import os
import struct
import sys

import numpy as np
import pytest

import tinygrad_edu as tg
from tinygrad_edu import data
from tinygrad_edu.data import (
    DataError,
    DataLoader,
    Dataset,
    Subset,
    TensorDataset,
    default_collate,
    random_split,
)
from tinygrad_edu.errors import ShapeError


class Pairs(Dataset):
    """Sample i is (i, i²) as floats, made one by one."""

    def __len__(self):
        return 7

    def __getitem__(self, index):
        if not 0 <= index < 7:
            raise IndexError(index)
        return float(index), np.array([index**2, index])


def tensors():
    return TensorDataset(tg.arange(7).float().reshape(7, 1), tg.arange(7))


@pytest.mark.parametrize(
    "dataset", [Pairs(), tensors(), Subset(tensors(), range(7))], ids=["samples", "tensors", "subset"]
)
@pytest.mark.parametrize(("drop_last", "sizes"), [(False, [3, 3, 1]), (True, [3, 3])])
@pytest.mark.parametrize("shuffle", [False, True])
def test_batches_cover_the_data_once(dataset, shuffle, drop_last, sizes):
    loader = DataLoader(dataset, 3, shuffle=shuffle, drop_last=drop_last, generator=0)
    batches = list(loader)
    assert [len(x) for x, _ in batches] == sizes
    assert len(loader) == len(sizes)
    seen = np.concatenate([x.data.ravel() for x, _ in batches])
    assert len(set(seen.tolist())) == sum(sizes)
    if not shuffle:
        assert seen.tolist() == list(range(sum(sizes)))
    for x, y in batches:
        np.testing.assert_array_equal(x.data.ravel(), y.data if y.ndim == 1 else y.data[:, 1])
        assert x.dtype == tg.float32
        assert y.dtype == tg.int64
        assert not x.requires_grad


def order(loader):
    return [int(value) for _, y in loader for value in y.data]


def test_each_epoch_has_an_order_of_its_own_and_a_seed_repeats_them():
    one, two = (DataLoader(tensors(), 2, shuffle=True, generator=3) for _ in range(2))
    first, second = order(one), order(one)
    assert first != second
    np.random.default_rng(0).random()
    tg.rand(1)
    assert [order(two), order(two)] == [first, second]
    assert order(DataLoader(tensors(), 2, shuffle=True, generator=np.random.default_rng(3))) == first


def test_without_a_generator_manual_seed_decides():
    orders = []
    for seed in (1, 1, 2):
        tg.manual_seed(seed)
        orders.append(order(DataLoader(tensors(), 2, shuffle=True)))
    assert orders[0] == orders[1] != orders[2]


def test_changing_a_batch_leaves_the_data_alone():
    dataset = tensors()
    x, _ = next(iter(DataLoader(dataset, 7)))
    x.data[:] = -1
    assert dataset.tensors[0].data.ravel().tolist() == list(range(7))


def test_a_subset_of_a_subset_and_samples_of_it():
    dataset = Subset(Subset(tensors(), [6, 4, 2, 0]), [1, 3])
    assert order(DataLoader(dataset, 2)) == [4, 0]
    assert [y.item() for _, y in dataset] == [4, 0]
    with pytest.raises(DataError, match="index 9 lies outside the dataset, which has 7 samples"):
        Subset(tensors(), [0, 9])


@pytest.mark.parametrize("lengths", [[5, 2], [0.7, 0.3], [3, 3, 1]])
def test_random_split_is_a_partition(lengths):
    parts = random_split(tensors(), lengths, generator=0)
    assert sorted(i for part in parts for i in part.indices.tolist()) == list(range(7))
    if all(isinstance(length, int) for length in lengths):
        assert [len(part) for part in parts] == lengths


@pytest.mark.parametrize("lengths", [[5, 3], [0.5, 0.2], [8, -1]])
def test_random_split_refuses_what_does_not_add_up(lengths):
    with pytest.raises(ValueError, match="they should sum to 7"):
        random_split(tensors(), lengths)


def test_collate_makes_batches_of_nested_samples():
    batch = default_collate([{"x": (1, 2.0), "name": "a"}, {"x": (3, 4.0), "name": "b"}])
    assert [column.tolist() for column in batch["x"]] == [[1, 3], [2.0, 4.0]]
    assert batch["x"][1].dtype == tg.float32
    assert batch["name"] == ["a", "b"]
    assert default_collate([tg.ones(2), tg.zeros(2)]).tolist() == [[1, 1], [0, 0]]
    assert next(iter(DataLoader([1, 2, 3], 3, collate_fn=sum))) == 6


@pytest.mark.parametrize("samples", [[np.zeros(2), np.zeros(3)], [object(), object()]])
def test_samples_that_do_not_stack_are_refused(samples):
    with pytest.raises(DataError, match="give all samples one shape, or pass a collate_fn"):
        default_collate(samples)


def test_tensors_of_different_lengths_are_no_dataset():
    for wrong in ([tg.zeros(2), tg.zeros(3)], [tg.tensor(1.0)], []):
        with pytest.raises(ShapeError, match="all of the same length"):
            TensorDataset(*wrong)


def test_a_batch_holds_at_least_one_sample():
    with pytest.raises(ValueError, match="at least 1; not 0"):
        DataLoader(tensors(), 0)


def test_a_dataset_without_its_methods_says_which():
    with pytest.raises(NotImplementedError, match="Dataset must define __len__"):
        len(Dataset())
    with pytest.raises(NotImplementedError, match="Dataset must define __getitem__"):
        Dataset()[0]


# The data that courses use


def test_digits_are_split_without_overlap_and_always_alike():
    pytest.importorskip("sklearn")
    (x, y), (test_x, test_y) = data.digits().tensors, data.digits(train=False).tensors
    assert tuple(x.shape) == (1437, 1, 8, 8)
    assert tuple(test_x.shape) == (360, 1, 8, 8)
    assert x.dtype == tg.float32
    assert y.dtype == tg.int64
    assert x.data.min() == 0
    assert x.data.max() == 1
    # 1797 images, none of them twice
    rows = np.concatenate([x.data, test_x.data]).reshape(1797, 64)
    from sklearn.datasets import load_digits

    assert sorted(map(tuple, rows * 16)) == sorted(map(tuple, load_digits().data))
    assert np.bincount(test_y.data).min() > 20


def test_without_sklearn_a_sentence_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "sklearn.datasets", None)
    with pytest.raises(DataError, match=r"pip install 'tinygrad-edu\[train\]'"):
        data.digits()


def write_mnist(root, name="mnist", images=(5, 28, 28), labels=(5,), suffix=".gz"):
    folder = root / name
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(0)
    for part in ("train", "t10k"):
        for what, shape in (("images-idx3", images), ("labels-idx1", labels)):
            content = bytes([0, 0, 8, len(shape)]) + struct.pack(f">{len(shape)}I", *shape)
            content += rng.integers(0, 10, shape).astype(np.uint8).tobytes()
            path = folder / f"{part}-{what}-ubyte{suffix}"
            path.write_bytes(gzip.compress(content) if suffix else content)
    return root


@pytest.mark.parametrize("suffix", [".gz", ""])
@pytest.mark.parametrize(("load", "name"), [(data.mnist, "mnist"), (data.fashion_mnist, "fashion-mnist")])
def test_mnist_is_read_from_its_files(load, name, suffix, tmp_path, monkeypatch):
    monkeypatch.setenv("TINYGRAD_EDU_DATA", str(write_mnist(tmp_path, name, suffix=suffix)))
    for train in (True, False):
        images, classes = load(train).tensors
        assert tuple(images.shape) == (5, 1, 28, 28)
        assert images.dtype == tg.float32
        assert classes.dtype == tg.int64
        assert 0 <= images.data.min() < images.data.max() <= 9 / 255 + 1e-6


@pytest.mark.parametrize("load", [data.mnist, data.fashion_mnist])
def test_missing_files_say_what_to_set(load, tmp_path, monkeypatch):
    monkeypatch.delenv("TINYGRAD_EDU_DATA", raising=False)
    with pytest.raises(DataError, match=r"Set TINYGRAD_EDU_DATA to the folder that holds .*mnist/"):
        load()
    with pytest.raises(DataError, match=r"train-images-idx3-ubyte\.gz is missing.*set TINYGRAD_EDU_DATA"):
        load(root=tmp_path)


@pytest.mark.parametrize(
    "shapes", [{"images": (5, 28, 28), "labels": (4,)}, {"images": (5, 784), "labels": (5,)}]
)
def test_files_that_do_not_belong_together_are_refused(shapes, tmp_path):
    with pytest.raises(DataError, match="do not belong together"):
        data.mnist(root=write_mnist(tmp_path, **shapes))


@pytest.mark.skipif("TINYGRAD_EDU_DATA" not in os.environ, reason="TINYGRAD_EDU_DATA is not set")
@pytest.mark.parametrize(("load", "mean"), [(data.mnist, 0.1325), (data.fashion_mnist, 0.2868)])
def test_the_real_test_images(load, mean):
    images, classes = load(train=False).tensors
    assert tuple(images.shape) == (10000, 1, 28, 28)
    assert images.data.mean() == pytest.approx(mean, abs=1e-3)
    assert np.bincount(classes.data).sum() == 10000
