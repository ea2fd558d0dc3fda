"""The mode is right at every call."""

from torch import nn

from torchwise.learn import grade


def graded(answer):
    for epochs in (1, 3):
        model = nn.Sequential(nn.Linear(2, 2), nn.Dropout(0.5)).train(epochs == 3)
        seen = []
        answer.fit(
            model, epochs, lambda model: seen.append(("train", model.training)), lambda model: seen.append(("validate", model.training))
        )
        called = f"fit(model, {epochs}, train_epoch, validate)"
        shown = {
            "actual": ", ".join(f"{name} in {'train' if training else 'eval'} mode" for name, training in seen),
            "expected": ", ".join(["train in train mode, validate in eval mode"] * epochs),
        }
        grade.require([name for name, _ in seen] == ["train", "validate"] * epochs, "left_out", called, **shown)
        grade.require(all(training for name, training in seen if name == "train"), "trains_in_eval_mode", called, **shown)
        grade.require(not any(training for name, training in seen if name == "validate"), "validates_in_train_mode", called, **shown)
