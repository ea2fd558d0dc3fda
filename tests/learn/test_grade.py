"""What a grader says of an answer: one table of what came back, what was expected, and the message."""

import types

import numpy as np
import pytest
import torch

from torchwise.learn import grade
from torchwise.learn.grade import Answer
from torchwise.learn.verdict import Verdict, Wrong
from torchwise.texts import set_language

B, W = torch.tensor([1.0, 2.0, 4.0]), torch.tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 7.0]])
GIVEN = {"values": torch.arange(6.0)}

# message: what came back, what was expected
TENSORS = {
    "not_started": (..., B),
    "none": (None, B),
    "not_a_tensor": ("text", B),
    "not_a_tensor.pair": (W.max(1), W.max(1).values),
    "not_a_tensor.list": ([B, B], torch.stack([B, B])),
    "not_a_tensor.number": (2.0, torch.tensor(2.0)),
    "not_a_tensor.array": (np.zeros(3), torch.zeros(3)),
    "not_a_tensor.callable": (torch.nn.Linear(1, 1), B),
    "shape.missing_dim": (B, B.unsqueeze(1)),
    "shape.extra_dim": (B.unsqueeze(0), B),
    "shape.broadcast": (B.unsqueeze(1) - B, B),
    "shape.broadcast, by one length": (torch.zeros(3, 4), torch.zeros(3, 1)),
    "shape.broadcast, reduced": (torch.zeros(3, 1), torch.zeros(3, 4)),
    "shape.transposed": (W.T, W),
    "shape.transposed, three": (torch.zeros(2, 3, 4), torch.zeros(4, 2, 3)),
    "ndim": (torch.zeros(2, 3, 4), torch.zeros(2, 12)),
    "ndim, too few": (torch.zeros(2), torch.zeros(2, 3, 4)),
    "shape": (B[:2], B),
    "shape, far": (torch.zeros(9), B),
    "shape, two lengths": (torch.zeros(4, 5), W),
    "dtype": (B.double(), B),
    "dtype, whole": (torch.ones(2, dtype=torch.int64), torch.ones(2)),
    "dtype, classes": (torch.ones(2), torch.ones(2, dtype=torch.int64)),
    "dtype, other": (torch.ones(2, dtype=torch.int32), torch.ones(2, dtype=torch.bool)),
    "device": (torch.zeros(3, device="meta"), B),
    "requires_grad.cut": (B, B.clone().requires_grad_()),
    "requires_grad.kept": (B.clone().requires_grad_(), B),
    "values.nan": (B * float("nan"), B),
    "values.sign": (-B, B),
    "values.sum_for_mean": (6 * B, B),
    "values.mean_for_sum": (B / 6, B),
    "values.factor": (2.5 * B, B),
    "values.transposed": (torch.tensor([[1.0, 2.0], [5.0, 4.0]]).T, torch.tensor([[1.0, 2.0], [5.0, 4.0]])),
    "values.order": (B.flip(0), B),
    "values.square": (B**2, B),
    "values.shifted": (B + 0.7, B),
    "values": (torch.tensor([1.0, 2.0, 9.0]), B),
    "values, one number": (torch.tensor(1.0), torch.tensor(0.0)),
}  # fmt: skip
NUMBERS = {
    "not_started": (..., 3),
    "none": (None, 3),
    "not_a_number": ("3", 3),
    "not_a_number, several": (B, 3),
    "not_a_number, none there": (torch.zeros((), device="meta"), 3),
    "number": (2.5, 3),
    "number, off by one": (4, 3),
    "number, sign": (-3.0, 3.0),
}
EQUALS = {
    "not_started": (..., [1]),
    "none": (None, [1]),
    "equal": ([1, 2], [1, 3]),
    "equal, another kind": ((1, 2), [1, 2]),
    "equal, a bool": (True, 1),
    "equal, a tensor for a list": (B, [1.0, 2.0, 4.0]),
    "equal, tensors inside": ([B, B], [B, W]),
    "equal, an array for a list": (np.array([1, 2]), [1, 3]),
}


def verdict_of(function, *arguments, **named) -> Verdict:
    with pytest.raises(Wrong) as caught:
        function(*arguments, **named)
    return caught.value.verdict


def check_texts(verdict: Verdict):
    """Every text has its values filled in, in both languages."""
    for language in ("en", "zh"):
        set_language(language)
        packed = verdict.packed()
        assert packed["what"]
        assert not any("{" in text for text in packed.values())


@pytest.mark.parametrize("case", TENSORS)
def test_a_tensor_is_diagnosed(case):
    actual, expected = TENSORS[case]
    verdict = verdict_of(grade.tensor, actual, expected, "f(x)", given=GIVEN)
    assert verdict.message == case.partition(",")[0]
    assert verdict.called == "f(x)"
    check_texts(verdict)


@pytest.mark.parametrize("case", NUMBERS)
def test_a_number_is_diagnosed(case):
    verdict = verdict_of(grade.number, *NUMBERS[case], "f(x)", given=GIVEN)
    assert verdict.message == case.partition(",")[0]
    check_texts(verdict)


@pytest.mark.parametrize("case", EQUALS)
def test_a_value_is_diagnosed(case):
    verdict = verdict_of(grade.equal, *EQUALS[case], "f(x)", given=GIVEN)
    assert verdict.message == case.partition(",")[0]
    check_texts(verdict)


def test_what_is_right_says_nothing():
    grade.tensor(B + 1e-7, B, "f(x)")
    grade.tensor(torch.tensor([float("nan")]), torch.tensor([float("nan")]), "f(x)")
    grade.tensor(torch.zeros(0, 3), torch.zeros(0, 3), "f(x)")
    grade.tensor(torch.tensor([1 + 2j]), torch.tensor([1 + 2j]), "f(x)")
    for value in (3, 3.0, torch.tensor(3.0), torch.tensor([[3]]), np.float64(3)):
        grade.number(value, 3, "f(x)")
    grade.number(float("inf"), float("inf"), "f(x)")
    grade.equal([B, (1, "a")], [B, (1, "a")], "f(x)")
    grade.equal(torch.Size([2]), (2,), "f(x)")
    grade.equal(None, None, "f(x)")
    grade.require(True, "named", "f(x)")
    grade.raises(ValueError, lambda: int("x"), "f(x)")


def test_a_mistake_that_the_exercise_describes_comes_first():
    assert verdict_of(grade.tensor, -B, B, "f(x)", mistakes={"negated": -B}).message == "mistake.negated"
    assert verdict_of(grade.tensor, W, B, "f(x)", mistakes={"whole": W}).message == "mistake.whole"
    assert verdict_of(grade.number, 6, 3, "f(x)", mistakes={"doubled": 6}).message == "mistake.doubled"
    assert verdict_of(grade.equal, None, 3, "f(x)", mistakes={"nothing": None}).message == "mistake.nothing"
    assert verdict_of(grade.require, False, "named", "f(x)", actual=B, expected="else").message == "mistake.named"


def test_a_mistake_that_gives_the_right_result_by_chance_is_none():
    grade.tensor(B, B, "f(x)", mistakes={"same": B})
    grade.number(3, 3, "f(x)", mistakes={"same": 3})
    grade.equal([3], [3], "f(x)", mistakes={"same": [3]})


def test_what_must_raise_and_does_not_is_wrong():
    verdict = verdict_of(grade.raises, ValueError, lambda: 3, "f(-1)")
    assert (verdict.message, str(verdict.what)) == ("raises_nothing", "f(-1) raises no ValueError")
    check_texts(verdict)


def test_another_error_than_the_one_asked_for_is_the_learners():
    with pytest.raises(KeyError):
        grade.raises(ValueError, lambda: {}["x"], "f(x)")


def test_a_name_that_is_missing_is_told_with_the_nearest():
    module = types.ModuleType("answer")
    module.doubel = 3
    verdict = verdict_of(lambda: Answer(module).double)
    assert (verdict.message, str(verdict.step)) == ("missing_name", "you have doubel; call it double")
    check_texts(verdict)
    check_texts(verdict_of(lambda: Answer(module).something_else))


def test_small_tensors_are_drawn_and_long_values_cut():
    verdict = verdict_of(grade.equal, "a" * 1000, [B], "f(x)", given={"values": B, "count": 3})
    assert verdict.given == "values = (3,) float32\n[ 1.  2.  4. ]\ncount = 3"
    assert verdict.expected == "[0] (3,) float32\n[ 1.  2.  4. ]"
    assert len(verdict.actual) == 300


@pytest.mark.parametrize(
    ("actual", "expected", "what"),
    [
        ([1, 2], [1, 3], "f(x) is [1, 2], not [1, 3]"),
        ((B, W), (B, B), "f(x)[1] is not right yet"),
        ((B, 4), (B, 5), "f(x)[1] is 4, not 5"),
        ([B, B], [B], "f(x) has 2 parts, not 1"),
        (list(range(99)), [*range(98), 0], "f(x)[98] is 98, not 0"),
        ("a" * 99, "b", "f(x) is not right yet"),
    ],
)
def test_a_sentence_names_the_part_that_is_wrong(actual, expected, what):
    set_language("en")
    assert str(verdict_of(grade.equal, actual, expected, "f(x)").what) == what


def test_whole_numbers_that_are_beside_the_right_one_are_told_so():
    set_language("en")
    assert str(verdict_of(grade.equal, 4, 5, "f(x)").likely) == "it is off by one"
    assert str(verdict_of(grade.equal, 4, 6, "f(x)").likely) == ""


def test_a_sum_over_several_dimensions_is_seen():
    images = torch.rand(2, 3, 5, 7)
    verdict = verdict_of(grade.tensor, images.sum((0, 2, 3)), images.mean((0, 2, 3)), "f(x)", given={"images": images})
    assert verdict.message == "values.sum_for_mean"
    assert "70" in str(verdict.likely)
