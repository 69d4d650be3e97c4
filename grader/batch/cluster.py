"""Judges on a cluster: `dask.distributed` runs the same function on the same JSON.

A worker of dask keeps judges beside itself, one for each of its threads, as `grader.batch.pool` does on one machine:
what happens in a judge cannot touch the worker, and what goes on in the worker's threads cannot touch a grade. Every
worker needs the same version of this package, its libraries and the exercises; a judge that has others says so and
refuses.
"""

from __future__ import annotations

import atexit
import importlib
import importlib.util
import threading
import time
from collections.abc import Callable
from concurrent.futures import Executor, Future
from typing import Any, Final, ParamSpec, TypeVar

from grader.batch.folder import BatchError
from grader.batch.pool import LocalPool

P = ParamSpec("P")
T = TypeVar("T")

_WORKERS_S: Final = 60
_ASK_S: Final = 5.0
# Far beyond what any job may take.
_PATIENCE_S: Final = 900.0


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
        """Return how many threads the workers have; asked now and then, for workers come and go."""
        if time.monotonic() >= self._ask_at:
            self._width = max(1, sum(self._client.nthreads().values()))
            self._ask_at = time.monotonic() + _ASK_S
        return self._width

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Have a judge beside a worker call a function of a module; JSON carries what it takes and what it returns."""
        future: Future[T] = self._executor.submit(_in_a_judge, fn, *args, **kwargs)
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Leave the cluster; what still runs there is cancelled with `cancel_futures`."""
        self._executor.shutdown(wait=wait and not cancel_futures)
        self._client.close()


_judges: LocalPool | None = None
_judges_lock: Final = threading.Lock()


def _in_a_judge(fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
    """Have one of the judges beside this worker of dask do the job."""
    global _judges
    with _judges_lock:
        if _judges is None:
            distributed: Any = importlib.import_module("distributed")
            _judges = LocalPool(distributed.get_worker().state.nthreads, patience_s=_PATIENCE_S)
            atexit.register(_judges.shutdown, wait=False, cancel_futures=True)
    return _judges.submit(fn, *args, **kwargs).result()
