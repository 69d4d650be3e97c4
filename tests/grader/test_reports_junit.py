"""JUnit XML: valid against the Jenkins schema, whatever a student wrote."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from functools import cache
from pathlib import Path

import pytest
import xmlschema
from hypothesis import given, settings
from hypothesis import strategies as st
from report_cases import HOSTILE, check, class_of, exercise, failing, friendly_class, hostile_class, record

from grader.report import VERDICTS
from grader.reports.escape import visible
from grader.reports.junit import junit_xml

SCHEMA = Path(__file__).parent / "schemas" / "junit-10.xsd"


@cache
def schema() -> xmlschema.XMLSchema:
    return xmlschema.XMLSchema(SCHEMA)


def parsed(*records: dict[str, object]) -> ET.Element:
    """Return the report as a tree, having validated it."""
    content = junit_xml(class_of(records))  # type: ignore[arg-type]
    root = ET.fromstring(content)
    schema().validate(root)
    return root


def test_it_is_valid_and_counts_what_it_holds() -> None:
    """A suite a submission, a case a check, sums at the top."""
    root = parsed(*friendly_class())
    assert [
        (s.get("name"), s.get("tests"), s.get("failures"), s.get("errors"), s.get("skipped")) for s in root
    ] == [
        ("ann", "3", "0", "0", "0"),
        ("ben", "5", "2", "0", "1"),
        ("eve", "1", "0", "1", "0"),
    ]
    assert (root.get("tests"), root.get("failures"), root.get("errors")) == ("9", "2", "1")
    assert root[0].get("time") == "1.500"
    assert [case.get("classname") for case in root[0]] == [
        "ann.ch01_numbers.ex01_double",
        "ann.ch01_numbers.ex02_triple",
        "ann.ch02_lists.ex01_double_all",
    ]


def test_a_name_with_dots_is_no_package() -> None:
    """Readers split class names at dots; a student stays in one piece."""
    [case] = parsed(record("lee.ann/x", exercise())).iter("testcase")
    assert case.get("classname") == "lee_ann/x.ch01_numbers.ex01_double"


@pytest.mark.parametrize("verdict", VERDICTS)
def test_each_verdict_has_its_place(verdict: str) -> None:
    """Right, wrong, stopped, not run: as readers of JUnit tell them apart, with what the student reads."""
    root = parsed(record("ann", exercise(0, "fail", failing(verdict=verdict, seconds=0.5))))
    [case] = root[0]
    expected = {
        "pass": [], "skipped": ["skipped"], "fail": ["failure"], "nondeterministic": ["failure"],
        "not_started": ["failure"], "missing": ["failure"],
    }  # fmt: skip
    assert [child.tag for child in case] == expected.get(verdict, ["error"])
    assert case.get("time") == "0.500"
    for child in case:
        assert child.get("type") == verdict
        assert "double(np.array([1.0, 2.0]))" in (child.text or "")


def test_the_schema_refuses() -> None:
    """A schema that takes everything would prove nothing."""
    for wrong in ("<testsuite name='x'/>", "<testsuites><testcase name='x'/></testsuites>"):
        with pytest.raises(xmlschema.XMLSchemaValidationError):
            schema().validate(wrong)
    root = parsed(*friendly_class())
    root[0].set("time", "soon")
    with pytest.raises(xmlschema.XMLSchemaValidationError):
        schema().validate(root)


def test_hostile_texts_come_back_as_shown() -> None:
    """Every name and every message, with what XML forbids shown as escapes."""
    root = parsed(*hostile_class())
    bodies = [body.text for body in root.iter("failure")]
    assert len(bodies) == len(HOSTILE)
    for text in HOSTILE.values():
        first = visible(text)[:200].split("\n")[0].strip()
        assert any(first in (body or "") for body in bodies), first


@given(st.text(st.characters(codec=None, categories=None), min_size=1, max_size=60))
@settings(deadline=None, max_examples=60)
def test_any_text_gives_well_formed_xml(text: str) -> None:
    """In a name, in an attribute and in a text."""
    root = parsed(record(text, exercise(0, "fail", failing(message=text)), notes=[text]))
    assert len(root) == 1
    [case] = root.iter("testcase")
    assert case.get("name") == "check_values"


def test_a_hidden_check_says_its_sentence() -> None:
    """And nothing of its input."""
    [case] = parsed(record("ann", exercise(0, "fail", failing(hidden=True), check()))).iter("failure")
    assert case.get("message") == "The sentence of check_values."
    assert "np.array" not in ET.tostring(case, encoding="unicode")
