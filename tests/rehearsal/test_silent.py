"""Silent bugs are found at their line, nothing is said of the mended programs, and nothing sure of correct odd ones."""

import pytest

import clinic
import silence

OWN = tuple(f"TW{number}" for number in (202, *range(710, 790)))
PROGRAMS = [program for program in clinic.programs(silence.SILENT) if program.codes[0] in OWN]
ODD = sorted(silence.ODD.rglob("*.py"))


@pytest.mark.slow
@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.name)
def test_a_silent_bug_is_found(program):
    answer = silence.findings_of(program.text, program.path.name)
    assert answer["faults"] == []
    assert silence.is_found(program, answer), answer


@pytest.mark.slow
@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.name)
def test_nothing_sure_is_said_of_its_mended_twin(program):
    answer = silence.findings_of(program.twin, program.path.name)
    assert (answer["error"], answer["faults"]) == ("", [])
    assert [found for found in answer["findings"] if found["sure"]] == []


@pytest.mark.slow
@pytest.mark.parametrize("path", ODD, ids=lambda path: path.stem)
def test_nothing_sure_is_said_of_a_correct_odd_program(path):
    answer = silence.findings_of(path.read_text(encoding="utf-8"), path.name)
    assert (answer["error"], answer["faults"]) == ("", [])
    assert [found for found in answer["findings"] if found["sure"]] == []
