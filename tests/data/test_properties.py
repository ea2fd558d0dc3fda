"""What holds of every file: a table comes back as it was written, and no bytes bring more than a Problem."""

import csv
import io
import random
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from torchwise.data.reading import read_table
from torchwise.data.schema import Schema, drop_unlabelled, infer_schema
from torchwise.errors import Problem

quick = settings(
    max_examples=120, deadline=None, derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)  # fmt: skip
DELIMITERS = (",", ";", "\t", "|")
NAMES = ("name", "größe", "城市", "x y", "last")
SPECIAL = 'ab é城 ,;|\t"\n.5'


words = st.text(st.sampled_from(SPECIAL), max_size=6).map(lambda word: f"w{word}z")
numbers = st.one_of(st.integers(-(2**60), 2**60), st.floats(-1e30, 1e30).filter(lambda value: abs(value) > 1e-30))


@quick
@given(
    st.integers(1, 5).flatmap(
        lambda width: st.lists(
            st.tuples(words, *[numbers] * (width - 1), words), min_size=1, max_size=6
        )
    ),
    st.sampled_from(DELIMITERS),
    st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC]),
    st.sampled_from(["\n", "\r\n"]),
)  # fmt: skip
def test_a_table_that_python_wrote_comes_back_equal(
    tmp_path: Path, rows: list[tuple[str | float, ...]], delimiter: str, quoting: int, newline: str
) -> None:
    width = len(rows[0])
    header = [f"column {index}" for index in range(width)]
    sink = io.StringIO(newline="")
    csv.writer(sink, delimiter=delimiter, quoting=quoting, lineterminator=newline).writerows([header, *rows])  # type: ignore[arg-type]
    (tmp_path / "t.csv").write_bytes(sink.getvalue().encode())
    table = read_table(tmp_path / "t.csv")
    assert table.names == tuple(header)
    for name, column in zip(header, zip(*rows, strict=True), strict=True):
        found = table.column(name).to_pylist()
        assert found == [
            value if isinstance(value, str) else pytest.approx(float(value), rel=1e-15) for value in column
        ]
    assert table.lines is not None
    lines = sink.getvalue().replace("\r\n", "\n").split("\n")
    for line, row in zip(table.lines, rows, strict=True):
        assert str(row[0]).split("\n")[0].split('"')[0] in lines[line - 1]


raw = st.one_of(
    st.binary(max_size=60),
    st.text(st.sampled_from("ab1.5,;\t|\n\r\"' -\x00\ufeff年%$"), max_size=60).map(lambda text: text.encode("utf-8")),
    st.text(st.sampled_from("a1,\n\"年é"), max_size=40).flatmap(
        lambda text: st.sampled_from(["utf-16", "gb18030", "utf-8-sig", "utf-32"]).map(text.encode)
    ),
    st.lists(st.sampled_from(["1", "2.5", "x", "1,5", '"a"', '"', "2024-01-31", "NA", "12%", "$3", "true", "", "inf"]),
             max_size=24).map(lambda cells: ("a;b;c\n" + "".join(
                 cell + (";", ";", "\n")[index % 3] for index, cell in enumerate(cells))).encode()),
)  # fmt: skip


@settings(quick, max_examples=400)
@given(raw)
def test_any_bytes_are_a_table_or_a_problem(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "t.csv").write_bytes(content)
    try:
        table = read_table(tmp_path / "t.csv")
        assert table.num_rows == len(table.lines if table.lines is not None else [])
        target = table.names[-1]
        table = drop_unlabelled(table, target)
        schema = infer_schema(table, target=target)
        assert tuple(schema.inputs(table).shape) == (table.num_rows, len(schema.slots))
        assert len(schema.targets(table)) == table.num_rows
        assert Schema.from_json(schema.to_json()) == schema
        _ = [str(text) for text in table.notes]
    except Problem as problem:
        assert problem.what and problem.why and problem.fix


@settings(quick, max_examples=60)
@given(st.integers(0, 10**6))
def test_a_spoilt_file_is_a_table_or_a_problem(tmp_path: Path, seed: int) -> None:
    draw = random.Random(seed)
    rows = [f"{i},{i * 0.5},word {i % 3},2024-01-{1 + i % 28:02},{'yes' if i % 2 else 'no'},{i % 4}" for i in range(40)]
    content = bytearray(("id,size,colour,when,sold,y\n" + "\n".join(rows)).encode())
    for _ in range(draw.randrange(1, 6)):
        content[draw.randrange(len(content))] = draw.choice(b',;"\n\r\t x9.\xe9\x00')
    (tmp_path / "t.csv").write_bytes(bytes(content))
    try:
        table = read_table(tmp_path / "t.csv")
        table = drop_unlabelled(table, table.names[-1])
        schema = infer_schema(table, target=table.names[-1])
        schema.inputs(table)
    except Problem as problem:
        assert problem.what and problem.why and problem.fix


@settings(quick, max_examples=60)
@given(st.lists(st.dictionaries(st.sampled_from(["columns", "target", "name", "x"]), st.none() | st.text(max_size=3)
                                | st.lists(st.integers(), max_size=2), max_size=3), max_size=3))  # fmt: skip
def test_any_json_is_a_schema_or_a_problem(columns: list[dict[str, object]]) -> None:
    for data in (columns, {"columns": columns, "target": columns}, *columns):
        with pytest.raises(Problem):
            Schema.from_json(data)
