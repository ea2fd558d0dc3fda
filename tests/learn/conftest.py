"""A small course that stays as it is, a process that grades, and a learner's folder."""

from pathlib import Path

import pytest

from torchwise.learn import course
from torchwise.learn.folder import make_folder
from torchwise.learn.standby import Standby

SMALL = Path(__file__).parent / "small_course"


@pytest.fixture(scope="session")
def standby():
    waiting = Standby()
    yield waiting
    waiting.close()


@pytest.fixture
def small(monkeypatch):
    """The small course instead of the real one; in this process only."""
    monkeypatch.setattr(course, "FOLDER", SMALL)
    course.chapters.cache_clear()
    yield SMALL
    course.chapters.cache_clear()


@pytest.fixture
def folder(small, tmp_path):
    """A learner's folder of the small course."""
    made = tmp_path / "torchwise-course"
    make_folder(made, "en")
    return made
