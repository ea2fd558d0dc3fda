"""Frames and Parquet: every type is read as what it means, or left out and said."""

import datetime
import decimal
from pathlib import Path

import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet
import pytest

from torchwise.data.reading import read_table
from torchwise.data.schema import infer_schema
from torchwise.data.table import Table
from torchwise.errors import Problem

DAY = datetime.datetime(2024, 1, 31, 12)


def said(table: Table) -> str:
    return "\n".join(map(str, table.notes))


def test_a_pandas_frame_is_read_in_all_its_types() -> None:
    frame = pd.DataFrame(
        {
            "int": [1, 2],
            "float": [1.5, None],
            "bool": [True, False],
            "word": ["x", None],
            "category": pd.Categorical(["a", "b"]),
            "when": pd.to_datetime([DAY, None]),
            "nullable": pd.array([1, None], dtype="Int64"),
            "mixed": [1, "x"],
            "span": pd.to_timedelta(["1 day", "1 s"]),
            "zone": pd.to_datetime([DAY, DAY]).tz_localize("Asia/Shanghai"),
        }
    )
    table = read_table(frame)
    assert table.columns.to_pydict() == {
        "int": [1, 2], "float": [1.5, None], "bool": [True, False], "word": ["x", None], "category": ["a", "b"],
        "when": [DAY, None], "nullable": [1, None], "mixed": ["1", "x"], "span": [86400.0, 1.0], "zone": [DAY, DAY],
    }  # fmt: skip
    assert said(table) == "values of several types were read as words in 'mixed'"
    assert (table.name, table.source, table.where(1)) == ("frame", "a pandas frame", "row 1 (the first is 0)")


def test_the_index_of_a_pandas_frame_is_left_out_and_said() -> None:
    table = read_table(pd.DataFrame({"a": [1, 2], "b": [3, 4]}, index=["x", "y"]))
    assert table.names == ("a", "b")
    assert "reset_index()" in said(table)


def test_repeated_and_double_names_of_a_pandas_frame_become_unique() -> None:
    assert read_table(pd.DataFrame([[1, 2]], columns=["a", "a"])).names == ("a", "a.1")
    assert read_table(pd.DataFrame([[1, 2]], columns=[0, ("b", "c")])).names == ("0", "b c")


def test_a_polars_frame_is_read_in_all_its_types() -> None:
    frame = pl.DataFrame(
        {
            "int": pl.Series([1, 2], dtype=pl.UInt8),
            "float": pl.Series([1.5, float("inf")], dtype=pl.Float32),
            "word": ["x", None],
            "category": pl.Series(["a", "b"], dtype=pl.Categorical),
            "date": [DAY.date(), None],
            "list": [[1], [2]],
        }
    )
    table = read_table(frame)
    assert table.columns.to_pydict() == {
        "int": [1, 2], "float": [1.5, None], "word": ["x", None], "category": ["a", "b"], "date": [DAY.date(), None],
    }  # fmt: skip
    assert "'list' left out" in said(table)
    assert "infinite values" in said(table)


def test_a_parquet_file_is_read_in_all_its_types(tmp_path: Path) -> None:
    frame = pa.table(
        {
            "dictionary": pa.array(["a", "b"]).dictionary_encode(),
            "decimal": pa.array([decimal.Decimal("1.50"), None]),
            "when": pa.array([DAY, None], pa.timestamp("ns")),
            "struct": pa.array([{"x": 1}, {"x": 2}]),
            "none": pa.nulls(2),
            "large": pa.array([2**63, 1], pa.uint64()),
        }
    )
    pyarrow.parquet.write_table(frame, tmp_path / "t.parquet")
    table = read_table(str(tmp_path / "t.parquet"))
    assert table.columns.to_pydict() == {
        "dictionary": ["a", "b"], "decimal": [1.5, None], "when": [DAY, None], "none": [None, None],
        "large": [2.0**63, 1.0],
    }  # fmt: skip
    assert "'struct' left out" in said(table)


def test_the_index_in_a_parquet_file_is_left_out(tmp_path: Path) -> None:
    pd.DataFrame({"a": [1, 2]}, index=pd.Index([7, 8], name="k")).to_parquet(tmp_path / "t.parquet")
    table = read_table(tmp_path / "t.parquet")
    assert (table.names, said(table)) == (("a",), "the index of the pandas frame was left out: 'k'")


def test_odd_pandas_columns_are_read_or_left_out() -> None:
    frame = pd.DataFrame(
        {
            "sparse": pd.arrays.SparseArray([0, 1]),
            "surrogate": pd.Series(["\ud800", "b"], dtype=object),
            "bytes": [b"a", b"b"],
            "far": pd.Series([datetime.datetime(1, 1, 1), datetime.datetime(9999, 12, 31)], dtype="datetime64[s]"),
            "period": pd.period_range("2020", periods=2, freq="D"),
        }
    )
    table = read_table(frame)
    assert table.names == ("sparse", "surrogate", "bytes", "far")
    assert table.column("sparse").to_pylist() == [0, 1]
    assert table.column("surrogate").to_pylist() == ["?", "b"]
    assert table.column("bytes").to_pylist() == ["a", "b"]
    schema = infer_schema(table, target="sparse", task="regression")
    assert schema.inputs(table)[:, 0].tolist() == [-730119, 2921939]  # days since 2000-01-01


def test_the_digest_of_a_frame_tells_its_values() -> None:
    one, same, other = (read_table(pa.table({"a": values})) for values in ([1, 2], [1, 2], [1, 3]))
    assert one.sha256 == same.sha256 != other.sha256


@pytest.mark.parametrize("data", [[1, 2], None, {"a": [1]}, pl.LazyFrame({"a": [1]}), pd.Series([1])])
def test_what_is_no_frame_is_a_problem(data: object) -> None:
    with pytest.raises(Problem, match="not a table"):
        read_table(data)


def test_a_frame_may_be_learnt_from(tmp_path: Path) -> None:
    table = read_table(pd.DataFrame({"x": [1.0, 2.0, 3.0], "c": ["a", "b", "a"], "y": [0.5, 1.5, 2.5]}))
    schema = infer_schema(table, target="y")
    assert schema.inputs(table).tolist() == [[1.0, 1.0], [2.0, 2.0], [3.0, 1.0]]
