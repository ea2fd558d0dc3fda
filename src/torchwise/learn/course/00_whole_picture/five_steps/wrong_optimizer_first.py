# message: mistake.optimizer_before_model
"""The five steps of every PyTorch training, in their order."""

STEPS = ["data", "optimizer", "model", "loss", "training"]


if __name__ == "__main__":
    for number, step in enumerate(STEPS, start=1):
        print(number, step)
