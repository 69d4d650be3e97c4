"""What the judge's tests share: the sample exercise, and ways to run code against it."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from grader.exercise import Exercise, load_exercises
from grader.process import LocalRunner, ProcessRunner
from grader.program import Program, Runner

SAMPLE_PACK = Path(__file__).parent / "grader" / "packs" / "sample"
GOOD_BACKWARD = "\n\ndef sigmoid_backward(g, y):\n    return g * y * (1 - y)\n"
RUNNERS = {"in-process": LocalRunner, "isolated": ProcessRunner}


@cache
def sample() -> Exercise:
    """Return the sample exercise."""
    [exercise] = load_exercises(SAMPLE_PACK)
    return exercise


def loaded(runner: Runner, source: str, imports: tuple[str, ...] = ("numpy", "warnings")) -> Program:
    """Load a source that must be loadable and return an empty program on it."""
    reply = runner.load(source.encode(), imports)
    assert reply.raised is None, reply.raised
    return Program(runner)
