"""The one error of this package: data that is missing, damaged or not what its name says."""

from __future__ import annotations

__all__ = ["DataError"]


class DataError(ValueError):
    """Data is missing, damaged or of the wrong kind; the message says which and what to do.

    Examples
    --------
    >>> raise DataError("labels.gz is not an IDX file")
    Traceback (most recent call last):
    ...
    tinygrad_edu.data.errors.DataError: labels.gz is not an IDX file
    """
