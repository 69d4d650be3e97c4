"""Batches from a dataset, in order or shuffled."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from tinygrad_edu.factories import generator as global_generator
from tinygrad_edu.primitive import constant
from tinygrad_edu.tensor import Tensor

from .dataset import Subset, TensorDataset
from .errors import DataError

__all__ = ["DataLoader", "default_collate", "random_split"]


class DataLoader:
    """Go through a dataset batch by batch; each ``for`` loop is one epoch, shuffled anew if wanted.

    A `TensorDataset` (or a `Subset` of one) is indexed once for each batch. Other datasets are asked for their samples
    one by one, and `collate_fn` makes a batch of them.

    Parameters
    ----------
    dataset
        Anything with ``len`` and integer indices.
    batch_size
        Samples per batch.
    shuffle
        A new random order in every epoch.
    num_workers
        Accepted for PyTorch's sake and without effect: indexing an array leaves nothing to hand to other processes.
    collate_fn
        Makes a batch from a list of samples; `default_collate` by default.
    drop_last
        Leave out a last batch that is not full.
    generator
        A ``numpy.random.Generator``, or a seed for one of its own, which makes the orders repeatable whatever else
        draws random numbers. By default the one that `tinygrad_edu.manual_seed` seeds.

    Raises
    ------
    ValueError
        `batch_size` is not at least 1.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> from tinygrad_edu.data import DataLoader, TensorDataset
    >>> loader = DataLoader(TensorDataset(tg.arange(5), tg.arange(5)), batch_size=2)
    >>> [x.tolist() for x, y in loader]
    [[0, 1], [2, 3], [4]]
    >>> len(loader)
    3
    """

    def __init__(
        self,
        dataset: Any,
        batch_size: int = 1,
        shuffle: bool = False,
        *,
        num_workers: int = 0,
        collate_fn: Callable[[list[Any]], Any] | None = None,
        drop_last: bool = False,
        generator: np.random.Generator | int | None = None,
    ) -> None:
        if batch_size < 1:
            raise ValueError(
                f"DataLoader: batch_size is the number of samples in a batch, at least 1; not {batch_size}."
            )
        self.dataset = dataset
        self.batch_size = batch_size
        self.shuffle = shuffle
        self.num_workers = num_workers
        self.collate_fn = collate_fn
        self.drop_last = drop_last
        self.generator = np.random.default_rng(generator) if isinstance(generator, int) else generator

    def __len__(self) -> int:
        full, rest = divmod(len(self.dataset), self.batch_size)
        return full + bool(rest and not self.drop_last)

    def __iter__(self) -> Iterator[Any]:
        count = len(self.dataset)
        if self.shuffle:
            random = global_generator() if self.generator is None else self.generator
            order = random.permutation(count)
        else:
            order = np.arange(count)
        arrays = None if self.collate_fn is not None else _arrays(self.dataset)
        collate = self.collate_fn or default_collate
        for start in range(0, len(self) * self.batch_size, self.batch_size):
            chosen = order[start : start + self.batch_size]
            if arrays is not None:
                sources, indices = arrays
                places = chosen if indices is None else indices[chosen]
                # take copies whole rows; indexing with an array is slower, and slower still through a Tensor
                yield [constant(source.take(places, axis=0)) for source in sources]
            else:
                yield collate([self.dataset[int(index)] for index in chosen])


def _arrays(dataset: Any) -> tuple[list[Any], Any] | None:
    """Return the arrays below a `TensorDataset` and, if it is a subset, the indices into them."""
    indices = None
    while type(dataset) is Subset:
        indices = dataset.indices if indices is None else dataset.indices[indices]
        dataset = dataset.dataset
    if type(dataset) is not TensorDataset:
        return None
    return [tensor.data for tensor in dataset.tensors], indices


def default_collate(samples: list[Any]) -> Any:
    """Make a batch of samples: numbers, arrays and tensors are stacked; tuples and dicts entry by entry.

    Raises
    ------
    DataError
        The samples cannot be stacked: different shapes, or things that are no numbers.

    Examples
    --------
    >>> numbers, words = default_collate([(1, "a"), (2, "b")])
    >>> numbers.tolist(), words
    ([1, 2], ['a', 'b'])
    """
    first = samples[0]
    if isinstance(first, (tuple, list)):
        return [default_collate(list(column)) for column in zip(*samples, strict=True)]
    if isinstance(first, dict):
        return {key: default_collate([sample[key] for sample in samples]) for key in first}
    if isinstance(first, (str, bytes)):
        return samples
    arrays = [sample.data if isinstance(sample, Tensor) else np.asarray(sample) for sample in samples]
    shapes = {array.shape for array in arrays}
    if len(shapes) > 1 or any(array.dtype == object for array in arrays):
        raise DataError(
            f"A batch cannot be made of samples of {type(first).__name__} with shapes "
            f"{', '.join(map(str, sorted(shapes)))}: give all samples one shape, or pass a collate_fn."
        )
    batch = np.stack(arrays)
    # A list of Python floats is float32, as everywhere in this package.
    return Tensor(batch.astype(np.float32) if isinstance(first, float) else batch)


def random_split(
    dataset: Any, lengths: list[int] | list[float], generator: np.random.Generator | int | None = None
) -> list[Subset]:
    """Split a dataset at random into parts that do not overlap.

    Parameters
    ----------
    dataset
        What to split.
    lengths
        Sizes that sum to ``len(dataset)``, or fractions that sum to 1. What rounding leaves over goes to the first
        parts.
    generator
        As for `DataLoader`.

    Raises
    ------
    ValueError
        The sizes do not add up.

    Examples
    --------
    >>> train, test = random_split(range(10), [0.8, 0.2], generator=0)
    >>> len(train), len(test)
    (8, 2)
    """
    count = len(dataset)
    sizes = [int(length) for length in lengths]
    if any(isinstance(length, float) for length in lengths) and abs(sum(lengths) - 1) < 1e-6:
        sizes = [int(count * length) for length in lengths]
        for part in range(count - sum(sizes)):
            sizes[part % len(sizes)] += 1
    if sum(sizes) != count or min(sizes) < 0:
        raise ValueError(
            f"random_split: the lengths {lengths} sum to {sum(lengths)}; "
            f"they should sum to {count}, or to 1 as fractions."
        )
    random = (
        np.random.default_rng(generator) if isinstance(generator, int) else generator or global_generator()
    )
    order = random.permutation(count)
    ends = np.cumsum(sizes)
    return [Subset(dataset, order[end - size : end]) for end, size in zip(ends, sizes, strict=True)]
