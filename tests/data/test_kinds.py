"""What columns hold, told from their names and values."""

import datetime
from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
import pytest

from torchwise.data.columns import Column
from torchwise.data.reading import read_table
from torchwise.data.schema import Schema, infer_schema
from torchwise.errors import Problem

N = 60


def column(values: Sequence[object], name: str = "thing", **settings: object) -> Column:
    """The column with these values, in a table with one more column of numbers and a target."""
    rows = range(len(values))
    other = [row * 7 % 11 / 4 for row in rows]
    table = read_table(pa.table({name: pa.array(values), "other": other, "y": [row * row % 23 / 8 for row in rows]}))
    schema = infer_schema(table, target="y", **settings)  # type: ignore[arg-type]
    return schema.columns[0]


def dates(*written: str) -> list[str]:
    return [written[row % len(written)] for row in range(N)]


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ([row * 0.5 for row in range(N)], "number"),
        ([row % 3 for row in range(N)], "number"),
        ([1000 - row * 3 for row in range(N)], "number"),
        ([row % 2 for row in range(N)], "yes/no"),
        ([row % 3 == 0 for row in range(N)], "yes/no"),
        (["Yes", "no"] * (N // 2), "yes/no"),
        (["是", "否"] * (N // 2), "yes/no"),
        (["T", "F"] * (N // 2), "yes/no"),
        (["red", "green", "blue"] * (N // 3), "category"),
        ([datetime.date(2024, 1, 1 + row % 28) for row in range(N)], "date"),
        (list(range(N)), "id"),
        (list(range(1, N + 1)), "id"),
        ([str(row / 4) for row in range(N)], "number"),
        ([f"{row:08x}-0000" for row in range(N)], "id"),
        ([f"the customer said {row} words" for row in range(N)], "text"),
        ([f"word{row // 2}" for row in range(N)], "text"),
        ([7] * N, "constant"),
        (["x"] * N, "constant"),
        ([None] * N, "constant"),
    ],
)
def test_the_kind_is_told_from_the_values(values: list[object], kind: str) -> None:
    found = column(values)
    assert found.kind == kind
    assert found.used == (kind in ("number", "category", "yes/no", "date"))
    assert found.used or str(found.why)


@pytest.mark.parametrize(
    "name", ["id", "ID", "PassengerId", "customer_id", "编号", "学号", "no", "index", "Unnamed: 0"]
)
def test_unique_numbers_named_like_an_id_are_ids(name: str) -> None:
    assert column([100 + row * 3 for row in range(N)], name).kind == "id"


@pytest.mark.parametrize("name", ["humid", "paid", "area", "altitude", "price"])
def test_unique_numbers_with_another_name_are_numbers(name: str) -> None:
    assert column([100 + row * 3 for row in range(N)], name).kind == "number"


def test_a_column_called_day_that_counts_is_a_number() -> None:
    assert column(list(range(N)), "day").kind == "number"


def test_a_nearly_empty_column_is_left_out() -> None:
    found = column([1.5] + [2.5] + [None] * 298)
    assert (found.kind, str(found.why)) == ("constant", "it is nearly empty: 2 of 300 rows have a value")


def test_one_value_or_none_tells_rows_apart() -> None:
    found = column(["x"] * 20 + [None] * 40)
    assert (found.kind, found.categories, found.missing) == ("category", ("x",), 40)


@pytest.mark.parametrize(
    ("written", "date_format", "parts"),
    [
        (("2024-01-31", "2023-02-01"), "ymd", ("days", "month", "weekday")),
        (("2024/1/31", "2023/2/1"), "ymd", ("days", "month", "weekday")),
        (("2024年1月31日", "2024年2月1日"), "ymd", ("days", "month", "weekday")),
        (("31.12.2024", "01.02.2024"), "dmy", ("days", "month", "weekday")),
        (("01.02.2024", "02.02.2024"), "dmy", ("days", "month", "weekday")),
        (("12/31/2024", "1/2/2024"), "mdy", ("days", "month", "weekday")),
        (("31/12/2024", "1/2/2024"), "dmy", ("days", "month", "weekday")),
        (("2024-01-31 10:30", "2024-01-31T00:00:00Z"), "ymd", ("days", "month", "weekday", "hour")),
        (("1/31/2024 3:04 PM", "1/30/2024 12:00 AM"), "mdy", ("days", "month", "weekday", "hour")),
        (("2024-01-31", "NA", "2023-02-01"), "ymd", ("days", "month", "weekday")),
    ],
)
def test_dates_are_known_in_each_way_of_writing(written: tuple[str, ...], date_format: str, parts: tuple[str]) -> None:
    found = column(dates(*written))
    assert (found.kind, found.date_format, found.parts) == ("date", date_format, parts)


def test_a_date_that_could_be_two_is_left_out_and_said() -> None:
    found = column(dates("1/2/2024", "3/4/2024"))
    assert (found.kind, found.used) == ("text", False)
    assert "day/month or month/day" in str(found.why)


def test_a_day_that_is_not_in_the_calendar_is_no_date() -> None:
    assert column(dates("2023-02-29", "2023-02-30")).kind == "category"


def test_drop_keep_and_kinds_overrule() -> None:
    numbers = [row * 0.5 for row in range(N)]
    assert not column(numbers, drop=["thing"]).used
    assert column(list(range(N)), keep=["thing"]).kind == "number"
    assert len(column([f"w{row}" for row in range(N)], keep=["thing"]).categories) == N
    assert not column(numbers, kinds={"thing": "text"}).used
    assert column([row % 3 for row in range(N)], kinds={"thing": "category"}).categories == ("0", "1", "2")
    assert column(dates("1/2/2024", "3/4/2024"), kinds={"thing": "date"}).date_format == "mdy"
    assert column(["1", "2", "x"] * 20, kinds={"thing": "category"}).categories == ("1", "2", "x")
    assert column(["no", "no", "no"] * 20, kinds={"thing": "yes/no"}).words == ("no", "yes")


@pytest.mark.parametrize(
    ("values", "kind", "place"),
    [
        (["1", "x"] * 30, "number", "row 1 (the first is 0), column 'thing': 'x' is not a number"),
        (["yes", "maybe"] * 30, "yes/no", "row 1 (the first is 0), column 'thing': 'maybe' is neither yes nor no"),
        ([0, 1, 2] * 20, "yes/no", "row 2 (the first is 0), column 'thing': '2' is neither yes nor no"),
        (["2024-01-31", "soon"] * 30, "date", "row 1 (the first is 0), column 'thing': 'soon' is not a date"),
        ([1.5, 2.5] * 30, "date", "row 0 (the first is 0), column 'thing': '1.5' is not a date"),
    ],
)
def test_a_kind_that_cannot_be_names_row_and_value(values: list[object], kind: str, place: str) -> None:
    with pytest.raises(Problem) as caught:
        column(values, kinds={"thing": kind})
    assert place in caught.value.what


def test_a_stray_word_among_numbers_or_dates_is_a_problem() -> None:
    with pytest.raises(Problem, match=r"row 59.*'oops' is not a number"):
        column([str(row / 4) for row in range(N - 1)] + ["oops"])
    with pytest.raises(Problem, match=r"row 59.*'soon' is not a date"):
        column([f"2024-{1 + row % 12:02}-{1 + row % 28:02}" for row in range(N - 1)] + ["soon"])


def test_mistakes_in_drop_keep_and_kinds_are_told_together() -> None:
    with pytest.raises(Problem) as caught:
        column([1.5] * N, drop=["Thing"], keep=["z", "y"], kinds={"other": "nummer"})
    assert len(caught.value.what.splitlines()) == 4
    assert "did you mean 'thing'?" in caught.value.what and "did you mean 'number'?" in caught.value.what


def test_nothing_left_to_learn_from_is_a_problem() -> None:
    table = read_table(pa.table({"a": [1] * 9, "y": [0.5 * row for row in range(9)]}))
    with pytest.raises(Problem, match="no column of"):
        infer_schema(table, target="y")
    assert isinstance(infer_schema(table, target="y", keep=["a"]), Schema)


@pytest.mark.parametrize("number", ["{},5", "1.{:03d},5", "€{}", "{} %", "1 {:03d}"])
def test_a_word_among_numbers_is_a_stray_however_they_are_written(number: str, tmp_path: Path) -> None:
    rows = [f'"{number.format(row)}";{row}' for row in range(100, 160)]
    rows[7] = '"large";7'
    path = tmp_path / "areas.csv"
    path.write_text("area;y\n" + "\n".join(rows) + "\n", encoding="utf-8")
    with pytest.raises(Problem, match=r"line 9.*'?large'? is not a number"):
        infer_schema(read_table(path), target="y")
