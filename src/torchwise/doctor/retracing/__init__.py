"""The failing call made again on tensors without numbers."""
