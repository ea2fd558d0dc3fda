"""Metrics against values worked out by hand and against scikit-learn."""

import math

import pytest
import sklearn.metrics
import torch

import torchwise as tw
from torchwise.train.metrics import Meter, measure, to_predictions
from torchwise.train.setup import Unit

NAMES = ("rmse", "mae", "r2")


def test_regression_by_hand():
    found = measure(NAMES, torch.tensor([1.0, 2.0, 6.0]), torch.tensor([1.0, 4.0, 4.0]))
    # errors 0, -2, 2; mean of targets 3, their squared deviations 4 + 1 + 1
    assert found == pytest.approx({"rmse": math.sqrt(8 / 3), "mae": 4 / 3, "r2": 1 - 8 / 6})


def test_classes_agree_with_scikit_learn():
    generator = torch.Generator().manual_seed(0)
    logits, targets = torch.randn(50, 3, generator=generator), torch.randint(3, (50,), generator=generator)
    probabilities, _ = to_predictions(logits, targets, Unit())
    found = measure(("accuracy", "f1_macro", "log_loss"), probabilities, targets)
    chosen = probabilities.argmax(dim=1)
    assert found == pytest.approx(
        {
            "accuracy": sklearn.metrics.accuracy_score(targets, chosen),
            "f1_macro": sklearn.metrics.f1_score(targets, chosen, average="macro"),
            "log_loss": sklearn.metrics.log_loss(targets, probabilities),
        }
    )


def test_one_logit_a_row_is_a_probability_of_the_second_class():
    logits, targets = torch.tensor([0.0, 2.0, -2.0, 1.0]), torch.tensor([0, 1, 0, 0])
    probabilities, _ = to_predictions(logits[:, None], targets, Unit())
    assert probabilities[:, 1].tolist() == pytest.approx([0.5, 0.880797, 0.119203, 0.731059], abs=1e-6)
    assert measure(("auroc",), probabilities, targets) == pytest.approx({"auroc": 1.0})


def test_standardised_values_are_measured_in_the_targets_unit():
    unit = Unit(mean=10.0, std=2.0, power=2)
    predictions, targets = to_predictions(torch.tensor([0.0, 1.0]), torch.tensor([0.5, 1.0]), unit)
    assert predictions.tolist() == [10.0, 12.0]
    assert measure(("mae",), predictions, targets) == {"mae": 0.5}
    assert unit.loss_scale == 4.0


def test_what_is_not_defined_is_nan_and_warns_of_nothing():
    assert math.isnan(measure(("r2",), torch.zeros(3), torch.ones(3))["r2"])
    assert math.isnan(measure(("auroc",), torch.full((3, 2), 0.5), torch.ones(3, dtype=torch.int64))["auroc"])


def test_a_certain_and_wrong_probability_costs_a_finite_loss():
    found = measure(("log_loss",), torch.tensor([[1.0, 0.0]]), torch.tensor([1]))
    assert found == pytest.approx({"log_loss": -math.log(1e-15)})


def test_a_torchmetrics_object_is_measured_over_all_batches():
    from torchmetrics.regression import MeanAbsoluteError

    meter = Meter([MeanAbsoluteError(), "mae"], Unit())
    meter.update(torch.tensor([1.0, 1.0, 1.0]), torch.tensor([2.0, 2.0, 2.0]))
    meter.update(torch.tensor([1.0]), torch.tensor([5.0]))
    assert meter.compute() == pytest.approx({"mae": 7 / 4, "MeanAbsoluteError": 7 / 4})


def test_an_unknown_name_says_what_was_perhaps_meant():
    with pytest.raises(tw.Problem, match="'accurracy'") as caught:
        measure(("accurracy",), torch.zeros(1, 2), torch.tensor([0]))
    assert caught.value.fix == "did you mean accuracy?"
