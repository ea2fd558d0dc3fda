"""The pages of the codes hold: both programs do what they say, and the two languages have the same shape.

python tools/pages.py [PREFIX ...]    check the pages whose code begins so (default: all)
"""

import re
import sys
from dataclasses import dataclass
from pathlib import Path

from clinic import outcome_of, run_forked

PAGES = Path(__file__).parent.parent / "src" / "torchwise" / "doctor" / "pages"
FENCE = re.compile(r"^```python(?: (?P<kind>[\w-]+))?\n(?P<code>.*?)^```$", re.M | re.S)
HEADINGS = {
    "en": ["How it comes about", "The smallest program that has it", "Mended", "In the tutorial"],
    "zh": ["怎么发生的", "有这个错误的最小程序", "改好之后", "在教程里"],
}


@dataclass(frozen=True, kw_only=True)
class Page:
    """A page in one language: its title, headings and two programs (with "cuda" turned to "meta" where it says so)."""

    code: str
    title: str
    headings: list[str]
    kinds: list[str]
    programs: list[str]


def read(code: str, language: str) -> Page:
    """The page of a code. Raises ValueError if its first line is not the code and a title."""
    text = (PAGES / f"{code}.{language}.md").read_text(encoding="utf-8")
    first = re.match(rf"# {code} (\S.*)\n", text)
    if first is None:
        raise ValueError(f"{code}.{language}.md does not begin with its code and title")
    blocks = list(FENCE.finditer(text))
    return Page(
        code=code, title=first[1], headings=re.findall(r"^## (.*)$", text, re.M),
        kinds=[block["kind"] or "" for block in blocks], programs=[block["code"] for block in blocks],
    )  # fmt: skip


def runnable(page: Page) -> list[str]:
    """The two programs as they can be run here; none for a page whose programs need a real GPU."""
    if "not-run" in page.kinds:
        return []
    return [
        text.replace("cuda", "meta") if kind == "cuda" else text
        for kind, text in zip(page.kinds, page.programs, strict=True)
    ]


def faults(code: str) -> list[str]:
    """What is wrong with the pages of a code."""
    english, chinese = read(code, "en"), read(code, "zh")
    found = []
    if english.programs != chinese.programs or english.kinds != chinese.kinds:
        found.append("the programs of the two languages differ")
    for page, language in ((english, "en"), (chinese, "zh")):
        if page.headings != HEADINGS[language]:
            found.append(f"{language}: the headings are {page.headings}")
    if len(english.programs) != 2:
        return [*found, f"{len(english.programs)} programs, not 2"]
    is_silent = english.kinds[0] == "check"  # what it does wrong raises nothing
    for text, must_fail in zip(runnable(english), (not is_silent, False), strict=False):
        outcome = run_forked(outcome_of, text, "program.py") or {"error": "it died", "line": 0}
        if bool(outcome["error"]) != must_fail:
            found.append(f"the {'failing' if must_fail else 'mended'} program: {outcome['error'] or 'raises nothing'}")
    return found


def codes(*prefixes: str) -> list[str]:
    """The codes that have an English page, in order."""
    return sorted({path.name[:5] for path in PAGES.glob("TW*.en.md") if path.name.startswith(prefixes or ("TW",))})


def main(words: list[str]) -> int:
    """Print the faults; exit 1 if there are any."""
    count = 0
    for code in codes(*words):
        for fault in faults(code):
            print(f"{code}: {fault}")
            count += 1
    print(f"{len(codes(*words))} codes, {count} faults")
    return 1 if count else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
