"""One submission: every file that answers an exercise, the one that is taken, and what there is to remark.

Several files may answer one exercise. An untouched stub gives way to anything else, then the surer name wins
(`grader.intake.names`), then the shallower folder. Where two different files are left (an archive with two members
of one name, names that differ in letter case only) none is taken, because every choice would be a guess.
"""

from __future__ import annotations

import hashlib
import io
import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Final

from grader.intake import archives
from grader.intake.files import open_regular, read_bounded, walk
from grader.intake.limits import MIB, Budget, BudgetSpentError, IntakeError, Limits, Member
from grader.intake.names import (
    NOTEBOOK_RANK,
    UNREADABLE,
    Catalogue,
    Claim,
    is_archive,
    is_junk,
    is_notebook,
    shown,
    stem_of,
    tidy_path,
)
from grader.intake.notebooks import Notebook, read_notebook
from grader.intake.store import Store
from grader.loading import is_granted
from grader.progress import reason, same_text

# Files that answer one exercise; who hands in more is not looking for a grade.
_MOST_ANSWERS: Final = 8
_MOST_NOTES: Final = 20
_UNTOUCHED: Final = 100


@dataclass(frozen=True, slots=True)
class Submission:
    """What one student handed in.

    Attributes
    ----------
    name
        Whose it is.
    sources
        The SHA-256 of each source in the store, by exercise.
    notes
        Remarks for student and teacher.
    error
        Why nothing could be read at all, "" if something could.
    """

    name: str
    sources: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    error: str = ""

    @property
    def sha256(self) -> str:
        """What was taken from the submission and remarked on it, as one hash."""
        content = [sorted(self.sources.items()), self.notes, self.error]
        return hashlib.sha256(json.dumps(content).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class _Answer:
    path: str
    rank: int
    sha256: str

    @property
    def order(self) -> tuple[int, int]:
        return self.rank, self.path.count("/")


class Collector:
    """Takes the files of one submission, one after the other, and decides at the end.

    Parameters
    ----------
    name
        Whose submission it is.
    catalogue
        The exercises.
    store
        Where sources are kept.
    limits
        What may be read.
    """

    def __init__(self, name: str, catalogue: Catalogue, store: Store, limits: Limits) -> None:
        self.budget = Budget(limits)
        self._name, self._catalogue, self._store, self._limits = name, catalogue, store, limits
        self._answers: dict[str, list[_Answer]] = defaultdict(list)
        self._notes: list[str] = []
        self._error = ""

    def read_folder(self, folder: Path) -> Submission:
        """Read all files below a folder."""
        self._take_all(lambda: walk(folder, self._limits, self.budget))
        return self.finish()

    def read_file(self, path: Path, name: str) -> Submission:
        """Read an archive, a notebook or a single source, which was handed in under `name`."""
        try:
            with open_regular(path) as stream:
                if is_archive(name):
                    if path.stat().st_size > self._limits.archive:
                        raise IntakeError(f"it is larger than {self._limits.archive // MIB} MiB")
                    self._take_all(
                        lambda: archives.members(stream, self.budget, self._limits.entries), nesting=1
                    )
                else:
                    self.take(Member(name, "", lambda limit: read_bounded(stream, limit)))
        except (IntakeError, OSError) as error:
            self._error = reason(error) if isinstance(error, OSError) else str(error)
        return self.finish()

    def _take_all(self, members: Callable[[], Iterable[Member]], nesting: int = 0) -> None:
        try:
            for member in members():
                self.take(member, nesting=nesting)
        except BudgetSpentError as error:
            self.remark(f"{error}; the rest was not read")
        except IntakeError as error:
            self._error = str(error)

    def take(self, member: Member, *, nesting: int = 0, outer: str = "", place: str = "") -> None:
        """Look at one file, and read it if it is of use.

        Parameters
        ----------
        member
            The file.
        nesting
            How many archives it lies in.
        outer, place
            The archive that it lies in, as it is shown, and as a folder.

        Raises
        ------
        BudgetSpentError
            If nothing more may be read.
        """
        path = tidy_path(member.path)
        if path is None:
            self.remark(f"{shown(outer + member.path)}: an absolute or upward path is not read")
            return
        parts = path.split("/")
        if any(is_junk(part) for part in parts):
            return
        name, full, inner = parts[-1], f"{outer}{path}", f"{place}{path}"
        claim = self._catalogue.claim(inner)
        if claim is not None:
            read: Callable[[], None] = partial(self._take_source, member, full, claim)
        elif is_notebook(name):
            read = partial(self._take_notebook, member, full, stem_of(name))
        elif is_archive(name):
            read = partial(self._take_archive, member, full, stem_of(inner), nesting)
        else:
            if name.casefold().endswith(UNREADABLE):
                self.remark(f"{shown(full)}: archives of this kind cannot be read; hand in a zip")
            return
        try:
            if member.odd:
                raise IntakeError(f"it is {member.odd}, and only regular files are read")
            read()
        except BudgetSpentError:
            raise
        except IntakeError as error:
            self.remark(f"{shown(full)}: {error}")

    def _take_source(self, member: Member, path: str, claim: Claim) -> None:
        # One byte more than allowed is kept: it makes the judge say so.
        self._answer(claim, path, member.read(self._limits.source))

    def _take_notebook(self, member: Member, path: str, stem: str) -> None:
        data = member.read(self._limits.notebook)
        if len(data) > self._limits.notebook:
            raise IntakeError(f"it is larger than {self._limits.notebook // MIB} MiB; clear its outputs")
        notebook = read_notebook(data, self._catalogue.mentioned)
        if notebook.dropped:
            self.remark(f"{shown(path)}: {notebook.dropped} lines for the notebook alone were left out")
        only = self._catalogue.named_after(stem)
        for exercise_id in self._catalogue.exercises if only is None else [only.exercise]:
            source = self._code(notebook, exercise_id)
            if source is not None:
                self._answer(Claim(exercise_id, NOTEBOOK_RANK), path, source[: self._limits.source + 1])

    def _code(self, notebook: Notebook, exercise_id: str) -> bytes | None:
        exercises = self._catalogue.exercises
        exercise = exercises[exercise_id]
        others = {name for other in exercises.values() if other.id != exercise_id for name in other.names}
        return notebook.source(
            exercise_id,
            exercise.names,
            others - set(exercise.names),
            lambda module: is_granted(module, exercise.imports),
        )

    def _take_archive(self, member: Member, path: str, place: str, nesting: int) -> None:
        if nesting >= self._limits.nesting:
            raise IntakeError("archives in archives in archives are not read")
        data = member.read(self._limits.archive)
        if len(data) > self._limits.archive:
            raise IntakeError(f"it is larger than {self._limits.archive // MIB} MiB")
        for inner in archives.members(io.BytesIO(data), self.budget, self._limits.entries):
            self.take(inner, nesting=nesting + 1, outer=f"{path}/", place=f"{place}/")

    def _answer(self, claim: Claim, path: str, source: bytes) -> None:
        answers = self._answers[claim.exercise]
        if len(answers) >= _MOST_ANSWERS:
            self.remark(f"{claim.exercise}: only the first {_MOST_ANSWERS} files for it were looked at")
            return
        stub = self._catalogue.exercises[claim.exercise].stub.encode()
        rank = claim.rank + (_UNTOUCHED if same_text(source, stub) else 0)
        answers.append(_Answer(path, rank, self._store.put(source)))

    def remark(self, sentence: str) -> None:
        """Note a sentence for student and teacher, once."""
        if sentence not in self._notes:
            self._notes.append(sentence)

    def finish(self) -> Submission:
        """Choose among what was found."""
        chosen = {
            key: self._chosen(key, self._answers[key])
            for key in self._catalogue.exercises
            if key in self._answers
        }
        sources = {key: sha256 for key, sha256 in chosen.items() if sha256 is not None}
        if self._error and sources:
            self.remark(f"{self._error}; what came before that was taken")
        if not (self._answers or self._notes or self._error):
            self.remark("nothing in it is named as an answer to an exercise")
        notes, more = self._notes[:_MOST_NOTES], len(self._notes) - _MOST_NOTES
        if more > 0:
            notes.append(f"{more} more remarks were left out")
        return Submission(self._name, sources, tuple(notes), "" if sources else self._error)

    def _chosen(self, exercise_id: str, answers: list[_Answer]) -> str | None:
        best = min(answer.order for answer in answers)
        first = [answer for answer in answers if answer.order == best]
        passed_over = [answer for answer in answers if answer.order != best and answer.rank < _UNTOUCHED]
        if len({answer.sha256 for answer in first}) > 1:
            names = " and ".join(sorted({shown(answer.path) for answer in first}))
            self.remark(
                f"{exercise_id}: {len(first)} different files answer it ({names}); none was taken, hand in one"
            )
            return None
        for answer in passed_over:
            if answer.sha256 != first[0].sha256:
                self.remark(f"{exercise_id}: {shown(first[0].path)} was taken, {shown(answer.path)} was not")
        return first[0].sha256


def counted(member: Member, budget: Budget) -> Member:
    """Return a member whose bytes are taken from one more budget."""

    def read(limit: int) -> bytes:
        data = member.read(limit)
        budget.spend(len(data))
        return data

    return Member(member.path, member.odd, read)
