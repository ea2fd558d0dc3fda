"""What can be wrong with a training script that raises nothing: one family of rules a file."""
