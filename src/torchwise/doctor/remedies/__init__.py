"""The changes with which a failing operation would work, kind by kind of operation; the rules rank and tell them."""
