"""The table of the tutorial itself, where it is at hand; it is never copied."""

from pathlib import Path

import pytest

from torchwise.data.reading import read_table
from torchwise.data.schema import infer_schema

FOLDER = Path(__file__).parents[2] / ".." / "shared" / "data"
pytestmark = pytest.mark.skipif(not (FOLDER / "covid.train.csv").exists(), reason="the tutorial's table is not here")


def test_the_tutorials_table_is_read_as_the_tutorial_describes_it() -> None:
    train, test = read_table(FOLDER / "covid.train.csv"), read_table(FOLDER / "covid.test.csv")
    assert (train.num_rows, len(train.names)) == (2699, 118)
    assert (test.num_rows, len(test.names)) == (1078, 117)
    assert train.names[:-1] == test.names and train.names[-1] == "tested_positive.4"
    schema = infer_schema(train, target="tested_positive.4")
    assert schema.target.task == "regression"
    assert [(column.name, column.kind) for column in schema.columns if not column.used] == [("id", "id")]
    assert tuple(schema.inputs(train).shape) == (2699, 116)
    assert tuple(schema.inputs(test).shape) == (1078, 116)
    assert schema.targets(train)[0].item() == pytest.approx(7.4561538)
