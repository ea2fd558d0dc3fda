"""Texts of the course: Markdown with a title and sections, one file a language."""

from dataclasses import dataclass
from pathlib import Path

from torchwise.texts import language


@dataclass(frozen=True, kw_only=True)
class Sections:
    """A title, the text under it, and the sections by their headings, in order."""

    title: str
    text: str
    parts: dict[str, str]

    def whole(self) -> str:
        """The text with its sections, without the title."""
        return "\n\n".join([self.text, *(f"## {heading}\n\n{part}" for heading, part in self.parts.items())])


def read_sections(folder: Path, name: str) -> Sections:
    """The text `name`.en.md or `name`.zh.md of a folder, in the language in use.

    Raises ValueError if it doesn't begin with a title.
    """
    return parsed((folder / f"{name}.{language()}.md").read_text(encoding="utf-8"))


def parsed(text: str) -> Sections:
    """The title, text and sections of a Markdown text; a `#` inside a fence is code."""
    title, heading, is_code = "", "", False
    parts: dict[str, list[str]] = {"": []}
    for line in text.splitlines():
        is_code ^= line.startswith("```")
        if line.startswith("# ") and not is_code and not title:
            title = line[2:].strip()
        elif line.startswith("## ") and not is_code:
            heading = line[3:].strip()
            parts[heading] = []
        else:
            parts[heading].append(line)
    if not title:
        raise ValueError("a text of the course begins with its title")
    whole = {heading: "\n".join(lines).strip() for heading, lines in parts.items()}
    return Sections(title=title, text=whole.pop(""), parts=whole)
