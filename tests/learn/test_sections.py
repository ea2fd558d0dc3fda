"""Texts of the course, cut into title and sections."""

import pytest

from torchwise.learn.course import exercises
from torchwise.learn.sections import parsed
from torchwise.texts import set_language


def test_a_text_has_a_title_a_text_and_sections_in_order():
    text = parsed("# Title\n\nSome text.\n\n## One\n\na\n\n## Two\n\nb\n")
    assert (text.title, text.text, list(text.parts.items())) == ("Title", "Some text.", [("One", "a"), ("Two", "b")])


def test_a_comment_in_code_is_no_heading():
    text = parsed("# Title\n\n```python\n# no title\n## no section\n```\n")
    assert text.parts == {}
    assert "## no section" in text.text


def test_a_text_without_a_title_is_an_error():
    with pytest.raises(ValueError, match="begins with its title"):
        parsed("Some text.")


@pytest.mark.parametrize(
    ("language", "hint", "step", "reading"),
    [("en", "What does `+` do?", "Use one star.", "Twice"), ("zh", "`+` 是做什么的？", "只用一个星号。", "两倍")],
)
def test_an_exercise_has_hints_mistakes_and_a_section_to_read(small, language, hint, step, reading):
    set_language(language)
    exercise = exercises()[0]
    assert (exercise.hints()[0], len(exercise.hints())) == (hint, 3)
    assert exercise.mistake("squared")[1] == step
    assert exercise.reading() == reading
    with pytest.raises(KeyError):
        exercise.mistake("unheard_of")
