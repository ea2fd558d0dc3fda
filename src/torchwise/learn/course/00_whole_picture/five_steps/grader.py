"""All five, each after what it needs."""

from torchwise.learn import grade

RIGHT = ["data", "model", "loss", "optimizer", "training"]


def graded(answer):
    steps = list(answer.STEPS)

    def place(step):
        return steps.index(step)

    shown = {"actual": steps, "expected": "each step behind those it needs"}
    grade.require(sorted(steps) == sorted(RIGHT), "other_words", "STEPS", actual=steps, expected="the same five words")
    grade.require(place("model") < place("optimizer"), "optimizer_before_model", "STEPS", **shown)
    grade.require(steps[-1] == "training", "training_early", "STEPS", **shown)
    grade.require(steps[0] == "data", "data_late", "STEPS", **shown)
    grade.equal(steps, RIGHT, "STEPS")
