"""The two languages, and the error class that carries what they say."""

import ast
import pickle
import subprocess
import sys
from pathlib import Path

import pytest

import torchwise as tw
from torchwise import texts

ROOT = Path(__file__).parent.parent


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({"LANG": "zh_CN.UTF-8"}, "zh"),
        ({"LANG": "en_GB.UTF-8"}, "en"),
        ({"LANG": "zh_CN.UTF-8", "LC_ALL": "C"}, "en"),
        ({"LANGUAGE": "zh:en", "LANG": "en_US.UTF-8"}, "zh"),
        ({}, "en"),
    ],
)
def test_the_language_is_that_of_the_locale(monkeypatch, environment, expected):
    for name in ("LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert texts.set_language() == expected


def test_a_note_is_rendered_in_the_language_of_its_reader():
    text = texts.note("rows: {sizes}", sizes="train 1")
    assert str(text) == "rows: train 1"
    texts.set_language("zh")
    assert str(text) != "rows: train 1"
    assert "train 1" in str(text)


def test_chinese_within_chinese_has_no_spaces_around_it():
    texts.set_language("zh")
    between = texts.note("{one} and {other}", one=texts.note("a tensor"), other="x")
    assert str(between) == "张量和 x"
    assert str(texts.note("{one} and {other}", one="x", other="价")) == "x 和 价"  # a name of the user's stays apart


def test_values_are_joined_in_the_language_of_the_reader():
    assert str(texts.either([1, 2, 3])) == "1 or 2 or 3"
    assert (str(texts.both(["a", "b"])), str(texts.both([]))) == ("a and b", "")
    texts.set_language("zh")
    assert str(texts.either([1, 2])) == "1 或 2"


def test_counts_choose_their_form():
    assert texts.trn("{count} row", "{count} rows", 1) == "1 row"
    assert texts.trn("{count} row", "{count} rows", 1200) == "1,200 rows"


def test_the_chinese_catalogue_is_complete_and_compiled():
    done = subprocess.run([sys.executable, ROOT / "tools" / "catalogue.py", "--check"], capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_a_problem_survives_a_worker_process():
    problem = tw.Problem("what", why="why", fix="fix")
    again = pickle.loads(pickle.dumps(problem))
    assert (str(again), again.fix) == ("what\nwhy: why\nfix: fix", "fix")


def test_no_text_hides_in_an_f_string():
    # The collector of messages does not look into them.
    hidden = []
    for path in (ROOT / "src").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.JoinedStr):
                calls = [inner for inner in ast.walk(node) if isinstance(inner, ast.Call)]
                names = {call.func.id for call in calls if isinstance(call.func, ast.Name)}
                hidden += [f"{path.name}:{node.lineno}"] * bool(names & {"tr", "trn", "note"})
    assert hidden == []
