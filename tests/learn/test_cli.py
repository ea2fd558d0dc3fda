"""torchwise learn without the screen."""

import io
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from torchwise.cli import main

RIGHT = "def double(values):\n    return 2 * values\n"


@pytest.fixture
def learn(capsys, monkeypatch, folder):
    """Runs the command in the folder of the small course; gives its status and what it printed."""
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.setattr(sys, "stdin", io.StringIO())

    def run(*words, where=folder):
        status = main(["learn", *([str(where)] if where else []), *map(str, words)])
        captured = capsys.readouterr()
        return status, captured.out + captured.err

    return run


def test_the_status_shows_what_is_solved(learn, folder):
    (folder / "00_first/double.py").write_text(RIGHT)
    learn("--grade", "double")
    status, printed = learn("--status")
    assert status == 0
    assert printed == (
        "0 · First things  1/2\n  ✓ double  Twice as much\n    mend  Mend the program\n"
        "1 · Second things  0/1\n    total  All together\n"
    )


def test_grading_ends_with_0_if_it_is_solved_else_1(learn, folder):
    assert learn("--grade", "double")[0] == 1
    (folder / "00_first/double.py").write_text(RIGHT)
    assert learn("--grade", "double") == (0, "✓ right!\n")
    assert learn("--grade", "00_first/double.py")[0] == 0
    status, printed = learn("--grade", "mend")
    assert (status, 'current = "double"' in (folder / "progress.toml").read_text()) == (1, True)
    assert "key" not in printed


def test_a_file_that_is_gone_is_told_how_to_get_it_back(learn, folder):
    (folder / "00_first/double.py").unlink()
    status, printed = learn("--grade", "double")
    assert status == 1
    assert "--reset double" in printed


def test_a_reset_keeps_the_answer(learn, folder):
    (folder / "00_first/double.py").write_text(RIGHT)
    status, printed = learn("--reset", "double")
    assert (status, str(folder / "backups/00_first/double.py") in printed) == (0, True)
    (folder / "00_first/double.py").unlink()
    assert learn("--reset", "double") == (0, "the starter again\n")


def test_an_export_is_json_for_a_teacher(learn, tmp_path):
    assert learn("--export", tmp_path / "results.json") == (0, f"written to {tmp_path / 'results.json'}\n")
    data = json.loads((tmp_path / "results.json").read_text(encoding="utf-8"))
    assert (data["version"], data["solved"], len(data["exercises"])) == (1, 0, 3)


@pytest.mark.parametrize("words", [("--grade", "doubel"), ("--reset", "doubel")])
def test_a_slip_in_a_name_gets_a_proposal(learn, words):
    status, printed = learn(*words)
    assert (status, "did you mean double?" in printed) == (2, True)


@pytest.mark.parametrize(
    "words", [(), ("--status",), ("--grade", "double"), ("--export", "x.json"), ("--reset", "double")]
)
def test_without_a_course_and_nobody_to_ask_nothing_is_made(learn, tmp_path, words):
    status, printed = learn(*words, where=tmp_path / "nowhere")
    assert status == 2
    assert "torchwise learn" in printed
    assert not (tmp_path / "nowhere").exists()


def test_with_yes_it_is_made(learn, tmp_path):
    assert learn("--yes", "--status", where=tmp_path / "new")[0] == 0
    assert (tmp_path / "new/00_first/double.py").exists()


def test_other_files_are_left_alone(learn, tmp_path):
    (tmp_path / "full").mkdir()
    (tmp_path / "full/mine.txt").write_text("mine")
    status, printed = learn("--yes", where=tmp_path / "full")
    assert (status, "has other files in it" in printed) == (2, True)
    assert [path.name for path in (tmp_path / "full").iterdir()] == ["mine.txt"]


@pytest.mark.parametrize(("answer", "is_made"), [("y", True), ("n", False), ("", False), (None, False)])
def test_it_asks_first(learn, tmp_path, monkeypatch, answer, is_made):
    class Keyboard(io.StringIO):
        def isatty(self):
            return True

    monkeypatch.setattr(sys, "stdin", Keyboard("" if answer is None else f"{answer}\n"))
    from torchwise.cli import learn as command

    monkeypatch.setattr(command, "_run", lambda *_, **__: None)
    assert learn(where=tmp_path / "new")[0] == (0 if is_made else 2)
    assert (tmp_path / "new").exists() == is_made


def test_the_course_around_the_working_folder_is_found(learn, folder, monkeypatch):
    monkeypatch.chdir(folder / "00_first")
    assert learn("--status", where=None)[0] == 0


def test_damaged_progress_is_told(learn, folder):
    (folder / "progress.toml").write_text("solved = [")
    status, printed = learn("--status")
    assert (status, "progress.toml could not be read" in printed) == (2, True)


@pytest.mark.parametrize("polling", [(), ("--poll",)])
@pytest.mark.slow
def test_without_a_terminal_each_save_is_graded_as_lines(tmp_path, polling):
    """The real course: the first exercise, then another one, saved by renaming."""
    folder = tmp_path / "course"
    command = [sys.executable, "-m", "torchwise", "learn", str(folder), "--yes", *polling]
    environment = {**os.environ, "LANGUAGE": "en", "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True, env=environment
    ) as process:
        lines = []
        while not lines or "not started" not in lines[-1]:
            lines.append(process.stdout.readline())
        time.sleep(1)  # the watch begins
        from torchwise.learn.course import exercises

        exercise = exercises()[-1]
        written = tmp_path / "written.py"
        written.write_text(exercise.solution, encoding="utf-8")
        written.replace(folder / exercise.file)
        while "right!" not in lines[-1]:
            lines.append(process.stdout.readline())
            assert lines[-1], "it ended"
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 130
    assert exercise.name in Path(folder / "progress.toml").read_text(encoding="utf-8")
