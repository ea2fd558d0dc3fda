# message: mistake.training_early
"""The five steps of every PyTorch training, in their order."""

STEPS = ["data", "model", "training", "loss", "optimizer"]


if __name__ == "__main__":
    for number, step in enumerate(STEPS, start=1):
        print(number, step)
