"""Values that are not finite: which tensor has them first, and the operation that made them."""
