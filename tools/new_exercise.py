"""The skeleton of an exercise, added to its chapter.

python tools/new_exercise.py CHAPTER NAME    such as: 02_shapes rows_first
"""

import re
import sys
import tomllib
from pathlib import Path

import tomli_w

from torchwise.learn import course

STARTER = '''"""What the file is for."""

import torch


def {name}(values: torch.Tensor) -> torch.Tensor:
    """Say what it gives."""
    ...


if __name__ == "__main__":
    print({name}(torch.arange(6.0)))
'''
GRADER = '''"""What is asked for, for inputs of several shapes."""

import torch

from torchwise.learn import grade


def graded(answer):
    for length in (3, 1, 7):
        values = torch.randn(length)
        grade.tensor(
            answer.{name}(values), 2 * values, "{name}(values)", given={{"values": values}},
            mistakes={{"squared": values**2}},
        )  # fmt: skip
'''
TASK = {
    "en": "# {title}\n\nWrite `{name}(values)`: every number twice as large.\n\n"
    "## Hint 1\n\nA thought.\n\n## Hint 2\n\nA name.\n\n"
    "## Hint 3\n\nAlmost the answer.\n\n"
    "## Mistake: squared\n\nWhat it probably comes from.\n\nOne next step.\n\n"
    "## Read\n\n{reading}\n",
    "zh": "# {title}\n\n写出 `{name}(values)`：每个数变成两倍。\n\n"
    "## 提示 1\n\n一个想法。\n\n## 提示 2\n\n一个名字。\n\n"
    "## 提示 3\n\n几乎就是答案。\n\n"
    "## 错误: squared\n\n大概是哪里想错了。\n\n下一步做什么。\n\n## 阅读\n\n{reading}\n",
}  # fmt: skip
ANSWERS = {
    "solution": ("", "2 * values"),
    "other_sum": ("", "values + values"),
    "wrong_squared": ("# message: mistake.squared\n", "values**2"),
    "wrong_sign": ("# message: values.sign\n", "-2 * values"),
    "wrong_number": ("# message: not_a_tensor.number\n", "values.sum().item()"),
}


def write_exercise(chapter: str, name: str, root: Path = course.FOLDER) -> list[Path]:
    """Write the files of an exercise that can be graded already, and add it to its chapter. Returns their paths.

    Raises ValueError if the chapter is not there, or the name is taken or none.
    """
    listed = root / chapter / "chapter.toml"
    if not listed.is_file():
        there = sorted(path.parent.name for path in root.glob("*/chapter.toml"))
        raise ValueError(f"there is no chapter {chapter}; there are {', '.join(there)}")
    if not re.fullmatch(r"[a-z][a-z0-9_]*", name):
        raise ValueError(f"{name} is no name such as rows_first")
    if list(root.glob(f"*/{name}")):
        raise ValueError(f"{name} is taken: names are unique in the whole course")
    folder = listed.parent / name
    starter = STARTER.format(name=name)
    texts = {
        f"{file}.py": head + starter.replace("    ...\n", f"    return {code}\n")
        for file, (head, code) in ANSWERS.items()
    }
    texts |= {"starter.py": starter, "grader.py": GRADER.format(name=name)}
    for language, task in TASK.items():
        chapter_text = (listed.parent / f"chapter.{language}.md").read_text(encoding="utf-8")
        first = re.search(r"^## (.+)$", chapter_text, re.M)
        title = name.replace("_", " ").capitalize()
        texts[f"task.{language}.md"] = task.format(name=name, title=title, reading=first[1] if first else "")
    folder.mkdir()
    for file, text in texts.items():
        (folder / file).write_text(text, encoding="utf-8")
    names = [*tomllib.loads(listed.read_text(encoding="utf-8"))["exercises"], name]
    head = "".join(
        line for line in listed.read_text(encoding="utf-8").splitlines(keepends=True) if line.startswith("#")
    )
    listed.write_text(head + tomli_w.dumps({"exercises": names}), encoding="utf-8")
    return [folder / file for file in texts]


def main(words: list[str]) -> int:
    """Write it and say what to do next; exit 2 if it can't be."""
    if len(words) != 2:
        print(__doc__)
        return 2
    try:
        written = write_exercise(*words)
    except ValueError as error:
        print(error)
        return 2
    print(*written, sep="\n")
    print(f"next: python -m pytest tests/learn/test_course.py -k {words[1]}; python tools/mutants.py {words[1]}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
