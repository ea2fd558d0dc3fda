"""The names and the numbers of a table that nobody has seen."""

import tempfile
from pathlib import Path

import torch

from torchwise.learn import grade


def graded(answer):
    for rows, columns in ((5, 4), (3, 6)):
        names = [f"c{number}" for number in range(columns)]
        table = torch.round(100 * torch.rand(rows, columns)) / 8
        text = "\n".join([",".join(names), *(",".join(map(str, row)) for row in table.tolist())]) + "\n"
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "table.csv"
            path.write_text(text, encoding="utf-8")
            came_back = answer.read_table(str(path))
        called = f"read_table(a file of {rows} rows and {columns} columns)"
        is_pair = isinstance(came_back, tuple) and len(came_back) == 2
        grade.require(is_pair or came_back is None or came_back is ..., "no_pair", called, actual=type(came_back).__name__, expected="(names, table)")
        grade.require(is_pair, "nothing_returned", called, actual=repr(came_back), expected="(names, table)")
        grade.equal(list(came_back[0]), names, "the names")
        grade.tensor(came_back[1], table, "the table", mistakes={"row_lost": table[1:]})
