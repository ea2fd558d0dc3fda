"""The tools of the course: mutants, notebooks, and the skeleton of an exercise."""

import shutil

import nbclient
import nbformat
import pytest

import mutants
import new_exercise
import notebooks
from torchwise.learn import course
from torchwise.learn.course import chapters, exercises, find_exercise
from torchwise.texts import set_language

PROGRAM = '''"""A docstring."""
import torch


def step(model, optimizer, loss, values: "list[int]"):
    optimizer.zero_grad()
    with torch.no_grad():
        total = values.sum() - 3
    model.eval()
    if total > -2:
        total += 1
    return total.permute(1, 0).squeeze(1)


if __name__ == "__main__":
    step(1 + 1)
'''
SLIPS = {
    "optimizer.zero_grad() -> without .zero_grad()",
    "with torch.no_grad(): -> without no_grad",
    "total = values.sum() - 3 -> mean for sum",
    "total = values.sum() - 3 -> values.sum() - 3 with +",
    "total = values.sum() - 3 -> 3 + 1",
    "model.eval() -> without .eval()",
    "if total > -2: -> with >=",
    "if total > -2: -> -2 without its sign",
    "if total > -2: -> 2 + 1",
    "total += 1 -> with -=",
    "total += 1 -> 1 + 1",
    "return total.permute(1, 0).squeeze(1) -> with .detach()",
    "return total.permute(1, 0).squeeze(1) -> without .squeeze()",
    "return total.permute(1, 0).squeeze(1) -> permute with 0 and 1 swapped",
    "return total.permute(1, 0).squeeze(1) -> 1 + 1",
    "return total.permute(1, 0).squeeze(1) -> 0 + 1",
}
CASES = [(exercise, mutant) for exercise in exercises() for mutant in mutants.mutants_of(exercise)]
NAMES = [f"{exercise.name}: {mutant.name}" for exercise, mutant in CASES]
QUICK = set(mutants.tenth(NAMES))
MARKS = {name: [] if name in QUICK else [pytest.mark.long] for name in NAMES}
MARKED = [pytest.param(*case, id=name, marks=MARKS[name]) for name, case in zip(NAMES, CASES, strict=True)]
REFUSED = {("03_x", "a"): "no chapter 03_x", ("00_first", "Rows"): "no name", ("00_first", "total"): "is taken"}


def test_the_slips_are_those_that_people_make():
    found = mutants.mutants(PROGRAM)
    assert {mutant.name for mutant in found} == SLIPS
    for mutant in found:
        compile(mutant.text, "mutant.py", "exec")
        assert mutant.text.endswith("    step(1 + 1)\n")


def test_what_only_the_demonstration_calls_is_left_alone():
    program = PROGRAM.replace("if __name__", "def shown():\n    return 1\n\n\nif __name__")
    names = {mutant.name for mutant in mutants.mutants(program, "answer.step(model)")}
    assert names == SLIPS


@pytest.mark.parametrize(("exercise", "mutant"), MARKED)
def test_a_mutant_is_not_right(standby, tmp_path, exercise, mutant):
    assert not mutants.survives(standby, exercise, mutant, tmp_path), f"line {mutant.line}: {mutant.name}"


@pytest.mark.parametrize("exercise", exercises(), ids=lambda exercise: exercise.name)
def test_an_equivalent_mutant_is_one_and_has_a_reason(exercise):
    listed = mutants.equivalent(exercise)
    assert set(listed) <= {mutant.name for mutant in mutants.all_mutants(exercise)}
    assert all(len(reason) > 10 for reason in listed.values())


@pytest.fixture
def copied(tmp_path, monkeypatch, small):
    """A copy of the small course that may be changed."""
    shutil.copytree(small, tmp_path / "small")
    monkeypatch.setattr(course, "FOLDER", tmp_path / "small")
    course.chapters.cache_clear()
    return tmp_path / "small"


def test_a_skeleton_is_graded_as_its_files_promise(copied, standby):
    new_exercise.write_exercise("01_second", "rows_first", copied)
    course.chapters.cache_clear()
    exercise = find_exercise("rows_first")
    assert [item.name for item in chapters()[1].exercises] == ["total", "rows_first"]
    for path in exercise.folder.glob("*.py"):
        if path.name == "grader.py":
            continue
        first = path.read_text(encoding="utf-8").splitlines()[0]
        expected = {"starter.py": "not_started"}.get(
            path.name, first.removeprefix("# message: ") if first.startswith("# m") else "solved"
        )
        assert standby.grade(exercise, path, seed=1).message == expected, path.name
    for language, reading in (("en", "Sums"), ("zh", "求和")):
        set_language(language)
        assert (len(exercise.hints()), all(exercise.mistake("squared")), exercise.reading()) == (3, True, reading)
    assert [
        mutant.name for mutant in mutants.mutants_of(exercise) if mutants.survives(standby, exercise, mutant, copied)
    ] == []


@pytest.mark.parametrize("words", REFUSED)
def test_a_skeleton_that_can_not_be_is_refused(copied, words):
    with pytest.raises(ValueError, match=REFUSED[words]):
        new_exercise.write_exercise(*words, copied)


# The code is the same in both languages.
NOTEBOOKS = [
    pytest.param(f"{chapter.name}.{language}", marks=pytest.mark.slow if language == "en" else pytest.mark.long)
    for chapter in chapters()
    for language in ("en", "zh")
]


@pytest.mark.parametrize("name", NOTEBOOKS)
@pytest.mark.filterwarnings("default")  # those of the kernel's own libraries
def test_a_notebook_runs(tmp_path, name, monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    folder, _, language = name.partition(".")
    set_language(language)
    chapter = next(chapter for chapter in chapters() if chapter.name == folder)
    notebook = nbformat.reads(notebooks.as_json(chapter, language), as_version=4)
    assert sum("exercise" in cell.metadata.get("tags", []) for cell in notebook.cells) == len(chapter.exercises)
    nbclient.NotebookClient(notebook, kernel_name="python3", skip_cells_with_tag="exercise", timeout=300).execute()


def test_notebooks_are_written_for_each_chapter_and_language(small, tmp_path):
    written = notebooks.write_notebooks(tmp_path / "notebooks")
    assert [path.name for path in written] == [
        "00_first.en.ipynb",
        "01_second.en.ipynb",
        "00_first.zh.ipynb",
        "01_second.zh.ipynb",
    ]
    cells = nbformat.read(written[0], as_version=4).cells
    assert [cell.cell_type for cell in cells] == [
        "markdown",
        "code",
        "markdown",
        "markdown",
        "code",
        "markdown",
        "code",
    ]
    assert "│  0   2   4 │" in cells[0].source
    assert "Hint 3" in cells[3].source
    assert "return 2 * values" not in "".join(cell.source for cell in cells)
