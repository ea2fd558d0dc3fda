"""Correct programs that look odd: they run under the doctor as without it, and nothing is said."""

import pytest

import clinic

ODD = sorted((clinic.ROOT / "tests" / "odd").glob("*.py"))


def test_there_are_enough():
    assert len(ODD) >= 25


@pytest.mark.slow
@pytest.mark.parametrize("path", ODD, ids=lambda path: path.stem)
def test_nothing_is_said_on_a_correct_program(path):
    answer = clinic.run_forked(clinic.explained, path.read_text(encoding="utf-8"), path.name)
    assert answer is not None and (answer["error"], answer["findings"]) == ("", []), answer
