"""The measurement decides, not a rule learnt by heart."""

from torchwise.learn import grade


def graded(answer):
    said = answer.IS_RIGHT
    first, between, last = "first", "between backward and step", "last"
    grade.require(all(type(said.get(place)) is bool for place in (first, between, last)), "not_all_said", "IS_RIGHT", actual=said)
    losses = {place: round(answer.loss_after(place), 4) for place in (first, between, last)}
    shown = {"actual": said, "given": {"losses": losses}}
    grade.require(not said[between], "between_is_wrong", "IS_RIGHT", **shown)
    grade.require(said[first], "first_is_right", "IS_RIGHT", **shown)
    grade.require(said[last], "end_is_right", "IS_RIGHT", **shown)
