"""A GPU that is not there: tensors that say where they would be, on plain memory."""
