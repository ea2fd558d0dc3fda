"""Writing: whole or not at all."""

import json

import pytest

import torchwise as tw
from torchwise.files import read_json, write_atomically, write_json
from torchwise.runs import history


def test_a_write_that_fails_leaves_the_old_file_and_nothing_else(tmp_path):
    path = tmp_path / "numbers.json"
    write_json(path, [1])

    def half(temporary):
        temporary.write_text("[1,")
        raise OSError(28, "No space left on device")

    with pytest.raises(tw.Problem, match="could not be written") as caught:
        write_atomically(path, half)
    assert caught.value.why == "No space left on device"
    assert read_json(path) == [1]
    assert [entry.name for entry in tmp_path.iterdir()] == ["numbers.json"]


def test_what_is_not_finite_becomes_null(tmp_path):
    write_json(tmp_path / "a.json", {"a": float("nan"), "b": [float("inf"), 1.5], "名": "中"})
    text = (tmp_path / "a.json").read_text(encoding="utf-8")
    assert json.loads(text) == {"a": None, "b": [None, 1.5], "名": "中"}
    assert "中" in text


def test_a_missing_or_damaged_file_is_a_problem(tmp_path):
    with pytest.raises(tw.Problem, match="could not be read"):
        read_json(tmp_path / "none.json")
    (tmp_path / "cut.json").write_bytes(b'{"a": \xff')
    with pytest.raises(tw.Problem, match="damaged"):
        read_json(tmp_path / "cut.json")


def test_the_history_is_one_json_line_an_epoch(tmp_path):
    epoch = tw.Epoch(
        number=1, train_loss=2.0, valid_loss=None, metrics={"r2": float("nan")}, lr=0.1, seconds=1.23456, is_best=True
    )
    history.append(tmp_path, epoch)
    history.append(tmp_path, epoch)
    assert (
        history.read(tmp_path)
        == [{"epoch": 1, "train_loss": 2.0, "valid_loss": None, "r2": None, "lr": 0.1, "seconds": 1.2346}] * 2
    )
