"""`with torchwise.explaining():`, `explaining.install()` and the pytest plugin: the finding is a note on the error."""

import subprocess
import sys
from pathlib import Path

import pytest
import torch
from torch import nn

import torchwise as tw
from torchwise.doctor import recorder, threads, workers


@pytest.fixture(autouse=True)
def _leave_torch_as_it_was():
    before = nn.Module.__init__
    yield
    recorder.uninstall()
    workers.uninstall()
    threads.uninstall()
    assert nn.Module.__init__ is before


def test_the_error_that_leaves_the_block_gets_a_note():
    with pytest.raises(RuntimeError) as caught, tw.explaining():
        head = nn.Linear(9, 2)
        head(torch.rand(3, 8))
    (note,) = caught.value.__notes__
    assert note.startswith("\nTW201  the linear layer gets 8 features, it was built for 9")
    line = next(n for n, text in enumerate(Path(__file__).read_text().splitlines(), 1) if "nn.Linear(9, 2)" in text)
    assert f"test_explaining.py:{line}" in note


def test_a_block_that_ends_well_and_ctrl_c_are_left_alone():
    with tw.explaining():
        nn.Linear(9, 2)(torch.rand(3, 9))
    with pytest.raises(KeyboardInterrupt) as caught, tw.explaining():
        raise KeyboardInterrupt
    assert not hasattr(caught.value, "__notes__")


def test_an_error_is_explained_once():
    with pytest.raises(RuntimeError) as caught, tw.explaining(), tw.explaining():
        nn.Linear(9, 2)(torch.rand(3, 8))
    assert len(caught.value.__notes__) == 1


def test_install_explains_what_ends_the_program():
    Path("program.py").write_text(
        "import torchwise\ntorchwise.explaining.install()\ntorchwise.explaining.install()\n"
        "import torch\nfrom torch import nn\nnn.Linear(9, 2)(torch.rand(3, 8))\n"
    )
    done = subprocess.run([sys.executable, "program.py"], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.count("TW201  the linear layer gets 8 features, it was built for 9") == 1


@pytest.mark.slow
def test_the_pytest_plugin_explains_when_asked():
    Path("test_net.py").write_text(
        "import torch\nfrom torch import nn\n\n\ndef test_net():\n    nn.Linear(9, 2)(torch.rand(3, 8))\n\n\n"
        "def test_plain():\n    assert 1 == 2\n"
    )
    pytest_run = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "test_net.py"]
    with_it = subprocess.run([*pytest_run, "--explain"], capture_output=True, text=True, check=False)
    without = subprocess.run(pytest_run, capture_output=True, text=True, check=False)
    assert "TW201  the linear layer gets 8 features" in with_it.stdout and "2 failed" in with_it.stdout
    assert "TW" not in without.stdout and "2 failed" in without.stdout
