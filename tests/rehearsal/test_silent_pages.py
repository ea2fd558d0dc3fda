"""The pages of silent bugs: the first program gets the finding of its page, the mended one does not."""

import pytest

import pages
import silence

SILENT = [code for code in pages.codes("TW7") if pages.read(code, "en").kinds[:1] == ["check"]]


def test_there_are_some():
    assert len(SILENT) >= 13


@pytest.mark.slow
@pytest.mark.parametrize("code", SILENT)
def test_the_programs_of_a_page_do_what_it_says(code):
    broken, mended = (silence.findings_of(text, "program.py") for text in pages.read(code, "en").programs)
    assert broken["error"] == mended["error"] == ""
    assert code in [found["code"] for found in broken["findings"]], broken
    assert code not in [found["code"] for found in mended["findings"]], mended
    assert [found for found in mended["findings"] if found["sure"]] == []
