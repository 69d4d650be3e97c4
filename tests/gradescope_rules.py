"""What the "Autograder Specifications" of Gradescope (gradescope-autograders.readthedocs.io, 2024) allow."""

from __future__ import annotations

from typing import Any

Found = dict[str, Any]

VISIBILITIES = {"visible", "hidden", "after_due_date", "after_published"}
FORMATS = {"text", "simple_format", "html", "md", "ansi"}


def is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and value >= 0


def is_text(value: object) -> bool:
    """Tell whether a value is a text that any reader of JSON takes: no lone surrogate, no zero byte."""
    return isinstance(value, str) and "\0" not in value and value == value.encode("utf-8").decode("utf-8")


TOP = {
    "score": is_number,
    "execution_time": is_number,
    "output": is_text,
    "output_format": FORMATS.__contains__,
    "test_output_format": FORMATS.__contains__,
    "test_name_format": FORMATS.__contains__,
    "visibility": VISIBILITIES.__contains__,
    "stdout_visibility": VISIBILITIES.__contains__,
    "extra_data": lambda value: isinstance(value, dict),
    "tests": lambda value: isinstance(value, list),
}
TEST = {
    "score": is_number,
    "max_score": is_number,
    "status": {"passed", "failed"}.__contains__,
    "name": is_text,
    "name_format": FORMATS.__contains__,
    "number": is_text,
    "output": is_text,
    "output_format": FORMATS.__contains__,
    "tags": lambda value: isinstance(value, list) and all(map(is_text, value)),
    "visibility": VISIBILITIES.__contains__,
    "extra_data": lambda value: isinstance(value, dict),
}


def complaints(content: Found) -> list[str]:
    """Return every field of a results.json that Gradescope's specification does not allow."""
    entries = [(TOP, content), *((TEST, test) for test in content.get("tests", []))]
    return [
        f"{key}: {value!r}"
        for allowed, entry in entries
        for key, value in entry.items()
        if key not in allowed or not allowed[key](value)
    ]
