"""JUnit XML as Jenkins and most other readers take it: a suite a submission, a case a check."""

from __future__ import annotations

import xml.etree.ElementTree as ET

from grader.reports.escape import one_line, visible
from grader.reports.results import CheckEntry, ExerciseEntry, Results, Submission

__all__ = ["junit_xml"]

# An answer that is wrong is a failure; code that was stopped, refused or never judged is an error.
_FAILURES = frozenset({"fail", "nondeterministic", "not_started", "missing"})


def junit_xml(results: Results) -> bytes:
    r"""Return the class as JUnit XML, valid against the Jenkins schema (junit-10.xsd of its xUnit plugin).

    The class name of a case is submission and exercise, so that two students never share one. Characters that
    XML 1.0 forbids are shown as escapes.

    Examples
    --------
    >>> from grader.reports.results import gather, parse_submission
    >>> line = '{"submission": "a\\u0000b", "exercises": []}'
    >>> print(junit_xml(gather([parse_submission(line)])).decode().splitlines()[1])
    <testsuites name="grader" tests="0" failures="0" errors="0">
    """
    root = ET.Element("testsuites", name="grader")
    for submission in results.submissions:
        root.append(_suite(submission))
    for key in ("tests", "failures", "errors"):
        root.set(key, str(sum(int(suite.get(key, 0)) for suite in root)))
    ET.indent(root)
    document: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return document + b"\n"


def _suite(submission: Submission) -> ET.Element:
    name = one_line(submission.name)
    suite = ET.Element("testsuite", name=name)
    remarks = [remark for remark in (submission.error, *submission.notes) if remark]
    if submission.error:
        case = ET.SubElement(suite, "testcase", name="submission", classname=_classname(name, "submission"))
        _add(case, "error", "unreadable", one_line(submission.error, 300), submission.error)
    for exercise in submission.exercises:
        for check in exercise.checks:
            suite.append(_case(name, exercise, check))
    if remarks:
        ET.SubElement(suite, "system-out").text = visible("\n".join(remarks))
    suite.set("tests", str(len(suite.findall("testcase"))))
    suite.set("failures", str(len(suite.findall("testcase/failure"))))
    suite.set("errors", str(len(suite.findall("testcase/error"))))
    suite.set("skipped", str(len(suite.findall("testcase/skipped"))))
    if submission.seconds is not None:
        suite.set("time", f"{submission.seconds:.3f}")
    return suite


def _case(submission: str, exercise: ExerciseEntry, check: CheckEntry) -> ET.Element:
    case = ET.Element("testcase", name=one_line(check.name), classname=_classname(submission, exercise.id))
    if check.seconds is not None:
        case.set("time", f"{check.seconds:.3f}")
    if check.verdict != "pass":
        tag = (
            "skipped" if check.verdict == "skipped" else "failure" if check.verdict in _FAILURES else "error"
        )
        _add(case, tag, check.verdict, one_line(check.message or check.title, 300), check.text())
    return case


def _classname(submission: str, exercise_id: str) -> str:
    # Readers take dots for packages: the ones of a name would scatter a student over several.
    return f"{submission.replace('.', '_')}.{one_line(exercise_id).replace('/', '.')}"


def _add(case: ET.Element, tag: str, kind: str, message: str, text: str) -> None:
    ET.SubElement(case, tag, type=kind, message=message).text = visible(text)
