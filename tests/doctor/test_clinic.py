"""The clinic: every failing program is explained by code, culprit's line and numbers; on the mended nothing is said."""

import pytest

import clinic

PROGRAMS = clinic.programs()
_scores: dict[str, clinic.Score] = {}


def score_of(program):
    """Each program is run once, whatever is asked of it."""
    if program.name not in _scores:
        _scores[program.name] = clinic.score(program)
    return _scores[program.name]


@pytest.mark.slow
@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.name)
def test_a_failing_program_is_explained(program):
    score = score_of(program)
    told = score.answer["text"]
    if program.missed:  # said in the documentation too; a rule that learns it takes the mark away
        assert not score.is_full, f"it is explained now: {told}"
    else:
        assert (score.code, score.line, score.numbers) == (True, True, True), told


@pytest.mark.slow
@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.name)
def test_nothing_is_said_on_its_mended_twin(program):
    answer = clinic.run_forked(clinic.explained, program.twin, program.path.name)
    assert answer is not None and (answer["error"], answer["findings"]) == ("", []), answer
