"""The sentences of a report are right for any run: made-up numbers in, words out."""

import math

import pytest

from torchwise.runs.report import say_classes, say_curves, say_regression, say_rows
from torchwise.runs.report.classes import classes_of
from torchwise.runs.report.content import (
    Bin,
    Classes,
    ColumnErrors,
    Curve,
    Group,
    Importance,
    Importances,
    Regression,
    Worst,
    WorstRow,
)
from torchwise.runs.report.words import MISSING, day, number, percent, shortened
from torchwise.texts import set_language

NAN = math.nan


def curve(train, valid=(), *, best, ending="epochs done", name=""):
    epochs = tuple(range(1, len(train) + 1))
    return Curve(
        name=name, ending=ending, num_epochs=len(train), best_epoch=best, epochs=epochs, train=tuple(train),
        valid=tuple(valid),
    )  # fmt: skip


def said(*curves):
    return " ".join(say_curves.say_curves(curves))


def test_an_overfitted_run_says_from_where_it_learnt_by_heart():
    text = said(curve([10, 8, 6, 5, 4, 3, 2], [10, 9, 8, 8.8, 9.6, 9.6, 9.6], best=3, ending="no better"))
    assert "lowest at epoch 3 and then rose by 20 % while the train loss fell on by 42 %" in text  # 9.6/8, 3.5/6
    assert "learnt the train rows by heart. The weights of epoch 3 are kept." in text


def test_a_noisy_end_is_no_overfitting():
    valid = [10, 8, 8.9, 8.1, 8.9, 8.1, 8.9]
    assert "stayed about there" in said(curve([9, 8, 7, 6, 5, 4, 3], valid, best=2, ending="no better"))


def test_an_underfitted_run_says_that_more_epochs_may_help():
    text = said(curve([10, 9, 8, 7], [11, 10, 9, 8], best=4))
    assert "fell by 27 % and was lowest at epoch 4 of 4: it was still falling" in text
    assert "--epochs" in text
    assert "by heart" not in text


def test_a_flat_run_says_that_nothing_more_was_learnt():
    assert "changed by 1 % only" in said(curve([10, 9.99, 9.98], [10, 9.95, 9.9], best=3))


def test_a_settled_run_claims_nothing_more():
    text = said(curve([10, 5, 4, 4, 4, 4], [10, 5, 5.01, 5.0, 5.02, 5.01], best=2, ending="no better"))
    assert text == "The valid loss fell by 50 % until epoch 2 and then stayed about there."


def test_a_valid_loss_that_rises_with_the_train_loss_points_to_the_steps():
    text = said(curve([10, 5, 9, 12, 15], [10, 5, 9, 12, 15], best=2))
    assert "rose by 140 %, and the train loss did not fall either" in text  # the median of 9, 12, 15
    assert "--lr" in text


def test_a_diverged_run_names_the_epoch_and_the_weights_that_are_kept():
    text = said(curve([3, 2, NAN], [3, 2, NAN], best=2, ending="not finite"))
    assert "At epoch 3 the train loss was no longer a number" in text
    assert "The weights of epoch 2 are kept" in text


def test_one_epoch_has_no_course():
    assert said(curve([3], [2], best=1)) == "There was one epoch only, so there is no course to judge."


def test_no_history_and_no_curves():
    assert said(curve([], [], best=0)) == "There is no history of this training."
    assert said() == ""


def test_without_valid_rows_only_the_train_loss_is_told():
    text = said(curve([4, 2], best=2))
    assert "went from 4 to 2" in text
    assert "can't tell learning from learning by heart" in text


@pytest.mark.parametrize("valid", [[-1, -2, -3], [0, 0, 0], [NAN, NAN, NAN], [NAN, 2, 1]])
def test_losses_without_shares_are_told_without_percents(valid):
    text = said(curve([1, 1, 1], valid, best=3))
    assert "%" not in text
    assert "nan" not in text


def test_a_gap_between_train_and_valid_is_told():
    assert "the valid loss is 4 times the train loss" in said(curve([2, 1], [5, 4], best=2))


def test_folds_are_counted():
    rising = curve([10, 5, 4, 3, 2], [10, 5, 7, 7, 7], best=2, name="1")
    falling = curve([10, 5, 4, 3, 2], [10, 5, 4, 3, 2], best=5, name="2")
    text = said(rising, falling)
    assert "lie between 2 and 5" in text
    assert "In 1 of 2 folds the valid loss rose again" in text
    assert "In 1 of 2 folds the valid loss was still falling at the end" in text


# --- regressions


def group(low, high, mean, *, count=50, name="", typical=1.0, is_clear=True):
    return Group(
        name=name, low=low, high=high, count=count, mean=mean, mean_error=0.1, typical=typical, is_clear=is_clear
    )


def regression(**changed):
    groups = (group(0, 10, 0.0, is_clear=False), group(10, 30, 0.1, is_clear=False), group(30, 50, -2.1, count=41))
    values = {
        "num_rows": 100, "true": (1.0, 2.0), "predicted": (1.5, 2.0), "r2": 0.834, "bias": 0.0, "median_error": 2.0,
        "error_90": 6.0, "spread_true": 2.0, "spread_predicted": 1.9, "by_prediction": groups, "by_column": (),
        "num_columns": 3,
    } | changed  # fmt: skip
    return Regression(**values)


def test_predictions_are_told_by_what_they_explain():
    assert say_regression.say_predictions(regression()) == [
        "The predictions explain 83 % of how the true values differ (r2).",
        "Half of them are within 2 of the truth, nine of ten within 6.",
    ]


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"spread_predicted": 0.001, "r2": -0.01}, "All predictions are about the same"),
        ({"spread_true": 0.0, "r2": NAN}, "All true values are the same here"),
        ({"r2": -0.5}, "farther from the truth than their plain mean"),
        ({"spread_predicted": 1.0}, "they spread 50 % as widely as the true values"),
        ({"num_rows": 3}, "There are only 3 rows here: too few to conclude anything."),
        ({"num_rows": 1, "r2": NAN, "spread_true": 0.0}, "There is only 1 row here"),
    ],
)
def test_odd_predictions_are_told_as_they_are(changed, expected):
    text = " ".join(say_regression.say_predictions(regression(**changed)))
    assert expected in text
    assert "nan" not in text


def test_the_range_that_leans_most_is_named():
    assert say_regression.say_by_prediction(regression())[0] == (
        "Where the prediction is at least 30, it is too low by 2.1 on average (41 rows)."
    )


def test_no_range_is_named_where_none_is_clear():
    none = tuple(group(i, i + 1, 5.0, is_clear=False) for i in range(3))
    assert say_regression.say_by_prediction(regression(by_prediction=none)) == [
        "No range of predictions is clearly too high or too low."
    ]
    constant = regression(spread_predicted=0.0)
    assert "can't be ordered" in say_regression.say_by_prediction(constant)[0]


def test_errors_that_grow_are_told():
    groups = (group(0, 1, 0, typical=1.0, is_clear=False), group(1, 2, 0, typical=4.0, is_clear=False))
    text = " ".join(say_regression.say_by_prediction(regression(by_prediction=groups)))
    assert "grow with the prediction: typically 1 among the lowest, 4 among the highest" in text


def test_columns_name_the_value_with_the_lean():
    numbers = ColumnErrors(
        column="size", kind="number", at=(), errors=(), groups=(group(0, 5, 0.1, is_clear=False), group(5, 9, 3.0))
    )
    assert say_regression.say_column(numbers) == [
        "Where size is at least 5, predictions are too high by 3 on average (50 rows)."
    ]
    named = ColumnErrors(
        column="colour", kind="category", at=(), errors=(), groups=(group(NAN, NAN, -1.0, name=MISSING),)
    )
    assert say_regression.say_column(named) == [
        "Where colour is (missing), predictions are too low by 1 on average (50 rows)."
    ]
    days = ColumnErrors(column="day", kind="date", at=(), errors=(), groups=(group(0, 59, -1.0), group(60, 99, 0.1)))
    assert "Where day is at most 2000-02-29" in say_regression.say_column(days)[0]
    one = ColumnErrors(column="x", kind="number", at=(), errors=(), groups=(group(1, 1, 2.0), group(2, 2, 0.1)))
    assert "Where x is equal to 1" in say_regression.say_column(one)[0]


# --- classes


def classes(true, called, names=("no", "yes"), sure=0.9):
    """Numbers for rows whose class was called with a probability of `sure`."""
    import numpy as np

    rest = (1 - sure) / (len(names) - 1)
    probabilities = np.full((len(true), len(names)), rest)
    probabilities[np.arange(len(true)), called] = sure
    return classes_of(tuple(names), np.array(true), probabilities)


def test_the_matrix_is_told_with_its_interval_and_the_commonest_mistake():
    found = classes([0] * 70 + [1] * 30, [0] * 65 + [1] * 5 + [1] * 20 + [0] * 10)
    assert say_classes.say_confusion(found) == [
        "85 of 100 rows are right, 85 % (95 % interval 77 % to 91 %).",
        "The most frequent mistake: yes taken for no, in 10 of 30 rows of yes.",
    ]


def test_a_network_that_always_says_the_same_is_found_out():
    found = classes([0] * 70 + [1] * 30, [0] * 100)
    text = " ".join(say_classes.say_confusion(found))
    assert "Always to say no would be right in 70 %." in text
    assert "Never predicted: yes." in text
    assert "No row is called yes, so none of its 30 rows is found." in say_classes.say_precision(found)
    assert "50 %" in say_classes.say_roc(found)[0]


def test_all_right_claims_no_more_than_the_rows_can_show():
    found = classes([0, 1] * 6, [0, 1] * 6)
    assert say_classes.say_confusion(found) == ["12 of 12 rows are right, 100 % (95 % interval 76 % to 100 %)."]


def test_an_absent_class_is_told_and_has_no_curve():
    found = classes([0] * 20, [0] * 18 + [1] * 2)
    assert "Among these rows there is none of: yes." in say_classes.say_confusion(found)
    assert "All these rows are of one class" in say_classes.say_roc(found)[0]
    assert "No row is of yes here" in say_classes.say_precision(found)[0]


def test_many_classes_name_the_best_and_the_worst():
    true = [0] * 40 + [1] * 40 + [2] * 40
    called = [0] * 40 + [1] * 38 + [2] * 2 + [2] * 20 + [1] * 20
    found = classes(true, called, names=("a", "b", "c"))
    assert say_classes.say_roc(found)[0].startswith("a is told best from the rest (auroc 1.00)")
    assert say_classes.say_precision(found)[0] == "The hardest class is c."
    perfect = classes(true, true, names=("a", "b", "c"))
    assert "All rows of the classes shown are found" in say_classes.say_precision(perfect)[0]


def bins(*entries, names=("no", "yes")):
    rows = sum(entry.count for entry in entries)
    counts = tuple(say_classes_count(name, rows) for name in names)
    return Classes(
        num_rows=rows, num_right=rows, classes=counts, shown=(), rankings=(), bins=entries, mistakes=(),
        confusion=((rows,),),
    )  # fmt: skip


def say_classes_count(name, rows):
    from torchwise.runs.report.content import ClassCount

    return ClassCount(name=name, rows=rows, called=rows, right=rows)


def entry(low, mean, came_true, *, count=100, is_clear=True):
    return Bin(low=low, high=low + 0.1, count=count, mean=mean, came_true=came_true, is_clear=is_clear)


@pytest.mark.parametrize(
    ("given", "names", "expected"),
    [
        (entry(0.8, 0.85, 64), "ab", "Of 100 rows given 80-90 % for b (85 % on average), 64 % were: over-confident."),
        (entry(0.1, 0.15, 36), "ab", "36 % were: over-confident."),
        (entry(0.6, 0.65, 90), "ab", "90 % were: under-confident."),
        (entry(0.1, 0.15, 1), "ab", "1 % were: under-confident."),
        (entry(0.4, 0.45, 60), "abc", "it was right in 60 %: under-confident."),
        (entry(0.8, 0.85, 64), "abc", "it was right in 64 %: over-confident."),
        (entry(0.8, 0.85, 84, is_clear=False), "ab", "on average they are 1.0 percentage points apart"),
        (entry(0.8, 0.85, 2, count=4, is_clear=False), "ab", "There are only 4 rows here"),
    ],
)
def test_calibration_says_whether_probabilities_hold(given, names, expected):
    assert expected in say_classes.say_calibration(bins(given, names=tuple(names)))[0]


# --- rows and columns


def worst(*errors, **changed):
    rows = tuple(
        WorstRow(line=i + 2, position=i, true="1", predicted="2", error=error, cells=())
        for i, error in enumerate(errors)
    )
    values = {
        "source": "a.csv", "columns": (), "rows": rows, "num_rows": 100, "num_wrong": len(errors), "num_twentieth": 5,
        "share": 0.4, "median_error": 2.0,
    } | changed  # fmt: skip
    return Worst(**values)


def test_the_worst_rows_are_set_beside_the_usual_error():
    assert say_rows.say_worst(worst(-9.0, 3.0), is_regression=True) == [
        "The largest error is 4.5 times the typical one, 2.",
        "The worst 5 of 100 rows make 40 % of the squared error.",
    ]
    assert say_rows.say_worst(worst(0.0, share=NAN), is_regression=True) == ["None of these rows has an error."]
    assert say_rows.say_worst(worst(), is_regression=False) == ["None of these rows is wrong."]
    assert say_rows.say_worst(worst(0.1), is_regression=False) == ["1 row is wrong."]


def importances(*pairs, metric="rmse", base=3.0, num_columns=2):
    columns = tuple(Importance(column=name, mean=mean, spread=spread) for name, mean, spread in pairs)
    return Importances(metric=metric, base=base, num_rows=50, num_shuffles=5, num_columns=num_columns, columns=columns)


def test_the_column_that_matters_most_is_named_with_the_metric_after_shuffling():
    text = " ".join(say_rows.say_importances(importances(("a", 2.0, 0.1), ("b", 0.1, 0.4))))
    assert "a matters most: with its values shuffled among the rows, the rmse goes from 3 to 5." in text
    assert "1 of the 2 columns shown makes no difference that stands out." in text
    down = say_rows.say_importances(importances(("a", 0.2, 0.01), metric="accuracy", base=0.9, num_columns=40))
    assert "the accuracy goes from 0.9 to 0.7" in down[0]
    assert "The 1 of 40 columns" in down[1]


def test_no_column_is_named_where_none_stands_out():
    text = " ".join(say_rows.say_importances(importances(("a", 0.1, 0.4), ("b", -0.1, 0.4))))
    assert "No column matters by more than chance" in text
    assert "stands out" not in text
    assert "can't be measured" in say_rows.say_importances(importances(("a", NAN, NAN), base=NAN))[0]


# --- numbers


def test_numbers_and_percents_are_short_and_honest():
    assert [number(value) for value in (NAN, 0.0, -0.0, 1234.5, 0.012345, 1e9)] == [
        "-",
        "0",
        "0",
        "1,234",
        "0.0123",
        "1e+09",
    ]
    assert [percent(value) for value in (1.0, 0.996, 0.99996, 0.0, 0.004, 1e-9, NAN)] == [
        "100 %", "99.6 %", "over 99.9 %", "0 %", "0.4 %", "under 0.1 %", "-",
    ]  # fmt: skip
    assert day(59) == "2000-02-29"
    assert day(1e12) == "1e+12"
    assert shortened("温度" * 10, 7) == "温度温…"


def test_the_same_numbers_read_in_chinese():
    set_language("zh")
    text = said(curve([10, 8, 6, 5, 4, 3, 2], [10, 9, 8, 8.8, 9.6, 9.6, 9.6], best=3))
    assert "验证损失在第 3 轮最低，之后上升了 20%，而训练损失继续下降了 42%" in text
    assert say_regression.say_by_prediction(regression())[0] == "预测值不低于 30 时，平均偏低 2.1（41 行）。"
