"""The pages as markup: what stands in them, and that no student's text becomes part of their structure."""

from __future__ import annotations

import base64
import hashlib
import re
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from report_cases import (
    HOSTILE,
    IDS,
    check,
    class_of,
    exercise,
    failing,
    friendly_class,
    hostile_class,
    record,
)

from grader.report import VERDICTS
from grader.reports.classpage import class_page
from grader.reports.escape import file_stem, visible
from grader.reports.results import Lesson
from grader.reports.student import student_page
from grader.reports.words import LOOKS

LESSONS = {IDS[1]: Lesson("Three times", ("Think.", "Think of 3.", "return 3 * x"))}
_VOID = {"meta", "input", "br"}


class Page(HTMLParser):
    """A page taken apart: its elements with their attributes, and its text."""

    def __init__(self, content: bytes) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.open: list[str] = []
        self.feed(content.decode("utf-8"))
        self.close()
        assert not self.open, "an element is not closed"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in _VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if not self.open or self.open[-1] not in ("style", "script"):
            self.text += data

    @property
    def structure(self) -> list[tuple[str, tuple[str, ...]]]:
        return [(tag, tuple(attributes)) for tag, attributes in self.elements]

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for found, attributes in self.elements if found == tag]


def student(entry: dict[str, object]) -> Page:
    [submission] = class_of([entry]).submissions  # type: ignore[list-item]
    return Page(student_page(submission, LESSONS))


def test_a_student_reads_in_the_order_that_helps() -> None:
    """Sentence, input, message, both sides, what was printed, diagnosis, next step, hints."""
    text = student(friendly_class()[1]).text
    above, _, told = text.rpartition("1.2 triple")
    for part in ("ben", "1 of 6 points", "left out ben.ipynb"):
        assert part in above
    order = [
        "Three times", "The sentence of check_more.", "double(np.array([1.0, 2.0]))", "got[1] == 3.0, but should be",
        "<-- worst", "here I am", "You add one where two", "Paste the line above", "1 check passed", "1 check not run",
        "Hint 1 of 3", "Think.", "Hint 2 of 3", "Think of 3.", "Hint 3 of 3", "return 3 * x",
    ]  # fmt: skip
    assert sorted(order, key=told.index) == order
    assert "handed out" not in text  # what is not started has one word in the table


def test_got_and_expected_without_a_table() -> None:
    """Two lines where there is no element-by-element table."""
    text = student(record("ann", exercise(0, "fail", failing(table="", got="-1.0", expected="1.0")))).text
    assert re.search(r"got\s*-1\.0\s*expected\s*1\.0", text)


def test_what_is_said_once_is_not_said_again() -> None:
    """Three checks with one cause get its explanation once, and a word that it is the same."""
    found = [failing(f"check_{name}") for name in "abc"]
    text = student(record("ann", exercise(0, "fail", *found))).text
    assert (text.count("You add one"), text.count("The same as above."), text.count("Paste the line")) == (
        1,
        2,
        1,
    )


def test_a_hidden_check_shows_its_sentence() -> None:
    """And says that it is hidden."""
    text = student(record("ann", exercise(0, "fail", failing(hidden=True, hints=["np.array"])))).text
    assert "The sentence of check_values." in text
    assert "This check is hidden" in text
    assert "np.array" not in text


def test_the_class_page_counts() -> None:
    """Passed, not right, not started; failures of those who got there; diagnoses; verdicts; remarks."""
    page = Page(class_page(class_of(friendly_class()), LESSONS))
    text = re.sub(r"\s+", " ", page.text)
    for part in ("Students3", "Mean points2.3 of 6", "Median1", "Full marks1", "1.2 tripleThree times1100"):
        assert part in text
    assert "The sentence of check_more.1 of 1100 %" in text
    assert "You add one where two is to be multiplied.1" in text
    assert "eve" in text.partition("Remarks of the intake")[2]
    assert "1.50 s" in text.partition("Timing")[2]


def test_every_cell_of_the_heat_map_has_a_sign_and_its_words() -> None:
    """Colour is never alone."""
    entries = [record(verdict, exercise(0, verdict, failing(verdict=verdict))) for verdict in VERDICTS]
    page = Page(class_page(class_of(entries)))
    cells = {found["title"] for found in page.all("abbr")}
    assert cells == {look.words for look in LOOKS.values()}
    assert (
        len({look.sign for look in LOOKS.values()})
        == len({look.words for look in LOOKS.values()})
        == len(VERDICTS)
    )
    assert list(LOOKS) == sorted(LOOKS, key=list(LOOKS).index)
    assert set(LOOKS) == set(VERDICTS)


@pytest.mark.parametrize("entries", [[], [record("ann")], friendly_class(), hostile_class()], ids=len)
def test_every_heading_of_a_table_has_a_scope(entries: list[dict[str, object]]) -> None:
    """And each table has headings, each section a name, each page a language and a title."""
    results = class_of(entries)  # type: ignore[arg-type]
    for content in (class_page(results), *map(student_page, results.submissions)):
        page = Page(content)
        assert all(found.get("scope") in ("row", "col") for found in page.all("th"))
        assert all("aria-labelledby" in found or "aria-label" in found for found in page.all("section"))
        [document] = page.all("html")
        assert document["lang"] == "en"
        ids = [attributes["id"] for _, attributes in page.elements if "id" in attributes]
        assert len(ids) == len(set(ids))
        labels = [found.get("aria-labelledby") for found in page.all("section")]
        assert set(filter(None, labels)) <= set(ids)


def policy(page: Page) -> str:
    [content] = [str(meta["content"]) for meta in page.all("meta") if meta.get("http-equiv")]
    return content


def test_the_policy_allows_the_pages_own_style_and_script_and_nothing_else() -> None:
    """Each by its hash; the student's page has no script at all."""
    results = class_of(friendly_class())
    for content, blocks in (
        (class_page(results), ("style", "script")),
        (student_page(results.submissions[0]), ("style",)),
    ):
        text = content.decode()
        expected = "default-src 'none'; base-uri 'none'; form-action 'none'"
        for block in blocks:
            [inner] = re.findall(rf"<{block}>(.*?)</{block}>", text, re.DOTALL)
            digest = base64.b64encode(hashlib.sha256(inner.encode()).digest()).decode()
            expected += f"; {block}-src 'sha256-{digest}'"
        page = Page(content)
        assert policy(page) == expected
        assert len(page.all("script")) == len(blocks) - 1
        # Attributes would need a policy of their own.
        names = {name for _, attributes in page.elements for name in attributes}
        assert not {name for name in names if name.startswith("on") or name in ("style", "src")}


def test_links_lead_to_pages_that_we_name() -> None:
    """Whatever a submission is called."""
    results = class_of(hostile_class())
    links = {str(found["href"]) for found in Page(class_page(results)).all("a")}
    assert links == {f"students/{file_stem(name)}.html" for name in HOSTILE.values()}
    for submission in results.submissions:
        page = Page(student_page(submission))
        targets = {f"#{attributes['id']}" for _, attributes in page.elements if "id" in attributes}
        assert {str(found["href"]) for found in page.all("a")} <= targets


def entry_with(text: str) -> dict[str, object]:
    """Return a submission with a student's text wherever one may land."""
    fields = dict.fromkeys(("message", "counterexample", "got", "expected", "table", "output"), text)
    sides = failing("check_sides", **(fields | {"table": ""}))
    skipped = check("check_last", "skipped", message=text)
    return record(text, exercise(0, "fail", failing(**fields), sides, skipped), notes=[text], error=text)


@given(
    st.text(st.characters(codec=None, categories=None), min_size=1, max_size=60)
    | st.sampled_from([*HOSTILE.values()])
)
@settings(deadline=None, max_examples=80)
def test_no_text_changes_the_structure_of_a_page(text: str) -> None:
    """The same elements with the same attributes as for a text without any special character; and it can be read."""
    plain, results = class_of([entry_with("plain")]), class_of([entry_with(text)])  # type: ignore[list-item]
    assert Page(class_page(results)).structure == Page(class_page(plain)).structure
    page = Page(student_page(results.submissions[0]))
    assert page.structure == Page(student_page(plain.submissions[0])).structure
    assert visible(text) in page.text


def test_a_student_without_anything() -> None:
    """An unreadable submission has a page that says so."""
    page = student(friendly_class()[2])
    assert "the archive is damaged" in page.text
    assert not page.all("table")
