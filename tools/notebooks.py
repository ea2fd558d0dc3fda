"""The chapters of the course as notebooks, one for each chapter and language.

python tools/notebooks.py [FOLDER]    write them (default: docs/_build/notebooks)
"""

import re
import sys
from pathlib import Path

import jupytext

from torchwise.learn.course import Chapter, chapters
from torchwise.learn.pictures import drawn_picture
from torchwise.texts import set_language

OUT = Path(__file__).parent.parent / "docs" / "_build" / "notebooks"
FENCE = re.compile(r"^```(\w+)\n(.*?)^```\n?", re.M | re.S)
HEADS = {"en": ("Exercises", "Hint"), "zh": ("练习", "提示")}


def notebook_text(chapter: Chapter, language: str) -> str:
    """A chapter in jupytext's percent format: the text, its code as cells, then a cell with each exercise's starter."""
    source = (chapter.folder / f"chapter.{language}.md").read_text(encoding="utf-8")
    head, hint = HEADS[language]
    cells = [*_cells(source), _text(f"## {head}")]
    for exercise in chapter.exercises:
        task = exercise.task()
        hints = "\n\n".join(
            f"<details><summary>{hint} {number}</summary>\n\n{text}\n\n</details>"
            for number, text in enumerate(exercise.hints(), start=1)
        )
        cells += [_text(f"### {task.title}\n\n{_pictures(task.text)}\n\n{hints}"), _exercise(exercise.starter)]
    return "\n\n".join(cells) + "\n"


def _cells(source: str) -> list[str]:
    """The text and the code in order; what the code prints is left out, for the notebook prints it."""
    cells, end = [], 0
    for fence in FENCE.finditer(source):
        if fence[1] == "python":
            cells += [_text(source[end : fence.start()]), f"# %%\n{fence[2].rstrip()}"]
        elif fence[1] == "text":
            cells.append(_text(source[end : fence.start()]))
        else:
            continue
        end = fence.end()
    return [cell for cell in [*cells, _text(source[end:])] if cell]


def _text(source: str) -> str:
    """A cell of text; empty if there is none."""
    lines = _pictures(source).strip().splitlines()
    return "\n".join(["# %% [markdown]", *(f"# {line}".rstrip() for line in lines)]) if lines else ""


def _pictures(source: str) -> str:
    return FENCE.sub(
        lambda fence: f"```\n{drawn_picture(fence[2])}\n```\n" if fence[1] == "picture" else fence[0], source
    )


def _exercise(starter: str) -> str:
    """A cell that fails where it is not completed, and is therefore not run with the others."""
    return f'# %% tags=["exercise"]\n{starter.rstrip()}'


def write_notebooks(folder: Path) -> list[Path]:
    """Write all notebooks. Returns their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for language in HEADS:
        set_language(language)
        for chapter in chapters():
            path = folder / f"{chapter.name}.{language}.ipynb"
            path.write_text(as_json(chapter, language), encoding="utf-8")
            written.append(path)
    return written


def as_json(chapter: Chapter, language: str) -> str:
    """A chapter's notebook as its file holds it."""
    notebook = jupytext.reads(notebook_text(chapter, language), fmt="py:percent")
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return str(jupytext.writes(notebook, fmt="ipynb"))


def main(words: list[str]) -> int:
    """Write them and say where."""
    folder = Path(words[0]) if words else OUT
    print(f"{len(write_notebooks(folder))} notebooks in {folder}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
