"""Markdown in a terminal."""

from torchwise.doctor.render import columns
from torchwise.learn.markdown import rendered


def plain(text, width=30):
    return [line.plain for line in rendered(text, width)]


def test_paragraphs_are_broken_to_the_width():
    text = "A text of several\nlines that is longer than thirty columns."
    lines = [line for line in plain(text) if line]
    assert " ".join(lines).split() == text.split()
    assert len(lines) == 3 or all(len(line) <= 30 for line in lines)


def test_chinese_is_joined_without_spaces_and_broken_by_its_columns():
    lines = [line for line in plain("张量乘一个数得到的还是张量\n形状不变而且数据类型也不变") if line]
    assert "".join(lines) == "张量乘一个数得到的还是张量形状不变而且数据类型也不变"
    assert all(columns(line) <= 30 for line in lines)


def test_an_item_of_a_list_hangs():
    lines = plain("- one item that is longer than one line of it\n- two")
    assert lines == ["- one item that is longer than", "  one line of it", "- two", ""]


def test_code_stands_as_it_is_and_a_comment_is_no_heading():
    assert plain("```python\n# a comment that is longer than the thirty columns\n```") == [
        "    # a comment that is longer than the thirty columns",
        "",
    ]


def test_a_picture_is_drawn():
    assert plain("```picture\ntorch.zeros(2)\n```") == ["    torch.zeros(2)  (2,) float32", "    [ 0.  0. ]", ""]


def test_headings_code_and_emphasis_have_a_style_and_no_marks():
    head, line = list(rendered("## Head\n\nUse `x` and **y**, [here](there.md).", 60))[:2]
    assert (head.plain, line.plain) == ("Head", "Use x and y, here.")
    assert [str(span.style) for span in line.spans] == ["cyan", "bold"]
