"""Pieces that both pages are built of."""

from __future__ import annotations

from grader.reports.escape import number, one_line
from grader.reports.markup import Html, element
from grader.reports.words import LOOKS

__all__ = ["badge", "bar", "name_of", "points_of", "seconds_of"]


def name_of(submission: str) -> Html:
    """Return a submission's name, kept from turning the text around it (element ``bdi``).

    Examples
    --------
    >>> name_of("<b>Ann</b>")
    '<bdi>&lt;b&gt;Ann&lt;/b&gt;</bdi>'
    """
    return element("bdi", one_line(submission))


def badge(verdict: str) -> Html:
    """Return a verdict as its sign and its words.

    Examples
    --------
    >>> badge("pass")
    '<span class="badge good"><b aria-hidden="true">P</b> passed</span>'
    """
    look = LOOKS[verdict]
    return element(
        "span", element("b", look.sign, aria_hidden="true"), f" {look.words}", class_=f"badge {look.kind}"
    )


def bar(*parts: tuple[str, float], whole: float) -> Html:
    """Return a bar of parts, each a kind and an amount, as a picture that needs neither style nor script.

    The numbers stand beside every bar, so it is hidden from whoever hears the page.

    Examples
    --------
    >>> bar(("good", 1), whole=4).count("rect")
    2
    """
    pieces, start = [], 0.0
    for kind, amount in parts:
        wide = 100 * amount / whole if whole else 0.0
        pieces.append(element("rect", class_=kind, x=_place(start), width=_place(wide), height=8))
        start += wide
    return element(
        "svg", *pieces, class_="bar", viewBox="0 0 100 8", preserveAspectRatio="none", aria_hidden="true"
    )


def _place(value: float) -> str:
    return f"{value:.2f}"


def points_of(points: float, most: float) -> str:
    """Return points out of points.

    Examples
    --------
    >>> points_of(1, 2)
    '1/2'
    """
    return f"{number(points)}/{number(most)}"


def seconds_of(seconds: float | None) -> str:
    """Return a time, "" where it is not known.

    Examples
    --------
    >>> seconds_of(0.25), seconds_of(None)
    ('0.25 s', '')
    """
    return "" if seconds is None else f"{seconds:.2f} s"
