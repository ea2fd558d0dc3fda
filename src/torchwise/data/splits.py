"""Train, valid and test rows: seeded, stratified, by groups, by time, or in folds."""

import numpy as np
import torch
from torch import Tensor

from torchwise.errors import Problem
from torchwise.texts import tr

Rows = np.ndarray[tuple[int], np.dtype[np.int64]]  # (rows,) int64, positions in a table, ascending


def strata_of(targets: Tensor) -> Rows:
    """The stratum of each row: its class, or the tenth of the rows its value falls in.

    targets: (rows,), int64 classes or float values. Returns (rows,) int64.
    """
    values = targets.numpy()
    if not targets.is_floating_point():
        return values.astype(np.int64)
    ranks = np.empty(len(values), dtype=np.int64)
    ranks[np.argsort(values, kind="stable")] = np.arange(len(values))
    return ranks * 10 // max(1, len(values))


def hold_out(strata: Rows, fraction: float, *, seed: int) -> tuple[Rows, Rows]:
    """Split rows at random into (the rest, `fraction` held out), each stratum in proportion.

    The rows are shuffled by torch.randperm, sorted by stratum, and every 1/fraction-th is held out.
    """
    order = _shuffled(strata, seed)
    steps = np.floor(np.arange(len(order) + 1) * fraction + 1e-9)
    held = np.diff(steps) > 0
    return np.sort(order[~held]), np.sort(order[held])


def hold_out_groups(groups: Rows, fraction: float, *, seed: int) -> tuple[Rows, Rows]:
    """Split whole groups into (the rest, at least `fraction` of the rows), groups drawn at random.

    groups: (rows,) int64, the number of each row's group.
    Raises Problem if there is only one group.
    """
    names, sizes = np.unique(groups, return_counts=True)
    if len(names) < 2:
        raise Problem(
            tr("the group column has {count} group; whole groups cannot be split", count=len(names)),
            fix=tr("name a column with more groups, or leave out --group"),
        )
    order = torch.randperm(len(names), generator=torch.Generator().manual_seed(seed)).numpy()
    before = np.concatenate([[0], np.cumsum(sizes[order])[:-1]])
    chosen = order[: max(1, min(len(names) - 1, int((before < fraction * len(groups)).sum())))]
    held = np.isin(groups, names[chosen])
    return np.flatnonzero(~held), np.flatnonzero(held)


def hold_out_latest(times: np.ndarray[tuple[int], np.dtype[np.float64]], fraction: float) -> tuple[Rows, Rows]:
    """Split by time into (the earlier, the latest `fraction` of the rows). Rows of one moment stay together.

    times: (rows,) float64. Raises Problem if all rows have the same time.
    """
    cut = np.sort(times)[min(len(times) - 1, int(np.ceil(len(times) * (1 - fraction) - 1e-9)))]
    held = times >= cut
    if held.all():
        held = times > cut
    if held.all() or not held.any():
        raise Problem(
            tr("the time column has one value in all rows; they cannot be split by it"), fix=tr("leave out --time")
        )
    return np.flatnonzero(~held), np.flatnonzero(held)


def fold_numbers(strata: Rows, folds: int, *, seed: int) -> Rows:
    """The fold, in [0, folds), of each row, every stratum spread evenly. Returns (rows,) int64."""
    numbers = np.empty(len(strata), dtype=np.int64)
    numbers[_shuffled(strata, seed)] = np.arange(len(strata)) % folds
    return numbers


def group_fold_numbers(groups: Rows, folds: int, *, seed: int) -> Rows:
    """The fold of each row, whole groups together, the largest group first into the smallest fold.

    Raises Problem if there are fewer groups than folds.
    """
    names, members, sizes = np.unique(groups, return_inverse=True, return_counts=True)
    if len(names) < folds:
        raise Problem(
            tr("the group column has {count} groups, too few for {folds} folds", count=len(names), folds=folds),
            fix=tr("--folds {count}, or leave out --group", count=max(2, len(names))),
        )
    order = torch.randperm(len(names), generator=torch.Generator().manual_seed(seed)).numpy()
    order = order[np.argsort(-sizes[order], kind="stable")]
    fold_of_group, filled = np.empty(len(names), dtype=np.int64), np.zeros(folds, dtype=np.int64)
    for group in order:
        fold_of_group[group] = filled.argmin()
        filled[filled.argmin()] += sizes[group]
    found: Rows = fold_of_group[members]
    return found


def _shuffled(strata: Rows, seed: int) -> Rows:
    """All rows in random order, those of a stratum next to each other."""
    order = torch.randperm(len(strata), generator=torch.Generator().manual_seed(seed)).numpy()
    shuffled: Rows = order[np.argsort(strata[order], kind="stable")]
    return shuffled
