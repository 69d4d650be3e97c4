"""Which files are loaded, and what is said of the others."""

import pytest
from judge_cases import RUNNERS

from grader.loading import MAX_SOURCE


@pytest.fixture(scope="module", params=RUNNERS)
def runner(request):
    made = RUNNERS[request.param]()
    yield made
    made.close()


LOADED = {
    "nothing": b"",
    "comments in any tongue": "# überall ∂x/∂y 你好\nπ = 3.14\n".encode(),
    "Windows newlines": b"a = 1\r\nb = 2\r\n",
    "a byte order mark": b"\xef\xbb\xbfa = 1\n",
    "another encoding": "# -*- coding: latin-1 -*-\na = 'é'\n".encode("latin-1"),
    "no newline at the end": b"a = 1",
    "NumPy": b"import numpy as np\nfrom numpy.linalg import norm\nimport numpy.random\n",
    "helpers": b"from __future__ import annotations\nimport math, functools, itertools\n"
    b"from dataclasses import dataclass\n"
    b"from typing import Any\nfrom collections import deque\n@dataclass\nclass A:\n    x: 'int' = 1\n",
    "a script's end": b"if __name__ == '__main__':\n    raise SystemExit\n",
    "a warning of the compiler": b"assert (1, 'always true') if 0 else True\nx = 1 if 1 is 1 else 2\n",
}


@pytest.mark.parametrize("source", LOADED.values(), ids=LOADED)
def test_honest_files_load(runner, source):
    assert runner.load(source, ("numpy",)).raised is None


REFUSED = {
    "an open bracket": (b"a = 1\ndef f(x:\n    return x\n", "syntax", "'(' was never closed", 2),
    "a tab among spaces": (
        b"if 1:\n    a = 1\n\tb = 2\n",
        "syntax",
        "inconsistent use of tabs and spaces in indentation",
        3,
    ),
    "a NUL": (b"a = 1\0", "syntax", "source code string cannot contain null bytes", None),
    "no UTF-8": (b"# caf\xe9\n", "syntax", "the file is not UTF-8 text; save it as UTF-8", None),
    "no UTF-8 further down": (
        b"#\n" * 9 + b"# caf\xe9\n",
        "syntax",
        "the file is not UTF-8 text; save it as UTF-8",
        None,
    ),
    "UTF-16": ("a = 1".encode("utf-16"), "syntax", "the file is not UTF-8 text; save it as UTF-8", None),
    "an unknown encoding": (
        b"# coding: klingon\n",
        "syntax",
        "the file is not UTF-8 text; save it as UTF-8",
        None,
    ),
    "deep brackets": (b"(" * 5000 + b")" * 5000, "syntax", None, 1),
    "deep minus": (
        b"a = " + b"-" * 50_000 + b"1",
        "syntax",
        "the code nests too deeply for Python to read",
        None,
    ),
    "a number without end": (b"a = " + b"9" * 10_000, "syntax", None, None),
    "too large": (b"#" * (MAX_SOURCE + 1), "syntax", "the file is larger than 256 KiB", None),
    "return outside": (b"a = 1\nreturn a\n", "syntax", "'return' outside function", 2),
    "os": (b"a = 1\nimport os\n", "forbidden", None, 2),
    "torch inside a function": (b"def f():\n    from torch import nn\n", "forbidden", None, 2),
    "the answer": (b"import tinygrad_edu\n", "forbidden", None, 1),
    "a neighbour": (b"from .solution import f\n", "forbidden", None, 1),
    "a part of NumPy that reaches C": (b"from numpy import ctypeslib\n", "forbidden", None, 1),
    "the same by another way": (b"import numpy.testing as t\n", "forbidden", None, 1),
    "an import that no parser sees": (b"os = __import__('o' + 's')\n", "forbidden", None, 1),
    "an import through builtins": (b"os = __builtins__['__import__']('os')\n", "forbidden", None, 1),
    "an import through exec": (b"exec('import os')\n", "forbidden", None, 1),
    "an error": (b"a = 1\nb = a / 0\n", "raised", "division by zero", 2),
    "an exit": (b"raise SystemExit(0)\n", "raised", "0", 1),
    "a stub at the top": (b"raise NotImplementedError('write me')\n", "raised", "write me", 1),
}


@pytest.mark.parametrize(("source", "what", "message", "line"), REFUSED.values(), ids=REFUSED)
def test_other_files_are_refused_with_line_and_reason(runner, source, what, message, line):
    raised = runner.load(source, ("numpy", "math")).raised
    assert (raised.what, raised.step) == (what, -1)
    assert message in (None, raised.message)
    assert line in (None, raised.line)


def test_the_refusal_of_an_import_says_what_is_granted(runner):
    raised = runner.load(b"import scipy.signal\n", ("numpy", "math")).raised
    assert raised.message == (
        "imports 'scipy.signal', but this exercise grants numpy and math only; write that part yourself"
    )


def test_what_the_file_prints_comes_back_cut(runner):
    reply = runner.load(b"print('a' * 5000)\nprint('b')", ())
    assert reply.output == "a" * 4000 + "\n[... 1003 more characters were cut]"


def test_every_load_and_reload_starts_empty(runner):
    source = b"try:\n    seen += 1\nexcept NameError:\n    seen = 1\nassert seen == 1\n"
    assert runner.load(source, ()).raised is None
    assert runner.reload().raised is None
