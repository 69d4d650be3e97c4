"""Text of a student, made safe for the place where it lands."""

from __future__ import annotations

import re
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from report_cases import HOSTILE, starts_formula

from grader.reports.escape import actions_text, csv_cell, file_stem, number, one_line, visible

ANY_TEXT = st.text(st.characters(codec=None, categories=None), max_size=80) | st.sampled_from(
    list(HOSTILE.values())
)


@given(ANY_TEXT)
@settings(deadline=None)
def test_nothing_can_hide_in_what_is_shown(text: str) -> None:
    """No control, format, surrogate, private or unassigned character is left; saying it twice changes nothing."""
    shown = visible(text)
    assert not {unicodedata.category(c) for c in shown.replace("\n", "")} & {
        "Cc",
        "Cf",
        "Cs",
        "Co",
        "Cn",
        "Zl",
        "Zp",
    }
    assert visible(shown) == shown
    assert "\n" not in one_line(text)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain, né, 日本, שלום", "plain, né, 日本, שלום"),
        ("a\r\nb", "a\nb"),
        ("a\rb", "a\\rb"),
        ("a\tb", "a    b"),
        ("\u202eb", "\\u202eb"),
        ("\ud800", "\\ud800"),
        ("x" * 20_000, "x" * 12_000 + "[... 8000 more characters were cut]"),
    ],
)
def test_how_it_is_shown(text: str, shown: str) -> None:
    """Ordinary letters of any script stay; the rest is an escape; the end of what is long is cut with a notice."""
    assert visible(text) == shown


@given(ANY_TEXT)
@settings(deadline=None)
def test_no_cell_starts_a_formula(text: str) -> None:
    """Neither the cell nor what a reader with other separators would take for one."""
    cell = csv_cell(text)
    assert not any(starts_formula(part) for part in re.split(r"[;\n]", cell))


@pytest.mark.parametrize("name", [name for name in HOSTILE if "formula" in name])
def test_the_formulas_among_the_hostile_texts_are_touched(name: str) -> None:
    """The law above would hold of texts that never were formulas too."""
    assert "'" in csv_cell(HOSTILE[name]) or "\\r" in csv_cell(HOSTILE[name])


@pytest.mark.parametrize(
    "text", ["ann", "a = 1; b = 2", "f(np.array([1.0, -2.0]))", "x - 1", "mail@example.org"]
)
def test_ordinary_cells_stay_as_they_are(text: str) -> None:
    """An apostrophe stands only where it must."""
    assert csv_cell(text) == text


@given(ANY_TEXT)
@settings(deadline=None)
def test_a_runner_obeys_nothing(text: str) -> None:
    """No line starts with "::", after whatever a runner trims, and "##[" is nowhere."""
    shown = actions_text(text, 10_000)
    assert not any(line.lstrip().startswith("::") for line in shown.splitlines())
    assert "##[" not in shown


@given(ANY_TEXT)
@settings(deadline=None)
def test_file_names_are_made_not_taken(name: str) -> None:
    """Short, of letters that every file system has, and no device of Windows."""
    assert re.fullmatch(r"[a-z0-9]([a-z0-9-]{8,58}[a-z0-9])", file_stem(name))


def test_different_names_get_different_files() -> None:
    """Also where only letter case, or what is stripped, tells them apart."""
    names = [*HOSTILE.values(), "Ann", "ann", "ANN", "a nn", "a-nn", "con", "nul"]
    assert len({file_stem(name) for name in names}) == len(names)


@pytest.mark.parametrize(
    ("value", "text"), [(0, "0"), (10, "10"), (2.50, "2.5"), (1e6, "1000000"), (0.00001, "0")]
)
def test_numbers(value: float, text: str) -> None:
    """Without a fraction that says nothing, and never in powers of ten."""
    assert number(value) == text
