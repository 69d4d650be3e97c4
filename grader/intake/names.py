"""Which path answers which exercise.

The name of a file decides, never what is in it. From the surest to the least sure (the *rank*):

0. ``.../ch04_activations/ex01_sigmoid/task.py``, as the work directory has it;
1. the same in other letter case;
2. ``.../ex01_sigmoid/task.py``, if no other chapter has a folder of that name;
3. ``ex01_sigmoid.py``, ``sigmoid.py`` or ``ch04_activations_ex01_sigmoid.py`` anywhere;
4. the same behind a prefix, as learning platforms write it: ``lee_ann_31415_sigmoid.py``;
5. a notebook that defines the exercise's names (`grader.intake.notebooks`).
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from grader.exercise import Exercise
from grader.report import clean
from grader.workdir import TASK_NAME

NOTEBOOK_RANK: Final = 5
ARCHIVES: Final = (
    ".zip", ".tar", ".tgz", ".tar.gz", ".tbz", ".tbz2", ".tar.bz2", ".txz", ".tar.xz",
)  # fmt: skip
UNREADABLE: Final = (".rar", ".7z", ".tar.zst", ".tar.lz", ".tar.z", ".arj", ".cab", ".dmg", ".iso")

# Copies that tools keep beside the work; nothing in them was handed in.
_JUNK: Final = frozenset({"__macosx", "__pycache__", "node_modules", "site-packages", "venv"})
# What browsers and learning platforms add to the name of a second copy.
_COPY: Final = re.compile(r"(?:-\d{1,3}| ?\(\d{1,3}\))$")
_LONGEST_SHOWN: Final = 200


@dataclass(frozen=True, slots=True)
class Claim:
    """That a path answers an exercise, and how surely: the rank, 0 the surest."""

    exercise: str
    rank: int


class Catalogue:
    """The exercises, by all the names that a file for them may have.

    Parameters
    ----------
    exercises
        Those that are graded.
    """

    def __init__(self, exercises: Sequence[Exercise]) -> None:
        self.exercises = {exercise.id: exercise for exercise in exercises}
        self._folded = _unique((exercise.id.casefold(), exercise.id) for exercise in exercises)
        self._folders = _unique((_folder(exercise.id), exercise.id) for exercise in exercises)
        # A file has to be named as one exercise only; where two share a name the longer ones tell them apart.
        self._stems = _unique((stem, exercise.id) for exercise in exercises for stem in _stems(exercise.id))
        self._chapters = {exercise.id.partition("/")[0].casefold() for exercise in exercises}

    def claim(self, path: str) -> Claim | None:
        """Return which exercise a Python file answers, None if none.

        Parameters
        ----------
        path
            As `tidy_path` returns it.
        """
        *folders, name = path.split("/")
        place, name = "/".join(folders[-2:]), name.casefold()
        if name == TASK_NAME:
            if place in self.exercises and path.endswith(TASK_NAME):
                return Claim(place, 0)
            if (found := self._folded.get(place.casefold())) is not None:
                return Claim(found, 1)
            found = self._folders.get(folders[-1].casefold()) if folders else None
            return None if found is None else Claim(found, 2)
        if not name.endswith(".py"):
            return None
        return self.named_after(name.removesuffix(".py"))

    def named_after(self, stem: str) -> Claim | None:
        """Return which exercise a file name, without its suffix, stands for."""
        stem = _COPY.sub("", stem.casefold())
        if (found := self._stems.get(stem)) is not None:
            return Claim(found, 3)
        # The longest name that fits: "lee_leaky_relu" is no "relu".
        for place in (match.start() + 1 for match in re.finditer(r"[_\- ]", stem)):
            if (found := self._stems.get(stem[place:])) is not None:
                return Claim(found, 4)
        return None

    def mentioned(self, words: str) -> str | None:
        """Return the exercise whose id or folder name occurs in a heading, None if there is none or more than one."""
        tokens = [token.casefold() for token in re.findall(r"[\w/]+", words)]
        found = {self._folded.get(token, self._folders.get(token)) for token in tokens} - {None}
        return found.pop() if len(found) == 1 else None

    def is_chapter(self, name: str) -> bool:
        """Return whether a folder has the name of a chapter."""
        return name.casefold() in self._chapters


def _unique(pairs: Iterable[tuple[str, str]]) -> Mapping[str, str]:
    """Return the pairs whose key names one exercise only."""
    found = defaultdict(set)
    for key, exercise_id in pairs:
        found[key].add(exercise_id)
    return {key: next(iter(ids)) for key, ids in found.items() if len(ids) == 1}


def _folder(exercise_id: str) -> str:
    return exercise_id.rpartition("/")[2].casefold()


def _stems(exercise_id: str) -> Iterable[str]:
    folder = _folder(exercise_id)
    whole = exercise_id.casefold()
    return (folder, re.sub(r"^ex\d+_", "", folder), *(whole.replace("/", mark) for mark in ("_", "__", "-")))


def is_archive(name: str) -> bool:
    """Return whether a file name is that of an archive we read."""
    return name.casefold().endswith(ARCHIVES)


def is_notebook(name: str) -> bool:
    """Return whether a file name is that of a notebook."""
    return name.casefold().endswith(".ipynb")


def stem_of(name: str) -> str:
    """Return a file name without the suffix of an archive, a notebook or a Python file.

    >>> stem_of("ann.tar.gz"), stem_of("v1.2"), stem_of("ann.ipynb")
    ('ann', 'v1.2', 'ann')
    """
    folded = name.casefold()
    for suffix in sorted((*ARCHIVES, ".ipynb", ".py"), key=len, reverse=True):
        if folded.endswith(suffix) and len(name) > len(suffix):
            return name[: -len(suffix)]
    return name


def tidy_path(raw: str) -> str | None:
    r"""Return a path with single forward slashes, or None if it is absolute or leads upwards.

    Nothing is ever written under such a name, so this protects no disk; it keeps names from lying about where a
    file belongs.

    >>> tidy_path(".\\ch01\\ex01//task.py"), tidy_path("/etc/passwd"), tidy_path("a/../b"), tidy_path("C:\\b")
    ('ch01/ex01/task.py', None, None, None)
    """
    path = raw.replace("\\", "/")
    parts = [part for part in path.split("/") if part not in ("", ".")]
    if path.startswith("/") or ".." in parts or re.match(r"[A-Za-z]:", path) or not parts:
        return None
    return "/".join(parts)


def is_junk(part: str) -> bool:
    """Return whether a file or folder of this name belongs to a tool and not to the work.

    >>> is_junk("__MACOSX"), is_junk("._task.py"), is_junk("ch01_numbers")
    (True, True, False)
    """
    return part.startswith(".") or part.casefold() in _JUNK


def shown(text: str) -> str:
    r"""Return a name from a submission as it may be shown: visible, on one line, not too long.

    >>> shown("a" + chr(10) + "b")
    'a\\nb'
    """
    text = clean(text).replace("\n", "\\n")
    return text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}..."
