"""The memory that a step of training needs, found without spending it: on meta tensors, storage by storage."""
