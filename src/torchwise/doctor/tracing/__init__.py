"""Where the sizes of a tensor come from, and which single change would make them fit."""
