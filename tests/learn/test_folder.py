"""The learner's folder and her progress: nothing is overwritten, nothing is lost."""

import pytest

from torchwise.errors import Problem
from torchwise.learn import course
from torchwise.learn.course import exercises, find_exercise
from torchwise.learn.folder import add_missing, is_course, make_folder, reset
from torchwise.learn.progress import FILE, Progress, load_progress, save_progress
from torchwise.texts import set_language


def files_of(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def test_a_folder_has_a_file_for_each_exercise_and_the_progress(folder):
    assert files_of(folder) == ["00_first/double.py", "00_first/mend.py", "01_second/total.py", "progress.toml"]
    text = (folder / "00_first/double.py").read_text(encoding="utf-8")
    assert text == "# 0 · Twice as much\n\n" + exercises()[0].starter
    assert load_progress(folder) == Progress(language="en", current="double")


def test_the_title_in_a_file_is_in_the_language_in_use(small, tmp_path):
    set_language("zh")
    make_folder(tmp_path / "课程", "zh")
    assert (tmp_path / "课程/00_first/double.py").read_text(encoding="utf-8").startswith("# 0 · 变成两倍\n")


@pytest.mark.parametrize("name", ["a-file", "full", "a-file/inside"])
def test_a_folder_in_the_way_is_refused_and_left_alone(small, tmp_path, name):
    (tmp_path / "a-file").write_text("mine")
    (tmp_path / "full").mkdir()
    (tmp_path / "full/notes.txt").write_text("mine")
    before = files_of(tmp_path)
    with pytest.raises(Problem):
        make_folder(tmp_path / name, "en")
    assert files_of(tmp_path) == before


def test_an_empty_folder_is_taken(small, tmp_path):
    (tmp_path / "empty").mkdir()
    make_folder(tmp_path / "empty", "en")
    assert is_course(tmp_path / "empty")


def test_files_that_are_there_are_never_overwritten(folder):
    mine = folder / "00_first/double.py"
    mine.write_text("mine")
    (folder / "01_second/total.py").unlink()
    add_missing(folder)
    assert mine.read_text() == "mine"
    assert (folder / "01_second/total.py").exists()


def test_a_file_where_a_chapter_should_be_is_a_problem(folder):
    (folder / "01_second/total.py").unlink()
    (folder / "01_second").rmdir()
    (folder / "01_second").write_text("mine")
    with pytest.raises(Problem, match="01_second could not be made"):
        add_missing(folder)


def test_a_reset_keeps_every_answer(folder):
    exercise = find_exercise("double")
    file = folder / exercise.file
    kept = []
    for answer in ("one", "two", "three"):
        file.write_text(answer)
        kept.append(reset(folder, exercise))
    assert [path.read_text() for path in kept] == ["one", "two", "three"]
    assert [path.name for path in kept] == ["double.py", "double-2.py", "double-3.py"]
    assert file.read_text(encoding="utf-8").endswith(exercise.starter)


def test_a_reset_of_a_file_that_is_gone_gives_the_starter(folder):
    exercise = find_exercise("double")
    (folder / exercise.file).unlink()
    assert reset(folder, exercise) is None
    assert (folder / exercise.file).exists()


def test_progress_is_read_as_it_was_written(folder):
    progress = Progress(
        language="zh", current="mend", solved={"double": "2026-03-01"}, hints={"mend": 2}, attempts={"mend": 5}
    )
    save_progress(folder, progress)
    assert load_progress(folder) == progress


DAMAGED = {
    "cut": "solved = [",
    "another kind": "solved = 3",
    "a word for a number": "[hints]\ndouble = 'two'",
    "a bool for a number": "[hints]\ndouble = true",
    "a day that is no text": "[solved]\ndouble = 2026-03-01",
    "no text": "\x00",
}


@pytest.mark.parametrize("name", DAMAGED)
def test_damaged_progress_is_a_problem_that_says_how_to_go_on(folder, name):
    (folder / FILE).write_text(DAMAGED[name])
    with pytest.raises(Problem, match=r"progress\.toml could not be read") as caught:
        load_progress(folder)
    assert "empty it" in caught.value.fix
    (folder / FILE).write_text("")
    assert is_course(folder)
    assert load_progress(folder) == Progress()


def test_progress_edited_on_windows_is_read(folder):
    (folder / FILE).write_bytes(b'\xef\xbb\xbflanguage = "zh"\r\n')
    assert load_progress(folder).language == "zh"


def test_two_sessions_in_one_folder_lose_nothing(folder):
    one, other = load_progress(folder), load_progress(folder)
    one.solve(find_exercise("double"))
    one.hints["mend"] = 3
    save_progress(folder, one)
    other.solve(find_exercise("mend"))
    other.count_attempt(find_exercise("double"))
    save_progress(folder, other)
    both = load_progress(folder)
    assert (set(both.solved), both.hints, both.attempts) == ({"double", "mend"}, {"mend": 3}, {"double": 1})


def test_the_first_day_counts(folder):
    progress = Progress(solved={"double": "2020-01-01"})
    progress.solve(find_exercise("double"))
    progress.add(Progress(solved={"double": "2019-01-01"}))
    progress.add(Progress(solved={"double": "2021-01-01"}))
    assert progress.solved["double"] == "2019-01-01"


def test_another_order_of_the_exercises_keeps_what_is_solved(folder, monkeypatch):
    progress = load_progress(folder)
    progress.solve(find_exercise("mend"))
    chapters = course.chapters()
    with monkeypatch.context() as patched:
        patched.setattr(course, "chapters", lambda: tuple(reversed(chapters)))
        assert progress.next_unsolved().name == "total"
        assert progress.next_unsolved(find_exercise("total")).name == "double"
    assert set(progress.solved) == {"mend"}


def test_names_that_are_no_more_are_kept_and_not_counted(folder):
    progress = Progress(solved={"gone": "2020-01-01", "double": "2020-01-01"})
    assert progress.next_unsolved().name == "mend"
    save_progress(folder, progress)
    assert "gone" in load_progress(folder).solved


def test_all_solved_leaves_none(small):
    progress = Progress(solved={exercise.name: "2020-01-01" for exercise in exercises()})
    assert progress.next_unsolved() is None


def test_an_exercise_is_found_by_its_name_or_file_and_a_slip_gets_a_proposal(small):
    assert find_exercise("double") == find_exercise("00_first/double.py") == exercises()[0]
    with pytest.raises(Problem, match="there is no exercise 'doubel'") as caught:
        find_exercise("doubel")
    assert caught.value.fix == "did you mean double?"
