"""Gradients: the graph that a failed backward leaves behind, and the way from the loss to the weights."""
