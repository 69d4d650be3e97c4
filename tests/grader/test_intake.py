"""Intake: which files count, in whatever they come, and that nothing else in a submission does any harm."""

from __future__ import annotations

import bz2
import gzip
import io
import json
import lzma
import os
import socket
import stat
import struct
import tarfile
import threading
import zipfile
import zlib
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.exercise import load_exercises
from grader.intake import Catalogue, IntakeError, Limits, Store, StoreError, Submission, discover
from grader.intake.discover import Kind
from grader.intake.limits import Budget
from grader.intake.notebooks import read_notebook
from grader.intake.tarballs import members as tar_members

COURSE = Path(__file__).parent / "packs" / "course"
DOUBLE, TRIPLE, ALL = "ch01_numbers/ex01_double", "ch01_numbers/ex02_triple", "ch02_lists/ex01_double_all"
CODE = b"def double(x):\n    return 2 * x\n"
OTHER = b"def double(x):\n    return x + x\n"
TASK = f"{DOUBLE}/task.py"

Files = Mapping[str, bytes]


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return Catalogue(load_exercises(COURSE))


class Reader:
    """Reads submissions into a store of its own, and gives back what was taken."""

    def __init__(self, catalogue: Catalogue, folder: Path, limits: Limits | None = None) -> None:
        self.catalogue, self.store, self.limits = catalogue, Store(folder), limits
        self.notices: tuple[str, ...] = ()

    def all(self, *paths: Path, kind: Kind | None = None) -> dict[str, Submission]:
        found = discover(paths, self.catalogue, self.store, self.limits, kind)
        self.notices = found.notices
        submissions = {entry.name: entry.submission() for entry in found.entries}
        assert len(submissions) == len(found.entries)
        assert all(submission.name == name for name, submission in submissions.items())
        return submissions

    def one(self, path: Path) -> Submission:
        [submission] = self.all(path, kind="one").values()
        return submission

    def taken(self, submission: Submission) -> dict[str, bytes]:
        return {key: self.store.get(sha256) for key, sha256 in submission.sources.items()}


@pytest.fixture
def reader(catalogue: Catalogue, tmp_path: Path) -> Reader:
    return Reader(catalogue, tmp_path / "store")


def write(root: Path, files: Files) -> Path:
    for name, data in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return root


def zip_of(files: Files | Iterable[tuple[str | zipfile.ZipInfo, bytes]], **options: object) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items() if isinstance(files, Mapping) else files:
            archive.writestr(name, data, **options)
    return stream.getvalue()


def tar_of(
    files: Files | Iterable[tuple[str | tarfile.TarInfo, bytes]], kind: str = "w:gz", **options: object
) -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode=kind, **options) as archive:
        for name, data in files.items() if isinstance(files, Mapping) else files:
            info = tarfile.TarInfo(name) if isinstance(name, str) else name
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return stream.getvalue()


PACKERS: dict[str, Callable[[Files], bytes]] = {
    "ann.zip": zip_of,
    "ann.tar": lambda files: tar_of(files, "w:"),
    "ann.tar.gz": tar_of,
    "ann.tgz": lambda files: tar_of(files, format=tarfile.GNU_FORMAT),
    "ann.tar.bz2": lambda files: tar_of(files, "w:bz2"),
    "ann.tar.xz": lambda files: tar_of(files, "w:xz", format=tarfile.PAX_FORMAT),
}


# What counts, and where


@pytest.mark.parametrize("wrapper", ["", "hw/", "a/b/c/", "exercises/"])
@pytest.mark.parametrize("form", ["folder", *PACKERS])
def test_tasks_are_found_in_every_form(reader: Reader, tmp_path: Path, form: str, wrapper: str) -> None:
    """Wherever the chapters lie, in a folder or an archive, and named after what was handed in."""
    files = {f"{wrapper}{TASK}": CODE, f"{wrapper}{ALL}/task.py": OTHER, f"{wrapper}README.md": b"hello"}
    if form == "folder":
        write(tmp_path / "class" / "ann", files)
        submissions = reader.all(tmp_path / "class")
    else:
        (tmp_path / form).write_bytes(PACKERS[form](files))
        submissions = reader.all(tmp_path / form)
    assert list(submissions) == ["ann"]
    assert reader.taken(submissions["ann"]) == {DOUBLE: CODE, ALL: OTHER}
    assert (submissions["ann"].notes, submissions["ann"].error) == ((), "")


@pytest.mark.parametrize(
    ("name", "exercise"),
    [
        (TASK, DOUBLE),
        ("CH01_Numbers/Ex01_Double/Task.py", DOUBLE),
        ("mine/ex02_triple/task.py", TRIPLE),
        ("ex02_triple.py", TRIPLE),
        ("sub/triple.py", TRIPLE),
        ("Double_All.PY", ALL),
        ("ch01_numbers_ex01_double.py", DOUBLE),
        ("lee_ann_31415_27182_double.py", DOUBLE),
        ("lee_ann_31415_27182_double_all-1.py", ALL),
        ("triple (2).py", TRIPLE),
        ("ch01_numbers\\ex01_double\\task.py", DOUBLE),
        ("task.py", None),
        ("ex01_other/task.py", None),
        ("redouble.py", None),
        ("double.txt", None),
        (f"{DOUBLE}/answer.py", None),
        (f"{DOUBLE}/task.pyc", None),
        (f"{DOUBLE}/__pycache__/task.py", None),
        (f".git/{TASK}", None),
        (f"__MACOSX/{TASK}", None),
        (f"venv/lib/{TASK}", None),
    ],
)
def test_the_name_alone_says_which_exercise(
    reader: Reader, tmp_path: Path, name: str, exercise: str | None
) -> None:
    """From the work directory's layout down to a file with a platform's prefix; nothing is guessed beyond that."""
    (tmp_path / "ann.zip").write_bytes(zip_of({name: CODE, "notes.txt": b""}))
    submission = reader.one(tmp_path / "ann.zip")
    assert reader.taken(submission) == ({exercise: CODE} if exercise else {})


def test_the_longest_name_wins(catalogue: Catalogue) -> None:
    """`double_all` is not `all` of something that doubles."""
    assert [catalogue.named_after(stem).exercise for stem in ("x_double", "x_double_all")] == [DOUBLE, ALL]


def test_harness_files_never_count(reader: Reader, tmp_path: Path) -> None:
    """Nothing is read but the task, whatever else lies beside it, and nothing of it is imported."""
    names = [
        "conftest.py", "pytest.ini", "sitecustomize.py", "usercustomize.py", "numpy.py", "math.py", "evil.pth",
        f"{DOUBLE}/conftest.py", f"{DOUBLE}/spec.py", f"{DOUBLE}/solution.py", f"{DOUBLE}/task.so",
        f"{DOUBLE}/task.cpython-311-x86_64-linux-gnu.so", f"{DOUBLE}/__init__.py", "grader/judge.py", "results.jsonl",
    ]  # fmt: skip
    trap = b"raise SystemExit('imported')\n"
    write(tmp_path / "ann", {TASK: CODE, **dict.fromkeys(names, trap)})
    submission = reader.one(tmp_path / "ann")
    assert reader.taken(submission) == {DOUBLE: CODE}
    stored = [path.read_bytes() for path in (tmp_path / "store").rglob("*.py")]
    assert stored == [CODE]


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({TASK: CODE, "double.py": OTHER}, CODE),
        ({f"x/{TASK}": CODE, TASK: OTHER}, OTHER),
        ({"ch01_Numbers/ex01_double/task.py": OTHER, TASK: CODE}, CODE),
        ({"a_double.py": OTHER, "deep/er/double.py": CODE}, CODE),
        ({TASK: b"STUB", "x/double.py": CODE}, CODE),
        ({f"a/{TASK}": CODE, f"b/{TASK}": CODE}, CODE),
        ({f"a/{TASK}": CODE, f"b/{TASK}": OTHER}, None),
    ],
    ids=["place", "depth", "case", "prefix", "stub", "equal", "two"],
)
def test_one_of_several_is_taken(
    reader: Reader, catalogue: Catalogue, tmp_path: Path, files: Files, expected: bytes | None
) -> None:
    """The surer name, then the shallower place, a stub last; of two that are alike in all this, none, with a remark."""
    stub = catalogue.exercises[DOUBLE].stub.encode()
    write(tmp_path / "class" / "ann", {key: stub if data == b"STUB" else data for key, data in files.items()})
    submission = reader.all(tmp_path / "class")["ann"]
    assert reader.taken(submission) == ({DOUBLE: expected} if expected else {})
    if expected is None:
        assert submission.notes == (
            f"{DOUBLE}: 2 different files answer it (a/{TASK} and b/{TASK}); none was taken, hand in one",
        )


# Files that are no files


def special(path: Path, kind: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    secret = path.parent / "secret.txt"
    secret.write_text("the teacher's")
    if kind == "link":
        path.symlink_to(secret)
    elif kind == "/dev/zero":
        path.symlink_to("/dev/zero")
    elif kind == "loop":
        path.symlink_to(path)
    elif kind == "fifo":
        os.mkfifo(path)
    elif kind == "socket":
        here = os.getcwd()
        os.chdir(path.parent)  # the name of a socket must be short
        try:
            with socket.socket(socket.AF_UNIX) as server:
                server.bind(path.name)
        finally:
            os.chdir(here)
    elif kind == "folder":
        path.mkdir()


SPECIAL = {
    "link": "a symbolic link", "/dev/zero": "a symbolic link", "loop": "a symbolic link", "fifo": "a FIFO",
    "socket": "a socket",
}  # fmt: skip


@pytest.mark.parametrize("kind", SPECIAL)
@pytest.mark.parametrize("name", ["task.py", "../ex02_triple/ann.zip", "../ex02_triple/ann.ipynb"])
def test_only_regular_files_are_opened(reader: Reader, tmp_path: Path, kind: str, name: str) -> None:
    """A link, a FIFO or a socket in the place of a task is a remark; the others in the submission still count."""
    special(tmp_path / "ann" / DOUBLE / name, kind)
    write(tmp_path / "ann", {f"{ALL}/task.py": CODE})
    submission = reader.one(tmp_path / "ann")
    assert reader.taken(submission) == {ALL: CODE}
    [note] = submission.notes
    assert note.endswith(f"it is {SPECIAL[kind]}, and only regular files are read")


@pytest.mark.skipif(not hasattr(os, "mknod") or os.geteuid() != 0, reason="only root can make a device")
def test_a_device_is_not_opened(reader: Reader, tmp_path: Path) -> None:
    """Not even /dev/zero itself, which would never end."""
    path = tmp_path / "ann" / TASK
    path.parent.mkdir(parents=True)
    os.mknod(path, stat.S_IFCHR | 0o666, os.makedev(1, 5))
    submission = reader.one(tmp_path / "ann")
    assert (submission.sources, len(submission.notes)) == ({}, 1)


@pytest.mark.parametrize("kind", SPECIAL)
def test_a_whole_submission_that_is_no_file(reader: Reader, tmp_path: Path, kind: str) -> None:
    """In a class it has its row, with the reason, and no other suffers."""
    special(tmp_path / "class" / "ann.zip", kind)
    write(tmp_path / "class", {f"bob/{TASK}": CODE})
    submissions = reader.all(tmp_path / "class")
    assert submissions["ann"].error == f"it is {SPECIAL[kind]}"
    assert reader.taken(submissions["bob"]) == {DOUBLE: CODE}


def test_links_lead_nowhere(reader: Reader, tmp_path: Path) -> None:
    """Neither a linked chapter, nor a linked student, nor a folder that contains itself."""
    write(tmp_path / "elsewhere", {TASK: CODE})
    write(tmp_path / "class", {f"bob/{ALL}/task.py": CODE})
    (tmp_path / "class" / "bob" / "ch01_numbers").symlink_to(tmp_path / "elsewhere" / "ch01_numbers")
    (tmp_path / "class" / "bob" / "loop").symlink_to(tmp_path / "class" / "bob")
    (tmp_path / "class" / "eve").symlink_to(tmp_path / "elsewhere")
    submissions = reader.all(tmp_path / "class")
    assert list(submissions["bob"].sources) == [ALL]
    assert submissions["eve"].error == "it is a symbolic link"


@pytest.mark.parametrize("place", [TASK, DOUBLE])
def test_a_link_that_comes_while_we_look(reader: Reader, tmp_path: Path, place: str) -> None:
    """Somebody who swaps a file, or a folder on the way to it, for a link gains nothing by being quick."""
    write(tmp_path, {f"ann/{TASK}": CODE, "secret/task.py": OTHER})
    target = tmp_path / "ann" / place
    secret = tmp_path / "secret" / "task.py" if place == TASK else tmp_path / "secret"
    (tmp_path / "link").symlink_to(secret)
    stop = threading.Event()

    def swap() -> None:
        while not stop.is_set():
            target.rename(tmp_path / "aside")
            (tmp_path / "link").rename(target)
            target.rename(tmp_path / "link")
            (tmp_path / "aside").rename(target)

    thread = threading.Thread(target=swap)
    thread.start()
    try:
        found = [reader.taken(reader.one(tmp_path / "ann")) for _ in range(1500)]
    finally:
        stop.set()
        thread.join()
    assert {DOUBLE: OTHER} not in found
    assert {DOUBLE: CODE} in found


def test_a_link_that_the_teacher_names_is_followed(reader: Reader, tmp_path: Path) -> None:
    """An argument is the teacher's word."""
    write(tmp_path / "elsewhere", {f"ann/{TASK}": CODE})
    (tmp_path / "class").symlink_to(tmp_path / "elsewhere")
    assert list(reader.all(tmp_path / "class")) == ["ann"]


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read everything")
def test_what_may_not_be_read(reader: Reader, tmp_path: Path) -> None:
    """Permissions are a remark."""
    path = write(tmp_path / "ann", {TASK: CODE}) / TASK
    path.chmod(0)
    assert "permission denied" in reader.one(tmp_path / "ann").notes[0]


# Bounds


def test_a_source_is_read_to_its_bound(reader: Reader, tmp_path: Path) -> None:
    """One byte more is kept, which is what the judge refuses; a sparse file of a terabyte costs no more."""
    limits = Limits()
    path = write(tmp_path / "ann", {TASK: b"#"}) / TASK
    for size in (limits.source, limits.source + 1, 2**40):
        os.truncate(path, size)
        taken = reader.taken(reader.one(tmp_path / "ann"))
        assert len(taken[DOUBLE]) == min(size, limits.source + 1)


def test_too_many_files(catalogue: Catalogue, tmp_path: Path) -> None:
    """What comes within the bound counts, in the order of the names; the rest is left alone."""
    reader = Reader(catalogue, tmp_path / "store", Limits(entries=30))
    write(
        tmp_path / "ann",
        {TASK: CODE, f"{ALL}/task.py": CODE, **{f"ch01_numbers/x{n}": b"" for n in range(40)}},
    )
    submission = reader.one(tmp_path / "ann")
    assert submission.notes[0] == "it holds more than 30 files and folders; the rest was not read"


def test_deep_folders(reader: Reader, tmp_path: Path) -> None:
    """Folders below the bound are not entered; hundreds of them do no harm."""
    folder = tmp_path / "ann"
    folder.mkdir()
    here = os.open(folder, os.O_RDONLY)
    for _ in range(300):
        os.mkdir("d", dir_fd=here)
        there = os.open("d", os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = there
    os.close(here)
    write(folder, {TASK: CODE})
    assert reader.taken(reader.one(folder)) == {DOUBLE: CODE}


@pytest.mark.parametrize("name", PACKERS)
def test_an_archive_bomb_stops_at_the_bound(catalogue: Catalogue, tmp_path: Path, name: str) -> None:
    """Whatever it unpacks to, only the budget is unpacked; what came before the bomb counts."""
    reader = Reader(catalogue, tmp_path / "store", Limits(unpacked=2**20))
    bomb = b"\0" * 2**23
    (tmp_path / name).write_bytes(PACKERS[name]({TASK: CODE, "a/double.ipynb": bomb, f"{ALL}/task.py": CODE}))
    submission = reader.one(tmp_path / name)
    assert reader.taken(submission) == {DOUBLE: CODE}
    assert submission.notes[0] == "it unpacks to more than 1 MiB; the rest was not read"


def test_a_bomb_in_stages(catalogue: Catalogue, tmp_path: Path) -> None:
    """Archives in archives, each of them small: one stage is opened, and all of it is counted together."""
    inner = zip_of({"double.ipynb": b"\0" * 2**22})
    middle = zip_of({f"{number}.zip": inner for number in range(20)})
    outer = zip_of({TASK: CODE, **{f"b{number}.zip": middle for number in range(20)}})
    (tmp_path / "ann.zip").write_bytes(outer)
    (tmp_path / "bob.zip").write_bytes(
        zip_of({TASK: CODE, **{f"{number}.zip": inner for number in range(20)}})
    )
    reader = Reader(catalogue, tmp_path / "store", Limits(unpacked=2**24))
    submissions = reader.all(tmp_path / "ann.zip", tmp_path / "bob.zip")
    assert all(reader.taken(submission) == {DOUBLE: CODE} for submission in submissions.values())
    assert "archives in archives in archives are not read" in " ".join(submissions["ann"].notes)
    assert submissions["bob"].notes[-1].endswith("it unpacks to more than 16 MiB; the rest was not read")


def test_one_archive_in_another_is_opened(reader: Reader, tmp_path: Path) -> None:
    """As a learning platform's folder around a student's archive; an archive named after an exercise holds its task."""
    inner = tar_of({f"hw/{TASK}": CODE, "x.txt": b""})
    (tmp_path / "ann.zip").write_bytes(
        zip_of({"hw.tgz": inner, "ex02_triple.zip": zip_of({"task.py": OTHER})})
    )
    assert reader.taken(reader.one(tmp_path / "ann.zip")) == {DOUBLE: CODE, TRIPLE: OTHER}


def overlapping_zip(members: int) -> bytes:
    """A zip whose members all share one compressed body: every entry of the table points at the same place."""
    plain, name = b"#" * 2**18, b"double.ipynb"
    body = zlib.compressobj(9, zlib.DEFLATED, -15)
    data = body.compress(plain) + body.flush()
    sizes = (0, 8, 0, 0, zlib.crc32(plain), len(data), len(plain), len(name), 0)
    local = struct.pack("<4s5H3L2H", b"PK\3\4", 20, *sizes) + name + data
    entry = struct.pack("<4s6H3L5H2L", b"PK\1\2", 20, 20, *sizes, 0, 0, 0, 0, 0) + name
    table = entry * members
    end = struct.pack(
        "<4s4H2LH", b"PK\5\6", 0, 0, members & 0xFFFF, members & 0xFFFF, len(table), len(local), 0
    )
    return local + table + end


def test_an_overlapping_zip(reader: Reader, tmp_path: Path) -> None:
    """A small file with thousands of members that all unpack to the same large body."""
    (tmp_path / "ann.zip").write_bytes(overlapping_zip(4000))
    assert reader.one(tmp_path / "ann.zip").sources == {}


def test_a_table_of_contents_that_never_ends(reader: Reader, tmp_path: Path) -> None:
    """A zip that claims more entries than anybody has files is refused before they are read."""
    (tmp_path / "ann.zip").write_bytes(overlapping_zip(60_000))
    assert reader.one(tmp_path / "ann.zip").error == "its table of contents is too long"


def test_xz_that_asks_for_too_much_memory(reader: Reader, tmp_path: Path) -> None:
    """The writer of an xz stream chooses how much memory its reader needs; we choose how much that may be."""
    filters = [{"id": lzma.FILTER_LZMA2, "dict_size": 2**30}]
    packed = bytearray(
        lzma.compress(tar_of({TASK: CODE}, "w:"), filters=[{"id": lzma.FILTER_LZMA2, "dict_size": 2**20}])
    )
    # The size of the dictionary is one byte of the block header, which has a checksum of its own.
    size = (packed[12] + 1) * 4
    header = bytearray(packed[12 : 12 + size - 4])
    header[header.index(0x21) + 2] = 36  # 1 GiB, as `filters` says
    assert filters[0]["dict_size"] == 2**30
    packed[12 : 12 + size] = header + struct.pack("<L", zlib.crc32(header))
    (tmp_path / "ann.tar.xz").write_bytes(packed)
    assert "Memory usage limit" in reader.one(tmp_path / "ann.tar.xz").error


# Names that lie, links and devices in archives


@pytest.mark.parametrize("name", ["ann.zip", "ann.tar.gz"])
@pytest.mark.parametrize(
    "path", [f"/{TASK}", f"../{TASK}", f"a/../../{TASK}", f"C:\\{TASK}", f"..\\..\\{TASK}", f"//host/{TASK}"]
)
def test_absolute_and_upward_paths(reader: Reader, tmp_path: Path, name: str, path: str) -> None:
    """Not read, and said so; nothing is written anywhere."""
    before = sorted(tmp_path.rglob("*"))
    (tmp_path / name).write_bytes(PACKERS[name]({path: OTHER, f"{ALL}/task.py": CODE}))
    submission = reader.one(tmp_path / name)
    assert reader.taken(submission) == {ALL: CODE}
    assert "an absolute or upward path is not read" in submission.notes[0]
    assert [path for path in sorted(tmp_path.rglob("*")) if "store" not in path.parts] == [
        *before,
        tmp_path / name,
    ]


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        (tarfile.SYMTYPE, "a symbolic link"),
        (tarfile.LNKTYPE, "a hard link"),
        (tarfile.CHRTYPE, "a device"),
        (tarfile.BLKTYPE, "a device"),
        (tarfile.FIFOTYPE, "a FIFO"),
    ],
)
def test_odd_members_of_a_tar(reader: Reader, tmp_path: Path, kind: bytes, words: str) -> None:
    """Links, devices and FIFOs are remarks."""
    info = tarfile.TarInfo(TASK)
    info.type, info.linkname, info.devmajor, info.devminor = kind, "/etc/passwd", 1, 5
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w:gz") as archive:
        archive.addfile(info)
        other = tarfile.TarInfo(f"{ALL}/task.py")
        other.size = len(CODE)
        archive.addfile(other, io.BytesIO(CODE))
    (tmp_path / "ann.tgz").write_bytes(stream.getvalue())
    submission = reader.one(tmp_path / "ann.tgz")
    assert reader.taken(submission) == {ALL: CODE}
    assert submission.notes == (f"{TASK}: it is {words}, and only regular files are read",)


def test_a_link_in_a_zip(reader: Reader, tmp_path: Path) -> None:
    """A zip says by its mode bits that a member is a link."""
    info = zipfile.ZipInfo(TASK)
    info.create_system, info.external_attr = 3, (stat.S_IFLNK | 0o777) << 16
    (tmp_path / "ann.zip").write_bytes(zip_of([(info, b"/etc/passwd")]))
    submission = reader.one(tmp_path / "ann.zip")
    assert (submission.sources, submission.notes) == (
        {},
        (f"{TASK}: it is a symbolic link, and only regular files are read",),
    )


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize("second", [TASK, "ch01_numbers//ex01_double/./task.py"])
@pytest.mark.parametrize("pack", [zip_of, tar_of], ids=["zip", "tar"])
def test_two_members_of_one_name(
    reader: Reader, tmp_path: Path, pack: Callable[..., bytes], second: str
) -> None:
    """Every unpacker would take another of them, so none is taken; if they are equal it does not matter."""
    name = "ann.zip" if pack is zip_of else "ann.tar.gz"
    (tmp_path / name).write_bytes(pack([(TASK, CODE), (second, OTHER)]))
    submission = reader.one(tmp_path / name)
    assert submission.sources == {}
    assert "2 different files answer it" in submission.notes[0]
    (tmp_path / name).write_bytes(pack([(TASK, CODE), (second, CODE)]))
    assert reader.taken(reader.one(tmp_path / name)) == {DOUBLE: CODE}


def test_names_that_differ_in_case_only(reader: Reader, tmp_path: Path) -> None:
    """The exact name wins; among two that are both inexact none does."""
    upper, mixed = "CH01_NUMBERS/EX01_DOUBLE/TASK.PY", "Ch01_numbers/Ex01_double/Task.py"
    (tmp_path / "ann.zip").write_bytes(zip_of({upper: OTHER, TASK: CODE}))
    (tmp_path / "bob.zip").write_bytes(zip_of({upper: OTHER, mixed: CODE}))
    assert reader.taken(reader.one(tmp_path / "ann.zip")) == {DOUBLE: CODE}
    assert reader.one(tmp_path / "bob.zip").sources == {}


def test_encrypted_and_uncommon_zips(reader: Reader, tmp_path: Path) -> None:
    """A member that needs a password, or more memory than we give, is a remark."""
    plain = zip_of({TASK: CODE})
    locked = bytearray(plain)
    for mark, place in ((b"PK\3\4", 6), (b"PK\1\2", 8)):
        locked[locked.index(mark) + place] |= 1
    (tmp_path / "ann.zip").write_bytes(locked)
    (tmp_path / "bob.zip").write_bytes(zip_of({TASK: CODE}, compress_type=zipfile.ZIP_LZMA))
    assert reader.one(tmp_path / "ann.zip").notes == (f"{TASK}: it is encrypted",)
    assert "use a plain zip" in reader.one(tmp_path / "bob.zip").notes[0]


def test_hostile_names_are_shown_harmlessly(reader: Reader, tmp_path: Path) -> None:
    """Escapes of the terminal, directions of text and line ends in a name cannot reach a reader."""
    name = "\x1b[31m\u202e\n,=HYPERLINK()"
    (tmp_path / "ann.zip").write_bytes(zip_of({f"{name}{'x' * 5000}/../task.py": CODE}))
    [note] = reader.one(tmp_path / "ann.zip").notes
    assert note.isprintable()
    assert len(note) < 400
    write(tmp_path / "class", {f"{name}/{TASK}": CODE})
    [shown] = reader.all(tmp_path / "class")
    assert shown.isprintable()


@pytest.mark.parametrize("size", [0, 1, 4, 100, 600, -1, -30, -600])
@pytest.mark.parametrize("name", PACKERS)
def test_truncated_archives(reader: Reader, tmp_path: Path, name: str, size: int) -> None:
    """Cut anywhere, an archive is an error or what came before the cut, and never a half-read task."""
    whole = PACKERS[name]({TASK: CODE * 200, f"{ALL}/task.py": os.urandom(3000)})
    (tmp_path / name).write_bytes(whole[:size])
    submission = reader.one(tmp_path / name)
    assert submission.error or submission.notes or submission.sources
    assert reader.taken(submission).get(DOUBLE, CODE * 200) == CODE * 200


@settings(deadline=None, max_examples=150)
@given(data=st.data())
def test_damaged_tar_archives(data: st.DataObject) -> None:
    """Whatever bytes change in a tar, its reader ends with members or with an `IntakeError`."""
    long, kind = f"{'n' * 90}/{'n' * 90}", data.draw(st.sampled_from([0, 1, 2]))
    whole = bytearray(tar_of({TASK: CODE, long: CODE, "b": b""}, "w:", format=kind))
    for _ in range(data.draw(st.integers(1, 8))):
        whole[data.draw(st.integers(0, min(len(whole), 4096) - 1))] = data.draw(st.integers(0, 255))
    stream = io.BytesIO(data.draw(st.sampled_from([bytes, gzip.compress, bz2.compress]))(whole))
    try:
        for member in tar_members(stream, Budget(Limits(unpacked=2**20))):
            member.read(1000)
    except IntakeError:
        pass


@settings(deadline=None, max_examples=150)
@given(
    size=st.one_of(st.integers(-(2**70), 2**70), st.binary(min_size=12, max_size=12)),
    kind=st.binary(min_size=1, max_size=1),
)
def test_tar_headers_that_lie(size: int | bytes, kind: bytes) -> None:
    """Any size in any kind of header, with a right checksum: nothing is believed, nothing loops, memory stays small."""
    if isinstance(size, bytes):
        field = size
    elif 0 <= size < 8**11:
        field = f"{size:o}".encode().rjust(11, b"0") + b"\0"
    else:
        field = b"\x80" + (size % 2**88).to_bytes(11, "big")
    header = bytearray(
        TASK.encode().ljust(100, b"\0") + b"0000644\0" * 3 + field + b"0" * 12 + b" " * 8 + kind
    )
    header = header.ljust(512, b"\0")
    header[148:156] = f"{sum(header):06o}\0 ".encode()
    try:
        for member in tar_members(io.BytesIO(bytes(header) + CODE.ljust(2048, b"\0")), Budget(Limits())):
            assert len(member.read(100)) <= 101
    except IntakeError:
        pass


@settings(deadline=None, max_examples=100)
@given(data=st.data())
def test_damaged_zip_archives(data: st.DataObject, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Whatever bytes change in a zip, there is a submission, and a task in it is one that was packed."""
    folder = tmp_path_factory.mktemp("zip")
    whole = bytearray(zip_of({TASK: CODE, f"{ALL}/task.py": OTHER}))
    for _ in range(data.draw(st.integers(1, 6))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    (folder / "ann.zip").write_bytes(whole)
    reader = Reader(Catalogue(load_exercises(COURSE)), folder / "store")
    assert set(reader.taken(reader.one(folder / "ann.zip")).values()) <= {CODE, OTHER}


def test_a_header_with_a_wrong_sum(reader: Reader, tmp_path: Path) -> None:
    """A tar whose header was damaged gives no file another name."""
    whole = bytearray(tar_of({f"{ALL}/task.py": OTHER, "ch01_numbers/ex01_doubla/task.py": CODE}, "w:"))
    whole[whole.index(b"doubla") + 5] = ord("e")
    (tmp_path / "ann.tar").write_bytes(whole)
    submission = reader.one(tmp_path / "ann.tar")
    assert reader.taken(submission) == {ALL: OTHER}
    assert submission.notes == ("it is damaged; what came before that was taken",)


def test_not_an_archive(reader: Reader, tmp_path: Path) -> None:
    """A name says zip, the content something else: read for what it is, or refused in a sentence."""
    (tmp_path / "ann.zip").write_bytes(tar_of({TASK: CODE}))
    (tmp_path / "bob.zip").write_bytes(b"Rar!\x1a\x07\x00" + b"\0" * 100)
    (tmp_path / "eve.tar.gz").write_bytes(gzip.compress(CODE * 100))
    assert reader.taken(reader.one(tmp_path / "ann.zip")) == {DOUBLE: CODE}
    assert "rar or 7z" in reader.one(tmp_path / "bob.zip").error
    assert reader.one(tmp_path / "eve.tar.gz").error == "it is no tar archive"


# Notebooks


def notebook(*cells: str | tuple[str, str]) -> bytes:
    made = [("code", cell) if isinstance(cell, str) else cell for cell in cells]
    tree = [
        {"cell_type": kind, "metadata": {}, "source": text.splitlines(keepends=True)} for kind, text in made
    ]
    return json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": tree}).encode()


def test_a_notebook_answers_what_it_defines(reader: Reader, tmp_path: Path) -> None:
    """Its definitions, helpers, imports and constants; no magics, no calls, no other exercise's cells."""
    cells = (
        ("markdown", "# Homework"),
        "%matplotlib inline\n!pip install numpy\nimport math\nimport matplotlib.pyplot as plt\nTWO = 2\nplt.plot()",
        "def twice(x):\n    return TWO * x",
        "%%time\ndef double(x):\n    return twice(x)",
        "def triple(x):\n    return 3 * x",
        "double(4)\nplt.plot([1])",
        "%%bash\nrm -rf /",
    )
    (tmp_path / "ann.ipynb").write_bytes(notebook(*cells))
    submission = reader.one(tmp_path / "ann.ipynb")
    taken = reader.taken(submission)
    assert taken[DOUBLE].decode() == (
        "# cell 2\nimport math\nTWO = 2\n\n# cell 3\ndef twice(x):\n    return TWO * x\n\n"
        "# cell 4\ndef double(x):\n    return twice(x)\n"
    )
    assert set(taken) == {DOUBLE, TRIPLE}
    assert b"double" not in taken[TRIPLE]
    assert submission.notes == ("ann.ipynb: 4 lines for the notebook alone were left out",)


def test_headings_tell_exercises_apart(reader: Reader, tmp_path: Path) -> None:
    """Under a heading with the name of an exercise a cell belongs to it alone, in text or as a comment."""
    cells = (
        "import math",
        ("markdown", "## ex01_double\nDouble it."),
        "def double(x):\n    return 2 * x",
        "# ch01_numbers/ex02_triple\ndef triple(x):\n    return 3 * x\ndef double(x):\n    return 'another'",
    )
    (tmp_path / "ann.ipynb").write_bytes(notebook(*cells))
    taken = reader.taken(reader.one(tmp_path / "ann.ipynb"))
    assert b"another" not in taken[DOUBLE]
    assert b"another" in taken[TRIPLE]


def test_a_notebook_named_after_an_exercise(reader: Reader, tmp_path: Path) -> None:
    """It answers that one only; and a task file goes before any notebook."""
    both = notebook("def double(x):\n    return 2 * x\ndef triple(x):\n    return 3 * x")
    write(tmp_path / "ann", {"ch01_numbers/triple.ipynb": both})
    write(tmp_path / "bob", {"ch01_numbers/all.ipynb": both, TASK: CODE})
    assert list(reader.one(tmp_path / "ann").sources) == [TRIPLE]
    assert reader.taken(reader.one(tmp_path / "bob"))[DOUBLE] == CODE


@pytest.mark.parametrize(
    "data",
    [
        b"", b"\xff\xfe", b"[]", b"{}", b'{"cells": 3}', b"[" * 100_000, b'{"cells": [' + b"[" * 100_000,
        b'{"worksheets": []}', b"1" * 10_000, json.dumps({"cells": [{}] * 3000}).encode(),
    ],
)  # fmt: skip
def test_what_is_no_notebook(reader: Reader, tmp_path: Path, data: bytes) -> None:
    """A remark in a sentence."""
    (tmp_path / "ann.ipynb").write_bytes(data)
    submission = reader.one(tmp_path / "ann.ipynb")
    assert (submission.sources, len(submission.notes)) == ({}, 1)


@settings(deadline=None)
@given(
    cells=st.lists(
        st.dictionaries(
            st.sampled_from(["cell_type", "source", "x"]),
            st.one_of(
                st.sampled_from(["code", "markdown"]),
                st.text(),
                st.lists(st.text()),
                st.none(),
                st.integers(),
            ),
        )
    )
)
def test_any_notebook_is_read_or_refused(cells: list[dict[str, object]]) -> None:
    """Cells of any form, lone surrogates among them."""
    made = read_notebook(json.dumps({"cells": cells}).encode(), lambda words: None)
    made.source("ex", ["f"], ["g"])


def test_odd_cells(reader: Reader, tmp_path: Path) -> None:
    """Imports over several lines stay whole; a percent sign inside a line is Python."""
    cells = (
        "from math import (\n    exp,\n    log,\n)\nfrom numpy import (\n zeros)",
        "def double(x):\n    return ('%d'\n    % 3)",
    )
    (tmp_path / "ann.ipynb").write_bytes(notebook(*cells))
    source = reader.taken(reader.one(tmp_path / "ann.ipynb"))[DOUBLE].decode()
    compile(source, "x", "exec")
    assert "log" in source
    assert "    % 3" in source
    assert "numpy" not in source


# What the arguments mean


def test_a_class_in_every_form(reader: Reader, tmp_path: Path) -> None:
    """One folder, archive, notebook or source a student; what is none of these is passed over, with a notice."""
    write(
        tmp_path / "class",
        {
            f"ann/{TASK}": CODE,
            f"Bo Lee_31_assignsubmission_file_/hw/{TASK}": CODE,
            "cy.zip": zip_of({TASK: CODE}),
            "di.tar.gz": tar_of({f"hw/{TASK}": CODE}),
            "ed_double.py": CODE,
            "fay.ipynb": notebook("def double(x):\n    return 1"),
            "gus/notes.txt": b"",
            "grades.csv": b"",
            ".DS_Store": b"",
            f"__MACOSX/{TASK}": CODE,
        },
    )
    submissions = reader.all(tmp_path / "class")
    names = ["Bo Lee_31_assignsubmission_file_", "ann", "cy", "di", "ed_double", "fay", "gus"]
    assert list(submissions) == names
    assert [name for name in names if DOUBLE not in submissions[name].sources] == ["gus"]
    assert submissions["gus"].notes == ("nothing in it is named as an answer to an exercise",)
    assert reader.notices == (
        f"1 file in {tmp_path / 'class'} passed over: no folder, archive, notebook or source.",
    )


@pytest.mark.parametrize("wrapper", ["", "download/"])
@pytest.mark.parametrize("pack", [zip_of, tar_of], ids=["zip", "tar"])
def test_a_class_in_one_archive(
    reader: Reader, tmp_path: Path, pack: Callable[..., bytes], wrapper: str
) -> None:
    """As platforms hand it out; each student in it has a budget of their own."""
    name = "class.zip" if pack is zip_of else "class.tar.gz"
    files = {
        f"ann/{TASK}": CODE,
        f"bob/hw/{TASK}": OTHER,
        "cy.zip": zip_of({TASK: CODE}),
        "eve.zip": b"no",
        "x.csv": b"",
    }
    (tmp_path / name).write_bytes(pack({f"{wrapper}{key}": data for key, data in files.items()}))
    submissions = reader.all(tmp_path / name)
    assert list(submissions) == ["ann", "bob", "cy", "eve"]
    assert [reader.taken(one) for one in submissions.values()] == [
        {DOUBLE: CODE},
        {DOUBLE: OTHER},
        {DOUBLE: CODE},
        {},
    ]
    assert submissions["eve"].notes
    assert len(reader.notices) == 1


@pytest.mark.parametrize(
    ("name", "data"),
    [(".zip", zip_of({"double.ipynb": b"\0" * 2**23})), (".ipynb", b"\0" * 2**19)],
    ids=["zip", "files"],
)
def test_a_bomb_in_a_class_archive_costs_nobody_else(
    catalogue: Catalogue, tmp_path: Path, name: str, data: bytes
) -> None:
    """The students after it are graded."""
    reader = Reader(catalogue, tmp_path / "store", Limits(unpacked=2**20))
    bomb = {**{f"bob/{number}{name}": data for number in range(9)}, f"bob/{TASK}": CODE}
    files = {f"ann/{TASK}": CODE, **bomb, f"cy/{TASK}": CODE}
    (tmp_path / "class.zip").write_bytes(zip_of(files))
    submissions = reader.all(tmp_path / "class.zip")
    assert [list(one.sources) for one in submissions.values()] == [[DOUBLE], [], [DOUBLE]]
    assert submissions["bob"].notes[-1] == "it unpacks to more than 1 MiB; the rest was not read"


def test_no_two_submissions_share_a_name(reader: Reader, tmp_path: Path) -> None:
    """The suffix, the argument, a number: as much as it takes, and the same every time."""
    for place in ("one", "two"):
        write(tmp_path / place, {f"ann/{TASK}": CODE, "ann.zip": zip_of({TASK: CODE}), f"bob/{TASK}": CODE})
    names = list(reader.all(tmp_path / "one", tmp_path / "two", tmp_path / "two", kind="class"))
    assert names == [
        "one/ann", "one/ann.zip", "one/bob", "two/ann", "two/ann.zip", "two/bob", "two/ann (2)", "two/ann.zip (2)",
        "two/bob (2)",
    ]  # fmt: skip


def test_nobody_packs_the_work_of_another(reader: Reader, tmp_path: Path) -> None:
    """Several arguments are one submission each, whatever is in them; links among them lead nowhere."""
    write(tmp_path, {f"bob/{TASK}": CODE, f"eve/bob/{ALL}/task.py": OTHER, f"eve/cy/{ALL}/task.py": CODE})
    (tmp_path / "zoe.zip").write_bytes(zip_of({f"bob/{TASK}": OTHER, f"cy/{TASK}": OTHER}))
    (tmp_path / "yan").symlink_to(tmp_path / "bob")
    write(tmp_path, {"README.md": b""})
    submissions = reader.all(*sorted(tmp_path.iterdir()))
    assert list(submissions) == ["bob", "eve", "yan", "zoe"]
    assert reader.taken(submissions["bob"]) == {DOUBLE: CODE}
    assert submissions["eve"].sources == {}
    assert submissions["yan"].error == "it is a symbolic link"
    assert reader.notices == ("1 file in the arguments passed over: no folder, archive, notebook or source.",)


@pytest.mark.parametrize(
    ("files", "names"),
    [
        ({f"{DOUBLE}/task.py": CODE}, ["one"]),
        ({f"exercises/{DOUBLE}/task.py": CODE, "README.md": b"", "grader/x.py": b""}, ["one"]),
        ({"double.py": CODE, "triple.py": CODE}, ["one"]),
        ({f"hw/{DOUBLE}/task.py": CODE}, ["one"]),
        ({"hw.ipynb": b"{}"}, ["one"]),
        ({"notes.txt": b"", "figure.png": b""}, ["one"]),
        ({f"ann/{DOUBLE}/task.py": CODE, "bob/x": b""}, ["ann", "bob"]),
        ({f"spring/ann/{DOUBLE}/task.py": CODE, "spring/bob.zip": b""}, ["ann", "bob"]),
        ({"ann_double.py": CODE, "bob_double.py": CODE}, ["ann_double", "bob_double"]),
    ],
)
def test_an_archive_is_a_class_or_one(reader: Reader, tmp_path: Path, files: Files, names: list[str]) -> None:
    """By what it holds; and by what the teacher says."""
    (tmp_path / "one.zip").write_bytes(zip_of(files))
    assert list(reader.all(tmp_path / "one.zip")) == names
    assert list(reader.all(tmp_path / "one.zip", kind="one")) == ["one"]


@pytest.mark.parametrize("name", ["nowhere", "notes.txt", "fifo"])
def test_arguments_that_are_nothing(reader: Reader, tmp_path: Path, name: str) -> None:
    """A teacher's slip is told at once, and not as a student's mistake."""
    write(tmp_path, {"notes.txt": b""})
    os.mkfifo(tmp_path / "fifo")
    with pytest.raises(IntakeError, match=name):
        reader.all(tmp_path / name)


def test_a_missing_argument_among_several(reader: Reader, tmp_path: Path) -> None:
    """A slip is told, not skipped."""
    write(tmp_path, {f"ann/{TASK}": CODE})
    with pytest.raises(IntakeError, match="nowhere"):
        reader.all(tmp_path / "ann", tmp_path / "nowhere")


# The hash and the store


def test_the_hash_follows_what_was_taken(reader: Reader, tmp_path: Path) -> None:
    """The same from a folder and a zip; another for another source, for one more, and for another remark."""
    write(tmp_path / "ann", {TASK: CODE, "ch01_numbers/junk.txt": b"1"})
    (tmp_path / "bob.zip").write_bytes(zip_of({TASK: CODE}))
    first = reader.one(tmp_path / "ann").sha256
    assert reader.one(tmp_path / "bob.zip").sha256 == first
    write(tmp_path / "ann", {"ch01_numbers/junk.txt": b"2"})
    assert reader.one(tmp_path / "ann").sha256 == first
    seen = {first}
    for files in ({TASK: OTHER}, {f"{ALL}/task.py": CODE}, {"hw.rar": b""}):
        write(tmp_path / "ann", files)
        seen.add(reader.one(tmp_path / "ann").sha256)
    assert len(seen) == 4


def test_the_store_notices_what_was_changed(tmp_path: Path) -> None:
    """A source is given back as it was put in, or not at all; one that a crash emptied is put in again."""
    store = Store(tmp_path)
    name = store.put(CODE)
    [path] = tmp_path.rglob("*.py")
    path.write_bytes(OTHER)
    with pytest.raises(StoreError, match="changed"):
        store.get(name)
    path.write_bytes(b"")
    assert store.get(store.put(CODE)) == CODE
    path.unlink()
    with pytest.raises(StoreError, match="lost"):
        store.get(name)
