"""Datasets, batches, and the data that courses use."""

from .dataset import Dataset, Subset, TensorDataset
from .datasets import digits, fashion_mnist, mnist
from .errors import DataError
from .idx import read_idx
from .loader import DataLoader, default_collate, random_split

__all__ = [
    "DataError",
    "DataLoader",
    "Dataset",
    "Subset",
    "TensorDataset",
    "default_collate",
    "digits",
    "fashion_mnist",
    "mnist",
    "random_split",
    "read_idx",
]
