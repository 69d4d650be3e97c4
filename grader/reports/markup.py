"""HTML by construction: what is not `Html` is text, and text is escaped.

A page is built of nested calls, so nothing reaches it as markup that was not written here as markup.
"""

from __future__ import annotations

import base64
import hashlib
import html
from functools import lru_cache
from importlib.resources import files
from typing import Final

from grader.reports.escape import visible

__all__ = ["Child", "Html", "asset", "document", "element", "fragment"]

_VOID: Final = frozenset({"br", "input", "meta"})


class Html(str):
    """Markup that is safe as it stands."""

    __slots__ = ()


Child = str | None


def element(tag: str, *children: Child, **attributes: str | float | bool | None) -> Html:
    """Return an element.

    Parameters
    ----------
    tag
        Its name.
    children
        `Html` stays as it is, any other text is escaped, None is left out.
    attributes
        A trailing underscore is dropped and others become hyphens (``class_``, ``aria_label``). True gives an
        attribute without a value, None and False give none.

    Examples
    --------
    >>> element("p", "1 < 2", element("b", "&"), class_="note", hidden=True)
    '<p class="note" hidden>1 &lt; 2<b>&amp;</b></p>'
    """
    opening = tag
    for name, value in attributes.items():
        if value is None or value is False:
            continue
        opening += f" {name.rstrip('_').replace('_', '-')}"
        if value is not True:
            opening += f'="{_escaped(str(value))}"'
    if tag in _VOID:
        return Html(f"<{opening}>")
    return Html(f"<{opening}>{fragment(*children)}</{tag}>")


def fragment(*children: Child) -> Html:
    """Return children side by side, escaped where they are text.

    Examples
    --------
    >>> fragment("a & b", None, Html("<hr>"))
    'a &amp; b<hr>'
    """
    parts = [child if isinstance(child, Html) else _escaped(child) for child in children if child is not None]
    return Html("".join(parts))


@lru_cache(maxsize=4096)
def _escaped(text: str) -> str:
    return html.escape(visible(text))


def asset(name: str) -> str:
    """Return a style sheet or script of this package."""
    return files("grader.reports").joinpath("assets", name).read_text(encoding="utf-8")


def document(title: str, body: Html, *, style: str, script: str | None = None) -> bytes:
    """Return a page that is complete in itself.

    Its policy forbids everything but its own style sheet and script, each known by its hash: no request, no other
    script, no form, no frame. `style` and `script` are this package's own text, never a student's.

    Examples
    --------
    >>> b"<title>A &amp; B</title>" in document("A & B", Html("<p>"), style="")
    True
    """
    policy = f"default-src 'none'; base-uri 'none'; form-action 'none'; style-src {_hash(style)}"
    if script is not None:
        policy += f"; script-src {_hash(script)}"
    head = element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", http_equiv="Content-Security-Policy", content=policy),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", name="color-scheme", content="light dark"),
        element("meta", name="referrer", content="no-referrer"),
        element("meta", name="robots", content="noindex"),
        element("title", title),
        Html(f"<style>{style}</style>"),
    )
    end = Html("") if script is None else Html(f"<script>{script}</script>")
    page = element("html", head, element("body", body, end), lang="en")
    return f"<!doctype html>\n{page}\n".encode()


def _hash(content: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()}'"
