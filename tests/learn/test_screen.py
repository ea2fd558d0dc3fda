"""The pages as a learner sees them: golden files in both languages.

TORCHWISE_GOLDEN=1 rewrites them; read what changed.
"""

import os
from pathlib import Path

import pytest

from torchwise.doctor.render import columns
from torchwise.learn import screen
from torchwise.learn.course import exercises, find_exercise
from torchwise.learn.progress import Progress
from torchwise.learn.session import Session, found
from torchwise.texts import set_language

GOLDEN = Path(__file__).parent / "golden"
ANSWERS = {
    "the starter": None,
    "sum for mean": "def double(values):\n    return 6 * values\n",
    "a described mistake": "def double(values):\n    print('here')\n    return values ** 2\n",
    "an error": "def double(values):\n    return values @ values.unsqueeze(0)\n",
    "no Python": "def double(values:\n",
    "right": "def double(values):\n    return 2 * values\n",
}


def pages(folder, standby, language, width) -> str:
    """Every page there is, one below the other."""
    set_language(language)
    session = Session(folder)
    session.progress.language = set_language(language)
    session.standby = standby
    shown = {"grading": list(screen.page(session, width))}
    for name, answer in ANSWERS.items():
        if answer is not None:
            session.file.write_text(answer)
        session.grade()
        shown[name] = list(screen.page(session, width))
    session.show_hint()
    session.shows_solution = True
    session.notice = "a notice"
    shown["help"] = screen.page(session, width)
    shown["without keys"] = screen.page(session, width, has_keys=False)
    shown["the list"] = screen.listing(list(found("")), session.progress, "", 1, 10)
    shown["an empty list"] = screen.listing([], session.progress, "xyz", 0, 10)
    shown["the status"] = screen.status(session.progress)
    text = "\n".join(
        f"### {name}\n" + "\n".join(line.plain.rstrip() for line in lines) for name, lines in shown.items()
    )
    return text.replace(str(folder), "/home/you/torchwise-course") + "\n"


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_pages_read_as_they_did(folder, standby, language):
    found = pages(folder, standby, language, 80)
    golden = GOLDEN / f"pages.{language}.txt"
    if os.environ.get("TORCHWISE_GOLDEN"):
        golden.write_text(found, encoding="utf-8")
    assert found == golden.read_text(encoding="utf-8")


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("width", [60, 20])
def test_narrow_pages_stay_within_their_width(folder, standby, language, width):
    set_language(language)
    session = Session(folder)
    session.progress.language = set_language(language)
    lines = [part for line in screen.page(session, width) for part in line.plain.split("\n")]
    limit = max(width, 34)  # no narrower than a label and a few words
    assert [line for line in lines if columns(line) > limit and str(folder) not in line] == []


def test_a_long_list_shows_the_chosen_one(small):
    lines = [line.plain for line in screen.listing(exercises(), Progress(solved={"mend": "2026-01-01"}), "", 2, 1)]
    assert lines[2] == "›   1 · All together"
    assert len(lines) == 5


def test_the_course_of_a_learner_who_is_done(small):
    progress = Progress(solved={exercise.name: "2026-01-01" for exercise in exercises()})
    assert "█" * screen.BAR + " 3/3" in "\n".join(
        line.plain for line in screen.head(find_exercise("double"), progress, 80)
    )
