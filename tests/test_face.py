"""The public names, and what importing them costs."""

import subprocess
import sys

import pytest

import torchwise


def test_the_face_has_these_names_and_no_more():
    assert torchwise.__all__ == [
        "Epoch", "Problem", "Run", "Setup", "State", "check", "checkpoint",
        "evaluate", "explaining", "fit", "load", "predict", "prepare", "save",
    ]  # fmt: skip
    for name in torchwise.__all__:
        assert getattr(torchwise, name).__name__.rpartition(".")[2] == name
    assert set(torchwise.__all__) <= set(dir(torchwise))


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'fitt'"):
        torchwise.fitt  # noqa: B018


@pytest.mark.parametrize(
    "words",
    [
        [],
        ["--help"],
        ["train", "--help"],
        ["test", "--help"],
        ["predict", "--help"],
        ["report", "--help"],
        ["check", "--help"],
    ],
)
def test_help_and_import_need_no_torch(words):
    program = "import sys, torchwise"
    if words:
        program += f"; from torchwise.cli import main; assert main({words!r}) == 0"
    program += "; print('heavy:', *sorted({'torch', 'sklearn', 'pyarrow', 'torchmetrics'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "heavy:"
