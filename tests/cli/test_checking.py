"""The check at the start of a training: what it stops, what it costs, and that it changes no number."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

RECIPE = """
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset
from torchwise import Setup


class Noisy(Dataset):
    \"\"\"Has random numbers of its own, counts, and writes to what it holds.\"\"\"

    def __init__(self, rows):
        self.own, self.reads = torch.Generator().manual_seed(5), 0
        self.x = torch.randn(rows, 6)
        FILE

    def __len__(self):
        return len(self.x)

    def __getitem__(self, index):
        self.reads += 1
        x = self.x[index]
        x += torch.randn(6, generator=self.own) * 0.01
        return x + torch.rand(6) * 0.1 + self.reads * 1e-4, (x.sum() > 0).long()


def setup():
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(6, 16), nn.BatchNorm1d(16), nn.Dropout(), nn.Linear(16, 2))END
    loader = DataLoader(Noisy(100), batch_size=16, shuffle=True, generator=torch.Generator().manual_seed(4))
    optimizer = torch.optim.Adam(model.parameters())
    return Setup(model=model, loss=nn.CrossEntropyLoss(), optimizer=optimizer, train=loader, valid=Noisy(40))
"""


def recipe(*, end="", file="pass"):
    Path("recipe.py").write_text(RECIPE.replace("END", end).replace("FILE", file))


@pytest.fixture
def run(torchwise):
    """Runs one command; gives its exit status and all that it said."""
    return lambda *words: (lambda status, out, err: (status, out + err))(*torchwise(*words))


def numbers(folder):
    """The losses of each epoch, and the weights."""
    epochs = [json.loads(line) for line in Path(folder, "history.jsonl").read_text().splitlines()]
    return [(epoch["train_loss"], epoch["valid_loss"]) for epoch in epochs], load_file(f"{folder}/best.safetensors")


def test_a_training_gives_the_same_numbers_with_and_without_the_check(done):
    recipe()
    done("train", "recipe.py", "--epochs", 3, "--out", "with")
    done("train", "recipe.py", "--epochs", 3, "--out", "without", "--no-check")
    (losses, weights), (others, other_weights) = numbers("with"), numbers("without")
    assert losses == others
    assert all(torch.equal(value, other_weights[name]) for name, value in weights.items())


@pytest.mark.slow
def test_a_sure_fault_stops_before_anything_is_trained():
    recipe(end=".append(nn.Softmax(1))")
    words = [sys.executable, "-m", "torchwise", "train", "recipe.py", "--epochs", "2", "--out", "run", "--quiet"]
    ended = subprocess.run(words, capture_output=True, text=True)
    assert (ended.returncode, ended.stdout) == (2, "")
    assert "TW710" in ended.stderr and "recipe.py:" in ended.stderr
    assert "nothing was trained: the check found 1 fault" in ended.stderr and "--no-check" in ended.stderr
    assert not Path("run").exists()


def test_no_check_trains_anyhow(done):
    recipe(end=".append(nn.Softmax(1))")
    done("train", "recipe.py", "--epochs", 2, "--out", "run", "--no-check")
    assert Path("run", "best.safetensors").exists()


def test_an_error_is_explained_at_its_line(run):
    recipe(end=".append(nn.Linear(3, 2))")
    status, text = run("train", "recipe.py", "--epochs", 2)
    assert status == 2 and "TW201" in text and "nothing was trained" in text


def test_parts_that_can_not_be_copied_are_trained_unchecked(done):
    recipe(file="self.lock = __import__('threading').Lock()")
    assert "can't be copied" in " ".join(done("train", "recipe.py", "--epochs", 1, "--out", "run").split())


def test_the_users_network_on_a_table_is_checked(run):
    Path("net.py").write_text(
        "from torch import nn\n\n\nclass Net(nn.Module):\n    def __init__(self, inputs, outputs):\n"
        "        super().__init__()\n        self.out = nn.Linear(inputs, outputs)\n\n    def forward(self, x):\n"
        "        return self.out(x).softmax(1)\n"
    )
    words = ("train", "builtin:wine", "--target", "target", "--model", "net.py:Net", "--epochs", 1, "--out", "run")
    status, text = run(*words)
    assert status == 2 and "net.py:10" in text and "nothing was trained" in text, text
    assert run(*words, "--no-check")[0] == 0


@pytest.mark.slow
def test_a_table_with_our_own_network_pays_nothing():
    code = (
        "import sys\nfrom torchwise.cli import main\n"
        "main(['train', 'builtin:wine', '--target', 'target', '--epochs', '1', '--out', 'run', '--quiet'])\n"
        "print([name for name in sys.modules if name.startswith('torchwise.rehearsal')])\n"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert ended.stdout.strip() == "[]", ended.stdout + ended.stderr
