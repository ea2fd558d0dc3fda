"""Leaks: rows in two parts, and columns that are the target in disguise."""

import numpy as np
import pyarrow as pa
import pytest

from torchwise.data.leaks import find_leaks
from torchwise.data.reading import read_table
from torchwise.data.schema import infer_schema

N = 60
RNG = np.random.default_rng(0)
NOISE, WANTED = RNG.normal(size=N), RNG.normal(size=N)
PARTS = {"train": range(0, 40), "valid": range(40, 50), "test": range(50, 60)}


def leaks(columns: dict[str, object], **settings: object) -> list[str]:
    table = read_table(pa.table(columns))
    schema = infer_schema(table, target="y", **settings)  # type: ignore[arg-type]
    return [str(text) for text in find_leaks(table, schema, {name: (table, rows) for name, rows in PARTS.items()})]


def test_rows_of_another_file_are_compared_too() -> None:
    table = read_table(pa.table({"x": NOISE, "y": WANTED}))
    other = read_table(pa.table({"x": [NOISE[2], 9.0, NOISE[3]], "y": [WANTED[2], 0.0, 0.5]}))
    schema = infer_schema(table, target="y")
    found = [str(text) for text in find_leaks(table, schema, {"train": (table, range(60)), "test": (other, range(3))})]
    assert len(found) == 1
    assert found[0].startswith("2 of 3 test rows also stand in train (same inputs; 1 with the same target)")


def test_a_table_without_leaks_says_nothing() -> None:
    assert leaks({"x": NOISE, "y": WANTED}) == []


def test_rows_in_two_parts_are_counted() -> None:
    x, y = NOISE.copy(), WANTED.copy()
    x[45], y[45] = x[3], y[3]
    x[55:57], y[55] = x[4], y[4]
    found = leaks({"x": x, "c": np.where(x > 0, "a", "b"), "y": y})
    assert len(found) == 2
    assert found[0].startswith("1 of 10 valid rows also stand in train (same inputs; 1 with the same target)")
    assert found[1].startswith("2 of 10 test rows also stand in train (same inputs; 1 with the same target)")


def test_repeats_in_a_table_of_few_kinds_of_rows_are_to_be_expected() -> None:
    (found, *_) = leaks({"x": np.arange(N) % 5, "y": WANTED})
    assert "is to be expected" in found


@pytest.mark.parametrize(
    ("disguise", "said"),
    [
        (WANTED, "'x' equals the target 'y'"),
        (WANTED * 1.8 + 32, "the target 'y' is 'x' times 0.555556 plus a constant"),
        (np.exp(WANTED), "'x' puts the rows into exactly the order of the target 'y'"),
        (-np.exp(WANTED), "'x' puts the rows into exactly the order of the target 'y'"),
    ],
)
def test_a_target_in_disguise_is_found(disguise: np.ndarray, said: str) -> None:
    found = leaks({"x": disguise, "other": NOISE, "y": WANTED})
    assert len(found) == 1 and found[0].startswith(said)


def test_a_column_that_gives_the_class_away_is_found() -> None:
    classes = np.array(["a", "b", "c"])[np.arange(N) % 3]
    codes = np.array([10, 20, 30])[np.arange(N) % 3]
    (found,) = leaks({"x": codes, "other": NOISE, "y": classes})
    assert found.startswith("each value of 'x' always goes with the same 'y'")
    codes[7] = 10
    assert leaks({"x": codes, "other": NOISE, "y": classes}) == []


def test_a_strong_column_is_no_leak() -> None:
    assert leaks({"x": WANTED + 0.01 * NOISE, "y": WANTED}) == []
    assert leaks({"x": WANTED, "y": np.where(WANTED > 0, "a", "b")}) == []
