"""Odd files and damaged run folders: a command ends with 0 or with a Problem, and never with a traceback."""

import json
import os
import shutil

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from torchwise.cli import main

ONE_EPOCH = ("--epochs", "1", "--hidden", "4", "--device", "cpu", "--quiet")
QUICKLY = settings(
    deadline=None, derandomize=True, database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
)  # fmt: skip

WORDS = ["", "NA", "nan", "?", "yes", "no", "TRUE", "0", "1", "-1", "3.5", "1e400", "1,5", "1.234,5", "€ 7", "12%",
         "2024-01-31", "31/12/2023", "23:59", "red", "北京", "'", '"', "a b", " x ", "007", "=1+1", "\\N", "𝔘",
         "\u200b", "inf", "-0.0", "9999999999999999999999", "None", "#REF!", "<b>", "../x"]  # fmt: skip
cells = st.sampled_from(WORDS) | st.integers(-99, 99).map(str) | st.floats(-9, 9).map(str) | st.text(max_size=4)


@st.composite
def columns(draw, num_rows):
    """One column: of one word, of a few, of numbers, of numbers with a stray, or of anything."""
    kind = draw(st.sampled_from(["few", "numbers", "stray", "anything", "count", "one"]))
    if kind == "few":
        words = draw(st.lists(cells, min_size=1, max_size=3))
        return [words[draw(st.integers(0, len(words) - 1))] for _ in range(num_rows)]
    if kind in ("numbers", "stray"):
        found = [str(value) for value in draw(st.lists(st.floats(-1e6, 1e6), min_size=num_rows, max_size=num_rows))]
        if kind == "stray":
            found[draw(st.integers(0, num_rows - 1))] = draw(cells)
        return found
    if kind == "count":
        return [str(row) for row in range(num_rows)]
    if kind == "one":
        return [draw(cells)] * num_rows
    return draw(st.lists(cells, min_size=num_rows, max_size=num_rows))


@st.composite
def odd_csvs(draw):
    """The bytes of a table that somebody may have, and the names of its columns."""
    num_rows = draw(st.sampled_from([30, 20, 40, 12, 9, 3, 1]))
    names = draw(st.lists(st.sampled_from(["a", "b", "a", "id", "y", "日期", "", " c ", 'q"']), min_size=1, max_size=5))
    table = [draw(columns(num_rows)) for _ in names]
    if draw(st.integers(0, 3)):  # mostly, the target is one
        words = draw(
            st.sampled_from([["low", "high"], ["1", "2", "3", "4"], ["是", "否"], ["0.5", "7", "-2", "3e1", "8"]])
        )
        names, table = [*names, "y"], [*table, [words[row * row % 11 % len(words)] for row in range(num_rows)]]
    delimiter = draw(st.sampled_from([",", ";", "\t", "|"]))
    quotes = draw(st.booleans())
    lines = []
    for row in [names, *zip(*table, strict=True)]:
        shown = ['"' + cell.replace('"', '""') + '"' if quotes else cell for cell in row]
        lines.append(delimiter.join(shown))
    text = draw(st.sampled_from(["\n", "\r\n"])).join(lines)
    data = text.encode(draw(st.sampled_from(["utf-8", "utf-8", "utf-8-sig", "gb18030", "utf-16"])), "surrogatepass")
    for _ in range(draw(st.sampled_from([0, 0, 0, 0, 1, 3]))):  # and sometimes it is damaged
        place = draw(st.integers(0, len(data)))
        data = data[:place] + draw(st.binary(max_size=3)) + data[place + draw(st.integers(0, 2)) :]
    return data, names


def ends_well(*words):
    """Whether a command ends as it should; an exception that gets out fails the test by itself."""
    assert main([str(word) for word in words]) in (0, 2), words


def train_on(data, names, task, folder):
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    (folder / "odd.csv").write_bytes(data)
    target = names[-1].strip() or "y"
    flags = ("--task", task) if task else ()
    ends_well("train", folder / "odd.csv", "--target", target, *flags, *ONE_EPOCH, "--out", folder / "run")
    if (folder / "run" / "run.json").exists():
        ends_well("predict", folder / "run", folder / "odd.csv", "--out", folder / "predicted.csv")
        ends_well("train", "--resume", folder / "run", "--epochs", 2, "--quiet")


tasks = st.sampled_from([None, None, "regression", "binary", "multi-class"])


@pytest.mark.slow
@given(odd_csvs(), tasks)
@settings(QUICKLY, max_examples=50)
def test_an_odd_table_is_trained_on_or_a_problem(tmp_path, capsys, table, task):
    train_on(*table, task, tmp_path / "case")


@pytest.mark.long
@given(odd_csvs(), tasks)
@settings(QUICKLY, derandomize=False, max_examples=500)
def test_many_odd_tables_are_trained_on_or_a_problem(tmp_path, capsys, table, task):
    train_on(*table, task, tmp_path / "case")


@pytest.fixture(scope="module")
def good_run(tmp_path_factory):
    """A run that nothing is wrong with, on data with all kinds of columns."""
    folder = tmp_path_factory.mktemp("good")
    rows = [f"{row % 7},{'rgb'[row % 3]},2024-01-{1 + row % 28:02d},{row % 7 + row % 3}" for row in range(60)]
    (folder / "data.csv").write_text("x,colour,day,y\n" + "\n".join(rows) + "\n")
    flags = ("--target", "y", "--task", "regression", *ONE_EPOCH, "--out", folder / "run")
    assert main([str(word) for word in ("train", folder / "data.csv", *flags)]) == 0
    return folder


def leaves(value, path=()):
    """Every place in a JSON value."""
    yield path
    if isinstance(value, dict | list):
        for key in value if isinstance(value, dict) else range(len(value)):
            yield from leaves(value[key], (*path, key))


odd_values = st.sampled_from(
    [
        None,
        True,
        -1,
        0,
        10**30,
        1e308,
        float("nan"),
        "",
        "../../evil",
        "/etc/passwd",
        [],
        {},
        [[]],
        {"tensor": "x"},
        "cpu",
    ]
) | st.text(max_size=5)


@st.composite
def damages(draw):
    """A function that damages one file of a run."""
    kind = draw(st.sampled_from(["flip", "cut", "json", "json", "json", "gone", "pickle", "name"]))
    where, value, number = draw(st.floats(0, 1)), draw(odd_values), draw(st.integers(0, 7))

    def damage(path):
        data = path.read_bytes()
        if kind == "json" and path.suffix == ".json":
            whole = {"": json.loads(data)}
            places = [place for place in leaves(whole) if place]
            *way, last = places[int(where * (len(places) - 1))]
            inner = whole
            for key in way:
                inner = inner[key]
            inner[last] = value
            path.write_text(json.dumps(whole[""]))
        elif kind == "gone":
            path.unlink()
        elif kind == "pickle":
            torch.save(Bomb(path.parent), path)
        elif kind == "name" and path.suffix == ".json":
            path.write_bytes(data.replace(b'"x"', b'"../../x"').replace(b"data.csv", b"../data.csv"))
        elif kind == "cut":
            path.write_bytes(data[: int(where * len(data))])
        elif data:
            place = int(where * (len(data) - 1))
            path.write_bytes(data[:place] + bytes([data[place] ^ 1 << number]) + data[place + 1 :])

    return damage


class Bomb:
    """Makes a folder when it is unpickled."""

    def __init__(self, folder):
        self.folder = folder

    def __reduce__(self):
        return os.mkdir, (str(self.folder / "boom"),)


def use_damaged(good_run, folder, which, damage):
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(good_run, folder / "inside")
    run = folder / "inside" / "run"
    files = sorted(path for path in run.rglob("*") if path.is_file() and path.name != ".lock")
    damage(files[which % len(files)])
    data = folder / "inside" / "data.csv"
    before = sorted(path.name for path in folder.iterdir())
    ends_well("predict", run, data, "--out", folder / "inside" / "predicted.csv")
    ends_well("test", run, data)
    ends_well("train", "--resume", run, "--epochs", 2, "--quiet")
    assert sorted(path.name for path in folder.iterdir()) == before, "something was written outside"
    assert not list(folder.rglob("boom")), "a pickle ran"


@pytest.mark.slow
@given(st.integers(0, 99), damages())
@settings(QUICKLY, max_examples=30)
def test_a_damaged_run_is_used_or_a_problem(good_run, tmp_path, capsys, which, damage):
    use_damaged(good_run, tmp_path / "case", which, damage)


@pytest.mark.long
@given(st.integers(0, 99), damages())
@settings(QUICKLY, derandomize=False, max_examples=300)
def test_many_damaged_runs_are_used_or_a_problem(good_run, tmp_path, capsys, which, damage):
    use_damaged(good_run, tmp_path / "case", which, damage)
