"""Batch grading on dask.distributed: a real scheduler, real workers, one of them killed midway."""

from __future__ import annotations

import json
import os
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from batch_cases import Bureau, deadly_pack, make_class, verdicts, write_submission

from grader.batch import BatchError
from grader.batch.cluster import ClusterPool

distributed = pytest.importorskip("distributed", reason="the extra `cluster` is not installed")

# What a worker that is killed leaves behind in dask's own loops is not ours to mend.
pytestmark = pytest.mark.filterwarnings("default")


def start_cluster(workers: int, threads: int) -> Any:
    """A scheduler and workers on this machine, each a process of its own under a nanny."""
    return distributed.LocalCluster(
        n_workers=workers,
        threads_per_worker=threads,
        processes=True,
        dashboard_address=":0",
        silence_logs="CRITICAL",
    )


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    with start_cluster(2, 2) as made:
        yield made


@pytest.fixture(scope="module")
def classroom(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("class")
    make_class(root, 8)
    return root


def test_a_cluster_gives_the_same_grades(cluster: Any, classroom: Path, tmp_path: Path) -> None:
    """As a pool on this machine, to the byte, although a worker is killed midway."""
    local = Bureau(tmp_path / "local")
    local.grade(classroom)
    remote = Bureau(tmp_path / "remote")
    killed = []

    def kill() -> None:
        grades = tmp_path / "remote" / "grades"
        while len(list(grades.rglob("*.json"))) < 3:
            time.sleep(0.02)
        worker = next(iter(cluster.workers.values()))
        killed.append(worker.pid)
        os.kill(worker.process.process.pid, signal.SIGKILL)

    killer = threading.Thread(target=kill)
    killer.start()
    summary = remote.grade(classroom, executor=lambda: ClusterPool(cluster.scheduler_address), width=4)
    killer.join()
    assert killed
    assert summary.not_graded == ()
    assert remote.lines() == local.lines()
    assert "pass" in {verdict for one in verdicts(remote.results).values() for verdict in one.values()}


def test_nobody_at_the_address() -> None:
    """A sentence, and soon."""
    with pytest.raises(BatchError, match=r"no scheduler answers at tcp://127\.0\.0\.1:9"):
        ClusterPool("tcp://127.0.0.1:9", connect_s=1)


def test_a_job_that_kills_its_judge(cluster: Any, tmp_path: Path) -> None:
    """It is infra as on one machine, and costs no worker; the other jobs are judged."""
    (tmp_path / "armed").touch()
    bureau = Bureau(tmp_path / "out", deadly_pack(tmp_path / "pack", tmp_path / "armed"))
    sources = {f"{exercise.id}/task.py": exercise.solution.encode() for exercise in bureau.exercises}
    write_submission(tmp_path / "class", "ann", sources)
    before = {worker.pid for worker in cluster.workers.values()}
    summary = bureau.grade(
        tmp_path / "class", executor=lambda: ClusterPool(cluster.scheduler_address), width=2
    )
    assert summary.not_graded == ("ann",)
    assert list(verdicts(bureau.results)["ann"].values()) == ["pass", "infra", "infra"]
    line = json.loads(bureau.results.read_text())
    assert "SIGKILL" in line["exercises"][1]["checks"][0]["message"]
    assert {worker.pid for worker in cluster.workers.values()} == before


def test_a_job_that_workers_die_of(tmp_path: Path) -> None:
    """When the scheduler gives it up, so do we; nothing else is lost."""
    import dask

    (tmp_path / "armed").touch()
    bureau = Bureau(tmp_path / "out", deadly_pack(tmp_path / "pack", tmp_path / "armed", "getppid"))
    write_submission(
        tmp_path / "class", "ann", {f"{bureau.exercises[1].id}/task.py": b"def triple(x):\n    return 1\n"}
    )
    told = dask.config.set({"distributed.scheduler.allowed-failures": 1})
    with told, start_cluster(1, 1) as made:
        bureau.grade(tmp_path / "class", executor=lambda: ClusterPool(made.scheduler_address), width=1)
    line = json.loads(bureau.results.read_text())
    first, deadly, last = [one["verdict"] for one in line["exercises"]]
    assert deadly == "infra"
    # the scheduler also gives up a job that it had already handed to the dying worker: never scored, judged next time
    assert {first, last} <= {"missing", "infra"}
    assert "KilledWorker" in line["exercises"][1]["checks"][0]["message"]


def test_a_scheduler_that_goes_away(classroom: Path, tmp_path: Path) -> None:
    """The run ends with a sentence, and goes on later where it stopped."""
    bureau = Bureau(tmp_path)
    made = start_cluster(1, 1)

    def close() -> None:
        while len(list((tmp_path / "grades").rglob("*.json"))) < 2:
            time.sleep(0.02)
        made.close()

    closer = threading.Thread(target=close)
    closer.start()
    with pytest.raises(BatchError, match="Run again to go on"):
        bureau.grade(classroom, executor=lambda: ClusterPool(made.scheduler_address))
    closer.join()
    done = len(list((tmp_path / "grades").rglob("*.json")))
    summary = bureau.grade(classroom)
    assert summary.not_graded == ()
    assert 0 < summary.judged <= len(list((tmp_path / "grades").rglob("*.json"))) - done
