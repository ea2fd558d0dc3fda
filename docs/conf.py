"""The documentation: Markdown pages in English and Chinese, built by `make docs`."""

import re
import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent / "src"))

from torchwise.doctor import codes  # noqa: E402  # found by the line above
from torchwise.learn.course import Chapter, Exercise, chapters  # noqa: E402
from torchwise.learn.pictures import svg_picture  # noqa: E402
from torchwise.texts import set_language  # noqa: E402

project = "torchwise"
copyright = "The torchwise developers"
extensions = ["myst_parser"]
myst_heading_anchors = 3
html_theme = "furo"
html_title = "torchwise"
exclude_patterns = ["_build"]
HEADS = {
    "en": ("The codes", "What `torchwise explain` can tell, by family."),
    "zh": ("错误代码", "`torchwise explain` 能解释的错误，按类别排列。"),
}


def write_codes(folder: Path) -> None:
    """The pages of the codes, as the command shows them, and a list of them in each language."""
    folder.mkdir(exist_ok=True)
    for language, (head, about) in HEADS.items():
        set_language(language)
        rows, names = [], []
        for prefix, family in codes.FAMILIES.items():
            rows += [f"\n## {prefix}xx {family}\n"]
            for code in (code for code in codes.codes() if code.startswith(prefix)):
                rows.append(f"- [{code}]({code}.{language}.md) {codes.title(code)}")
                names.append(f"{code}.{language}")
                text = codes.page(code)
                for kind in ("cuda", "not-run"):
                    text = text.replace(f"```python {kind}\n", "```python\n")
                (folder / f"{code}.{language}.md").write_text(text, encoding="utf-8")
        tree = "\n".join(["```{toctree}", ":hidden:", "", *names, "```"])
        (folder / f"index.{language}.md").write_text(
            f"# {head}\n\n{about}\n" + "\n".join(rows) + f"\n\n{tree}\n", encoding="utf-8"
        )


COURSE = {
    "en": (
        "The course",
        "The chapters of [torchwise learn](../learn.en.md), to read. The exercises are done in your own editor; "
        "solutions are shown there.",
        "Exercises",
        "Hint",
    ),
    "zh": (
        "课程",
        "[torchwise learn](../learn.zh.md) 各章的正文。练习在自己的编辑器里做，答案也在那里看。",
        "练习",
        "提示",
    ),
}


def write_course(folder: Path) -> None:
    """The chapters as pages, with their exercises but without the solutions, and a list of them in each language."""
    folder.mkdir(exist_ok=True)
    for language, (head, about, *_) in COURSE.items():
        set_language(language)
        rows, names = [], []
        for chapter in chapters():
            title = f"{chapter.number} · {chapter.text().title}"
            names.append(f"{chapter.name}.{language}")
            rows.append(f"- [{title}]({names[-1]}.md): {', '.join(item.task().title for item in chapter.exercises)}")
            (folder / f"{names[-1]}.md").write_text(chapter_page(chapter, title, language), encoding="utf-8")
        tree = "\n".join(["```{toctree}", ":hidden:", "", *names, "```"])
        (folder / f"index.{language}.md").write_text(
            f"# {head}\n\n{about}\n\n" + "\n".join(rows) + f"\n\n{tree}\n", encoding="utf-8"
        )


def chapter_page(chapter: Chapter, title: str, language: str) -> str:
    """A chapter's text, its pictures drawn, and its exercises."""
    source = (chapter.folder / f"chapter.{language}.md").read_text(encoding="utf-8").partition("\n")[2]
    _, _, exercises, hint = COURSE[language]
    parts = [f"# {title}", drawn(source), f"## {exercises}"]
    for exercise in chapter.exercises:
        parts += exercise_parts(exercise, hint)
    return "\n\n".join(parts) + "\n"


def exercise_parts(exercise: Exercise, hint: str) -> list[str]:
    """An exercise's title and task, each hint folded."""
    task = exercise.task()
    folded = [
        f"<details>\n<summary>{hint} {number}</summary>\n\n{drawn(text)}\n\n</details>"
        for number, text in enumerate(exercise.hints(), start=1)
    ]
    return [f"### {task.title}", f"`{exercise.file}`", drawn(task.text), *folded]


def drawn(text: str) -> str:
    """The text with its pictures as SVG, and the fences that only the course knows as plain ones."""
    text = re.sub(
        r"^```picture\n(.*?)^```$",
        lambda match: "```{raw} html\n" + svg_picture(match[1]) + "\n```",
        text, flags=re.M | re.S,
    )  # fmt: skip
    return re.sub(r"^```raises$", "```text", text, flags=re.M)


write_codes(HERE / "codes")
write_course(HERE / "course")
