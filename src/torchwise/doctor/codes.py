"""The codes of the findings: their families, and the pages that explain them."""

import re
from pathlib import Path

from torchwise.texts import Text, language, note

PAGES = Path(__file__).parent / "pages"
FAMILIES: dict[str, Text] = {
    "TW0": note("building modules and optimizers"),
    "TW1": note("device"),
    "TW2": note("shape"),
    "TW3": note("memory"),
    "TW4": note("dtype"),
    "TW5": note("autograd"),
    "TW6": note("data and labels"),
    "TW7": note("training procedure"),
    "TW8": note("saving and loading"),
    "TW9": note("workers and environment"),
}
CODE = re.compile(r"TW\d{3}")


def codes() -> list[str]:
    """All codes, in order."""
    return sorted(path.name.removesuffix(".en.md") for path in PAGES.glob("TW*.en.md"))


def page(code: str) -> str:
    """The page of a code in the language in use, as Markdown. Raises KeyError for a code that is none."""
    path = PAGES / f"{code}.{language()}.md"
    if not CODE.fullmatch(code) or not path.is_file():
        raise KeyError(code)
    return path.read_text(encoding="utf-8")


def title(code: str) -> str:
    """What a code means, in a few words: the first line of its page."""
    return page(code).partition("\n")[0].removeprefix(f"# {code} ")
