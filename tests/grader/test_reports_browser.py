"""The pages in a real Chromium: nothing complains, nothing is fetched, nothing runs, everything can be read."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import browser as chromium
import pytest
from report_cases import HOSTILE, IDS, class_of, failing, friendly_class, hostile_class, record

from grader.reports.classpage import class_page
from grader.reports.escape import file_stem
from grader.reports.results import Lesson
from grader.reports.student import student_page

pytestmark = pytest.mark.skipif(chromium.PROGRAM is None, reason="there is no Chromium here")

LESSONS = {key: Lesson("A title of ordinary length, forward and backward", ("One.", "Two.")) for key in IDS}
# Every text whose contrast with what lies behind it is below what WCAG 2.2 asks for (1.4.3, level AA).
CONTRAST = """(() => {
  const channels = (text) => text.match(/[\\d.]+/g).map(Number);
  const linear = (c) => (c /= 255) <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  const light = ([r, g, b]) => 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b);
  const behind = (element) => {
    for (; element; element = element.parentElement) {
      const colour = channels(getComputedStyle(element).backgroundColor);
      if (colour.length < 4 || colour[3] === 1) return colour;
    }
    return [255, 255, 255];
  };
  const found = [];
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const element = texts.currentNode.parentElement;
    if (!texts.currentNode.data.trim() || !element.checkVisibility()) continue;
    const [a, b] = [light(channels(getComputedStyle(element).color)), light(behind(element))];
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < 4.5) found.push(`${ratio.toFixed(2)} ${element.className} ${texts.currentNode.data}`);
  }
  return found;
})()"""
NAMES = "[...document.querySelectorAll('#heat tbody tr')].filter(row => !row.hidden).map(row => row.cells[0].innerText)"


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[chromium.Browser]:
    with chromium.Browser(tmp_path_factory.mktemp("profile")) as made:
        yield made


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Return the pages of a friendly and of a hostile class, by name."""
    folder = tmp_path_factory.mktemp("pages")
    wordy = failing(
        counterexample="double(np.array([" + "1.0, " * 80 + "]))\n" * 60,
        message="a word " * 60 + "m" * 300,
        hints=["Three."],
    )
    everything = [record("ann", *friendly_class()[1]["exercises"], seconds=1.0), *friendly_class()[1:]]
    everything[0]["exercises"][1]["checks"].append(wordy)
    friendly, hostile = class_of(everything), class_of(hostile_class())
    written = {
        "class": class_page(friendly, LESSONS),
        "hostile class": class_page(hostile, LESSONS),
        "empty class": class_page(class_of([])),
        "student": student_page(friendly.submissions[0], LESSONS),
        "unreadable": student_page(friendly.submissions[2], LESSONS),
    }
    found = {}
    for name, content in written.items():
        found[name] = folder / f"{name}.html"
        found[name].write_bytes(content)
    for submission in hostile.submissions:
        name = next(key for key, text in HOSTILE.items() if text == submission.name)
        found[name] = folder / f"{file_stem(submission.name)}.html"
        found[name].write_bytes(student_page(submission, LESSONS))
    return found


@pytest.mark.parametrize(
    "name", ["class", "hostile class", "empty class", "student", "unreadable", "long", "zalgo"]
)
@pytest.mark.parametrize("width", [320, 390, 1280])
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_it_can_be_read_everywhere(
    browser: chromium.Browser, pages: dict[str, Path], name: str, width: int, dark: bool
) -> None:
    """No error, no request, no scrolling sideways, enough contrast, also with every fold open."""
    browser.shape(width, dark=dark)
    browser.open(pages[name])
    browser.run("document.querySelectorAll('details').forEach(one => one.open = true)")
    assert browser.complaints() == []
    assert browser.run("document.documentElement.scrollWidth") <= width
    assert browser.run(CONTRAST) == []
    shown = browser.run("getComputedStyle(document.body).backgroundColor")
    assert (sum(map(int, shown[4:-1].split(","))) < 384) == dark


@pytest.mark.parametrize("name", ["hostile class", *HOSTILE])
def test_nothing_that_a_student_wrote_runs(
    browser: chromium.Browser, pages: dict[str, Path], name: str
) -> None:
    """Neither at once nor when everything is opened and touched."""
    browser.shape(1280)
    browser.open(pages[name])
    touch = "new MouseEvent('mouseover', {bubbles: true})"
    browser.run(
        f"document.querySelectorAll('*').forEach(one => {{ one.open = true; one.dispatchEvent({touch}) }})"
    )
    assert browser.run("window.hacked") is None
    assert browser.complaints() == []


def test_the_policy_holds_even_where_the_escaping_would_not(
    browser: chromium.Browser, pages: dict[str, Path], tmp_path: Path
) -> None:
    """Markup that got in does not run and fetches nothing, and the browser's complaints are seen."""
    planted = HOSTILE["markup"] + '<img src="http://outside.example/x.png"><p style="color:red">'
    page = tmp_path / "planted.html"
    page.write_text(
        pages["student"].read_text("utf-8").replace("<main", f"{planted}<main", 1), encoding="utf-8"
    )
    browser.open(page)
    assert browser.run("window.hacked") is None
    said = "\n".join(browser.complaints())
    for directive in ("script-src", "img-src", "style-src"):
        assert directive in said or "default-src" in said
    assert "http://outside.example/x.png" in browser.blocked()


def test_a_request_and_an_error_would_be_seen(browser: chromium.Browser, tmp_path: Path) -> None:
    """The eyes of these tests are open."""
    page = tmp_path / "loud.html"
    page.write_text("<img src='http://outside.example/x.png'><script>console.error('no'); missing()</script>")
    browser.open(page)
    said = "\n".join(browser.complaints())
    for part in ("request: http://outside.example/x.png", "console: ", "exception: "):
        assert part in said


def test_it_works_without_scripts(browser: chromium.Browser, pages: dict[str, Path]) -> None:
    """Everything stands there; what only a script could serve is not shown."""
    browser.scripts(allowed=False)
    try:
        browser.shape(1280)
        browser.open(pages["class"])
        assert browser.run(NAMES) == ["ann", "ben", "eve"]
        assert browser.run("document.getElementById('controls').checkVisibility()") is False
    finally:
        browser.scripts(allowed=True)


def test_sorting_and_filtering(browser: chromium.Browser, pages: dict[str, Path], tmp_path: Path) -> None:
    """By points and by name, both ways; by a part of the name; by what is open."""
    page = tmp_path / "class.html"
    page.write_bytes(class_page(class_of(friendly_class())))
    browser.shape(1280)
    browser.open(page)
    press = "document.querySelector('th[data-sort={}] button').click(); {}"
    assert browser.run(press.format("points", NAMES)) == ["ann", "ben", "eve"]
    assert browser.run(press.format("points", NAMES)) == ["eve", "ben", "ann"]
    assert browser.run("document.querySelector('th[aria-sort]').ariaSort") == "ascending"
    assert browser.run(press.format("name", NAMES)) == ["ann", "ben", "eve"]
    assert browser.run(press.format("name", NAMES)) == ["eve", "ben", "ann"]
    choose = "for (const one of [document.getElementById('{0}')]) {{ one.value = '{1}'; "
    choose += "one.dispatchEvent(new Event('{2}')) }}; {3}"
    assert browser.run(choose.format("show", "open", "change", NAMES)) == ["eve", "ben"]
    assert browser.run(choose.format("show", "ungraded", "change", NAMES)) == ["eve"]
    assert browser.run(choose.format("show", "", "change", NAMES)) == ["eve", "ben", "ann"]
    assert browser.run(choose.format("find", "E", "input", NAMES)) == ["eve", "ben"]
    assert browser.run("document.getElementById('count').textContent") == "2 of 3 shown"
    assert browser.complaints() == []


def test_on_paper_nothing_is_cut_off(browser: chromium.Browser, pages: dict[str, Path]) -> None:
    """Frames that scroll on the screen are whole, and the controls are gone."""
    browser.shape(800, media="print")
    try:
        for name in ("class", "student"):
            browser.open(pages[name])
            frames = "[...document.querySelectorAll('pre, .scroll')]"
            assert browser.run(f"{frames}.filter(one => one.scrollHeight > one.clientHeight + 1).length") == 0
        browser.open(pages["class"])
        assert browser.run("document.getElementById('controls').checkVisibility()") is False
    finally:
        browser.shape(1280)
