"""The built-in tables."""

import numpy as np
import pytest

from torchwise.data.reading import read_table
from torchwise.data.schema import infer_schema
from torchwise.data.survey import STATES


@pytest.mark.parametrize(
    ("name", "rows", "columns", "task", "classes"),
    [
        ("breast-cancer", 569, 31, "binary", ("benign", "malignant")),
        ("diabetes", 442, 11, "regression", ()),
        ("wine", 178, 14, "multi-class", ("class_0", "class_1", "class_2")),
    ],
)
def test_the_target_of_each_table_is_called_target(
    name: str, rows: int, columns: int, task: str, classes: tuple[str, ...]
) -> None:
    table = read_table(f"builtin:{name}")
    schema = infer_schema(table, target="target")
    assert (table.num_rows, len(table.names), table.name) == (rows, columns, name)
    assert (schema.target.task, schema.target.classes) == (task, classes)
    assert all(column.used for column in schema.columns)


def test_the_survey_has_the_layout_of_the_tutorial() -> None:
    table = read_table("builtin:survey")
    assert (table.num_rows, len(table.names)) == (2700, 1 + 37 + 16 * 5)
    assert table.names[0] == "id" and table.names[1:38] == STATES
    assert table.names[38] == "cli" and table.names[54] == "cli.1" and table.names[-1] == "tested_positive.4"
    schema = infer_schema(table, target="tested_positive.4")
    assert schema.target.task == "regression"
    assert [column.name for column in schema.columns if not column.used] == ["id"]


def test_the_survey_is_always_the_same() -> None:
    assert read_table("builtin:survey").sha256 == read_table("builtin:survey").sha256


def test_the_survey_holds_percentages_that_yesterday_tells_most_of() -> None:
    table = read_table("builtin:survey")
    values = np.stack([table.column(name).to_numpy() for name in table.names[38:]])
    assert values.min() > 0 and values.max() < 100
    today, yesterday = table.column("tested_positive.4").to_numpy(), table.column("tested_positive.3").to_numpy()
    assert 0.95 < np.corrcoef(today, yesterday)[0, 1] < 0.995
