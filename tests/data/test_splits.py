"""Splits: seeded, disjoint, in proportion; groups whole; time in order."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from torchwise.data import splits
from torchwise.errors import Problem


@given(st.integers(2, 300), st.floats(0.05, 0.9), st.integers(0, 9), st.integers(1, 4))
def test_hold_out_takes_each_row_once_and_each_stratum_in_proportion(num_rows, fraction, seed, num_strata):
    strata = np.random.default_rng(seed).integers(num_strata, size=num_rows)
    kept, held = splits.hold_out(strata, fraction, seed=seed)
    assert sorted([*kept, *held]) == list(range(num_rows))
    assert abs(len(held) - num_rows * fraction) < 1
    for stratum in range(num_strata):
        expected = (strata == stratum).sum() * fraction
        assert abs((strata[held] == stratum).sum() - expected) < 2


def test_the_same_seed_gives_the_same_rows_and_another_seed_others():
    strata = np.zeros(100, dtype=np.int64)
    first, again, other = (splits.hold_out(strata, 0.2, seed=seed)[1].tolist() for seed in (0, 0, 1))
    assert first == again != other


def test_strata_of_values_are_tenths():
    values = torch.randn(200, generator=torch.Generator().manual_seed(0))
    assert np.bincount(splits.strata_of(values)).tolist() == [20] * 10
    assert splits.strata_of(torch.tensor([2, 0, 1])).tolist() == [2, 0, 1]


@given(st.integers(2, 40), st.floats(0.05, 0.9), st.integers(0, 9))
def test_groups_stay_whole(num_groups, fraction, seed):
    generator = np.random.default_rng(seed)
    groups = np.concatenate([np.arange(num_groups), generator.integers(num_groups, size=60)])
    kept, held = splits.hold_out_groups(groups, fraction, seed=seed)
    assert sorted([*kept, *held]) == list(range(len(groups)))
    assert not set(groups[kept]) & set(groups[held])
    assert len(kept)
    assert len(held)


def test_one_group_cannot_be_split():
    with pytest.raises(Problem, match="1 group"):
        splits.hold_out_groups(np.zeros(5, dtype=np.int64), 0.2, seed=0)


def test_the_latest_rows_are_held_out_and_one_moment_stays_together():
    times = np.array([3.0, 1.0, 2.0, 3.0, 0.0, 3.0])
    kept, held = splits.hold_out_latest(times, 0.2)
    assert (kept.tolist(), held.tolist()) == ([1, 2, 4], [0, 3, 5])
    with pytest.raises(Problem, match="one value"):
        splits.hold_out_latest(np.ones(4), 0.2)


def test_folds_are_even_in_every_stratum():
    strata = np.repeat([0, 1], [50, 25])
    numbers = splits.fold_numbers(strata, 5, seed=0)
    assert np.bincount(numbers).tolist() == [15] * 5
    assert all((strata[numbers == fold] == 1).sum() == 5 for fold in range(5))


def test_group_folds_keep_groups_whole_and_sizes_near():
    groups = np.repeat(np.arange(20), np.arange(1, 21))
    numbers = splits.group_fold_numbers(groups, 5, seed=0)
    assert all(len(set(numbers[groups == group])) == 1 for group in range(20))
    assert np.bincount(numbers).min() >= 38  # 210 rows in 5 folds of 42
    with pytest.raises(Problem, match="too few for 3 folds"):
        splits.group_fold_numbers(np.array([0, 1]), 3, seed=0)
