"""The verdict: who is better, and when nobody can tell."""

import json

import pytest
import torch

from torchwise.runs.verdict import format_metric, judge, sentence, to_json


def noise(seed, num_rows=400):
    return torch.randn(num_rows, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def test_a_clear_difference_is_named_and_a_small_one_is_a_tie():
    targets = noise(0)
    rivals = {
        "constant": torch.zeros(400, dtype=torch.float64),
        "linear": targets + 0.1 * noise(2),
        "boosting": targets,
    }
    verdict = judge("regression", targets + 0.1 * noise(1), rivals, targets.float(), seed=0)
    assert [rival.outcome for rival in verdict.rivals] == ["better", "tie", "worse"]
    for rival in verdict.rivals:
        assert rival.low <= rival.difference <= rival.high
    text = sentence(verdict)
    assert text.startswith("on 400 test rows the network's rmse is 0.1")
    assert "better than the mean" in text
    assert "no clear difference from the linear model" in text
    assert "worse than boosting" in text


def test_the_difference_is_that_of_the_metrics():
    targets = noise(0)
    verdict = judge("regression", targets + 1.0, {"linear": targets + 2.0}, targets, seed=0)
    (rival,) = verdict.rivals
    assert verdict.metrics["rmse"] == pytest.approx(1.0, abs=1e-6)
    assert rival.difference == pytest.approx(-1.0, abs=1e-6)


def test_for_classes_more_accuracy_is_better():
    labels = torch.arange(300) % 3
    right = torch.nn.functional.one_hot(labels, 3).double()
    majority = torch.zeros(300, 3, dtype=torch.float64)
    majority[:, 0] = 1
    verdict = judge("multi-class", right, {"constant": majority, "linear": right}, labels, seed=0)
    assert (verdict.metric, verdict.metrics["accuracy"]) == ("accuracy", 1.0)
    assert [rival.outcome for rival in verdict.rivals] == ["better", "tie"]
    assert verdict.rivals[0].difference == pytest.approx(2 / 3)
    assert json.loads(json.dumps(to_json(verdict)))["rivals"]["constant"]["outcome"] == "better"


@pytest.mark.parametrize(
    ("value", "text"), [(1.23456, "1.235"), (None, "-"), (float("nan"), "-"), (12345.6, "1.235e+04")]
)
def test_metrics_are_shown_with_four_digits(value, text):
    assert format_metric(value) == text
