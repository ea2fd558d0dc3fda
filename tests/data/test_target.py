"""The target: which column it is, and which task its values tell."""

import pyarrow as pa
import pytest

from torchwise.data.columns import Target
from torchwise.data.reading import read_table
from torchwise.data.schema import drop_unlabelled, infer_schema
from torchwise.errors import Problem


def target(values: list[object], task: str | None = None) -> Target:
    numbers = [row * 7 % 11 / 4 for row in range(len(values))]
    return infer_schema(read_table(pa.table({"x": numbers, "y": values})), target="y", task=task).target


@pytest.mark.parametrize(
    ("values", "task", "classes"),
    [
        ([0.5 * row for row in range(60)], "regression", ()),
        ([1.0 * (row * 37 % 59) for row in range(60)], "regression", ()),
        (list(range(60)), "regression", ()),
        ([row % 3 for row in range(60)], "multi-class", ("0", "1", "2")),
        ([row % 11 for row in range(60)], "multi-class", tuple(map(str, range(11)))),
        ([row % 2 * 1.0 for row in range(60)], "binary", ("0", "1")),
        ([row % 2 == 0 for row in range(60)], "binary", ("false", "true")),
        (["b", "a"] * 30, "binary", ("a", "b")),
        (["c", "b", "a"] * 20, "multi-class", ("a", "b", "c")),
        (["2", "10", "1"] * 20, "multi-class", ("1", "2", "10")),
        ([1, 2, 3, 4], "regression", ()),
    ],
)
def test_the_task_is_told_from_the_values(values: list[object], task: str, classes: tuple[str, ...]) -> None:
    found = target(values)
    assert (found.task, found.classes) == (task, classes)


def test_a_guess_is_said() -> None:
    assert "20 different whole numbers were taken for classes" in str(target([row % 20 for row in range(100)]).why)
    assert "taken for quantities" in str(target([row % 20 for row in range(99)]).why)
    assert target(["a", "b"] * 9).why is None


def test_the_task_may_be_said() -> None:
    assert target([row % 3 for row in range(60)], "regression") == Target(name="y", task="regression")
    assert target([1, 2, 3] * 2, "multi-class").classes == ("1", "2", "3")


@pytest.mark.parametrize(
    ("values", "task", "what"),
    [
        ([1, 2, 3] * 9, "binary", "has 3 classes"),
        (["a", "b"] * 9, "regression", "row 0 (the first is 0): the target 'y' is 'a', not a number (18 such values)"),
        ([str(row / 2) for row in range(59)] + ["oops"], None, "row 59 (the first is 0): the target 'y' is 'oops'"),
        ([1] * 9, None, "is the same in all rows: '1'"),
        ([None] * 9, None, "is missing in every row"),
        ([f"text {row}" for row in range(60)], None, "has 60 different values in 60 rows"),
        ([1, 2] * 9, "classification", "there is no task"),
    ],
)
def test_a_target_that_cannot_be_is_a_problem(values: list[object], task: str | None, what: str) -> None:
    with pytest.raises(Problem) as caught:
        target(values, task)
    assert what in caught.value.what


def test_no_target_lists_the_columns_and_guesses() -> None:
    table = read_table(pa.table({"label": [1, 2], "a": [1, 2]}))
    with pytest.raises(Problem) as caught:
        infer_schema(table, target=None)
    assert (caught.value.why, caught.value.fix) == (
        "the columns are 'label', 'a'",
        "name the column to predict: --target label",
    )
    with pytest.raises(Problem, match=r"no column 'lable' \(did you mean 'label'\?\)"):
        infer_schema(table, target="lable")


def test_rows_without_a_target_are_set_aside_and_counted() -> None:
    table = read_table(pa.table({"x": [1, 2, 3, 4], "y": [0.5, None, 2.5, None]}))
    kept = drop_unlabelled(table, "y")
    assert kept.columns.to_pydict() == {"x": [1, 3], "y": [0.5, 2.5]}
    assert str(kept.notes[-1]) == ("2 rows without a target were set aside: rows 1, 3 (the first is 0)")
    assert kept.where(1) == "row 2 (the first is 0)"
    assert drop_unlabelled(kept, "y") is kept


def test_a_missing_target_is_not_measured() -> None:
    table = read_table(pa.table({"x": [1.5, 2.5, 3.5], "y": [0.5, None, 2.5]}))
    schema = infer_schema(table, target="y")
    with pytest.raises(Problem, match=r"row 1 \(the first is 0\): the target 'y' is missing"):
        schema.targets(table)
