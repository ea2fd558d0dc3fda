"""Strays: the few words in a column of numbers or dates, which are mistakes and no categories."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from torchwise.data.convert import dates, first_stray
from torchwise.data.dates import PATTERNS, parsed
from torchwise.data.numerals import NUMBERLIKE
from torchwise.data.values import MISSING_AMONG_NUMBERS, blanked

MOSTLY = 0.8  # the share of numbers or dates from which on the other words are mistakes
FEW = 20  # so few different numbers may be names of categories, as in "1", "2", "3a"


def check_no_strays(column: pa.Array) -> None:
    """Raises Misfit for the first word in a column of words most of which are numbers or dates."""
    if has_stray_words(column):
        raise first_stray(blanked(column, MISSING_AMONG_NUMBERS))
    present = blanked(column, MISSING_AMONG_NUMBERS).drop_null()
    distinct = present.unique()
    for date_format in PATTERNS if len(distinct) > FEW else ():
        share = 1 - float(np.isnat(parsed(distinct, date_format)).mean())
        if MOSTLY <= share < 1:
            dates(column, date_format, ("days",))


def has_stray_words(column: pa.Array) -> bool:
    """Whether a column of words would be one of numbers, but for a few."""
    present = blanked(column, MISSING_AMONG_NUMBERS).drop_null()
    if not len(present):
        return False
    fits = pc.match_substring_regex(present, NUMBERLIKE)
    share = pc.mean(fits.cast(pa.float64())).as_py()
    return bool(MOSTLY <= share < 1 and len(present.filter(fits).unique()) > FEW)
