"""The three are called in turn as they should be, for several numbers of epochs."""

from torchwise.learn import grade


def graded(answer):
    for epochs in (1, 2, 5):
        calls = []
        answer.run(
            epochs, lambda: calls.append("train"), lambda: calls.append("validate"), lambda: calls.append("test")
        )
        right = ["train", "validate"] * epochs + ["test"]
        called = f"run({epochs}, train, validate, test)"
        shown = {"actual": " ".join(calls) or "-", "expected": " ".join(right)}
        grade.require(calls, "nothing_called", called, **shown)
        grade.require(calls.count("test") > 0, "never_tested", called, **shown)
        grade.require(calls.count("test") == 1 or epochs == 1, "test_each_epoch", called, **shown)
        grade.require(calls[0] != "validate", "validate_first", called, **shown)
        counts = calls.count("train"), calls.count("validate")
        grade.require(counts[1] != 1 or epochs == 1 or counts[0] != epochs, "validate_once", called, **shown)
        grade.require(counts == (epochs, epochs), "wrong_number", called, **shown)
        grade.equal(calls, right, called)
