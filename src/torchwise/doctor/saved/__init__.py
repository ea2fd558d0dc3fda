"""Saved files: what was saved where, how a state dict differs from a model, and how both were built."""
