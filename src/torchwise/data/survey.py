"""A made-up survey in the layout of the tutorial's last section: five days of answers, and who tested positive."""

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

SEED = 2020
NUM_SAMPLES = 2_700
NUM_DAYS = 5
STATES = (
    *("AL", "AK", "AZ", "AR", "CA", "CO", "CT", "FL", "GA", "ID", "IL", "IN", "IA", "KS", "KY", "LA", "MD", "MA", "MI"),
    *("MN", "MS", "MO", "NE", "NV", "NJ", "NM", "NY", "NC", "OH", "OK", "OR", "RI", "SC", "TX", "UT", "VA", "WA"),
)

# Each answer: the usual per cent, its spread between states, and what the wave of infections adds to it.
ANSWERS = {
    "cli": (0.9, 0.15, 0.55),
    "ili": (1.0, 0.15, 0.55),
    "hh_cmnty_cli": (17.0, 3.0, 9.0),
    "nohh_cmnty_cli": (12.0, 2.5, 7.5),
    "wearing_mask": (80.0, 7.0, 1.5),
    "travel_outside_state": (9.0, 2.5, -0.6),
    "work_outside_home": (31.0, 3.0, -1.0),
    "shop": (57.0, 3.0, -1.8),
    "restaurant": (20.0, 5.0, -1.5),
    "spent_time": (39.0, 4.5, -1.8),
    "large_event": (12.0, 3.5, -1.0),
    "public_transit": (2.5, 1.2, -0.1),
    "anxious": (15.0, 1.8, 1.0),
    "depressed": (12.5, 1.6, 0.6),
    "worried_finances": (43.0, 4.0, 0.8),
}
TARGET = "tested_positive"


def survey_columns() -> dict[str, pa.Array]:
    """One row a sample: `id`, a 0 or 1 for each of 37 states, and 16 answers in per cent on each of 5 days.

    The answers of the first day are `cli`, `ili` ..., of the second `cli.1`, `ili.1` ...; the last column,
    `tested_positive.4`, is to be predicted. The day before tells most of it and the illness seen around some more, on
    straight lines; crowds without masks tell a little that only a curved model finds.
    """
    rng = np.random.default_rng(SEED)
    state = rng.integers(len(STATES), size=NUM_SAMPLES)
    answers = {name: _answer(rng, state, usual, spread) for name, (usual, spread, _) in ANSWERS.items()}
    level, trend = _wave(rng)
    for name, (_, _, effect) in ANSWERS.items():
        answers[name] = answers[name] + effect * level
        noise = abs(effect) * 0.05 + 0.01
        answers[name] = np.clip(answers[name] + rng.normal(0, noise, answers[name].shape), 0.01, 99.9)
    positive = _positive(rng, answers, level, trend)
    columns: dict[str, pa.Array] = {"id": pa.array(np.arange(NUM_SAMPLES))}
    for index, code in enumerate(STATES):
        columns[code] = pa.array((state == index).astype(np.int64))
    for day in range(NUM_DAYS):
        ending = f".{day}" if day else ""
        for name, values in (answers | {TARGET: positive}).items():
            columns[name + ending] = pa.array(np.round(values[:, day], 7))
    return columns


def _answer(rng: np.random.Generator, state: NDArray[np.int64], usual: float, spread: float) -> NDArray[np.float64]:
    """(samples, days), per cent: the state's own share, a sample's deviation, and a slow drift over the days."""
    of_state = rng.normal(usual, spread, len(STATES))[state]
    of_sample = rng.normal(0, spread * 0.35, NUM_SAMPLES)
    drift = rng.normal(0, spread * 0.06, (NUM_SAMPLES, NUM_DAYS)).cumsum(axis=1)
    answers: NDArray[np.float64] = np.maximum((of_state + of_sample)[:, None] + drift, 0.02 * usual)
    return answers


def _wave(rng: np.random.Generator) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """(samples, days) how high the wave of infections stands, about -1 to 3; and (samples,) its daily change."""
    start = rng.gamma(2.0, 0.6, NUM_SAMPLES) - 1.0
    trend = rng.normal(0.0, 0.07, NUM_SAMPLES)
    days = np.arange(NUM_DAYS)
    return start[:, None] + trend[:, None] * days, trend


def _positive(
    rng: np.random.Generator,
    answers: dict[str, NDArray[np.float64]],
    level: NDArray[np.float64],
    trend: NDArray[np.float64],
) -> NDArray[np.float64]:
    """(samples, days), per cent of tests that are positive."""
    crowds = np.tanh((answers["large_event"] - 12.0) / 5.0 + (answers["restaurant"] - 20.0) / 8.0)
    unmasked = np.clip((84.0 - answers["wearing_mask"]) / 8.0, 0.0, None)
    # What crowds without masks spread shows on the last day, so that yesterday's value cannot tell it.
    delay = np.array([0.0, 0.0, 0.0, 0.2, 1.0])
    expected = 11.0 + 7.0 * level + 5.0 * trend[:, None] + 1.8 * crowds * unmasked * delay
    noise = rng.normal(0, 0.55, expected.shape) + rng.normal(0, 0.6, (len(expected), 1))
    positive: NDArray[np.float64] = np.maximum(expected + noise, 0.2 + 0.1 * rng.random(expected.shape))
    return positive
