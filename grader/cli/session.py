"""What every verb works with: the exercises, the work directory, the progress in it."""

from __future__ import annotations

import difflib
import os
import re
import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import click

from grader.cli.verb import Misuse
from grader.exercise import Exercise, exercises_root, find_exercises, load_exercises
from grader.progress import State, state_of
from grader.workdir import TASK_NAME, WorkDir, WorkError, find_work

__all__ = ["Session", "Standing", "load_course", "open_session", "work_option"]

PACK_VARIABLE = "GRADER_EXERCISES"


def _inherit(ctx: click.Context, _option: click.Parameter, value: str | None) -> str | None:
    # `grader --work DIR check` says the same as `grader check --work DIR`.
    return value if value is not None else ctx.obj


work_option = click.option(
    "--work",
    metavar="DIR",
    callback=_inherit,
    help="Your work directory (else GRADER_WORK, else here, else the clone's exercises).",
)


@dataclass(frozen=True, slots=True)
class Standing:
    """An exercise and how the student stands with it."""

    exercise: Exercise
    state: State

    @property
    def id(self) -> str:
        """The whole id."""
        return self.exercise.id

    @property
    def chapter(self) -> str:
        """The first part of the id."""
        return self.id.partition("/")[0]

    @property
    def name(self) -> str:
        """The last part of the id."""
        return self.id.rpartition("/")[2]

    @property
    def passed(self) -> bool:
        """Whether it counts."""
        return self.state is State.PASSED


class Session:
    """The exercises there are, the student's work, and what is remembered of it.

    Parameters
    ----------
    course
        The exercises, in order.
    work
        The student's files.
    named
        How `--work` named them; None if they were found without it.
    """

    def __init__(self, course: Sequence[Exercise], work: WorkDir, named: str | None = None) -> None:
        self.course = course
        self.work = work
        self._named_work = named
        self.progress = work.progress()
        self._notices: list[str] = []

    def source(self, exercise: Exercise) -> bytes | None:
        """Return a task file's bytes; one that cannot be read counts as missing, with a notice why."""
        try:
            return self.work.read(exercise.id)
        except WorkError as error:
            if str(error) not in self._notices:
                self._notices.append(str(error))
            return None

    def standing(self, exercise: Exercise) -> Standing:
        """Say how one exercise stands, as its file is now."""
        stub = exercise.stub.encode()
        return Standing(exercise, state_of(self.progress.record(exercise.id), self.source(exercise), stub))

    def standings(self) -> list[Standing]:
        """Say how every exercise stands."""
        return [self.standing(exercise) for exercise in self.course]

    def following(self, standings: Sequence[Standing], after: Standing | None = None) -> Standing | None:
        """Return the next exercise that has not passed, from `after` on and round to the start; None if all have."""
        ids = [standing.id for standing in standings]
        start = ids.index(after.id) + 1 if after else 0
        return next((one for one in (*standings[start:], *standings[:start]) if not one.passed), None)

    def find(self, text: str) -> Standing:
        """Return the one exercise that a text names.

        Raises
        ------
        Misuse
            If none or several have that name.
        """
        found = self._named(text)
        if len(found) > 1:
            raise Misuse(_ambiguous(text, found))
        return self.standing(found[0])

    def find_or_next(self, text: str | None) -> Standing:
        """Return the exercise that a text names or, without a text, the next one (the last if all passed)."""
        if text is not None:
            return self.find(text)
        standings = self.standings()
        return self.following(standings) or standings[-1]

    def select(self, texts: Sequence[str]) -> list[Standing]:
        """Return the exercises that texts name, in course order; all without a text; a chapter's name is its all.

        Raises
        ------
        Misuse
            If a text names nothing, or several exercises that are no chapter.
        """
        chosen: set[str] = set()
        for text in texts:
            found = self._named(text)
            chapters = {exercise.id.partition("/")[0] for exercise in found}
            if len(found) > 1 and not (len(chapters) == 1 and text.strip("/") in next(iter(chapters))):
                raise Misuse(_ambiguous(text, found))
            chosen.update(exercise.id for exercise in found)
        return [self.standing(exercise) for exercise in self.course if not texts or exercise.id in chosen]

    def command(self, verb: str, standing: Standing) -> str:
        """Return a command about an exercise as the student can type it here and now."""
        where = "" if self._named_work is None else f" --work {shlex.quote(self._named_work)}"
        return f"grader {verb} {self._handle(standing)}{where}"

    def _handle(self, standing: Standing) -> str:
        for name in (_bare(standing.exercise), standing.name):
            if [exercise.id for exercise in self._matching(name)] == [standing.id]:
                return name
        return standing.id

    def short_path(self, standing: Standing) -> str:
        """Return the path of the task file as it is easiest to type from here."""
        path = self.work.task(standing.id)
        try:
            relative = os.path.relpath(path)
        except ValueError:
            # On Windows another drive has no relative path.
            return str(path)
        return min(relative, str(path), key=len)

    def take_notices(self) -> list[str]:
        """Return the sentences that the student has not seen yet."""
        fresh = [*self._notices, *self.progress.notices]
        self._notices.clear()
        self.progress.notices.clear()
        return fresh

    def say_notices(self) -> None:
        """Print them on standard error."""
        for sentence in self.take_notices():
            click.echo(f"grader: {sentence}", err=True)

    def _matching(self, text: str) -> list[Exercise]:
        bare = [exercise for exercise in self.course if _bare(exercise) == text]
        return bare or find_exercises(text, self.course)

    def _named(self, text: str) -> list[Exercise]:
        found = self._matching(_without_path(text))
        if found:
            return found
        names = [name for exercise in self.course for name in (exercise.id, _bare(exercise))]
        near = difflib.get_close_matches(text, names, n=1, cutoff=0.5)
        meant = f" Did you mean {near[0]}?" if near else ""
        raise Misuse(f"no exercise is called {text!r}.{meant} `grader list` shows them all.")


def _bare(exercise: Exercise) -> str:
    return re.sub(r"^ex\d+_", "", exercise.id.rpartition("/")[2])


def _without_path(text: str) -> str:
    """Reduce the path of a task file or its folder, as a shell completes it, to the id in it.

    >>> _without_path("exercises/ch04_activations/ex01_sigmoid/task.py"), _without_path("ch04_activations/")
    ('ch04_activations/ex01_sigmoid', 'ch04_activations')
    """
    parts = [part for part in text.replace("\\", "/").split("/") if part not in ("", ".")]
    if parts and parts[-1] == TASK_NAME:
        parts.pop()
    return "/".join(parts[-2:])


def _ambiguous(text: str, found: Sequence[Exercise]) -> str:
    names = "".join(f"\n  {exercise.id}" for exercise in found)
    return f"{text!r} names {len(found)} exercises; write more of the one you mean:{names}"


def load_course() -> list[Exercise]:
    """Return the exercises: those of the folder that GRADER_EXERCISES names, else those that came with the grader.

    Raises
    ------
    Misuse
        If there are none.
    """
    root = _pack()
    course = load_exercises(root)
    if not course:
        raise Misuse(
            f"there are no exercises in {root}. Install tinygrad-edu again, or mend {PACK_VARIABLE}."
        )
    return course


def open_session(work: str | None) -> Session:
    """Find the exercises and the student's work."""
    course = load_course()
    root = _pack()
    packaged = root.is_relative_to(Path(__file__).parents[1])
    ids = [exercise.id for exercise in course]
    place = find_work(work, ids, repository=None if packaged else root, installed=root if packaged else None)
    return Session(course, place, work)


def _pack() -> Path:
    named = os.environ.get(PACK_VARIABLE)
    return Path(named).resolve() if named else exercises_root()
