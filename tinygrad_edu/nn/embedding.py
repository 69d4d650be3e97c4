"""A table of vectors, one for each word, user, or whatever can be numbered."""

from __future__ import annotations

from typing import Any

from tinygrad_edu.backend import np

from . import functional as F  # noqa: N812 # the field's name for it
from . import init
from .module import Module
from .parameter import Parameter

__all__ = ["Embedding"]


class Embedding(Module):
    """Look up the vectors of numbered things; the table is learnt.

    Its numbers start normally distributed, with mean 0 and variance 1; the row of `padding_idx` at 0.

    Source: Y. Bengio et al., "A neural probabilistic language model" (2003).

    Parameters
    ----------
    num_embeddings, embedding_dim
        How many vectors, and how long they are.
    padding_idx
        The row that stands for "nothing here" and learns nothing.
    max_norm, norm_type, scale_grad_by_freq, sparse
        For PyTorch's sake; only their defaults are offered.
    device
        Only ``"cpu"``; accepted for PyTorch's sake.
    dtype
        Of the table; float32 by default.

    Attributes
    ----------
    weight : Parameter
        The table, shape (num_embeddings, embedding_dim).

    Raises
    ------
    ValueError
        `padding_idx` is no row, or an option is not offered.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tuple(Embedding(10, 3)(tg.tensor([[1, 2], [4, 9]])).shape)
    (2, 2, 3)
    """

    def __init__(
        self,
        num_embeddings: int,
        embedding_dim: int,
        padding_idx: int | None = None,
        max_norm: float | None = None,
        norm_type: float = 2.0,
        scale_grad_by_freq: bool = False,
        sparse: bool = False,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        if max_norm is not None or norm_type != 2.0 or scale_grad_by_freq or sparse:
            raise ValueError("Embedding: max_norm, norm_type, scale_grad_by_freq and sparse are not offered.")
        if padding_idx is not None and not -num_embeddings <= padding_idx < num_embeddings:
            raise ValueError(f"Embedding: padding_idx={padding_idx} is none of the {num_embeddings} rows.")
        self.num_embeddings = num_embeddings
        self.embedding_dim = embedding_dim
        self.padding_idx = None if padding_idx is None else padding_idx % num_embeddings
        self.weight = Parameter(np.empty((num_embeddings, embedding_dim), np.float32))
        self.reset_parameters()
        self.to(device, dtype)

    def reset_parameters(self) -> None:
        """Draw the table anew."""
        init.normal_(self.weight)
        if self.padding_idx is not None:
            self.weight.data[self.padding_idx] = 0

    def forward(self, input: Any) -> Any:
        """Look up the rows that `input`, integers of any shape, names."""
        return F.embedding(input, self.weight, self.padding_idx)

    def extra_repr(self) -> str:
        """Return the sizes."""
        padding = "" if self.padding_idx is None else f", padding_idx={self.padding_idx}"
        return f"{self.num_embeddings}, {self.embedding_dim}{padding}"
