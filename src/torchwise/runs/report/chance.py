"""Groups of rows, and what is more than chance: shared by the numbers of regressions and of classes."""

import math
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from torchwise.runs.report.content import MOST_POINTS, Group

FEWEST = 10  # rows of a group about which anything is said
WORTH_SAYING = 0.1  # of the size of the errors; among many rows even a hair's breadth is more than chance
FALSE_ALARM = 0.01  # the chance that any of several groups is called clear where there is nothing

Floats = NDArray[np.float64]
Places = NDArray[np.int64]


def threshold(num_groups: int) -> float:
    """How many standard errors are clear, where so many groups are looked at (Bonferroni)."""
    return NormalDist().inv_cdf(1 - FALSE_ALARM / 2 / max(1, num_groups))


def sampled(num_rows: int, seed: int) -> Places:
    """The rows that a plot shows, ascending: all, or a seeded sample."""
    if num_rows <= MOST_POINTS:
        return np.arange(num_rows)
    return np.sort(np.random.default_rng(seed).choice(num_rows, MOST_POINTS, replace=False))


def by_quantile(values: Floats, num_groups: int) -> list[Places]:
    """The rows in groups of about the same size, by value; rows of one value stay together. NaN is in no group."""
    known = np.flatnonzero(~np.isnan(values))
    if not len(known):
        return []
    cuts = np.unique(np.quantile(values[known], np.linspace(0, 1, num_groups + 1)[1:-1]))
    numbers = np.searchsorted(cuts, values[known], side="left")
    return [known[numbers == number] for number in np.unique(numbers)]


def group_of(errors: Floats, rows: Places, values: Floats | None, *, name: str, limit: float) -> Group:
    """The errors of these rows. limit: how many standard errors of the mean are clear."""
    own = errors[rows]
    mean = float(own.mean())
    # A group's own spread; where all its errors are equal, that of all rows stands in.
    spread = float(own.std(ddof=1)) if len(own) > 1 else 0.0
    if spread <= 1e-9 * abs(mean):
        spread = float(errors.std())
    mean_error = spread / math.sqrt(len(own))
    return Group(
        name=name,
        low=math.nan if values is None else float(values[rows].min()),
        high=math.nan if values is None else float(values[rows].max()),
        count=len(own),
        mean=mean,
        mean_error=mean_error,
        typical=float(np.median(np.abs(own))),
        is_clear=len(own) >= FEWEST and abs(mean) > max(limit * mean_error, WORTH_SAYING * _size(errors)),
    )


def _size(errors: Floats) -> float:
    """The root of the mean squared error."""
    return math.sqrt(float(np.square(errors).mean()))


def wilson(successes: int, count: int, z: float = 1.96) -> tuple[float, float]:
    """The interval of a share (Wilson 1927): [0, 1] where there are no rows."""
    if not count:
        return 0.0, 1.0
    share = successes / count
    middle = share + z * z / (2 * count)
    half = z * math.sqrt(share * (1 - share) / count + z * z / (4 * count * count))
    low, high = (middle - half) / (1 + z * z / count), (middle + half) / (1 + z * z / count)
    return low if successes else 0.0, high if successes < count else 1.0  # without the last bits of rounding
