"""Programs: how a check builds them, how they read, what running them tells, and which replies are refused."""

import numpy as np
import pytest
from judge_cases import RUNNERS, loaded

from grader.handles import CheckFailed, Student, fn
from grader.process import LocalRunner
from grader.program import Program, Reply, read_reply
from grader.protocol import Opaque, ProtocolError
from grader.render import render

SOURCE = """
import warnings
import numpy as np

class Box:
    made = 0

    def __init__(self, value, step=1.0):
        self.value, self.step = value, step
        self.items = {}

    def __add__(self, other):
        return Box(self.value + getattr(other, "value", other))

    def __radd__(self, other):
        return Box(self.value + other)

    def __getitem__(self, key):
        return self.items.get(key, key)

    def __setitem__(self, key, value):
        self.items[key] = value

    def move(self, by, *, times=1):
        self.value += by * times * self.step
        return self

def double(x): return 2 * x
def same(x): return x
def part(x): return x[1:]
def inside(x): return {"view": x.T, "n": 1}
def spoil(x, y=None):
    x += 1
    return x.copy()
def spoil_list(items): items.pop(); return len(items)
def spoil_nested(items): items[0] *= 2.0
def spoil_and_fail(x):
    x[0] = 9.0
    raise KeyError("no")
def loud(x):
    warnings.warn("careful")
    return np.exp(x)
def say(x): print("x is", x); return x
def call(f, x): return f(x)
def many(): return 1, [2.0, None], {"a": np.zeros(2)}
def boxes(): return [Box(1.0), Box(2.0)]
def fail(x): raise ValueError(f"not {x}")
class Mine(LookupError): pass
def mine(): raise Mine("lost")
def todo(): raise NotImplementedError("write me")
def hoard(): raise MemoryError
"""


@pytest.fixture(scope="module", params=RUNNERS)
def runner(request):
    made = RUNNERS[request.param]()
    loaded(made, SOURCE)
    yield made
    made.close()


@pytest.fixture
def student(runner):
    return Student(Program(runner))


@pytest.fixture
def local():
    return Student(loaded(LocalRunner(), SOURCE))


def another(student):
    """An empty program on the same module."""
    return Student(Program(student._program._runner))


X = np.array([1.0, 2.0, 3.0])


def test_steps_of_every_kind_give_what_python_gives(student):
    p = student
    a, b = p.Box(2.0), p.Box(3.0)
    c = 1.0 + (a + b)
    a.move(2.0, times=3)
    b.step = 0.5
    c["key"] = a.attribute("value")
    x = p.let(X)
    p.all_equal(
        [
            (c.attribute("value"), 6.0),
            (a.attribute("value"), 8.0),
            (b.step, 0.5),
            (c["key"], 8.0),
            (c["other"], "other"),
            (p.double(X), 2 * X),
            (p.double(x)[1:], 2 * X[1:]),
            (-x, -X),
            (X - x, np.zeros(3)),
            (x @ x, 14.0),
            (abs(-x), X),
            (x / 2, X / 2),
            (2**x, 2**X),
            (x // 2, X // 2),
            (5 % x, 5 % X),
            (x < 2, X < 2),
            (p.call(fn("x ** 2"), X), X**2),
            (p.apply("len", x), 3),
            (p.boxes().each("value"), [1.0, 2.0]),
            (p.apply("type_name", a), "Box"),
        ]
    )


def test_a_program_can_go_on_after_an_answer(student):
    a = student.Box(1.0)
    first = a.attribute("value").value()
    a.move(first + 1.0)
    a.attribute("value").equals(3.0)
    another(student).Box.made.equals(0)


def test_several_results_unpack(student):
    one, two, three = student.many()
    one.equals(1)
    two.equals([2.0, None])
    three["a"].equals(np.zeros(2))


def test_objects_are_known_by_identity(student):
    a, b = student.Box(1.0), student.Box(1.0)
    student.same(a).equals(a)
    student.apply("tuple", [a, b]).equals([a, b])
    assert student.same(b).value() == Opaque("Box", b._number)
    with pytest.raises(CheckFailed, match="not the object it should be"):
        student.same(a).equals(b)


@pytest.mark.parametrize(
    ("ask", "question", "message"),
    [
        (lambda p: p.spoil(X), "leaves_inputs_alone", "changed x in place"),
        (lambda p: p.spoil(y=1, x=X), "leaves_inputs_alone", "changed x in place"),
        (lambda p: p.spoil_list([1, 2]), "leaves_inputs_alone", "changed items in place"),
        (lambda p: p.spoil_nested([X]), "leaves_inputs_alone", "changed items in place"),
        (lambda p: p.same(X), "does_not_alias", "shares memory with x"),
        (lambda p: p.part(X), "does_not_alias", "shares memory with x"),
        (lambda p: p.inside(X), "does_not_alias", "shares memory with x"),
        (lambda p: p.loud(X), "without_warnings", "UserWarning: careful"),
        (lambda p: p.loud(X * 1e4), "without_warnings", "overflow encountered in exp"),
        (lambda p: p.part(X)[0], "does_not_alias", "shares memory with x"),
    ],
)
def test_side_effects_are_noticed(student, ask, question, message):
    with pytest.raises(CheckFailed, match=message) as caught:
        getattr(ask(student), question)()
    assert caught.value.verdict == "fail"
    # The check's own array never left its hands.
    np.testing.assert_array_equal(X, [1.0, 2.0, 3.0])


@pytest.mark.parametrize("question", ["leaves_inputs_alone", "does_not_alias", "without_warnings"])
def test_a_blameless_call_passes_every_question(student, question):
    getattr(student.double(X), question)()


def test_inputs_changed_before_an_exception_are_noticed(student):
    result = student.spoil_and_fail(X)
    result.raises(KeyError)
    assert student._program.facts == {(1, "mutated"): ("x",)}


@pytest.mark.parametrize(
    ("ask", "verdict", "message"),
    [
        (lambda p: p.fail(3).value(), "error", "ValueError: not 3"),
        (lambda p: p.fail(3).equals(1), "error", "ValueError: not 3"),
        (
            lambda p: p.fail(3).raises(TypeError),
            "error",
            "it raised ValueError: not 3, but should raise TypeError",
        ),
        (lambda p: p.double(3).raises(TypeError), "fail", "it returned 6, but should raise TypeError"),
        (lambda p: p.todo().raises(ValueError), "not_started", "NotImplementedError: write me"),
        (lambda p: p.todo().value(), "not_started", "NotImplementedError: write me"),
        (lambda p: p.hoard().value(), "memory", "MemoryError"),
        (lambda p: p.nobody().value(), "missing", "there is no 'nobody' in your file"),
        (lambda p: p.nobody().raises(NameError), "missing", "there is no 'nobody' in your file"),
        (
            lambda p: p.Box(1).nothing.value(),
            "error",
            "AttributeError: 'Box' object has no attribute 'nothing'",
        ),
        (lambda p: p.say(1).is_array_like(shape=(1,)), "fail", "got.shape == (), but should be (1,)"),
        (lambda p: p.Box(1).is_array_like(), "fail", "got is an object of type Box, but should be an array"),
        (lambda p: p.say(X).is_array_like(dtype=int), "fail", "got.dtype == float64, but should be int64"),
    ],
)
def test_failures_have_a_verdict_and_a_sentence(student, ask, verdict, message):
    with pytest.raises(CheckFailed) as caught:
        ask(student)
    assert (caught.value.verdict, caught.value.message) == (verdict, message)


@pytest.mark.parametrize("kinds", [(ValueError,), (Exception,), ("ValueError",), (TypeError, ValueError)])
def test_an_exception_that_is_asked_for_passes(student, kinds):
    student.fail(1).raises(*kinds)


def test_an_exception_of_the_students_own_is_known_by_name_and_base(student):
    student.mine().raises("Mine")
    student.mine().raises(KeyError, LookupError)
    student.double(2).equals(4)


def test_the_line_of_an_exception_is_the_students_own(student):
    with pytest.raises(CheckFailed) as caught:
        student.call(fn("1 / x"), 0).value()
    line = SOURCE.splitlines().index("def call(f, x): return f(x)") + 1
    assert (caught.value.raised.line, caught.value.raised.type) == (line, "ZeroDivisionError")


def test_output_comes_back_with_the_reply(student):
    student.say(3).equals(3)
    assert student._program.output == "x is 3\n"


@pytest.mark.parametrize("misuse", [lambda h: h == 1, lambda h: h != 1, bool, lambda h: h.does_not_alias()])
def test_misuse_in_a_check_is_an_error_of_the_check(local, misuse):
    with pytest.raises(TypeError):
        misuse(local.let(1.0))


RENDERED = {
    "a call": (lambda p: p.double(X), ["double(np.array([1.0, 2.0, 3.0]))"]),
    "keywords": (lambda p: p.Box(1.0, step=None), ["Box(1.0, step=None)"]),
    "a function": (lambda p: p.call(fn("x + 1"), 2), ["call(lambda x: x + 1, 2)"]),
    "an attribute": (lambda p: p.Box(2.0).move, ["Box(2.0).move"]),
    "operators": (lambda p: -(p.Box(1) + 2) * 3, ["(-(Box(1) + 2)) * 3"]),
    "reflected": (lambda p: 2 - p.Box(1), ["2 - Box(1)"]),
    "keys": (lambda p: p.let(X)[1:, None, ..., ::2], ["np.array([1.0, 2.0, 3.0])[1:, None, ..., ::2]"]),
    "elements": (lambda p: p.boxes().each("value"), ["[item.value for item in boxes()]"]),
    "builtins": (lambda p: p.apply("len", p.boxes()), ["len(boxes())"]),
}


@pytest.mark.parametrize(("build", "lines"), RENDERED.values(), ids=RENDERED)
def test_a_program_reads_as_python(local, build, lines):
    step = build(local)._number
    assert render(local._program.steps, step) == lines


def test_a_stateful_program_reads_as_python(local):
    p = local
    a = p.Box(2.0)
    b = a + a
    unused = p.Box(5.0).step
    a.move(b.attribute("value"), times=2)
    b.step = 3.0
    a["k"] = [a, 1]
    result = a.attribute("value")
    p.double(1)
    assert unused is not None
    assert render(p._program.steps, result._number) == [
        "a = Box(2.0)",
        "b = a + a",
        "Box(5.0)",
        "a.move(b.value, times=2)",
        "b.step = 3.0",
        "a['k'] = [a, 1]",
        "c = a.value",
        "double(1)",
        "c",
    ]


def test_a_value_that_is_changed_later_is_shown_last(local):
    x = local.let(X)
    local.spoil(x)
    assert render(local._program.steps, x._number) == ["a = np.array([1.0, 2.0, 3.0])", "spoil(a)", "a"]


def same(back, value):
    if isinstance(value, np.ndarray):
        return back.dtype == value.dtype and np.array_equal(back, value, equal_nan=value.dtype.kind == "f")
    return type(back) is type(value) and back == value


VALUES = [
    (np.array([1, 2]), "np.array([1, 2])"),
    (np.array([True]), "np.array([True])"),
    (np.zeros((0, 2)), "np.zeros((0, 2))"),
    (np.array([0.1], np.float32), "np.array([0.1], dtype=np.float32)"),
    (np.array(1.5), "np.array(1.5)"),
    (np.zeros((2, 0), bool), "np.zeros((2, 0), dtype=np.bool_)"),
    (np.float32(0.1), "np.float32(0.1)"),
    (np.bool_(True), "np.True_"),
    (np.array([np.nan, -np.inf]), "np.array([np.nan, -np.inf])"),
    (float("inf"), "np.inf"),
    ((1,), "(1,)"),
    ([1, (2.0, "a")], "[1, (2.0, 'a')]"),
    ({"a": None}, "{'a': None}"),
    (np.dtype("int8"), "np.int8"),
    (np.uint8(3), "np.uint8(3)"),
    (1e-300, "1e-300"),
    (np.array([[1.0], [2.0]]), "np.array([[1.0], [2.0]])"),
]


@pytest.mark.parametrize(("value", "text"), VALUES)
def test_values_read_as_python_that_gives_them_back(value, text):
    from grader.render import format_value

    assert format_value(value) == text
    back = eval(text, {"np": np})
    assert np.dtype(back) == value if isinstance(value, np.dtype) else same(back, value)


GOOD = {"id": 1, "raised": None, "output": "", "answers": [[0, 1.0]], "facts": []}
RAISED = {"what": "raised", "type": "E", "bases": ["E"], "message": "", "line": None, "step": 0}


def test_a_right_reply_is_read():
    assert read_reply(GOOD, [0], 0) == Reply(None, {0: 1.0}, {}, "")
    assert read_reply({**GOOD, "answers": [], "raised": RAISED}, [0], 0).raised.type == "E"


BAD_REPLIES = {
    "no map": [1],
    "nothing": None,
    "a field missing": {k: v for k, v in GOOD.items() if k != "output"},
    "a field too many": {**GOOD, "verdict": "pass"},
    "output that is no text": {**GOOD, "output": 3},
    "no answer": {**GOOD, "answers": []},
    "another answer": {**GOOD, "answers": [[1, 1.0]]},
    "an answer too many": {**GOOD, "answers": [[0, 1.0], [1, 1.0]]},
    "an answer without a value": {**GOOD, "answers": [[0]]},
    "an answer and an exception": {**GOOD, "raised": RAISED},
    "a reference": {**GOOD, "answers": [[0, ["ref", 0]]]},
    "a formula": {**GOOD, "answers": [[0, ["fn", "1", "x"]]]},
    "an unknown fact": {**GOOD, "facts": [[0, "right", []]]},
    "a fact of numbers": {**GOOD, "facts": [[0, "mutated", [1]]]},
    "a verdict": {**GOOD, "answers": [], "raised": {**RAISED, "what": "pass"}},
    "an exception later than the end": {**GOOD, "raised": {**RAISED, "step": 1}},
    "an exception without a class": {**GOOD, "answers": [], "raised": {**RAISED, "type": None}},
    "bases that are no names": {**GOOD, "answers": [], "raised": {**RAISED, "bases": [1]}},
}


@pytest.mark.parametrize("data", BAD_REPLIES.values(), ids=BAD_REPLIES)
def test_any_other_reply_is_refused(data):
    with pytest.raises(ProtocolError):
        read_reply(data, [0], 0)
