"""The course on a real terminal (a pty): the real chapters, real saves, real keys."""

import codecs
import os
import re
import select
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from torchwise.doctor.render import columns
from torchwise.learn.course import chapters, exercises
from torchwise.learn.progress import load_progress
from torchwise.texts import set_language

if sys.platform == "win32":
    pytest.skip("a pty is POSIX", allow_module_level=True)

import fcntl
import struct
import termios

pytestmark = pytest.mark.slow
PATIENCE_S = 120.0  # a busy machine, torch from a cold disk
CLEAR = "\x1b[2J"


class Screen:
    """torchwise learn in a terminal of its own. `page` is what was drawn since the last clearing."""

    def __init__(
        self,
        folder: Path,
        lines: int = 50,
        columns: int = 100,
        language: str = "en",
        words: tuple[str, ...] = ("--yes",),
    ) -> None:
        self.master, self.slave = os.openpty()
        fcntl.ioctl(self.slave, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
        self.before = termios.tcgetattr(self.slave)
        self.text, self.decoder = "", codecs.getincrementaldecoder("utf-8")("replace")
        environment = {**os.environ, "LANGUAGE": language, "TERM": "xterm-256color", "TTY": os.ttyname(self.slave)}
        for name in ("COLUMNS", "LINES", "NO_COLOR"):
            environment.pop(name, None)
        # The shell leads a session, and the terminal that it opens is the one whose Ctrl-C comes to it.
        command = [
            "sh",
            "-c",
            'exec "$0" "$@" <"$TTY" >"$TTY" 2>&1',
            sys.executable,
            "-m",
            "torchwise",
            "learn",
            str(folder),
            *words,
        ]
        self.process = subprocess.Popen(command, env=environment, start_new_session=True)

    @property
    def page(self) -> str:
        return re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", self.text.rpartition(CLEAR)[2]).replace("\r\n", "\n")

    def read(self) -> None:
        if select.select([self.master], [], [], 0.1)[0]:
            self.text += self.decoder.decode(os.read(self.master, 65536))

    def wait(self, *wanted: str, without: str = "\0") -> str:
        """Until the page has all that is wanted, and not what it should be without. Returns it."""
        end = time.monotonic() + PATIENCE_S
        while not (all(text in self.page for text in wanted) and without not in self.page):
            assert time.monotonic() < end and self.process.poll() is None, f"{wanted} is not on\n{self.page}"
            self.read()
        return self.page

    def press(self, *keys: str) -> None:
        for key in keys:
            os.write(self.master, key.encode())

    def end(self) -> int:
        """The exit status; the terminal is then as it was."""
        end = time.monotonic() + PATIENCE_S
        while self.process.poll() is None:
            assert time.monotonic() < end
            self.read()
        assert termios.tcgetattr(self.slave) == self.before
        return self.process.returncode

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        os.close(self.master)
        os.close(self.slave)


@pytest.fixture
def opened():
    """Opens screens and ends them after the test."""
    screens = []

    def start(*arguments, **named) -> Screen:
        screens.append(Screen(*arguments, **named))
        return screens[-1]

    yield start
    for screen in screens:
        screen.close()


def save(folder: Path, exercise, text: str) -> None:
    """Save as editors do: beside it, then renamed."""
    beside = folder / exercise.file.replace(".py", ".py.swp")
    beside.write_text(text, encoding="utf-8")
    beside.replace(folder / exercise.file)


def test_a_learner_does_the_first_exercise(opened, tmp_path):
    folder, exercise = tmp_path / "course", exercises()[0]
    screen = opened(folder)
    page = screen.wait("not started", "q quit")
    assert exercise.task().title in page
    screen.press("n")
    screen.wait("not solved yet")
    for number, hint in enumerate(exercise.hints(), start=1):
        screen.press("h")
        assert hint.split()[0].strip("`*") in screen.wait(f"hint {number}")
    screen.press("h")
    screen.wait("no more hints")
    screen.press("s")
    screen.wait("y / n")
    screen.press("n")
    screen.wait("q quit", without="one solution")
    screen.press("s")
    screen.wait("y / n")
    screen.press("y")
    screen.wait("one solution")
    save(folder, exercise, "1 / 0\n")
    screen.wait("line 1 raises ZeroDivisionError")
    screen.press("e")
    screen.wait("any key: back", "ZeroDivisionError")
    save(folder, exercise, exercise.solution)  # while a text is read
    screen.press(" ")
    screen.wait("✓ right!")
    screen.press("r")
    screen.wait("not started", "your answer is kept in")
    save(folder, exercise, exercise.solution)
    screen.wait("✓ right!", f"1/{len(exercises())}")
    screen.press("n")
    screen.wait(exercises()[1].task().title, "not started")
    screen.press("q")
    assert screen.end() == 0
    assert set(load_progress(folder).solved) == {exercise.name}


def test_a_learner_goes_through_the_first_chapter(opened, tmp_path):
    folder = tmp_path / "course"
    screen = opened(folder)
    for exercise in chapters()[0].exercises:
        screen.wait(exercise.task().title, "not started")
        save(folder, exercise, exercise.solution)
        screen.wait("✓ right!")
        screen.press("n")
    screen.wait(f"{chapters()[1].number} · {chapters()[1].text().title}")
    screen.press("q")
    assert screen.end() == 0


def test_the_list_the_text_and_the_language(opened, tmp_path):
    exercise = exercises()[-1]
    screen = opened(tmp_path / "course")
    screen.wait("not started")
    screen.press("c")
    screen.wait("Esc")
    screen.press("\x1b")
    screen.wait("not started")
    screen.press("l")
    screen.wait("search:")
    screen.press(*"zzqq")
    screen.wait("no exercise fits")
    screen.press(*"\x7f\x7f\x7f\x7f", *exercise.name)
    screen.wait(f"search: {exercise.name}")
    screen.press("\x1b[A", "\x1b[B", "\r")
    screen.wait(exercise.task().title, "not started")
    screen.press("t")
    screen.wait("English", "q ")
    screen.press("t")
    screen.wait("q quit", "中文")
    screen.press("e")
    screen.wait("no error to explain")
    screen.press("q")
    assert screen.end() == 0
    assert load_progress(tmp_path / "course").current == exercise.name


def test_a_small_terminal_shows_the_verdict_and_the_keys_last(opened, tmp_path):
    folder, exercise = tmp_path / "course", exercises()[0]
    screen = opened(folder, lines=20, columns=60)
    screen.wait("not started", "q quit")
    save(folder, exercise, "print('a\\n' * 100)\n1 / 0\n")
    page = screen.wait("raises ZeroDivisionError", "q quit")
    assert "ZeroDivisionError" in "\n".join(page.rstrip().splitlines()[-19:])
    screen.press("h")
    page = screen.wait("hint 1", "q quit")
    assert "hint 1" in "\n".join(page.rstrip().splitlines()[-19:])


@pytest.mark.parametrize("way", ["Ctrl-C", "Ctrl-D", "hang-up"])
def test_other_ways_to_end_leave_the_terminal_as_it_was(opened, tmp_path, way):
    folder, exercise = tmp_path / "course", exercises()[0]
    screen = opened(folder)
    screen.wait("not started")
    if way == "Ctrl-C":  # in the middle of a grading
        save(folder, exercise, "while True:\n    pass\n")
        screen.wait("grading")
        screen.press("\x03")
        assert screen.end() == 130
        assert "interrupted" in screen.text
    elif way == "Ctrl-D":
        screen.press("\x04")
        assert screen.end() == 0
    else:
        os.kill(screen.process.pid, signal.SIGTERM)
        assert screen.end() == 128 + signal.SIGTERM
    assert "Traceback" not in screen.text


def test_a_file_that_is_deleted_is_told_and_comes_back(opened, tmp_path):
    folder, exercise = tmp_path / "course", exercises()[0]
    screen = opened(folder, words=("--yes", "--poll"))
    screen.wait("not started")
    (folder / exercise.file).unlink()
    screen.wait("is not there")
    screen.press("r")
    screen.wait("not started")
    assert (folder / exercise.file).exists()


def test_it_asks_before_it_makes_a_folder(opened, tmp_path):
    screen = opened(tmp_path / "course", words=())
    screen.wait("make the course in")
    screen.press("n", "\n")
    assert screen.end() == 2
    assert not (tmp_path / "course").exists()


def test_chinese_fits_the_terminal(opened, tmp_path):
    set_language("zh")
    screen = opened(tmp_path / "course", lines=20, columns=60, language="zh")
    page = screen.wait("○", "r ", "English")
    assert exercises()[0].task().title in page
    assert all(columns(line) <= 60 for line in page.splitlines() if "/" not in line)
    screen.press("q")
    assert screen.end() == 0
