"""Batch grading: a class of submissions, judged side by side, with nothing lost when it is interrupted.

Everything is written against `concurrent.futures.Executor` with JSON text in and out, so that a pool of processes on
this machine and a cluster of many run the same code. One job is one source for one exercise: equal sources are
judged once, whoever handed them in.

    version.py    what a grade depends on beside the source: the exercise, the grader, the libraries, as hashes
    job.py        `grade_one`, the function that judges: JSON in, JSON out
    deadline.py   the time that one exercise may take
    serving.py    the process that runs it
    pool.py       an Executor of such processes that outlives any of them
    cluster.py    an Executor on dask.distributed
    cache.py      grades by what they depend on, kept over runs
    results.py    results.jsonl: appended to, repaired, resumed
    lines.py      what a line of it says
    folder.py     the output folder, held by one run at a time
    seed.py       the secret seed
    run.py        the run
"""

from grader.batch.folder import BatchError, Folder
from grader.batch.run import Batch, Progress, Summary
from grader.batch.version import Settings

__all__ = ["Batch", "BatchError", "Folder", "Progress", "Settings", "Summary"]
