"""torchwise check, from its words to its exit status."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from torchwise.errors import Problem
from torchwise.finding import Finding, Place
from torchwise.rehearsal.running.answer import Answer
from torchwise.rehearsal.running.process import rehearse
from torchwise.rehearsal.running.rendering import rendered

TRAINS = """
import os
import sys

import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset


torch.set_num_threads(1)
TABLE = torch.randn(202, 6)


class Data(Dataset):
    def __init__(self, first):
        self.first = first

    def __len__(self):
        return 101

    def __getitem__(self, index):
        x = TABLE[self.first + index].clone()
        SAMPLE
        return x, index % 3


def accuracy(model, loader):
    model.eval()
    right = 0
    with torch.no_grad():
        for x, y in loader:
            right += (model(x).argmax(1) == y).sum().item()
    return right / len(loader.dataset)


def export(model):
    torch.onnx.export(model, torch.ones(1, 6), "model.onnx")


def main():
    torch.manual_seed(0)
    train = DataLoader(Data(0), batch_size=8, shuffle=True)
    valid = DataLoader(Data(101), batch_size=16)
    model = nn.Sequential(nn.Linear(6, 16), nn.ReLU(), nn.Linear(16, 3))
    optimizer = torch.optim.Adam(model.parameters())
    criterion = nn.CrossEntropyLoss()
    losses = []
    for epoch in range(40):
        model.train()
        for x, y in train:
            optimizer.zero_grad()
            loss = criterion(model(x), y)
            loss.backward()
            optimizer.step()
        losses.append(loss.item())
        score = accuracy(model, valid)
        os.makedirs("runs", exist_ok=True)
        torch.save(model.state_dict(), "runs/last.pt")
    model.load_state_dict(torch.load("runs/last.pt"))
    END
    if len(sys.argv) > 2:
        export(model)


if __name__ == "__main__":
    main()
"""


def line(text):
    """The number of the line that holds a text."""
    return next(number for number, line in enumerate(Path("train.py").read_text().splitlines(), 1) if text in line)


def script(*, sample="pass", end="pass"):
    Path("train.py").write_text(TRAINS.replace("SAMPLE", sample).replace("END", end))
    return "train.py"


def check(*words):
    return subprocess.run([sys.executable, "-m", "torchwise", "check", *words], capture_output=True, text=True)


@pytest.mark.slow
def test_a_script_in_order_is_rehearsed_whole_and_leaves_nothing_behind():
    script()
    ended = check("--json", "out.json", "train.py", "--json")
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert sorted(path.name for path in Path().iterdir()) == ["out.json", "train.py"]
    exported, called = line("onnx.export"), line("    export(model)")
    assert f"not rehearsed: train.py lines {exported} (export), {called}\n" in ended.stdout
    assert f"written to a throw-away folder: runs/last.pt   train.py:{line('torch.save')}" in ended.stdout
    assert "data: train: 101 of 101 samples read, one by one" in ended.stdout
    report = json.loads(Path("out.json").read_text())
    assert report["version"] == 1 and not [item for item in report["findings"] if item["sure"]]
    first = {"file": str(Path("train.py").resolve()), "first": exported, "last": exported, "name": "export"}
    assert report["not_rehearsed"][0] == first


@pytest.mark.slow
def test_an_error_behind_the_training_is_found_and_explained():
    answer = rehearse(script(end="print(model(torch.ones(2, 5)))"))
    finding = answer.failure[0]
    assert (answer.status, finding.code, finding.sure, finding.where.line) == (
        1,
        "TW201",
        True,
        line("torch.ones(2, 5)"),
    )
    behind = line("if len(sys.argv)")
    assert [(item.first, item.last) for item in answer.not_rehearsed][1:] == [(behind, behind + 1)]


@pytest.mark.slow
def test_broken_samples_are_found_by_reading_all():
    answer = rehearse(script(sample="if index == 77: x = x[:4]\n        if index == 88: x[2] = float('nan')"))
    assert sorted(group[0].code for group in answer.groups if group[0].sure) == ["TW620", "TW990"]


@pytest.mark.slow
def test_values_that_the_script_is_seen_to_fill_in_are_no_finding():
    path = Path(script(sample="if index % 4 == 0: x[2] = float('nan')"))
    path.write_text(path.read_text().replace("model(x)", "model(torch.nan_to_num(x))"))
    assert "TW990" not in [group[0].code for group in rehearse("train.py").groups]


@pytest.mark.slow
def test_an_error_that_only_the_cut_loops_bring_about_is_no_finding():
    answer = rehearse(script(end="assert len(losses) == 40; losses[39]"))
    assert (answer.status, answer.failure) == (0, ())
    assert answer.not_rehearsed[0].first == line("onnx.export")


@pytest.mark.slow
def test_a_loader_that_has_no_batch_left_only_because_it_was_cut_is_no_finding():
    Path("train.py").write_text(
        "import torch\nfrom torch import nn\nfrom torch.utils.data import DataLoader, TensorDataset\n\n"
        "stream = iter(DataLoader(TensorDataset(torch.randn(80, 3)), batch_size=4, shuffle=True))\n"
        "model = nn.Linear(3, 1)\noptimizer = torch.optim.SGD(model.parameters(), lr=0.01)\n"
        "for step in range(12):\n    (x,) = next(stream)\n"
        "    loss = (model(x) - x.sum(1, keepdim=True)).square().mean()\n"
        "    optimizer.zero_grad()\n    loss.backward()\n    optimizer.step()\n"
        "rest = [next(stream) for _ in range(6)]\n"
    )
    answer = rehearse("train.py")
    assert (answer.status, answer.failure) == (0, ()) and "given (4, 3) float32" in rendered(answer)


@pytest.mark.slow
def test_that_nothing_was_trained_is_said():
    Path("train.py").write_text("import torch\nprint(torch.ones(3))\n")
    assert "no model ran, so nothing was rehearsed that trains" in rendered(rehearse("train.py"))


def test_a_failure_counts_where_its_cause_is_a_guess_but_not_where_the_cuts_may_be_why():
    failure = (Finding(code="TW018", what="an error", where=Place(file="train.py", line=1), sure=False),)
    assert Answer(failure=failure).status == 1 and "1 fault" in rendered(Answer(failure=failure))
    assert Answer(failure=failure, is_doubtful=True).guessed().status == 0


@pytest.mark.slow
def test_an_error_that_is_there_without_cuts_too_is_sure():
    answer = rehearse(script(end="losses[40]"))
    assert answer.status == 1 and answer.failure[0].sure


@pytest.mark.slow
@pytest.mark.parametrize(
    "end, said",
    [
        ("import subprocess; subprocess.run(['touch', 'x'])", "check starts no other programs: touch x"),
        ("import urllib.request; urllib.request.urlopen('http://example.com')", "check does not use the network"),
        ("sys.exit('no data')", "no data"),
        ("input()", "reads from the keyboard"),
        (
            "import argparse; p = argparse.ArgumentParser(); p.add_argument('--lr', required=True); p.parse_args()",
            "the following arguments are required: --lr",
        ),
        ("import torch.multiprocessing as mp; mp.spawn(print, nprocs=1)", "starts a process that check can't follow"),
    ],
)
def test_what_can_not_be_rehearsed_is_a_problem(end, said):
    Path("train.py").write_text(f"import sys\n{end}\n")
    answer = rehearse("train.py")
    assert answer.status == 2 and said in str(answer.as_problem())


def test_a_script_that_does_not_end_is_stopped():
    Path("waits.py").write_text("import time\nwhile True:\n    time.sleep(0.1)\n")
    answer = rehearse("waits.py", limit_s=2)
    assert answer.status == 2 and answer.stopped.endswith("waits.py:3")


def test_a_missing_script_and_a_broken_one_are_problems():
    Path("broken.py").write_text("print('a'\n")
    ended = check("none.py")
    assert ended.returncode == 2 and "there is no file none.py" in ended.stderr
    ended = check("broken.py")
    assert ended.returncode == 2 and "was never closed" in ended.stderr and "Traceback" not in ended.stderr


@pytest.mark.slow
def test_a_tensor_left_on_the_cpu_fails_on_a_gpu_that_is_not_there():
    Path("train.py").write_text(
        "import torch\nfrom torch import nn\n\nassert torch.cuda.is_available()\n"
        "model = nn.Linear(3, 2).cuda()\nmodel(torch.ones(4, 3))\n"
    )
    answer = rehearse("train.py", device="cuda:2GiB")
    assert (answer.failure[0].code, answer.failure[0].where.line, answer.status) == ("TW101", 6, 1)


def test_an_unknown_device_is_a_problem():
    with pytest.raises(Problem, match="knows no device tpu"):
        rehearse("train.py", device="tpu")
