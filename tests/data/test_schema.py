"""From a table to the raw tensor."""

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
import torch

from torchwise.data.columns import Slot
from torchwise.data.reading import read_table
from torchwise.data.schema import Schema, infer_schema
from torchwise.data.table import Table
from torchwise.errors import Problem

NAN = float("nan")
CSV = """size,colour,sold,when,note,y
1.5,red,yes,2000-01-01,a b c,0.5
,blue,no,2000-01-03,d e f,1.5
2,,,,g h i,2.5
4,red,yes,2001-12-31,j k l,1
"""


def table_of(text: str, name: str = "t.csv") -> Table:
    Path(name).write_text(text)
    return read_table(name)


@pytest.fixture
def table(_plain_world: None) -> Table:
    return table_of(CSV)


@pytest.fixture
def schema(table: Table) -> Schema:
    return infer_schema(table, target="y", kinds={"colour": "category"}, drop=["note"])


def test_the_raw_tensor_is_as_worked_out_by_hand(table: Table, schema: Schema) -> None:
    inputs = schema.inputs(table)
    assert inputs.dtype == torch.float32
    expected = [
        # size, colour (blue 1, red 2), sold, days since 2000-01-01, month, weekday (Saturday 5)
        [1.5, 2, 1, 0, 1, 5],
        [NAN, 1, 0, 2, 1, 0],
        [2, 0, NAN, NAN, NAN, NAN],
        [4, 2, 1, 730, 12, 0],
    ]
    assert torch.equal(inputs.nan_to_num(-1), torch.tensor(expected).nan_to_num(-1))
    assert schema.slots == (
        Slot("size", "size", 0), Slot("colour", "colour", 3), Slot("sold", "sold", 0), Slot("when.days", "when", 0),
        Slot("when.month", "when", 0), Slot("when.weekday", "when", 0),
    )  # fmt: skip
    assert [column.missing for column in schema.columns] == [1, 1, 1, 1, 0]
    assert torch.equal(schema.targets(table), torch.tensor([0.5, 1.5, 2.5, 1.0]))


def test_categories_are_learnt_from_the_training_rows_only(table: Table, schema: Schema) -> None:
    learnt = schema.learn(table, [0, 3])
    assert learnt.columns[1].categories == ("red",)
    assert [column.missing for column in learnt.columns[:4]] == [0, 0, 0, 0]
    assert learnt.inputs(table)[:, 1].tolist() == [1, 0, 0, 1]
    assert learnt.slots[1].num_codes == 2


def test_columns_may_stand_in_any_order_and_more_may_stand_beside(table: Table, schema: Schema) -> None:
    turned = table_of("extra,when,sold,colour,size\nq,2000-01-03,No,blue,\n,,1,green,7\n", "u.csv")
    assert torch.equal(schema.inputs(turned)[0].nan_to_num(-1), schema.inputs(table)[1].nan_to_num(-1))
    assert schema.inputs(turned)[1, :3].tolist() == [7, 0, 1]


def test_missing_columns_are_told_together(schema: Schema) -> None:
    with pytest.raises(Problem) as caught:
        schema.inputs(table_of("Size,colour\n1,red\n", "u.csv"))
    assert caught.value.what == "u.csv lacks 3 columns: 'size', 'sold', 'when'"
    assert caught.value.fix == "rename 'Size' to 'size'"


def test_values_that_do_not_fit_are_told_together(schema: Schema) -> None:
    with pytest.raises(Problem) as caught:
        schema.inputs(table_of("size,colour,sold,when\n1,red,yes,\nbig,red,perhaps,later\n", "u.csv"))
    assert caught.value.what.splitlines() == [
        "u.csv, line 3, column 'size': 'big' is not a number",
        "u.csv, line 3, column 'sold': 'perhaps' is neither yes nor no",
        "u.csv, line 3, column 'when': 'later' is not a date as the others are",
    ]


def test_numbers_as_categories_are_the_same_however_they_are_stored() -> None:
    train = read_table(pa.table({"c": [1, 2, 3] * 9, "x": [0.5, 1, 2] * 9, "y": [0.5, 1.5, 2.5] * 9}))
    schema = infer_schema(train, target="y", kinds={"c": "category"})
    later = read_table(pa.table({"c": [3.0, None, 1.0], "x": [1, 2, 3]}))
    assert schema.inputs(later)[:, 0].tolist() == [3, 0, 1]


def test_a_column_without_any_value_is_missing_in_every_kind(schema: Schema) -> None:
    inputs = schema.inputs(table_of("size,colour,sold,when\n,,,\n,,,\n", "u.csv"))
    assert inputs[:, 1].tolist() == [0, 0]
    assert inputs[:, [0, 2, 3, 4, 5]].isnan().all()


def test_classes_are_indices_in_sorted_order() -> None:
    table = table_of("x,y\n1.5,b\n2,a\n0,b\n7,a\n")
    schema = infer_schema(table, target="y")
    targets = schema.targets(table)
    assert (targets.dtype, targets.tolist(), schema.target.classes) == (torch.int64, [1, 0, 1, 0], ("a", "b"))
    with pytest.raises(Problem, match=r"v.csv, line 3: the target 'y' is 'c'"):
        schema.targets(table_of("x,y\n1,a\n2,c\n", "v.csv"))


def test_a_schema_comes_back_from_json(table: Table, schema: Schema) -> None:
    assert Schema.from_json(json.loads(json.dumps(schema.to_json()))) == schema
    back = Schema.from_json(json.loads(json.dumps(infer_schema(table, target="y").to_json())))
    assert str(back.columns[-1].why) == "4 different values in 4 rows: too few rows of each to learn from"


def broken(change: Callable[[dict[str, Any]], object]) -> Callable[[dict[str, Any]], object]:
    return change


@pytest.mark.parametrize(
    "change",
    [
        broken(lambda data: data.pop("target")),
        broken(lambda data: data.update(more=1)),
        broken(lambda data: data.update(columns={})),
        broken(lambda data: data["columns"].append(data["columns"][0])),
        broken(lambda data: data["columns"][0].pop("kind")),
        broken(lambda data: data["columns"][0].update(kind="exec")),
        broken(lambda data: data["columns"][0].update(kind=["number"])),
        broken(lambda data: data["columns"][0].update(name=1)),
        broken(lambda data: data["columns"][0].update(used="yes")),
        broken(lambda data: data["columns"][0].update(missing=-1)),
        broken(lambda data: data["columns"][0].update(missing=1.5)),
        broken(lambda data: data["columns"][0].update(parts=["days"])),
        broken(lambda data: data["columns"][3].update(parts=[])),
        broken(lambda data: data["columns"][3].update(parts=["eval"])),
        broken(lambda data: data["columns"][3].update(date_format="xyz")),
        broken(lambda data: data["columns"][1].update(categories=[1, 2])),
        broken(lambda data: data["columns"][1].update(categories=["a", "a"])),
        broken(lambda data: data["columns"][4].update(used=True)),
        broken(lambda data: data["columns"][4].update(why="a text")),
        broken(lambda data: data["columns"][4].update(why={"message": "{x.__class__}", "values": {"x": 1}})),
        broken(lambda data: data["columns"][4].update(why={"message": "{x:>999999999}", "values": {"x": 1}})),
        broken(lambda data: data["columns"][4].update(why={"message": "{x!r}", "values": {"x": 1}})),
        broken(lambda data: data["columns"][4].update(why={"message": "{", "values": {}})),
        broken(lambda data: data["columns"][4].update(why={"message": "{x}", "values": {"x": [1]}})),
        broken(lambda data: data["target"].update(task="regression", classes=["a"])),
        broken(lambda data: data["target"].update(task="binary")),
        broken(lambda data: data["target"].update(task=None)),
    ],
)
def test_json_that_no_schema_writes_is_a_problem(table: Table, change: Callable[[dict[str, Any]], object]) -> None:
    data = infer_schema(table, target="y", kinds={"colour": "category"}).to_json()
    Schema.from_json(copy.deepcopy(data))
    change(data)
    with pytest.raises(Problem, match="does not read as torchwise writes it"):
        Schema.from_json(data)


@pytest.mark.parametrize("data", [None, [], "x", 1, {}])
def test_what_is_no_schema_at_all_is_a_problem(data: object) -> None:
    with pytest.raises(Problem):
        Schema.from_json(data)
