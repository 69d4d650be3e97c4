"""The judge: verdicts, points, the order of what the student reads, seeds, and what is whose fault."""

import json
import textwrap

import pytest
from judge_cases import GOOD_BACKWARD, sample

from grader.exercise import load_exercises
from grader.judge import check_exercise
from grader.report import VERDICTS, CheckResult, clean, overall, to_json

BOTH = pytest.mark.parametrize("isolated", [False, True], ids=["in-process", "isolated"])


def verdicts(result):
    return {check.name.removeprefix("check_"): check.verdict for check in result.checks}


def mutant(name):
    return next(mutant.source for mutant in sample().mutants if mutant.name == name)


@BOTH
@pytest.mark.parametrize("seed", [None, 0, 7])
def test_the_solution_earns_its_points(isolated, seed):
    result = check_exercise(sample(), sample().solution, isolated=isolated, seed=seed)
    assert (result.verdict, result.points, result.max_points) == ("pass", 2, 2)
    assert set(verdicts(result).values()) == {"pass"}
    assert result.text() == "All 3 checks pass."


@BOTH
@pytest.mark.parametrize(
    "source", [sample().stub, sample().stub + "# begun\n", sample().stub.replace("\n", "\r\n").encode()]
)
def test_the_stub_is_not_started(isolated, source):
    result = check_exercise(sample(), source, isolated=isolated)
    assert (result.verdict, result.points) == ("not_started", 0)
    assert set(verdicts(result).values()) <= {"not_started", "skipped"}


@BOTH
def test_half_a_solution_is_a_failure_without_points(isolated):
    half = sample().solution.replace("return g * y * (1 - y)", "raise NotImplementedError")
    result = check_exercise(sample(), half, isolated=isolated)
    assert (result.verdict, result.points) == ("fail", 0)
    assert verdicts(result) == {"values": "pass", "extremes": "pass", "backward": "not_started"}


HONEST = {
    "loops and lists": "def one(v):\n    e = math.exp(-abs(v))\n    return 1 / (1 + e) if v >= 0 else e / (1 + e)\n"
    "def sigmoid(x):\n    return [sigmoid(v) if np.ndim(v) else one(v) for v in x]\n",
    "another formula": "def sigmoid(x):\n    return np.exp(-np.logaddexp(0, -x))\n",
    "a class behind it": "class S:\n    def __call__(self, x):\n"
    "        return 0.5 * (1 + np.tanh(x / 2))\nsigmoid = S()\n",
    "a lambda with another name": "sigmoid = lambda values, half=0.5: half * (1 + np.tanh(half * values))\n",
    "single precision": "def sigmoid(x):\n    return (0.5 * (1 + np.tanh(x / 2))).astype(np.float32)\n",
    "a decorator": "import functools\n@functools.wraps(np.tanh)\ndef sigmoid(x, *args, **kwargs):\n"
    "    return 0.5 * (1 + np.tanh(x / 2))\n",
    "notes and print": "# ∂y/∂x = y (1 - y)\ndef sigmoid(x: 'np.ndarray') -> 'np.ndarray':\n    print('here', x)\n"
    "    return 0.5 * (1 + np.tanh(x / 2))\n",
    "warnings kept quiet": "def sigmoid(x):\n    with np.errstate(all='ignore'):\n"
    "        return 1 / (1 + np.exp(-x))\n",
    "a part never reached": "def sigmoid(x):\n    if x is None: raise SystemExit\n"
    "    return 0.5 * (1 + np.tanh(x / 2))\n",
}


@pytest.mark.parametrize("newline", ["\n", "\r\n"], ids=["Unix", "Windows"])
@pytest.mark.parametrize("code", HONEST.values(), ids=HONEST)
def test_honest_code_passes_however_it_is_written(code, newline):
    source = f"import math\nimport numpy as np\n{code}{GOOD_BACKWARD}".replace("\n", newline)
    result = check_exercise(sample(), source.encode(), isolated=False)
    assert result.verdict == "pass", result.text()


@BOTH
@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("overflows", {"values": "pass", "extremes": "fail", "backward": "pass"}),
        ("wrong_sign", {"values": "fail", "extremes": "skipped", "backward": "pass"}),
        ("no_upstream", {"values": "pass", "extremes": "pass", "backward": "fail"}),
        ("mutates", {"values": "fail", "extremes": "skipped", "backward": "pass"}),
    ],
)
def test_a_mutant_fails_the_check_that_it_is_there_for_and_is_recognised(isolated, name, expected):
    result = check_exercise(sample(), mutant(name), isolated=isolated)
    assert result.verdict == "fail"
    assert verdicts(result) == expected
    assert {check.mutant for check in result.checks if check.verdict == "fail"} == {name}


def test_what_the_student_reads_stands_in_this_order():
    result = check_exercise(
        sample(), mutant("wrong_sign").replace("    e = np", "    print('x is', x)\n    e = np")
    )
    assert result.text() == textwrap.dedent("""\
        sigmoid(x) is 1 / (1 + e^-x) for every element.

            sigmoid(np.array([1.0]))

        got[0] == 0.2689414214, but should be 0.7310585786

                          got      expected
            [0]  0.2689414214  0.7310585786  <-- worst

        Your code printed:
            x is [1.]

        You compute 1 / (1 + e^x): the exponent needs its minus sign.

        Paste the line above into Python after your code, follow it by hand, and see where the two part.""")


def test_the_counterexample_is_small_whatever_the_seed():
    for seed in (None, 1, 2, 3):
        [values, *_] = check_exercise(sample(), mutant("wrong_sign"), isolated=False, seed=seed).checks
        assert len(values.counterexample) < 40


def test_one_seed_draws_one_way_and_another_another():
    # The same seed must draw the same inputs, whatever was judged in between.
    talking = sample().solution.replace("    e = np.exp", "    print(x.tolist())\n    e = np.exp")
    seen = []
    for seed in (None, None, 5, 5, 6):
        result = check_exercise(sample(), talking, isolated=False, seed=seed)
        seen.append(result.output)
        check_exercise(sample(), mutant("no_upstream"), isolated=False, seed=9)
    assert seen[0] == seen[1]
    assert seen[2] == seen[3]
    assert len(set(seen)) == 3


@pytest.mark.parametrize(
    ("source", "verdict", "message"),
    [
        (None, "missing", "there is no file for this exercise"),
        ("def sigmoid(x): return x\n", "missing", "there is no 'sigmoid_backward' in your file"),
        ("import torch\n", "forbidden", "line 1 (import torch): imports 'torch', but"),
        ("def sigmoid(x):\n  return (x\n", "syntax", "line 2 (return (x): SyntaxError: '(' was never closed"),
        ("raise SystemExit(0)\n", "error", "line 1 (raise SystemExit(0)): your code asks Python to exit"),
        ("x = 1 / 0\n", "error", "line 1 (x = 1 / 0): ZeroDivisionError: division by zero"),
        ("#" * 300_000, "syntax", "the file is larger than 256 KiB"),
        ("", "missing", "there is no 'sigmoid' in your file"),
    ],
)
@BOTH
def test_a_file_that_cannot_be_judged_has_its_verdict_and_sentence(isolated, source, verdict, message):
    result = check_exercise(sample(), source, isolated=isolated)
    assert message in " ".join(check.message for check in result.checks)
    assert verdict in verdicts(result).values()
    assert "pass" not in verdicts(result).values()
    assert result.points == 0


def test_text_of_the_students_is_made_harmless():
    source = (
        "def sigmoid(x):\n    print('\\x1b[2J')\n    raise ValueError('\\u202e\\x07 <b> [red]')\n"
        + GOOD_BACKWARD
    )
    [first, *_] = check_exercise(sample(), source, isolated=False).checks
    assert first.message.endswith("ValueError: \\u202e\\x07 <b> [red]")
    assert first.output == "\\x1b[2J\n"
    assert "\x1b" not in json.dumps(first.to_json(), ensure_ascii=False)


@pytest.mark.parametrize(
    "character",
    ["\x00", "\x1b", "\r", "\x7f", "\x9b", "\u202e", "\u2066", "\u200b", "\u2028", "\ufeff", "\ud800"],
)
def test_clean_leaves_no_such_character(character):
    assert character not in clean(f"a{character}b")
    assert clean(f"a{character}b").isascii()


@pytest.mark.parametrize("text", ["plain", "two\nlines", "naïve ∂x/∂y 你好 🎓"])
def test_clean_leaves_honest_text_alone(text):
    assert clean(text) == text


@pytest.mark.parametrize(
    ("found", "verdict"),
    [
        ("pass pass", "pass"),
        ("", "infra"),
        ("pass infra fail", "infra"),
        ("not_started not_started", "not_started"),
        ("not_started skipped", "not_started"),
        ("pass not_started", "fail"),
        ("not_started fail", "fail"),
        ("not_started error fail", "error"),
        ("pass timeout fail", "timeout"),
        ("syntax skipped", "syntax"),
        ("pass skipped", "fail"),
    ],
)
def test_overall(found, verdict):
    assert overall([CheckResult("check", "", word) for word in found.split()]) == verdict


def test_every_verdict_but_pass_has_a_next_step():
    for verdict in VERDICTS:
        assert bool(CheckResult("check", "", verdict).hint_next) == (verdict != "pass")


def test_json():
    results = [
        check_exercise(sample(), source, isolated=False)
        for source in (sample().solution, mutant("overflows"))
    ]
    data = json.loads(json.dumps(to_json(results)))
    assert data.keys() == {"exercises", "points", "max_points"}
    assert (data["points"], data["max_points"]) == (2, 4)
    passed, failed = data["exercises"]
    assert passed.keys() == {"id", "verdict", "points", "max_points", "checks"}
    assert (passed["id"], passed["verdict"], passed["points"]) == (sample().id, "pass", 2)
    extremes = failed["checks"][1]
    assert extremes.keys() == {"name", "verdict", "message", "counterexample", "diagnosis"}
    assert extremes["counterexample"] == "sigmoid(np.array([-1000.0, 0.0, 1000.0]))"
    assert extremes["diagnosis"].startswith("Your exponential overflows")


BROKEN = {
    "it breaks before it asks": (
        "    raise KeyError('x')",
        "infra",
        "the check itself failed: KeyError: 'x'",
    ),
    "it asks nothing": ("    pass", "infra", "the check itself failed: it asked nothing of the code"),
    "it breaks on what the student gave": (
        "    student.f(1).value().sum()",
        "fail",
        "the check cannot work with what your code returned (AttributeError: 'NoneType' object has no attribute 'sum')",
    ),
    "it asserts": ("    assert student.f(1).value() == 2, 'two it should be'", "fail", "two it should be"),
    "it asserts without words": (
        "    assert student.f(1).value()",
        "fail",
        "the result is not what it should be",
    ),
    "it sends what cannot travel": ("    student.f(object()).value()", "infra", None),
}


@pytest.mark.parametrize(("body", "verdict", "message"), BROKEN.values(), ids=BROKEN)
@BOTH
def test_a_broken_check_is_not_the_students_fault(tmp_path, isolated, body, verdict, message):
    folder = tmp_path / "ch" / "ex"
    folder.mkdir(parents=True)
    (folder / "solution.py").write_text("def f(x):\n    # >>> your code\n    return 1\n    # <<< your code\n")
    (folder / "spec.py").write_text(
        'from grader.spec import Exercise\nEXERCISE = Exercise(title="T", names=("f",))\n'
        f'def check_it(student):\n    """It."""\n{body}\n'
    )
    [exercise] = load_exercises(tmp_path)
    result = check_exercise(exercise, "def f(x): pass", isolated=isolated)
    assert (result.verdict, result.points) == (verdict, 0)
    assert message in (None, result.checks[0].message)


def test_given_examples_may_be_assumed_away(tmp_path):
    folder = tmp_path / "ch" / "ex"
    folder.mkdir(parents=True)
    (folder / "solution.py").write_text("def f(x):\n    # >>> your code\n    return x\n    # <<< your code\n")
    (folder / "spec.py").write_text(
        "from grader.spec import Exercise, assume, example, given, st\n"
        'EXERCISE = Exercise(title="T", names=("f",))\n'
        "@given(x=st.integers(0, 9))\n@example(x=3)\n@example(x=-1)\n"
        "def check_it(student, x):\n    assume(x % 2)\n    student.f(x).equals(x)\n    assert x > 0\n"
    )
    [exercise] = load_exercises(tmp_path)
    assert (
        check_exercise(exercise, exercise.solution, isolated=False).checks[0].message
        == "the result is not what it should be"
    )
    assert check_exercise(exercise, exercise.solution, isolated=False).checks[0].counterexample == "f(-1)"
