"""The course's texts in a terminal: paragraphs broken to the width, code and pictures as they stand."""

import re
from collections.abc import Iterator

from rich.text import Text

from torchwise.doctor.render import wrapped

WIDEST = 88
LINK = re.compile(r"\[([^\]]+)\]\([^)]+\)")
LIST = re.compile(r"(\s*)([-*]|\d+\.)\s+")


def rendered(text: str, width: int) -> Iterator[Text]:
    """The lines of a Markdown text, styled."""
    width = min(width, WIDEST)
    paragraph: list[str] = []
    fence: str | None = None
    block: list[str] = []
    for line in [*text.splitlines(), ""]:
        if line.startswith("```"):
            yield from _flowed(paragraph, width)
            if fence is None:
                fence, block = line[3:].strip(), []
            else:
                yield from _block(fence, block)
                fence = None
        elif fence is not None:
            block.append(line)
        elif not line.strip():
            if paragraph:
                yield from _flowed(paragraph, width)
                yield Text()
        elif line.startswith("#"):
            yield from _flowed(paragraph, width)
            yield Text(line.lstrip("# "), style="bold cyan")
        elif LIST.match(line):
            yield from _flowed(paragraph, width)
            paragraph.append(line)
        else:
            paragraph.append(line)
    yield from _flowed(paragraph, width)


def _flowed(paragraph: list[str], width: int) -> Iterator[Text]:
    """The paragraph as lines of the width; a list's item hangs. Empties it."""
    if not paragraph:
        return
    first = LIST.match(paragraph[0])
    indent = " " * len(first[0]) if first else ""
    text = _joined(line.strip() for line in paragraph)
    marker = first[0] if first else ""
    if first:
        text = text[len(first[0].lstrip()) :]
    for number, line in enumerate(wrapped(LINK.sub(r"\1", text), max(width - len(indent), 20))):
        yield Text.assemble(marker if number == 0 else indent, inline(line))
    paragraph.clear()


def _joined(lines: Iterator[str]) -> str:
    """Lines of one paragraph in a row: with a space between, but not between Chinese characters."""
    text = ""
    for line in lines:
        is_wide = bool(text) and bool(line) and ord(text[-1]) > 0x2E80 and ord(line[0]) > 0x2E80
        text += line if is_wide or not text else f" {line}"
    return text


def inline(text: str) -> Text:
    """Code and emphasis inside of a line; a span of code that the line break cut stays plain."""
    line = Text()
    for part in re.split(r"(`[^`]+`|\*\*[^*]+\*\*)", text):
        if part.startswith("`") and len(part) > 1:
            line.append(part[1:-1], style="cyan")
        elif part.startswith("**"):
            line.append(part[2:-2], style="bold")
        else:
            line.append(part)
    return line


def _block(kind: str, lines: list[str]) -> Iterator[Text]:
    """A fence: a program, its output, or a picture, which is drawn."""
    shown = "\n".join(lines)
    if kind == "picture":
        from torchwise.learn.pictures import drawn_picture  # which needs torch

        shown = drawn_picture(shown)
    style = "" if kind == "picture" else "green" if kind.startswith("python") else "dim"
    for line in shown.splitlines():
        yield Text(f"    {line}", style=style)
    yield Text()
