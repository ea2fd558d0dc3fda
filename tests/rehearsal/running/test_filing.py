"""What a rehearsed script writes goes to a throw-away folder, and reading sees it."""

import glob
import os
import shutil
import tempfile
from pathlib import Path

import pytest
import torch

from torchwise.rehearsal.running.filing import Files
from torchwise.rehearsal.running.kept import Notebook
from torchwise.rehearsal.running.overlay import Overlay
from torchwise.rehearsal.running.replacing import replacing


@pytest.fixture
def aside(monkeypatch):
    """The functions for files, led aside; afterwards nothing of what was written is there."""
    Path("old").mkdir()
    Path("old/a.txt").write_text("one\n")
    Path("old/b.txt").write_text("two\n")
    before = sorted(str(path) for path in Path().rglob("*"))
    with tempfile.TemporaryDirectory() as root, replacing() as replacements:
        monkeypatch.setattr(tempfile, "tempdir", root)
        Files(Overlay(root), Notebook(os.path.join(root, "kept.jsonl"))).install(replacements)
        yield
    assert sorted(str(path) for path in Path().rglob("*")) == before
    assert Path("old/a.txt").read_text() == "one\n"


def test_what_was_written_is_read(aside):
    Path("new.txt").write_text("hello")
    with open("new.txt") as file:
        assert file.read() == Path("new.txt").read_text() == "hello"
    assert os.path.exists("new.txt") and os.path.getsize("new.txt") == 5 and Path("new.txt").is_file()


def test_appending_begins_with_what_was_there(aside):
    with open("old/a.txt", "a") as file:
        file.write("more\n")
    assert Path("old/a.txt").read_text() == "one\nmore\n"
    with open("old/b.txt", "r+") as file:
        file.write("T")
    assert Path("old/b.txt").read_text() == "Two\n"


def test_folders_show_what_was_there_and_what_was_written(aside):
    os.makedirs("runs/x/y")
    os.makedirs("runs/x", exist_ok=True)
    Path("old/c.txt").touch()
    os.remove("old/a.txt")
    assert sorted(os.listdir("old")) == ["b.txt", "c.txt"]
    assert sorted(glob.glob("old/*")) == ["old/b.txt", "old/c.txt"]
    assert sorted(str(path) for path in Path("runs").rglob("*")) == ["runs/x", "runs/x/y"]
    assert [(folder, files) for folder, _, files in os.walk("runs/x/y")] == [("runs/x/y", [])]


def test_a_folder_is_deleted_and_made_again(aside):
    shutil.rmtree("old")
    assert not os.path.exists("old") and not os.path.exists("old/b.txt")
    with pytest.raises(FileNotFoundError, match=r"old/b\.txt"):
        Path("old/b.txt").read_text()
    os.mkdir("old")
    assert os.listdir("old") == []
    Path("old/a.txt").write_text("new")
    assert os.listdir("old") == ["a.txt"]


def test_renaming_and_copying(aside):
    os.rename("old/a.txt", "old/z.txt")
    assert sorted(os.listdir("old")) == ["b.txt", "z.txt"]
    shutil.copy("old/z.txt", "copy.txt")
    shutil.move("old", "moved")
    assert Path("copy.txt").read_text() == Path("moved/z.txt").read_text() == "one\n"
    Path("part").write_text("whole")
    os.replace("part", "moved/b.txt")
    assert Path("moved/b.txt").read_text() == "whole"


def test_torch_saves_and_loads(aside):
    torch.save({"w": torch.ones(3)}, "model.pt")
    assert torch.equal(torch.load("model.pt")["w"], torch.ones(3))
    assert torch.equal(torch.load(Path("model.pt"), mmap=True)["w"], torch.ones(3))


def test_errors_are_those_of_python_and_name_the_scripts_paths(aside):
    for act in (
        lambda: Path("none/x.txt").write_text(""),
        lambda: os.mkdir("none/x"),
        lambda: os.remove("none.txt"),
        lambda: os.listdir("none"),
        lambda: torch.save(1, "none/x.pt"),
    ):
        with pytest.raises(FileNotFoundError) as caught:
            act()
        assert "files" not in str(caught.value.filename) and "none" in str(caught.value.filename)
    with pytest.raises(FileExistsError):
        os.mkdir("old")
    with pytest.raises(FileExistsError):
        os.close(os.open("old/a.txt", os.O_CREAT | os.O_EXCL | os.O_WRONLY))
    with pytest.raises(OSError):
        os.rmdir("old")
    with pytest.raises(IsADirectoryError):
        Path("old").write_text("")


def test_temporary_files_and_descriptors_are_left_alone(aside):
    for folder in (None, "old"):
        with tempfile.NamedTemporaryFile("w+", dir=folder) as file:
            file.write("x")
            file.seek(0)
            assert file.read() == "x"
        assert not os.path.exists(file.name)
    with open(os.devnull, "w") as file:
        assert file.write("gone") == 4
