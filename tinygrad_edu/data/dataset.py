"""Datasets: something with a length whose items are samples."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from tinygrad_edu.errors import ShapeError
from tinygrad_edu.tensor import Tensor

from .errors import DataError

__all__ = ["Dataset", "Subset", "TensorDataset"]


class Dataset:
    """Base of datasets: a subclass gives ``__len__`` and ``__getitem__(index)``, as in PyTorch.

    Examples
    --------
    >>> class Squares(Dataset):
    ...     def __len__(self):
    ...         return 3
    ...     def __getitem__(self, index):
    ...         return index, index**2
    >>> list(Squares())
    [(0, 0), (1, 1), (2, 4)]
    """

    def __len__(self) -> int:
        raise NotImplementedError(f"{type(self).__name__} must define __len__, the number of its samples.")

    def __getitem__(self, index: Any) -> Any:
        raise NotImplementedError(f"{type(self).__name__} must define __getitem__(index), one sample.")

    def __iter__(self) -> Iterator[Any]:
        return (self[index] for index in range(len(self)))


class TensorDataset(Dataset):
    """Tensors that share their first dimension; sample i is the tuple of their i-th entries.

    Parameters
    ----------
    *tensors
        Tensors, all with N entries along the first dimension.

    Raises
    ------
    ShapeError
        The first dimensions differ, or a tensor has no dimension at all.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> pairs = TensorDataset(tg.zeros(5, 2), tg.arange(5))
    >>> len(pairs), pairs[3][1].item()
    (5, 3)
    """

    tensors: tuple[Tensor, ...]

    def __init__(self, *tensors: Tensor) -> None:
        shapes = [tuple(tensor.shape) for tensor in tensors]
        if not shapes or any(not shape or shape[0] != shapes[0][0] for shape in shapes):
            raise ShapeError(
                "TensorDataset takes at least one tensor, and all of the same length along the first dimension; "
                f"it got shapes {', '.join(map(str, shapes)) or 'of nothing'}."
            )
        self.tensors = tensors

    def __len__(self) -> int:
        return int(self.tensors[0].shape[0])

    def __getitem__(self, index: Any) -> tuple[Tensor, ...]:
        return tuple(tensor[index] for tensor in self.tensors)


class Subset(Dataset):
    """The samples of a dataset at the given indices, in their order.

    Examples
    --------
    >>> Subset("abcdef", [4, 0])[0]
    'e'
    """

    def __init__(self, dataset: Any, indices: Any) -> None:
        size = len(dataset)
        wrong = [index for index in indices if not -size <= index < size]
        if wrong:
            raise DataError(f"Subset: index {wrong[0]} lies outside the dataset, which has {size} samples.")
        self.dataset = dataset
        self.indices = np.asarray(indices, dtype=np.int64)

    def __len__(self) -> int:
        return len(self.indices)

    def __getitem__(self, index: Any) -> Any:
        chosen = self.indices[index]
        return self.dataset[chosen if isinstance(chosen, np.ndarray) else int(chosen)]
