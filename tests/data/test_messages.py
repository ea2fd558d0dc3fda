"""Every Problem and note of the data room, rendered as a user sees it.

TORCHWISE_GOLDEN=1 rewrites messages.txt and messages.zh.txt; read what changed.
"""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet
import pytest

from torchwise.data.leaks import find_leaks
from torchwise.data.reading import read_table
from torchwise.data.schema import Schema, drop_unlabelled, infer_schema
from torchwise.data.table import Table
from torchwise.errors import Problem
from torchwise.texts import set_language

GOLDEN = {"en": Path(__file__).with_name("messages.txt"), "zh": Path(__file__).with_name("messages.zh.txt")}
N = 60
QUARTERS = [row / 4 for row in range(N)]
NOISE = np.random.default_rng(0).normal(size=N).round(3).tolist()

FILES: dict[str, bytes | str] = {
    "an empty file": "",
    "a file of blank lines": "\n \t\n",
    "a header only": "a,b,y\n",
    "a short row": "a,b,y\n1,2,3\n4,5\n",
    "long rows": 'a,b,y\n1,2,3\n\n"x",5,6,7\n1,2,3,4\n',
    "many wrong rows, tabs": "a\tb\ty\n1\t2\t3\n" + "4\t5\n" * 9,
    "a quote that is never closed": 'a,b,y\n1,2,3\n4,"five,6\n7,8,9\n',
    "a row of values for a header": "5.1,3.5,1.4,setosa\n4.9,3.5,1.4,setosa\n5.1,3,1,virginica\n",
    "columns between spaces": "a b y\n1 2 3\n4 5 6\n",
    "zero bytes": b"a,b\n1,\0\n",
    "control characters": bytes(range(1, 32)) * 9,
    "a broken UTF-8 file with a mark": b"\xef\xbb\xbfa,b\n\xff,1\n",
    "a broken gzip file": b"\x1f\x8b\x08abc",
    "a workbook": b"PK\x03\x04...",
    "an old workbook": b"\xd0\xcf\x11\xe0...",
    "an image": b"\x89PNG...",
    "a web page": "<!DOCTYPE html>\n<html></html>\n",
    "JSON": '[{"a": 1}]\n',
    "a broken Parquet file": b"PAR1...",
    "one column": "y\n1\n2\n3\n4\n",
    "Windows-1252": "größe,y\n1.5,2\n2.5,3\n".encode("cp1252"),
    "GB18030": "年龄,y\n1.5,2\n2.5,3\n".encode("gb18030"),
    "UTF-16": "a,y\n1.5,2\n2.5,3\n".encode("utf-16"),
    "semicolons, decimal commas, points for thousands": "a;b;y\n1,5;1.234,5;3,5\n2,5;2;4,5\n",
    "tabs": "a\ty\n1.5\t2\n2.5\t3\n",
    "bars": "a|y\n1.5|2\n2.5|3\n",
    "per cent, currency, thousands": 'a,b,c,y\n12%,$3.50,"1,234,567",1.5\n13%,$4,7,2.5\n',
    "blank lines": "a,y\n\n1.5,2\n\n2.5,3\n",
    "a blank line": "a,y\n1.5,2\n\n2.5,3\n",
    "spaces": "a,y\n 1.5,2\n2.5 ,3\n",
    "a name twice": "a,a,y\n1,2,3\n2,1,4\n",
    "two names twice": "a,b,a,b,y\n1,2,3,4,5\n2,1,4,3,6\n",
    "a column without a name": ",a,y\n5,1.5,2\n4,2.5,3\n",
    "columns without names": ",,a,y\n5,6,1.5,2\n4,7,2.5,3\n",
    "a delimiter at the end of each row": "a,y,\n1.5,2,\n2.5,3,\n",
    "row names without a name": '"a","y"\n"r1",1.5,2\n"r2",2.5,3\n',
    "infinity": "a,b,y\n1,1.5,2\ninf,1e39,3\n",
    "leading zeros": "zip,a,y\n01234,1.5,2\n01235,2.5,3\n",
    "words for missing": "w,v,a,y\nNA,None,1.5,2\nx,u,2.5,3\n",
}

TABLES: dict[str, tuple[dict[str, object], dict[str, object]]] = {
    "no target": ({"a": [1], "b": [2]}, {"target": None}),
    "a wrong target": ({"a": [1], "Label": [2]}, {"target": "lable"}),
    "a target without any value": ({"a": [1.5, 2], "y": [None, None]}, {}),
    "a target of one value": ({"a": [1.5, 2], "y": [3, 3]}, {}),
    "a target of dates": ({"a": [1.5, 2], "y": np.array(["2024-01-31", "2024-02-01"], "datetime64[s]")}, {}),
    "a target of text": ({"a": QUARTERS, "y": [f"text {row}" for row in range(N)]}, {}),
    "a target with a stray word": ({"a": QUARTERS, "y": [*map(str, QUARTERS[1:]), "oops"]}, {}),
    "regression of words": ({"a": QUARTERS, "y": ["a", "b"] * 30}, {"task": "regression"}),
    "three classes as binary": ({"a": QUARTERS, "y": ["a", "b", "c"] * 20}, {"task": "binary"}),
    "an unknown task": ({"a": QUARTERS, "y": ["a", "b", "c"] * 20}, {"task": "multiclass"}),
    "whole numbers as classes": ({"a": QUARTERS, "y": [row % 3 for row in range(N)]}, {}),
    "whole numbers as quantities": ({"a": QUARTERS, "y": [row % 13 for row in range(N)]}, {}),
    "a class of one row": ({"a": QUARTERS, "y": ["a", "b"] * 29 + ["a", "c"]}, {}),
    "columns left out": (
        {
            "id": [3 * row for row in range(N)], "row": range(N), "code": [f"c{row}" for row in range(N)],
            "text": [f"a text of {row} words" for row in range(N)], "same": [7] * N, "none": [None] * N,
            "when": ["1/2/2024", "3/4/2024"] * 30, "gone": QUARTERS, "a": QUARTERS, "y": NOISE,
        },
        {"drop": ["gone"]},
    ),
    "a nearly empty column": ({"few": [1.5, 2] + [None] * 298, "a": QUARTERS * 5, "y": NOISE * 5}, {}),
    "no column left": ({"a": [7] * N, "b": [None] * N, "y": NOISE}, {}),
    "stray words": (
        {"a": [*map(str, QUARTERS[1:]), "oops"], "when": [f"2024-01-{1 + row % 28:02}" for row in range(N - 2)]
         + ["soon", "later"], "y": NOISE}, {},
    ),
    "a word as a number": ({"a": ["1", "x"] * 30, "y": NOISE}, {"kinds": {"a": "number"}}),
    "a number as yes or no": ({"a": [0, 1, 2] * 20, "y": NOISE}, {"kinds": {"a": "yes/no"}}),
    "a word as a date": ({"a": ["x", "z"] * 30, "y": NOISE}, {"kinds": {"a": "date"}}),
    "many columns that are no numbers": (
        {**{f"c{index}": ["x", "z"] * 30 for index in range(7)}, "y": NOISE},
        {"kinds": {f"c{index}": "number" for index in range(7)}},
    ),
    "wrong drop, keep and kinds": (
        {"size": QUARTERS, "colour": ["a", "b"] * 30, "y": NOISE},
        {"drop": ["Size", "y"], "keep": ["zzz"], "kinds": {"colour": "categorie", "size": "number"}},
    ),
    "dropped and kept": ({"a": QUARTERS, "b": QUARTERS, "y": NOISE}, {"drop": ["a"], "keep": ["a"]}),
    "rows in two parts": ({"a": [*QUARTERS[:50], *QUARTERS[:10]], "y": [*NOISE[:50], *NOISE[:9], 9.0]}, {}),
    "few kinds of rows": ({"a": [row % 5 for row in range(N)], "y": NOISE}, {}),
    "the target twice": ({"a": NOISE, "y": NOISE}, {}),
    "the target on a straight line": ({"a": [1.8 * value + 32 for value in NOISE], "y": NOISE}, {}),
    "the target in the same order": ({"a": [value**3 for value in NOISE], "y": NOISE}, {}),
    "the class in other words": ({"a": [10, 20, 30] * 20, "b": NOISE, "y": ["x", "z", "w"] * 20}, {}),
    "rows without a target": ({"a": QUARTERS, "y": [None, *NOISE[:40], None, None, None, *NOISE[44:]]}, {}),
    "a row without a target": ({"a": QUARTERS, "y": [None, *NOISE[1:]]}, {}),
    "lists": ({"a": QUARTERS, "list": [[1, 2]] * N, "y": NOISE}, {}),
    "infinity in a frame": ({"a": [float("inf"), *QUARTERS[1:]], "y": NOISE}, {}),
    "nothing but lists": ({"list": [[1, 2]] * N}, {}),
    "no rows": ({"a": []}, {}),
}  # fmt: skip


def shown_table(table: Table, **settings: object) -> list[str]:
    """The notes of a table, of its schema and of its leaks."""
    lines = [f"note: {text}" for text in table.notes]
    target = settings.pop("target", table.names[-1])
    labelled = table if target is None else drop_unlabelled(table, str(target)) if target in table.names else table
    lines += [f"note: {text}" for text in labelled.notes[len(table.notes) :]]
    schema = infer_schema(labelled, target=target, **settings)  # type: ignore[arg-type]
    lines += [f"target: {schema.target.why}"] * (schema.target.why is not None)
    lines += [f"{column.kind} {column.name}: {column.why}" for column in schema.columns if column.why is not None]
    places = {"train": np.arange(0, labelled.num_rows * 5 // 6), "valid": np.arange(50, labelled.num_rows)}
    parts = {name: (labelled, rows) for name, rows in places.items()}
    lines += [f"leak: {text}" for text in find_leaks(labelled, schema, parts)]
    return lines


def missing_files() -> Iterator[tuple[str, Callable[[], object]]]:
    """What can be wrong with a path or with what is given in its place."""
    Path("data").mkdir()
    Path("empty").mkdir()
    Path("data/covid.train.csv").write_text("a,b\n1,2\n")
    yield "a file that is not there", lambda: read_table("data/covid.trian.csv")
    yield "a file with another name", lambda: read_table("data/zzz.csv")
    yield "a folder that is not there", lambda: read_table("nowhere/covid.csv")
    yield "a file in an empty folder", lambda: read_table("empty/covid.csv")
    yield "a folder", lambda: read_table("data")
    yield "an empty folder", lambda: read_table("empty")
    yield "a name with a zero byte", lambda: read_table("a\0b.csv")
    yield "an unknown built-in table", lambda: read_table("builtin:wines")
    yield "no frame", lambda: read_table({"a": [1]})


def later_tables() -> Iterator[tuple[str, Callable[[], object]]]:
    """What can be wrong with a table that a trained model is given."""
    train = read_table(pa.table({"size": QUARTERS, "sold": ["yes", "no"] * 30, "when": ["2024-01-31"] * 30
                                 + ["2024-02-01"] * 30, "y": ["a", "b"] * 30}))  # fmt: skip
    schema = infer_schema(train, target="y")
    numbers = infer_schema(train, target="size")

    def given(**columns: list[object]) -> Table:
        return read_table(pa.table(columns))

    yield "columns that are missing", lambda: schema.inputs(given(Size=[1.5], other=[1]))
    yield "a column that is missing", lambda: schema.inputs(given(size=[1.5], sold=["no"]))
    yield (
        "values of another kind",
        lambda: schema.inputs(given(size=["1", "big"], sold=["no", "perhaps"], when=["soon", "2024-02-02"])),
    )
    yield "a date where numbers were", lambda: numbers.targets(given(size=["1.5", "big"]))
    yield "a class that was not there", lambda: schema.targets(given(y=["a", "c"]))
    yield "a target that is missing", lambda: schema.targets(given(y=["a", None]))
    yield "JSON of another kind", lambda: Schema.from_json({"columns": [{"name": "x"}], "target": {}})


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_message_is_as_it_was_read(tmp_path: Path, language: str) -> None:
    set_language(language)
    cases: list[tuple[str, Callable[[], object]]] = []
    for name, content in FILES.items():
        path = Path(f"{len(cases)}.csv")
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        cases.append((name, lambda path=path: shown_table(read_table(path))))  # type: ignore[misc]
    for name, (columns, settings) in TABLES.items():
        cases.append((name, lambda c=columns, s=settings: shown_table(read_table(pa.table(c)), **s)))  # type: ignore[misc]
    rendered = []
    for name, call in [*cases, *missing_files(), *later_tables()]:
        try:
            found = call()
            lines = found if isinstance(found, list) else ["NO PROBLEM"]
        except Problem as problem:
            lines = str(problem).replace(str(tmp_path), "/here").splitlines()
            assert problem.what and problem.why and problem.fix, name
        rendered.append("\n".join([f"== {name}", *lines]))
    text = "\n\n".join(rendered) + "\n"
    if os.environ.get("TORCHWISE_GOLDEN"):
        GOLDEN[language].write_text(text, encoding="utf-8")
    assert text == GOLDEN[language].read_text(encoding="utf-8")
