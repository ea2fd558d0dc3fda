"""Memory: what was asked for, who holds what, and the batch that would fit."""
