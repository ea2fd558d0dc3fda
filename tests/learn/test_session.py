"""The course as it is done, without a screen."""

import subprocess
import sys

import pytest

from torchwise.learn.course import exercises, find_exercise
from torchwise.learn.progress import Progress, load_progress, save_progress
from torchwise.learn.session import Session, found, summary
from torchwise.texts import ask_for_language, language, set_language

RIGHT = "def double(values):\n    return 2 * values\n"
WRONG = "def double(values):\n    return 3 * values\n"


@pytest.fixture
def session(folder, standby):
    made = Session(folder)
    made.standby = standby
    return made


def test_an_answer_is_graded_and_noted(session, folder):
    assert session.grade().message == "not_started"
    assert session.progress.attempts == {}
    session.file.write_text(WRONG)
    assert session.grade().message == "values.factor"
    session.file.write_text(RIGHT)
    assert session.grade().is_solved
    kept = load_progress(folder)
    assert (set(kept.solved), kept.attempts) == ({"double"}, {"double": 1})


def test_the_same_answer_again_is_no_further_attempt(session):
    session.file.write_text(WRONG)
    session.grade()
    session.grade()
    session.switch_language()
    session.grade()
    assert session.progress.attempts == {"double": 1}


def test_next_is_only_for_who_has_solved_it_as_it_is_now(session):
    session.file.write_text(WRONG)
    session.grade()
    session.go_on()
    assert (session.exercise.name, session.notice) == ("double", "not solved yet; `l` lists the others")
    session.file.write_text(RIGHT)
    session.grade()
    session.file.write_text(WRONG)
    assert not session.is_solved
    session.go_on()
    assert session.exercise.name == "double"
    session.file.write_text(RIGHT)
    session.go_on()
    assert (session.exercise.name, session.verdict) == ("mend", None)


def test_what_was_solved_stays_noted_when_it_is_broken_again(session):
    session.file.write_text(RIGHT)
    session.grade()
    session.file.write_text(WRONG)
    session.grade()
    assert "double" in session.progress.solved


def test_next_says_when_all_is_solved(session):
    for exercise in exercises():
        session.progress.solve(exercise)
    session.file.write_text(RIGHT)
    session.grade()
    session.go_on()
    assert session.notice == "all exercises are solved"


def test_a_file_that_is_gone_is_told(session):
    session.file.unlink()
    verdict = session.grade()
    assert verdict.message == "missing"
    assert "--reset double" in str(verdict.step)
    session.reset()
    assert session.grade().message == "not_started"


def test_three_hints_then_the_solution_after_a_yes(session):
    session.grade()
    session.show_solution(lambda: True)
    assert (session.shows_solution, session.notice) == (False, "first the hints: `h`, 3 to go")
    for number in (1, 2, 3):
        session.show_hint()
        assert (session.num_hints, session.is_help_newer) == (number, True)
    session.show_hint()
    assert session.notice == "there are no more hints; `s` shows the solution"
    session.show_solution(lambda: False)
    assert not session.shows_solution
    session.show_solution(lambda: True)
    assert session.shows_solution
    session.grade()
    assert not session.is_help_newer


def test_the_solution_needs_no_yes_once_it_is_solved(session):
    session.file.write_text(RIGHT)
    session.grade()
    session.show_solution(lambda: pytest.fail("asked"))
    assert session.shows_solution


def test_a_reset_keeps_the_answer_and_says_where(session, folder):
    session.file.write_text(WRONG)
    session.reset()
    assert (folder / "backups/00_first/double.py").read_text() == WRONG
    assert "backups" in session.notice


def test_the_language_is_kept(session, folder, standby):
    session.switch_language()
    assert (language(), load_progress(folder).language) == ("zh", "zh")
    set_language("en")
    Session(folder)
    assert language() == "zh"


def test_a_language_that_was_asked_for_is_the_one_that_counts(folder):
    ask_for_language("zh")
    try:
        Session(folder)
        assert language() == "zh"
    finally:
        ask_for_language(None)


def test_a_current_exercise_that_is_no_more_gives_the_first_unsolved(folder):
    save_progress(folder, Progress(current="gone", solved={"double": "2020-01-01"}))
    assert Session(folder).exercise.name == "mend"


def test_a_folder_that_was_moved_works(session, folder, tmp_path, standby):
    session.file.write_text(RIGHT)
    moved = tmp_path / "elsewhere, 别处"
    folder.rename(moved)
    again = Session(moved)
    again.standby = standby
    assert again.grade().is_solved


def test_the_search_takes_words_of_name_title_and_chapter(small):
    assert [exercise.name for exercise in found("")] == ["double", "mend", "total"]
    assert [exercise.name for exercise in found("TWICE much")] == ["double"]
    assert [exercise.name for exercise in found("second")] == ["total"]
    assert list(found("nothing like it")) == []
    set_language("zh")
    assert [exercise.name for exercise in found("两倍")] == ["double"]


def test_the_summary_counts_what_is_in_the_course(small):
    progress = Progress(solved={"double": "2026-01-02", "gone": "2026-01-02"}, hints={"mend": 2}, attempts={"mend": 4})
    data = summary(progress)
    assert data["solved"] == 1
    assert data["exercises"][:2] == [
        {"name": "double", "chapter": "00_first", "solved": "2026-01-02", "hints": 0, "attempts": 0},
        {"name": "mend", "chapter": "00_first", "solved": None, "hints": 2, "attempts": 4},
    ]
    assert find_exercise("mend").file == "00_first/mend.py"


def test_the_screen_is_there_before_torch():
    program = "import sys, torchwise.learn.terminal, torchwise.cli.learn; print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
