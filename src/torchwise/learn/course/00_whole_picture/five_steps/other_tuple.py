"""The five steps of every PyTorch training, in their order."""

STEPS = ("data", "model", "loss", "optimizer", "training")


if __name__ == "__main__":
    for number, step in enumerate(STEPS, start=1):
        print(number, step)
