"""Answers of every kind, each run in a process of its own."""

import time

import pytest

from torchwise.learn.course import exercises, find_exercise
from torchwise.learn.failing import MOST_ERROR
from torchwise.learn.running import MOST_OUTPUT, Tail

RIGHT = "def double(values):\n    return 2 * values\n"
CHAINED = """
def double(values):
    try:
        1 / 0
    except ZeroDivisionError as error:
        raise KeyError from error
"""
STUBBORN = """
while True:
    try:
        while True:
            pass
    except BaseException:
        pass
"""
SEVERAL = "raise ExceptionGroup('two', [ValueError('one'), KeyError('other')])\n"
THREAD = "import threading, time\nthreading.Thread(target=time.sleep, args=(60,)).start()\n"
WORKERS = "from torch.utils.data import DataLoader\nlist(DataLoader([1, 2], num_workers=1))\n"
# the message, what the verdict names, and the file
ANSWERS = {
    "right": ("solved", "", RIGHT),
    "with a BOM and CRLF": ("solved", "", "\ufeff# Grüße\r\n" + RIGHT.replace("\n", "\r\n")),
    "empty": ("missing_name", "double", ""),
    "written, but empty": ("not_started", "double()", "import torch\n\n\ndef double(values):\n    x = 2\n    ...\n"),
    "no Python": ("syntax", "line 1", "def double(values:\n"),
    "a null byte": ("syntax", "null bytes", RIGHT + "\0"),
    "raises at once": ("raised", "ZeroDivisionError", "1 / 0\n"),
    "raises when it is called": ("raised", "line 2", "def double(values):\n    return values + print\n"),
    "raises from another error": ("raised", "line 6", CHAINED),
    "raises several": ("raised", "ExceptionGroup", SEVERAL),
    "recurses for ever": ("raised", "RecursionError", "def double(values):\n    return double(values)\n"),
    "asks": ("raised", "input()", "input('a number? ')\n"),
    "exits": ("exit", "exit()", "import sys\nsys.exit(0)\n"),
    "interrupts": ("raised", "KeyboardInterrupt", "raise KeyboardInterrupt\n"),
    "ends Python": ("died", "os._exit", "import os\nos._exit(0)\n"),
    "a loop without end": ("too_slow", "(line ", "while True:\n    pass\n"),
    "a loop that catches everything": ("too_slow", "1 s", STUBBORN),
    "waits in C code": ("too_slow", "line 2", "import time\ntime.sleep(60)\n"),
    "a thread without end": ("solved", "", THREAD + RIGHT),
    "workers of a DataLoader": ("solved", "", WORKERS + RIGHT),
    "what the grader can't use": (
        "not_a_tensor.callable",
        "double(values)",
        "def double(values):\n    return double\n",
    ),
    "other arguments": ("unusable", "TypeError", "def double():\n    return 3\n"),
}


@pytest.fixture
def answered(small, standby, tmp_path):
    def grade(text: str, **named):
        file = tmp_path / "double.py"
        file.write_bytes(text.encode() if isinstance(text, str) else text)
        return standby.grade(exercises()[0], file, limit_s=1.0, **named)

    return grade


@pytest.mark.parametrize("name", ANSWERS)
def test_whatever_an_answer_does_becomes_a_verdict(answered, name):
    message, named, text = ANSWERS[name]
    verdict = answered(text)
    assert verdict.message == message, verdict
    assert named in "\n".join(verdict.packed().values()).replace("double.py", "")


def test_a_traceback_is_cut_to_the_learners_file_with_the_errors_it_came_from(answered):
    verdict = answered(ANSWERS["raises from another error"][2])
    assert verdict.error.count("File ") == 2
    assert "torchwise" not in verdict.error.replace("test_", "")
    assert verdict.explained


def test_a_file_in_another_encoding_is_told_so(answered):
    verdict = answered("# 注释\n".encode("gbk"))
    assert (verdict.message, verdict.step) == ("unreadable", "save it as UTF-8 in your editor")


def test_a_file_that_is_gone_is_told_so(small, standby, tmp_path):
    assert standby.grade(exercises()[0], tmp_path / "gone.py").message == "unreadable"


def test_what_it_prints_is_kept_to_its_end(answered):
    verdict = answered("import sys\nprint('first')\nprint('x' * 100_000)\nprint('last', file=sys.stderr)\n" + RIGHT)
    assert verdict.output.startswith("...\n")
    assert verdict.output.endswith("last\n")
    assert len(verdict.output) == MOST_OUTPUT + 4


def test_an_endless_output_is_cut_and_takes_no_memory(answered):
    verdict = answered("while True:\n    print('x' * 10_000)\n")
    assert verdict.message == "too_slow"
    assert len(verdict.output) == MOST_OUTPUT + 4
    tail = Tail()
    tail.write("a" * 3 * MOST_OUTPUT)
    assert len(tail.text) == MOST_OUTPUT


def test_a_long_error_is_cut(answered):
    assert len(answered("raise ValueError('x' * 100_000)\n").error) <= MOST_ERROR


def test_what_goes_past_python_does_not_reach_the_terminal(answered, capfd):
    assert answered("import os\nos.write(1, b'across')\nos.system('echo the page')\n" + RIGHT).is_solved
    assert capfd.readouterr() == ("", "")


def test_a_warning_is_shown_and_counts_where_it_must(answered):
    text = "import warnings\nwarnings.warn('old')\n" + RIGHT
    assert "UserWarning: old" in answered(text).output
    assert answered(text, is_strict=True).message == "raised"


def test_a_starter_that_fails_is_not_started_and_its_error_is_shown(small, standby):
    exercise = find_exercise("mend")
    verdict = standby.grade(exercise, exercise.folder / "starter.py")
    assert verdict.message == "not_started"
    assert "RuntimeError" in verdict.error
    assert "torch.ones" in verdict.step


def test_each_grading_begins_clean(answered):
    dirty = "import torch\ntorch.leaked = 1\ntorch.set_default_dtype(torch.float64)\nopen('left.txt', 'w').close()\n"
    clean = (
        "import torch, os\nassert not hasattr(torch, 'leaked')\n"
        "assert torch.get_default_dtype() == torch.float32\nassert os.path.exists('left.txt')\n"
    )
    assert answered(dirty + RIGHT).is_solved
    assert answered(clean + RIGHT).is_solved


def test_the_seed_decides_the_hidden_inputs_and_what_is_random(answered):
    text = "import random, numpy, torch\nprint(random.random(), numpy.random.rand(), torch.rand(1))\n" + RIGHT
    assert answered(text, seed=5).output == answered(text, seed=5).output
    assert answered(text).output != answered(text).output


def test_grading_is_fast_enough(answered, standby):
    # Printed, not compared: the machine that tests may be busy.
    standby.warm_up()
    time.sleep(1)
    start = time.perf_counter()
    assert answered(RIGHT).is_solved
    print(f"graded in {time.perf_counter() - start:.3f} s")


def test_a_process_that_died_while_waiting_is_replaced(answered, standby):
    standby.warm_up()
    standby._process.kill()
    standby._process.join()
    assert answered(RIGHT).is_solved


def test_a_process_that_dies_as_it_is_asked_gives_a_verdict(answered, standby, monkeypatch):
    standby.warm_up()
    monkeypatch.setattr(standby, "warm_up", lambda: None)
    standby._process.kill()
    standby._process.join()
    assert answered(RIGHT).message in ("not_graded", "died")
