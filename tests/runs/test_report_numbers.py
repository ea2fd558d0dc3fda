"""The numbers of a report against values worked out by hand, or by scikit-learn."""

import math

import numpy as np
import pyarrow as pa
import pytest
import torch
from sklearn.metrics import average_precision_score, roc_auc_score

import torchwise as tw
from torchwise.data.schema import infer_schema
from torchwise.data.table import Table
from torchwise.runs.report.chance import by_quantile, group_of, sampled, threshold, wilson
from torchwise.runs.report.classes import classes_of
from torchwise.runs.report.content import MISSING, Curve, Worst, WorstRow
from torchwise.runs.report.curves import curve_of
from torchwise.runs.report.importance import Judged, importances_of
from torchwise.runs.report.regression import regression_of
from torchwise.runs.report.repeat import command_of, settings_of
from torchwise.runs.report.strict import from_json, to_json
from torchwise.runs.report.worst import worst_classes, worst_numbers
from torchwise.texts import note
from torchwise.train.options import Options
from torchwise.train.plan import plan_table


def table_of(**columns):
    return Table(name="t", source="t.csv", columns=pa.table(columns))


def test_rows_are_grouped_by_value_and_equal_values_stay_together():
    values = np.array([1.0, 1, 1, 1, 2, 3, 4, np.nan])
    groups = by_quantile(values, 3)
    assert [values[rows].tolist() for rows in groups] == [[1, 1, 1, 1], [2], [3, 4]]
    assert [rows.tolist() for rows in by_quantile(np.array([0.0, 1, 0, 1]), 5)] == [[0, 2], [1, 3]]
    assert by_quantile(np.array([np.nan]), 5) == []


def test_only_what_is_more_than_chance_and_large_enough_is_clear():
    generator = np.random.default_rng(0)
    noise = generator.normal(0, 1, 10_000)
    rows = np.arange(100)
    assert not group_of(noise, rows, None, name="a", limit=threshold(5)).is_clear
    assert group_of(noise + 2, rows, None, name="a", limit=threshold(5)).is_clear
    everything = np.arange(10_000)  # 0.08 is seven standard errors, and a hair's breadth
    assert not group_of(noise - noise.mean() + 0.08, everything, None, name="a", limit=threshold(5)).is_clear
    assert not group_of(noise + 9, np.arange(9), None, name="a", limit=1.0).is_clear  # nine rows are too few


def test_noise_is_hardly_ever_called_clear():
    alarms = 0
    for seed in range(100):
        generator = np.random.default_rng(seed)
        table = table_of(**{f"x{i}": generator.normal(size=200) for i in range(10)}, y=generator.normal(size=200))
        schema = infer_schema(table, target="y")
        true = generator.normal(size=200)
        found = regression_of(schema, table, true, true + generator.normal(size=200), seed=0)
        alarms += any(group.is_clear for column in found.by_column for group in column.groups)
    assert alarms <= 5


def test_the_interval_of_a_share_is_wilsons():
    assert wilson(8, 10) == pytest.approx((0.4902, 0.9433), abs=1e-4)
    assert wilson(0, 0) == (0.0, 1.0)
    assert wilson(5, 5)[1] == 1.0
    assert wilson(0, 5)[0] == 0.0


def test_a_lean_of_the_errors_is_found_in_its_column():
    generator = np.random.default_rng(1)
    size, colour = generator.uniform(0, 10, 400), generator.choice(["red", "blue", None], 400)
    table = table_of(size=size, colour=pa.array(colour, pa.string()), other=generator.normal(size=400), y=size)
    schema = infer_schema(table, target="y")
    true = generator.normal(size=400)
    errors = generator.normal(0, 0.1, 400) + 3 * (size > 8) - 2 * (table.column("colour").is_null().to_numpy(False))
    found = regression_of(schema, table, true, true + errors, seed=0)
    assert {column.column for column in found.by_column} == {"size", "colour"}
    by_size = next(column for column in found.by_column if column.column == "size")
    assert by_size.groups[-1].is_clear
    assert by_size.groups[-1].low > 7.5
    by_colour = next(column for column in found.by_column if column.column == "colour")
    lean = min(by_colour.groups, key=lambda group: group.mean)
    assert lean.name == MISSING
    assert lean.mean == pytest.approx(errors[table.column("colour").is_null().to_numpy(False)].mean())


def test_regression_numbers_are_those_of_the_rows():
    table = table_of(x=[1.5, 2, 3, 4], y=[1.5, 2, 3, 4])
    schema = infer_schema(table, target="y")
    found = regression_of(schema, table, np.array([1.0, 2, 3, 4]), np.array([1.0, 2, 3, 8]), seed=0)
    assert found.r2 == pytest.approx(1 - 16 / 5)
    assert (found.bias, found.median_error, found.num_rows) == (1.0, 0.0, 4)
    constant = regression_of(schema, table, np.full(4, 2.0), np.full(4, 2.0), seed=0)
    assert math.isnan(constant.r2)


def test_many_rows_are_thinned_out_always_in_the_same_way():
    assert sampled(5, 0).tolist() == [0, 1, 2, 3, 4]
    rows = sampled(100_000, 3)
    assert len(rows) == len(set(rows.tolist())) == 1000
    assert rows.tolist() == sorted(sampled(100_000, 3).tolist())


def test_rankings_are_those_of_scikit_learn():
    generator = np.random.default_rng(0)
    true = generator.integers(0, 2, 300)
    scores = np.round(np.clip(true * 0.3 + generator.uniform(0, 0.7, 300), 0, 1), 2)  # with ties
    found = classes_of(("no", "yes"), true, np.stack([1 - scores, scores], axis=1))
    assert found.rankings[0].auroc == pytest.approx(roc_auc_score(true, scores))
    assert found.rankings[0].average_precision == pytest.approx(average_precision_score(true, scores))
    assert sum(entry.count for entry in found.bins) == 300
    assert len(found.rankings[0].precision) <= 200


def test_the_classes_that_are_not_shown_are_added_up():
    num_classes = 20
    true = np.repeat(np.arange(num_classes), np.arange(1, num_classes + 1))
    probabilities = np.eye(num_classes)[np.roll(true, 1)]
    found = classes_of(tuple(map(str, range(num_classes))), true, probabilities)
    assert len(found.shown) == 12
    assert len(found.confusion) == 13
    assert sum(map(sum, found.confusion)) == len(true) == found.num_rows
    assert len(found.rankings) == 6
    assert found.mistakes[0].count == 1


def test_the_importance_is_that_of_the_column_that_is_used():
    generator = np.random.default_rng(0)
    table = table_of(a=generator.normal(size=300), b=generator.normal(size=300), y=generator.normal(size=300))
    schema = infer_schema(table, target="y")
    inputs = schema.inputs(table)
    targets = inputs[:, 0].clone()
    seen = Judged(answer=lambda given: given[:, 0].double(), inputs=inputs, targets=targets)
    found = importances_of(schema, [seen], num_parameters=1, seed=0)
    again = importances_of(schema, [seen], num_parameters=1, seed=0)
    assert found == again
    assert [column.column for column in found.columns] == ["a", "b"]
    assert found.base == 0.0
    # Two independent draws of a standard normal differ by sqrt(2) in the mean square.
    assert found.columns[0].mean == pytest.approx(math.sqrt(2), abs=0.15)
    assert found.columns[1].mean == found.columns[1].spread == 0.0


def test_of_many_columns_the_strongest_are_tried():
    generator = np.random.default_rng(0)
    table = table_of(**{f"x{i}": generator.normal(size=60) for i in range(40)}, y=generator.normal(size=60))
    schema = infer_schema(table, target="y")
    weights = torch.zeros(40, dtype=torch.float64)
    weights[35:] = 1.0
    seen = Judged(answer=lambda given: given.double() @ weights, inputs=schema.inputs(table), targets=torch.zeros(60))
    found = importances_of(schema, [seen], num_parameters=40, seed=0)
    assert (len(found.columns), found.num_columns) == (30, 40)
    assert {"x35", "x36", "x37", "x38", "x39"} <= {column.column for column in found.columns}


def test_the_worst_rows_keep_their_place_in_the_file():
    table = table_of(a=[1.0, None, 3.0], name=["x" * 50, "b", "c"]).take([2, 0, 1])
    found = worst_numbers(table, np.array([1.0, 2.0, 3.0]), np.array([1.5, 2.0, 1.0]), ["a", "name"])
    assert [(row.position, row.error) for row in found.rows] == [(1, -2.0), (2, 0.5), (0, 0.0)]
    assert found.rows[0].cells == ("", "b")
    assert found.rows[2].cells == ("1", "x" * 39 + "…")
    assert found.share == pytest.approx(4 / 4.25)
    wrong = worst_classes(("p", "q"), table, np.array([0, 1, 0]), np.array([[0.1, 0.9], [0.2, 0.8], [0.4, 0.6]]), ["a"])
    assert [(row.position, row.true, row.predicted, row.error) for row in wrong.rows] == [
        (2, "p", "q", 0.1), (1, "p", "q", 0.4),
    ]  # fmt: skip
    assert wrong.num_wrong == 2


def test_long_histories_keep_their_first_best_and_last_epoch():
    lines = [{"epoch": i, "train_loss": 1.0, "valid_loss": None if i == 9000 else 2.0} for i in range(1, 9001)]
    found = curve_of(lines, name="", ending="epochs done", best_epoch=4567)
    assert len(found.epochs) <= 501
    assert {1, 4567, 9000} <= set(found.epochs)
    assert math.isnan(found.valid[-1])


def test_the_command_repeats_what_is_not_by_default():
    options = Options.of(target="target", epochs=3, hidden=(4, 2), drop=("age",), keep=(), seed=2, class_weights=None)
    plan = plan_table("builtin:diabetes", options)
    from torchwise.runs.about import describe_plan

    about = describe_plan(plan)
    assert command_of(about, plan) == (
        "torchwise", "train", "builtin:diabetes", "--target", "target", "--drop", "age", "--hidden", "4,2",
        "--epochs", "3", "--seed", "2",
    )  # fmt: skip
    settings = settings_of(about, plan)
    changed = [setting.name for setting in settings if setting.is_changed]
    assert changed == ["target", "drop", "hidden", "epochs", "seed"]
    assert [setting.name for setting in settings][: len(changed)] == changed
    preset = plan_table("builtin:diabetes", Options.of(target="target", preset="tutorial", epochs=2, drop=(), keep=()))
    assert command_of(describe_plan(preset), preset) == (
        "torchwise", "train", "builtin:diabetes", "--target", "target", "--epochs", "2", "--preset", "tutorial",
    )  # fmt: skip


# --- report.json is read strictly


def a_worst():
    rows = (WorstRow(line=2, position=0, true="1", predicted="2", error=1.23456789, cells=("x",)),)
    return Worst(
        source="a.csv", columns=("c",), rows=rows, num_rows=5, num_wrong=1, num_twentieth=1, share=math.nan,
        median_error=2.0,
    )  # fmt: skip


def test_what_is_written_is_what_is_read():
    data = to_json(a_worst())
    assert data["rows"][0]["error"] == 1.23457
    assert data["share"] is None
    read = from_json(Worst, data)
    assert math.isnan(read.share)
    assert to_json(read) == data
    assert to_json(note("a {b}", b=1)) == {"message": "a {b}", "values": {"b": 1}}
    assert to_json(1e200) is None


@pytest.mark.parametrize(
    "change",
    [
        {"source": 3}, {"columns": "c"}, {"columns": ["c", "d"]}, {"rows": {}}, {"rows": [[]]}, {"num_rows": True},
        {"num_rows": 1.0}, {"num_rows": 10**20}, {"share": "0.5"}, {"share": float("inf")}, {"share": 1e300},
        {"more": 1}, {"rows": None},
    ],
)  # fmt: skip
def test_anything_else_is_a_problem(change):
    with pytest.raises(tw.Problem, match="does not read as torchwise writes it"):
        from_json(Worst, to_json(a_worst()) | change)


def test_curves_of_different_lengths_are_a_problem():
    data = to_json(Curve(name="", ending="", num_epochs=2, best_epoch=1, epochs=(1, 2), train=(1.0, 2.0), valid=())) | {
        "valid": [1.0]
    }
    with pytest.raises(tw.Problem, match="a valid loss an epoch, or none"):
        from_json(Curve, data)
