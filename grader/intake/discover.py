"""What the arguments of ``grader grade`` mean.

*Several* arguments are one submission each: a folder, an archive, a notebook, or a source that is named after its
exercise. (So ``grader grade handed-in/*`` is safe: nothing that somebody packs makes it look like the work of another.)

*One* argument may be a class. A folder that holds a chapter (``ch04_activations``, itself or inside ``exercises``) or
a file that is named after an exercise is one submission; any other folder is a class, in which each folder, archive,
notebook and source is one submission and gives it its name, as learning platforms hand a class out. An archive is a
class by the same rules if it holds at least two of these; if all of it lies in one folder, that folder is looked at.

Who knows better says so (`kind`).
"""

from __future__ import annotations

import os
import stat
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Final, Literal

from grader.intake import archives
from grader.intake.collect import Collector, Submission, counted
from grader.intake.files import open_regular, what_is
from grader.intake.limits import MIB, Budget, BudgetSpentError, IntakeError, Limits
from grader.intake.names import Catalogue, is_archive, is_junk, is_notebook, shown, stem_of, tidy_path
from grader.intake.store import Store
from grader.progress import reason

Kind = Literal["class", "one"]

_INSIDE: Final = "exercises"
# To see whether an archive is a class; if that does not show within so much, it is read as one submission.
_GLANCE: Final = Limits(unpacked=1024 * MIB, entries=200_000)


@dataclass(frozen=True, slots=True)
class Entry:
    """One submission that has not been read yet.

    Attributes
    ----------
    name
        Whose it is, unlike any other's.
    longer
        The same with suffix, and with the argument in front: for where the short name is somebody else's too.
    read
        Reads it. Never raises for what is in it.
    """

    name: str
    longer: tuple[str, ...]
    read: Callable[[str], Submission]

    def submission(self) -> Submission:
        """Read it."""
        return self.read(self.name)


@dataclass(frozen=True, slots=True)
class Discovery:
    """The submissions, in the order of the arguments and then of their names, and what was passed over."""

    entries: tuple[Entry, ...]
    notices: tuple[str, ...]


def discover(
    arguments: Sequence[Path],
    catalogue: Catalogue,
    store: Store,
    limits: Limits | None = None,
    kind: Kind | None = None,
) -> Discovery:
    """Find the submissions that arguments name.

    Parameters
    ----------
    arguments
        Paths that the teacher gave.
    catalogue, store, limits
        The exercises, where sources are kept, what may be read.
    kind
        Whether each argument is a class or one submission; None to find out by the rules above.

    Raises
    ------
    IntakeError
        If an argument is not there, or is nothing that holds submissions.
    """
    search = _Search(catalogue, store, limits or Limits())
    if kind is None and len(arguments) > 1:
        search.look_at_each(arguments)
    else:
        for argument in arguments:
            search.look_at(argument, kind)
    return Discovery(tuple(_with_own_names(search.entries)), tuple(search.notices))


class _Search:
    def __init__(self, catalogue: Catalogue, store: Store, limits: Limits) -> None:
        self.entries: list[Entry] = []
        self.notices: list[str] = []
        self._catalogue, self._store, self._limits = catalogue, store, limits

    def look_at_each(self, arguments: Iterable[Path]) -> None:
        """Take every argument for one submission, as a shell's pattern gives them: links are not followed."""
        passed_over = 0
        for argument in arguments:
            if not os.path.lexists(argument):
                raise IntakeError(f"{argument} cannot be graded: no such file or directory")
            path = Path(os.path.abspath(argument))
            passed_over += not self._child(path, path.parent.name)
        self._say_passed_over(passed_over, "the arguments")

    def look_at(self, argument: Path, kind: Kind | None) -> None:
        """Find the submissions that one argument names; a link that the teacher gives is followed."""
        try:
            path = argument.resolve(strict=True)
            mode = path.stat().st_mode
        except (OSError, RuntimeError) as error:
            why = reason(error) if isinstance(error, OSError) else "it is a link to itself"
            raise IntakeError(f"{argument} cannot be graded: {why}") from error
        if stat.S_ISDIR(mode):
            self._folder(path, kind)
        elif odd := what_is(mode):
            raise IntakeError(f"{argument} is {odd}; give a folder, an archive, a notebook or a source")
        elif is_archive(path.name):
            self._archive(path, kind)
        elif is_notebook(path.name) or path.suffix == ".py":
            self._file(path, path.parent.name)
        else:
            raise IntakeError(f"{argument} is no folder, archive (.zip, .tar.gz), notebook or source")

    def _folder(self, path: Path, kind: Kind | None) -> None:
        children = _children(path)
        if kind is None:
            inside = path / _INSIDE
            deeper = _children(inside) if inside.is_dir() and not inside.is_symlink() else []
            names = [(child.name, child.is_dir(follow_symlinks=False)) for child in (*children, *deeper)]
            kind = "one" if self._is_one(names) else "class"
        if kind == "one":
            self._child_folder(path, path.parent.name)
            return
        wanted = [child.name for child in children if not is_junk(child.name)]
        self._say_passed_over(sum(not self._child(path / name, path.name) for name in wanted), path)

    def _child(self, path: Path, parent: str) -> bool:
        """Take a file or folder of a class for a submission, if it is one; return whether it is."""
        is_folder = path.is_dir() and not path.is_symlink()
        if is_folder:
            self._child_folder(path, parent)
        elif path.is_symlink() or self._is_file(path.name):
            self._file(path, parent)
        else:
            return False
        return True

    def _is_one(self, names: Iterable[tuple[str, bool]]) -> bool:
        """Return whether a folder that holds these is the work of one student."""
        for name, is_folder in names:
            if is_folder and self._catalogue.is_chapter(name):
                return True
            claim = None if is_folder else self._catalogue.claim(name)
            if claim is not None and claim.rank <= 3:
                return True
        return False

    @staticmethod
    def _is_file(name: str) -> bool:
        return is_archive(name) or is_notebook(name) or name.casefold().endswith(".py")

    def _child_folder(self, path: Path, parent: str) -> None:
        self._add(path.name, path.name, parent, lambda collector: collector.read_folder(path))

    def _file(self, path: Path, parent: str) -> None:
        name = path.name
        self._add(stem_of(name), name, parent, lambda collector: collector.read_file(path, name))

    def _add(self, name: str, whole: str, parent: str, read: Callable[[Collector], Submission]) -> None:
        longer = (shown(whole), shown(f"{parent}/{whole}"))
        self.entries.append(Entry(shown(name), longer, lambda own: read(self._collector(own))))

    def _collector(self, name: str) -> Collector:
        return Collector(name, self._catalogue, self._store, self._limits)

    def _archive(self, path: Path, kind: Kind | None) -> None:
        wrapper = None if kind == "one" else self._wrapper_of_class(path, sure=kind == "class")
        if wrapper is None:
            self._file(path, path.parent.name)
            return
        for name, student in sorted(self._read_class(path, wrapper).items()):
            read = partial(_renamed, student.finish())
            self.entries.append(
                Entry(shown(stem_of(name)), (shown(name), shown(f"{path.name}/{name}")), read)
            )

    def _wrapper_of_class(self, path: Path, *, sure: bool) -> tuple[str, ...] | None:
        """Return the folders that a whole class lies in (usually none); None if the archive is one submission."""
        paths: list[Sequence[str]] = []
        try:
            with open_regular(path) as stream:
                for member in archives.members(stream, Budget(_GLANCE), _GLANCE.entries):
                    tidy = tidy_path(member.path)
                    parts = tidy.split("/") if tidy else []
                    if parts and not any(is_junk(part) for part in parts):
                        paths.append(parts)
        except IntakeError:
            if not sure:
                return None
        wrapper: tuple[str, ...] = ()
        while (
            paths
            and len(tops := {parts[0] for parts in paths}) == 1
            and all(len(parts) > 1 for parts in paths)
        ):
            inner = [parts[1:] for parts in paths]
            if self._is_one(_first_names(paths)) or (sure and self._is_one(_first_names(inner))):
                break
            wrapper, paths = (*wrapper, *tops), inner
        students = {parts[0] for parts in paths if len(parts) > 1 or self._is_file(parts[0])}
        return wrapper if sure or (len(students) > 1 and not self._is_one(_first_names(paths))) else None

    def _read_class(self, path: Path, wrapper: tuple[str, ...]) -> dict[str, Collector]:
        students: dict[str, Collector] = {}
        spent: set[str] = set()
        passed_over = 0
        limits = self._limits.of_class()
        try:
            with open_regular(path) as stream:
                for member in archives.members(stream, Budget(limits), limits.entries):
                    tidy = tidy_path(member.path)
                    parts = tidy.split("/")[len(wrapper) :] if tidy else []
                    if not parts or any(is_junk(part) for part in parts):
                        continue
                    if len(parts) == 1 and not self._is_file(parts[0]):
                        passed_over += 1
                        continue
                    name = parts[0]
                    if name not in students:
                        students[name] = self._collector(name)
                    if name in spent:
                        continue
                    # What the student handed in is the archive in this one, or the files in this folder.
                    inner = "/".join(parts[1:] or parts)
                    try:
                        students[name].budget.enter()
                        students[name].take(counted(replace(member, path=inner), students[name].budget))
                    except BudgetSpentError as error:
                        spent.add(name)
                        students[name].remark(f"{error}; the rest was not read")
        except IntakeError as error:
            self.notices.append(f"{path} could not be read to its end: {error}. Submissions may be missing.")
        self._say_passed_over(passed_over, path)
        return students

    def _say_passed_over(self, count: int, where: Path | str) -> None:
        if count:
            files = "1 file" if count == 1 else f"{count} files"
            self.notices.append(f"{files} in {where} passed over: no folder, archive, notebook or source.")


def _children(folder: Path) -> list[os.DirEntry[str]]:
    try:
        return sorted(os.scandir(folder), key=lambda child: child.name)
    except OSError as error:
        raise IntakeError(f"{folder} cannot be read: {reason(error)}") from error


def _renamed(submission: Submission, name: str) -> Submission:
    return replace(submission, name=name)


def _first_names(paths: Iterable[Sequence[str]]) -> set[tuple[str, bool]]:
    """Return what lies directly in a folder, and in the folder of exercises in it: names, and whether folders."""
    inside = [parts[1:] for parts in paths if parts[0] == _INSIDE and len(parts) > 1]
    return {(parts[0], len(parts) > 1) for parts in (*paths, *inside)}


def _with_own_names(entries: Sequence[Entry]) -> list[Entry]:
    """Return the entries, each with a name that no other has."""
    for length in range(2):
        twice = {name for name, count in Counter(entry.name for entry in entries).items() if count > 1}
        entries = [
            replace(entry, name=entry.longer[length]) if entry.name in twice else entry for entry in entries
        ]
    seen: Counter[str] = Counter()
    named = []
    for entry in entries:
        seen[entry.name] += 1
        number = seen[entry.name]
        named.append(entry if number == 1 else replace(entry, name=f"{entry.name} ({number})"))
    return named
