"""Judges on a cluster: `dask.distributed` runs the same function on the same JSON.

Every worker needs the same version of this package, its libraries and the exercises; a judge that has others says so
and refuses. Start them with one thread each (``dask worker tcp://... --nthreads 1 --nworkers 4``): judging keeps to
one job a process.
"""

from __future__ import annotations

import importlib
import importlib.util
import time
from collections.abc import Callable
from concurrent.futures import Executor, Future
from typing import Any, Final, ParamSpec, TypeVar

from grader.batch.folder import BatchError

P = ParamSpec("P")
T = TypeVar("T")

_WORKERS_S: Final = 60
_ASK_S: Final = 5.0


class ClusterPool(Executor):
    """The workers of a dask scheduler.

    Parameters
    ----------
    address
        Of the scheduler, such as ``tcp://10.0.0.1:8786``.
    connect_s
        How many seconds to wait for it.

    Raises
    ------
    BatchError
        If `distributed` is not installed, nobody answers at the address, or there is no worker.
    """

    def __init__(self, address: str, *, connect_s: float = 20.0) -> None:
        if importlib.util.find_spec("distributed") is None:
            raise BatchError(
                "the package distributed is not installed. Run: pip install 'tinygrad-edu[cluster]'"
            )
        distributed: Any = importlib.import_module("distributed")  # it declares no types
        try:
            self._client = distributed.Client(address, timeout=connect_s, set_as_default=False)
        except (OSError, ValueError, TimeoutError) as error:
            raise BatchError(
                f"no scheduler answers at {address} ({error}). Start one with: dask scheduler"
            ) from None
        try:
            self._client.wait_for_workers(1, timeout=_WORKERS_S)
        except TimeoutError:
            self._client.close()
            raise BatchError(
                f"the scheduler at {address} has no workers. Start some: dask worker {address}"
            ) from None
        self._width, self._ask_at = 1, 0.0
        self._executor = self._client.get_executor(pure=False)

    def width(self) -> int:
        """Return how many workers there are; asked of the scheduler now and then, for they come and go."""
        if time.monotonic() >= self._ask_at:
            self._width = max(1, len(self._client.nthreads()))
            self._ask_at = time.monotonic() + _ASK_S
        return self._width

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Have a worker call a function of a module."""
        future: Future[T] = self._executor.submit(fn, *args, **kwargs)
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Leave the cluster; what still runs there is cancelled with `cancel_futures`."""
        self._executor.shutdown(wait=wait and not cancel_futures)
        self._client.close()
