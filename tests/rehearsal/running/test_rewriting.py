"""Rewritten files do what they did, at the lines and columns where they did it."""

import ast
import linecache
import traceback
from pathlib import Path

import pytest

from torchwise.doctor.diagnose import diagnose
from torchwise.rehearsal.running.activity import Activity
from torchwise.rehearsal.running.coverage import not_rehearsed
from torchwise.rehearsal.running.ending import cleaned
from torchwise.rehearsal.running.loops import Loops
from torchwise.rehearsal.running.rewriting import Rewriting

PLAIN = '''
"""What it is."""
from __future__ import annotations

def firsts(n):
    """The first numbers."""
    for i in range(100):
        if i == n:
            return
        yield i
    else:
        print("never")

def collatz(n):
    steps = []
    while n != 1:
        if n % 2: n = 3 * n + 1
        else: n //= 2
        if len(steps) > 50: break
        steps.append(n)
    else:
        steps.append("end")
    return steps

class Table:
    rows = []
    for row in ((1, 2), (3, 4)):
        rows.append(row)
    def __iter__(self):
        return iter(self.rows)

found = [*firsts(4), *collatz(7), *[a + b for a, b in Table()], __doc__, firsts.__doc__]
it = iter(range(5))
for x in it:
    if x == 1: continue
    if x == 2: break
found += [x, *it]
for number, letter in enumerate("ab", start=3):
    found.append((number, letter))
match found:
    case [first, *_]:
        found.append(first)
try:
    for _ in 5: pass
except TypeError as error:
    found.append(str(error))
'''


def run(text):
    path = Path("script.py").resolve()
    path.write_text(text)
    variables = {"__name__": "__main__"}
    rewriting = Rewriting(Loops(Activity()))
    with rewriting:
        try:
            exec(rewriting.compiled(text.encode(), str(path)), variables)
        except Exception as error:
            return variables, cleaned(error), not_rehearsed(rewriting.blocks.values())
        return variables, None, not_rehearsed(rewriting.blocks.values())


def test_a_rewritten_file_does_what_it_did():
    variables, error, _ = run(PLAIN)
    plain = {"__name__": "__main__"}
    exec(compile(PLAIN, "plain.py", "exec"), plain)
    assert error is None and variables["found"] == plain["found"]


@pytest.mark.parametrize(
    "line",
    ["for a in (1, 2, 3): print(a / 0)", "for a in 5 + None: pass", "for a in map(int, ['x']): pass",
     "while 1 / 0: pass", "for i, a in enumerate(zip([1], [2], strict=3 / 0)): pass"],
)  # fmt: skip
def test_tracebacks_keep_their_lines_and_columns(line):
    text = f"import math\n\ndef f():\n    '''Doc.'''\n    {line}\n\nf()\n"
    _, error, _ = run(text)
    with pytest.raises(type(error)) as plain:
        exec(compile(text, str(Path("script.py").resolve()), "exec"), {})
    linecache.checkcache()

    def spots(traceback_):
        frames = [f for f in traceback.extract_tb(traceback_) if f.filename.endswith("script.py")]
        return [(f.lineno, f.end_lineno, f.colno, f.end_colno) for f in frames]

    assert spots(error.__traceback__)[-2:] == spots(plain.value.__traceback__)[-2:]
    assert str(error) == str(plain.value)


def test_the_doctor_explains_from_the_original_source():
    _, error, _ = run("import torch\n\nfor i in range(3):\n    w = torch.zeros(4, 2)\n    torch.ones(3, 5) @ w\n")
    finding = diagnose(error, strict=True)[0]
    assert finding.where.line == 5 and finding.where.expression == "torch.ones(3, 5) @ w"


def test_what_was_not_reached_is_known_by_its_lines():
    text = (
        "def used():\n    return 1\n\ndef unused():\n    a = 1\n    if a:\n        a = 2\n    return a\n\n"
        "if used() > 1:\n    x = 1\n    y = 2\nelif used() == 1:\n    x = 3\nelse:\n    raise ValueError\n"
        "try:\n    z = 1\nexcept ValueError:\n    if z:\n        z = 2\n"
    )
    _, error, stretches = run(text)
    assert error is None
    assert [(item.first, item.last, item.name) for item in stretches] == [(5, 8, "unused"), (11, 12, "")]


def test_every_new_node_has_a_place():
    loops = Rewriting(Loops(Activity()))
    with loops:
        code = loops.compiled(PLAIN.encode(), "x.py")
    lines = {line for *_, line in code.co_lines() if line}
    assert max(lines) <= len(PLAIN.splitlines()) and ast.parse(PLAIN)
