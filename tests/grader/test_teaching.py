"""A teacher's tools: what is handed out, what is begun, what is examined, what is laid out."""

from __future__ import annotations

import re
import shutil

import pytest
from click.testing import CliRunner

from grader.cli.group import grader
from grader.dev import complaints
from grader.exercise import ExerciseError, find_exercise, load_exercises
from grader.judge import check_exercise
from grader.teaching.release import release, visible_spec
from grader.teaching.skeleton import write_skeleton


def call(*arguments):
    result = CliRunner().invoke(grader, [str(a) for a in arguments])
    return result.exit_code, result.output


@pytest.fixture
def pack(tmp_path):
    """A pack of one's own with one exercise, outside this repository."""
    root = tmp_path / "pack"
    write_skeleton(root, "ch01_mine/ex01_scale")
    return root


def test_a_new_exercise_is_in_order_at_once(pack):
    (exercise,) = load_exercises(pack)
    assert complaints(exercise) == []
    assert exercise.title == "Scale"


@pytest.mark.parametrize("name", ["one", "a/b/c", "../x/y", "Ch/ex", "ch01/", "/ex"])
def test_a_new_exercise_needs_a_plain_name(tmp_path, name):
    with pytest.raises(ExerciseError, match="should be CHAPTER/NAME"):
        write_skeleton(tmp_path, name)
    assert list(tmp_path.iterdir()) == []


def test_a_new_exercise_overwrites_nothing(pack):
    status, output = call("new", "ch01_mine/ex01_scale", "--exercises", pack)
    assert status == 2
    assert "is there already" in output


def test_dev_check_tells_what_is_wrong_with_a_pack_elsewhere(pack):
    assert call("dev", "check", "--exercises", pack) == (
        0,
        "ch01_mine/ex01_scale: in order\n1 of 1 exercises are in order.\n",
    )
    spec = pack / "ch01_mine/ex01_scale/spec.py"
    text = spec.read_text(encoding="utf-8")
    spec.write_text(text.replace("student.scale(x, factor).equals(", "str("), encoding="utf-8")
    text = text.replace("np.multiply(x, factor), rtol=1e-12", "np.multiply(x, factor)")
    spec.write_text(
        text.replace(
            "student.scale(x, factor).equals(np.multiply(x, factor))", "student.scale(x, factor).value()"
        ),
        encoding="utf-8",
    )
    status, output = call("dev", "check", "scale", "--exercises", pack)
    assert status == 1
    assert "check_forward catches no mutant, so nothing proves that it can fail" in output
    assert "no check catches the mutant adds" in output


def test_dev_check_writes_the_stub_anew(pack):
    task = pack / "ch01_mine/ex01_scale/task.py"
    task.write_text("stale", encoding="utf-8")
    assert "task.py is not what the solution's markers give" in call("dev", "check", "--exercises", pack)[1]
    assert call("dev", "check", "--write", "--exercises", pack)[0] == 0


def test_what_students_get_holds_no_solution_and_no_mutant(tmp_path):
    exercises = load_exercises()
    written = release(exercises, tmp_path / "handout")
    assert len(written) == 3 * len(exercises)
    assert not list((tmp_path / "handout").rglob("solution.py"))
    for exercise in exercises:
        folder = tmp_path / "handout" / exercise.id
        texts = [path.read_text(encoding="utf-8") for path in folder.iterdir()]
        for mutant in exercise.mutants:
            assert not any(re.search(rf"\b{mutant.name}\b", text) for text in texts), mutant.name
        blocks = re.findall(r"# >>> your code[^\n]*\n(.*?)# <<< your code", exercise.solution, re.DOTALL)
        for block in blocks:
            assert not any(block.strip() in text for text in texts)
    assert [e.id for e in load_exercises(tmp_path / "handout")] == [e.id for e in exercises]


def test_students_check_their_work_against_what_they_got(pack, tmp_path):
    (whole,) = load_exercises(pack)
    release([whole], tmp_path / "handout")
    (exercise,) = load_exercises(tmp_path / "handout")
    assert (exercise.statement, exercise.stub, exercise.hints) == (whole.statement, whole.stub, whole.hints)
    assert check_exercise(exercise, whole.solution).verdict == "pass"
    assert check_exercise(exercise, exercise.stub).verdict == "not_started"
    wrong = check_exercise(exercise, whole.mutants[0].source)
    assert wrong.verdict == "fail"
    assert {check.diagnosis for check in wrong.checks} == {""}
    with pytest.raises(ExerciseError, match="handed out without its solution"):
        exercise.solution  # noqa: B018 - reading it is what raises
    assert call("dev", "check", "--exercises", tmp_path / "handout")[0] == 2


def test_hidden_checks_stay_with_the_teacher(pack, tmp_path):
    spec = pack / "ch01_mine/ex01_scale/spec.py"
    text = spec.read_text(encoding="utf-8").replace("given, mutant, st", "given, hidden, mutant, st")
    text = text.replace("def check_inputs", "SECRET = 42\n\n\n@hidden\ndef check_inputs")
    text = text.replace("3.0).leaves", "3.0 * SECRET).leaves")
    spec.write_text(text, encoding="utf-8")
    (whole,) = load_exercises(pack)
    assert [check.name for check in whole.checks if check.marks.hidden] == ["check_inputs"]
    assert complaints(whole) == []
    release([whole], tmp_path / "handout")
    handed_out = (tmp_path / "handout/ch01_mine/ex01_scale/spec.py").read_text(encoding="utf-8")
    assert "check_inputs" not in handed_out
    assert "SECRET" not in handed_out
    (exercise,) = load_exercises(tmp_path / "handout")
    assert [check.name for check in exercise.checks] == ["check_forward", "check_backward"]


def test_a_visible_check_cannot_wait_for_a_hidden_one():
    with pytest.raises(ExerciseError, match="requires check_a, which is hidden"):
        visible_spec("""
from grader.spec import hidden, requires
@hidden
def check_a(student): ...
@requires("check_a")
def check_b(student): ...
""")


def test_nothing_is_released_over_what_is_there(tmp_path):
    (tmp_path / "mine.txt").write_text("precious", encoding="utf-8")
    status, output = call("release", tmp_path)
    assert status == 2
    assert "not empty" in output
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_submissions_are_laid_out_for_a_plagiarism_tool(pack, tmp_path):
    (exercise,) = load_exercises(pack)
    for student, text in (("kim", "a = 1\n"), ("lee..", "b = 2\n"), ("=cmd", exercise.stub)):
        task = tmp_path / "class" / student / exercise.id / "task.py"
        task.parent.mkdir(parents=True)
        task.write_text(text, encoding="utf-8")
    shutil.copytree(tmp_path / "class/kim", tmp_path / "class/KIM2")
    status, output = call("similar", tmp_path / "class", "--out", tmp_path / "tree", "--exercises", pack)
    assert status == 0, output
    tree = {p.relative_to(tmp_path / "tree").as_posix() for p in (tmp_path / "tree").rglob("*.py")}
    name = "ch01_mine-ex01_scale"
    assert f"base/{name}/task.py" in tree
    assert {f"{name}/kim/task.py", f"{name}/KIM2/task.py", f"{name}/lee/task.py"} <= tree
    assert not [p for p in (tmp_path / "tree").rglob("*") if p.name.startswith((".", "="))]
    assert find_exercise("scale", load_exercises(pack)).id == "ch01_mine/ex01_scale"
