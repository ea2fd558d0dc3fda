"""What every exercise promises: its starter, solution, wrong and other answers are graded as they should be."""

import io
import re
from contextlib import redirect_stdout
from pathlib import Path

import pytest

from torchwise.learn.course import NUM_HINTS, chapters, exercises
from torchwise.learn.pictures import drawn_picture, svg_picture
from torchwise.learn.standby import Standby
from torchwise.texts import set_language

EXERCISES = exercises()
WRONG = [path for exercise in EXERCISES for path in sorted(exercise.folder.glob("wrong_*.py"))]
OTHER = [path for exercise in EXERCISES for path in sorted(exercise.folder.glob("other_*.py"))]
TEXTS = [
    (folder, name)
    for folder, name in [
        *((chapter.folder, "chapter") for chapter in chapters()),
        *((exercise.folder, "task") for exercise in EXERCISES),
    ]
]
FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
SEEDS = (1, 2)


def named(path: Path) -> str:
    return f"{path.parent.name}/{path.stem}"


@pytest.fixture(scope="module")
def standby():
    waiting = Standby()
    yield waiting
    waiting.close()


def exercise_of(path: Path):
    return next(exercise for exercise in EXERCISES if exercise.folder == path.parent)


@pytest.mark.parametrize("exercise", EXERCISES, ids=lambda exercise: exercise.name)
def test_a_starter_is_not_started(standby, exercise):
    assert standby.grade(exercise, exercise.folder / "starter.py", seed=1).message == "not_started"


@pytest.mark.parametrize("exercise", EXERCISES, ids=lambda exercise: exercise.name)
def test_a_solution_is_right_whatever_the_inputs_and_without_a_warning(standby, exercise):
    for seed in SEEDS:
        verdict = standby.grade(exercise, exercise.folder / "solution.py", seed=seed, is_strict=True)
        assert verdict.is_solved, verdict


@pytest.mark.parametrize("path", WRONG, ids=named)
def test_a_wrong_answer_is_told_its_mistake(standby, path):
    declared = re.match(r"# message: (\S+)", path.read_text(encoding="utf-8"))
    assert declared, "the first line of a wrong answer declares its message"
    for seed in SEEDS:
        verdict = standby.grade(exercise_of(path), path, seed=seed)
        assert verdict.message == declared[1], verdict


@pytest.mark.parametrize("path", OTHER, ids=named)
def test_another_right_answer_is_right(standby, path):
    for seed in SEEDS:
        verdict = standby.grade(exercise_of(path), path, seed=seed, is_strict=True)
        assert verdict.is_solved, verdict


@pytest.mark.parametrize("exercise", EXERCISES, ids=lambda exercise: exercise.name)
def test_an_exercise_is_whole(exercise):
    files = [path.name for path in exercise.folder.iterdir()]
    assert sum(name.startswith("wrong_") for name in files) >= 3
    assert sum(name.startswith("other_") for name in files) >= 1
    grader = (exercise.folder / "grader.py").read_text(encoding="utf-8")
    mistakes = set()
    for language in ("en", "zh"):
        set_language(language)
        task = exercise.task()
        assert len(exercise.hints()) == NUM_HINTS
        assert exercise.reading() in next(c for c in chapters() if c.name == exercise.chapter).text().parts
        mistakes = {head.partition(": ")[2] for head in task.parts if head.startswith(("Mistake: ", "错误: "))}
        assert all(all(exercise.mistake(name)) for name in mistakes), (
            "a mistake has what it comes from, and a next step"
        )
        assert {name for name in mistakes if f'"{name}"' not in grader} == set(), "described, but never found"
    declared = {path.read_text(encoding="utf-8").split()[2] for path in exercise.folder.glob("wrong_*.py")}
    assert {f"mistake.{name}" for name in mistakes} - declared == set(), (
        "a mistake without a wrong answer that shows it"
    )


def test_names_are_unique():
    names = [exercise.name for exercise in EXERCISES]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize(("folder", "name"), TEXTS, ids=lambda value: value if isinstance(value, str) else value.name)
def test_both_languages_have_the_same_headings_and_code(folder, name):
    english, chinese = ((folder / f"{name}.{language}.md").read_text(encoding="utf-8") for language in ("en", "zh"))

    def heads(text: str) -> list[int]:
        return [len(match[1]) for match in re.finditer(r"^(#+) ", FENCE.sub("", text), re.MULTILINE)]

    def names(text: str) -> list[str]:
        return re.findall(r"^## (?:Mistake|错误): (\S+)$", text, re.MULTILINE)

    def code(text: str) -> list[tuple[str, str]]:
        return [(kind, re.sub(r"#.*|\"[^\"]*[一-鿿][^\"]*\"", "", body)) for kind, body in FENCE.findall(text)]

    assert heads(english) == heads(chinese)
    assert names(english) == names(chinese)
    assert [kind for kind, _ in code(english)] == [kind for kind, _ in code(chinese)]
    assert [body for kind, body in code(english) if kind != "text"] == [
        body for kind, body in code(chinese) if kind != "text"
    ]


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize(("folder", "name"), TEXTS, ids=lambda value: value if isinstance(value, str) else value.name)
def test_the_code_of_a_text_gives_what_it_shows(folder, name, language):
    blocks = FENCE.findall((folder / f"{name}.{language}.md").read_text(encoding="utf-8"))
    variables: dict[str, object] = {"__name__": "__main__"}
    printed = ""
    for kind, body in blocks:
        if kind == "python":
            out = io.StringIO()
            with redirect_stdout(out):
                exec(compile(body, f"{name}.{language}.md", "exec"), variables)
            printed = out.getvalue()
        elif kind == "text":
            assert printed.strip() == body.strip()
        elif kind == "picture":
            assert drawn_picture(body)
            assert svg_picture(body).startswith("<svg")
        else:
            assert kind in ("console", "raises"), (
                "a fence of the course: python, text, picture, console (not run), raises"
            )
