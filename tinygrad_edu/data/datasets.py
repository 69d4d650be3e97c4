"""The data that courses use: scikit-learn's digits, MNIST and Fashion-MNIST."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np

from tinygrad_edu.factories import from_numpy

from .dataset import TensorDataset
from .errors import DataError
from .idx import read_idx

__all__ = ["digits", "fashion_mnist", "mnist"]

_ROOT_VARIABLE = "TINYGRAD_EDU_DATA"


def digits(train: bool = True) -> TensorDataset:
    """Load the 1797 handwritten digits of 8 by 8 pixels that come with scikit-learn; nothing is fetched.

    A fixed shuffle puts 1437 of them into the training part and 360 into the test part.

    Source: E. Alpaydin and C. Kaynak, "Optical recognition of handwritten digits", UCI repository (1998).

    Parameters
    ----------
    train
        Which part.

    Returns
    -------
    TensorDataset
        Images, float32 in [0, 1], shape (N, 1, 8, 8), and classes, int64, shape (N,).

    Raises
    ------
    DataError
        scikit-learn is not installed.

    Examples
    --------
    >>> images, classes = digits(train=False).tensors
    >>> tuple(images.shape), tuple(classes.shape)
    ((360, 1, 8, 8), (360,))
    """
    try:
        # Imported here: it takes a second, and only this function needs it.
        from sklearn.datasets import load_digits
    except ImportError as error:
        raise DataError(
            "The digits come with scikit-learn, which is not installed: pip install 'tinygrad-edu[train]'."
        ) from error
    pixels, classes = load_digits(return_X_y=True)
    order = np.random.default_rng(0).permutation(len(pixels))
    test_count = 360
    chosen = order[test_count:] if train else order[:test_count]
    images = (pixels[chosen] / 16).astype(np.float32).reshape(-1, 1, 8, 8)
    return TensorDataset(from_numpy(images), from_numpy(classes[chosen].astype(np.int64)))


def mnist(train: bool = True, root: str | os.PathLike[str] | None = None) -> TensorDataset:
    """Read the MNIST digits: 60,000 training and 10,000 test images of 28 by 28 pixels, from their original files.

    Source: Y. LeCun et al., "Gradient-based learning applied to document recognition" (1998).

    Parameters
    ----------
    train
        Which part.
    root
        The folder that holds ``mnist/``; by default the environment variable ``TINYGRAD_EDU_DATA``.

    Returns
    -------
    TensorDataset
        Images, float32 in [0, 1], shape (N, 1, 28, 28), and classes, int64, shape (N,).

    Raises
    ------
    DataError
        The files are missing or damaged; the message says where they should be.

    Examples
    --------
    >>> mnist(root="/nowhere")  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    ...
    tinygrad_edu.data.errors.DataError: ...train-images-idx3-ubyte.gz is missing...
    """
    return _mnist_like("mnist", train, root)


def fashion_mnist(train: bool = True, root: str | os.PathLike[str] | None = None) -> TensorDataset:
    """Read Fashion-MNIST: pieces of clothing in the format of MNIST, and harder. As `mnist`, from ``fashion-mnist/``.

    Source: H. Xiao, K. Rasul and R. Vollgraf, "Fashion-MNIST: a novel image dataset for benchmarking machine learning
    algorithms" (2017).

    Examples
    --------
    >>> fashion_mnist(root="/nowhere")  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    ...
    tinygrad_edu.data.errors.DataError: ...train-images-idx3-ubyte.gz is missing...
    """
    return _mnist_like("fashion-mnist", train, root)


def _mnist_like(name: str, train: bool, root: str | os.PathLike[str] | None) -> TensorDataset:
    root = os.environ.get(_ROOT_VARIABLE) if root is None else root
    if not root:
        raise DataError(
            f"Where is {name}? Set {_ROOT_VARIABLE} to the folder that holds {name}/ with its four files "
            "(train-images-idx3-ubyte.gz, train-labels-idx1-ubyte.gz, t10k-images-idx3-ubyte.gz, "
            "t10k-labels-idx1-ubyte.gz)."
        )
    part = "train" if train else "t10k"
    pixels_path, classes_path = (
        _find(Path(root) / name, f"{part}-{what}-ubyte") for what in ("images-idx3", "labels-idx1")
    )
    pixels, classes = read_idx(pixels_path), read_idx(classes_path)
    if (
        pixels.ndim != 3
        or pixels.dtype != np.uint8
        or classes.shape != pixels.shape[:1]
        or classes.dtype != np.uint8
    ):
        raise DataError(
            f"{pixels_path} and {classes_path} do not belong together: images of shape {pixels.shape} and labels of "
            f"shape {classes.shape}; expected (N, height, width) and (N,). Fetch both again."
        )
    images = pixels[:, None] * np.float32(1 / 255)
    return TensorDataset(from_numpy(images), from_numpy(classes.astype(np.int64)))


def _find(folder: Path, name: str) -> Path:
    """Return the compressed file, or the plain one."""
    for path in (folder / f"{name}.gz", folder / name):
        if path.is_file():
            return path
    raise DataError(
        f"{folder / name}.gz is missing. Put the files of {folder.name} into {folder}, "
        f"or set {_ROOT_VARIABLE} to the folder that holds {folder.name}/."
    )
