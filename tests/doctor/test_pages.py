"""The pages: each failing program gives its code, each mended one ends well, and the two languages say the same."""

import pytest

import clinic
import pages
from torchwise.doctor import codes
from torchwise.texts import set_language

CODES = codes.codes()
RAISING = [code for code in CODES if "check" not in pages.read(code, "en").kinds]  # the others: test_silent_pages.py


def test_there_are_at_least_seventy_codes_in_known_families():
    assert len(CODES) >= 70
    assert all(code[:3] in codes.FAMILIES for code in CODES)


@pytest.mark.parametrize("code", CODES)
def test_the_two_languages_have_the_same_shape(code):
    english, chinese = pages.read(code, "en"), pages.read(code, "zh")
    assert (english.programs, english.kinds) == (chinese.programs, chinese.kinds)
    assert (english.headings, chinese.headings) == (pages.HEADINGS["en"], pages.HEADINGS["zh"])
    assert len(english.programs) == 2
    for language in ("en", "zh"):
        set_language(language)
        assert codes.title(code) in codes.page(code)


@pytest.mark.slow
@pytest.mark.parametrize("code", RAISING)
def test_the_failing_program_gives_its_code_and_the_mended_one_nothing(code):
    programs = pages.runnable(pages.read(code, "en"))
    if not programs:
        assert "not-run" in pages.read(code, "en").kinds
        return
    failing, mended = programs
    answer = clinic.run_forked(clinic.explained, failing, "program.py")
    assert answer is not None, "the process died"
    assert [finding["code"] for finding in answer["findings"]][:1] == [code], answer["text"] or answer["error"]
    answer = clinic.run_forked(clinic.explained, mended, "program.py")
    assert answer is not None and answer["error"] == "", answer
