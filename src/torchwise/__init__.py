"""torchwise: from data to a trained, validated, tested, saved and shown PyTorch model."""

__version__ = "0.1.0"
