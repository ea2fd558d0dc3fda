"""What ran before the line that failed: the statements of the training step, in order, and what outlives a turn."""
