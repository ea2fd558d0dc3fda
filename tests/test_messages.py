"""Every Problem that training, runs and the command line raise, rendered as a user sees it.

TORCHWISE_GOLDEN=1 rewrites the golden files; read what changed.
"""

import json
import os
import re
from pathlib import Path

import pytest

from torchwise.cli import main
from torchwise.texts import set_language

GOLDEN = Path(__file__).parent

NET = """
from torch import nn

class Broken(nn.Module):
    def __init__(self, num_inputs, num_outputs):
        super().__init__()
        self.layer = nn.Linear(num_inputs, num_outputs + 1)

    def forward(self, inputs):
        return self.layer(inputs)

class Fails(nn.Module):
    def __init__(self, num_inputs, num_outputs):
        super().__init__()
        self.layer = nn.Linear(num_inputs, num_outputs)

    def forward(self, inputs):
        return self.layer(inputs.double())

class NoArguments(nn.Module):
    def __init__(self):
        super().__init__()

def no_module(num_inputs, num_outputs):
    return 3
"""
RECIPE = """
import torch, torchwise as tw
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

data = TensorDataset(torch.randn(8, 3), torch.zeros(8))
model = nn.Sequential(nn.Linear(3, 1), nn.Flatten(0))

def setup():
    return {returned}
"""
SETUP = "tw.Setup(model={model}, loss={loss}, optimizer={optimizer}, train={train}, device='cpu'{more})"
DIABETES = ("train", "builtin:diabetes", "--target", "target")


def recipe(name, **parts):
    """A recipe file with one part that is not as it should be."""
    parts = {
        "model": "model", "loss": "nn.MSELoss()", "optimizer": "torch.optim.SGD(model.parameters(), lr=0.1)",
        "train": "data", "more": "",
    } | parts  # fmt: skip
    returned = parts.pop("returned", None) or SETUP.format(**parts)
    Path(f"{name}.py").write_text(RECIPE.replace("{returned}", returned), encoding="utf-8")
    return ("train", f"{name}.py", "--epochs", "1", "--no-check")  # what the trainer itself says


def eject_from_changed_runs():
    """Copies of the run's run.json, each changed so that it can't be ejected."""
    about = json.loads(Path("run/run.json").read_text(encoding="utf-8"))
    files, parts = about["data"]["files"]["train"], about["data"]["parts"]
    changes = {
        "folded": {"kind": "folds"},
        "of-a-recipe": {"kind": "parts"},
        "of-own-model": {"settings": about["settings"] | {"model": "net.py:Net"}},
        "moved": {"data": about["data"] | {"files": {"train": files | {"path": "/home/you/gone.csv"}}}},
        "changed": {"data": about["data"] | {"files": {"train": files | {"sha256": "0"}}}},
        "otherwise": {"data": about["data"] | {"parts": parts | {"train": 300}}},
        "no-settings": {"settings": {}},
    }
    for name, change in changes.items():
        Path(name).mkdir()
        Path(name, "run.json").write_text(json.dumps(about | change), encoding="utf-8")


def cases():
    """The commands, each with one fault."""
    Path("net.py").write_text(NET, encoding="utf-8")
    Path("bad.py").write_text("def setup(:\n    pass\n", encoding="utf-8")
    Path("empty.py").write_text("", encoding="utf-8")
    Path("missing_import.py").write_text("import nowhere_to_be_found\n", encoding="utf-8")
    Path("full").mkdir()
    Path("full/notes.txt").write_text("mine", encoding="utf-8")
    Path("a-file").write_text("", encoding="utf-8")
    Path("small.csv").write_text("a,y\n1.5,2.5\n2.5,3.5\n3.5,1.5\n", encoding="utf-8")
    Path("days.csv").write_text(
        "day,a,y\n" + "".join(f"2024-01-{i % 9 + 1:02d},{i * 1.5},{i * 2.5}\n" for i in range(40))
    )
    one_run = ("--out", "run", "--epochs", "1", "--quiet", "--device", "cpu")
    assert main([*DIABETES, *one_run]) == 0
    eject_from_changed_runs()
    changed = json.loads(Path("run/report.json").read_text(encoding="utf-8"))
    changed["regression"]["num_rows"] = "many"
    reports = {"another-version": '{"format": 7}', "cut": '{"format": ', "changed": json.dumps(changed)}
    for name, text in reports.items():
        Path(f"report-{name}").mkdir()
        Path(f"report-{name}/run.json").write_text("{}", encoding="utf-8")
        Path(f"report-{name}/report.json").write_text(text, encoding="utf-8")
    Path("strange").mkdir()
    Path("strange/run.json").write_text('{"kind": "magic", "format": 7}', encoding="utf-8")
    Path("cut").mkdir()
    Path("cut/run.json").write_text('{"kind": ', encoding="utf-8")
    return {
        "no command of that name": ("trian",),
        "a flag with a slip": ("train", "builtin:diabetes", "--targt", "target"),
        "a flag with a wrong type": (*DIABETES, "--epochs", "many"),
        "a flag without its value": (*DIABETES, "--epochs"),
        "no data": ("train",),
        "too many words": (*DIABETES, "more"),
        "an unknown language": (*DIABETES, "--lang", "fr"),
        "several values out of range": (*DIABETES, "--lr", "0", "--epochs", "0", "--valid-fraction", "1.5", "--dropout", "1",
                                        "--folds", "1", "--hidden", "0", "--clip", "-1", "--momentum", "2"),
        "flags that exclude each other": (*DIABETES, "--group", "age", "--time", "bmi", "--folds", "5", "--valid", "x.csv"),
        "no valid rows": (*DIABETES, "--valid-fraction", "0"),
        "an unknown task": (*DIABETES, "--task", "clustering"),
        "an unknown preset": (*DIABETES, "--preset", "tutor"),
        "an unknown loss": (*DIABETES, "--loss", "MSE"),
        "a loss of another task": (*DIABETES, "--loss", "CrossEntropyLoss"),
        "an unknown optimizer": (*DIABETES, "--optimizer", "adamw"),
        "a setting the optimizer has not": (*DIABETES, "--momentum", "0.9"),
        "an unknown schedule": (*DIABETES, "--schedule", "Cosine"),
        "an unknown activation": (*DIABETES, "--activation", "relu"),
        "class weights for a number": (*DIABETES, "--class-weights"),
        "no such device": (*DIABETES, "--device", "cuda:7"),
        "no device at all": (*DIABETES, "--device", "gpu"),
        "widths that are none": (*DIABETES, "--hidden", "64x32"),
        "a kind without a column": (*DIABETES, "--kind", "category"),
        "too few rows": ("train", "small.csv", "--target", "y"),
        "an unknown group": (*DIABETES, "--group", "sexx"),
        "one group": ("train", "days.csv", "--target", "y", "--group", "day", "--folds", "20"),
        "a time that is none": ("train", "builtin:breast-cancer", "--target", "mean_radius", "--time", "target"),
        "a folder that is not empty": (*DIABETES, "--out", "full"),
        "a folder that can't be made": (*DIABETES, "--out", "a-file/run"),
        "a model without a class": (*DIABETES, "--model", "net.py"),
        "a model that is not there": (*DIABETES, "--model", "net.py:Net"),
        "a model file that is not there": (*DIABETES, "--model", "nets.py:Net"),
        "a model of another shape": (*DIABETES, "--model", "net.py:Broken"),
        "a model that fails": (*DIABETES, "--model", "net.py:Fails"),
        "a model without arguments": (*DIABETES, "--model", "net.py:NoArguments"),
        "a function that gives no model": (*DIABETES, "--model", "net.py:no_module"),
        "a recipe that is not there": ("train", "recipes.py"),
        "a recipe that is no Python": ("train", "bad.py"),
        "a recipe without setup": ("train", "empty.py"),
        "a recipe that can't import": ("train", "missing_import.py"),
        "a recipe that gives something else": recipe("other", returned="model"),
        "a recipe with a flag of tables": (*recipe("fine"), "--target", "y", "--lr", "0.1", "--kind", "a=number"),
        "a recipe whose model does not fit": recipe("unfit", model="nn.Linear(4, 1)"),
        "a setup with many faults": recipe("faults", model="nn.Linear", loss="nn.MSELoss", optimizer="'SGD'",
                                           train="DataLoader(data)", more=", batch_size=0, clip=0, workers=2, valid=[]"),
        "a setup with no data": recipe("nodata", train="3", more=", batch_size=1.5"),
        "a loss that would broadcast": recipe("broadcast", model="model[0]"),
        "samples without targets": recipe("alone", train="TensorDataset(torch.zeros(4, 3))"),
        "a loss that is no number": recipe("nan", train="TensorDataset(torch.full((4, 3), float('nan')), torch.zeros(4))"),
        "a setup with an unknown metric": recipe("device", more=", metrics=['accurracy'], valid=data"),
        "a folder that is no run": ("test", "full", "builtin:diabetes"),
        "a run of another version": ("test", "strange", "builtin:diabetes"),
        "a run that is cut": ("test", "cut", "builtin:diabetes"),
        "data without the columns": ("predict", "run", "builtin:wine", "--out", "p.csv"),
        "data without the target": ("test", "run", "days.csv"),
        "a file in a folder that isn't there": ("predict", "run", "builtin:diabetes", "--out", "no/where/p.csv"),
        "predict without --out": ("predict", "run", "builtin:diabetes"),
        "a report of a folder that is no run": ("report", "full"),
        "a report that was never made": ("report", "strange"),
        "a report of another version": ("report", "report-another-version"),
        "a report that is cut": ("report", "report-cut"),
        "a report that was changed": ("report", "report-changed"),
        "a script of folds": ("eject", "folded", "--out", "train.py"),
        "a script of a recipe": ("eject", "of-a-recipe", "--out", "train.py"),
        "a script of an own model": ("eject", "of-own-model", "--out", "train.py"),
        "a script of data that has moved": ("eject", "moved", "--out", "train.py"),
        "a script of data that has changed": ("eject", "changed", "--out", "train.py"),
        "a script of data that reads otherwise": ("eject", "otherwise", "--out", "train.py"),
        "a script of a damaged run": ("eject", "no-settings", "--out", "train.py"),
        "a script that is there already": ("eject", "run", "--out", "bad.py"),
        "a script that is no Python file": ("eject", "run", "--out", "train"),
    }  # fmt: skip


def rendered(capsys, monkeypatch, tmp_path):
    """All messages, one under the other."""
    monkeypatch.setenv("COLUMNS", "100")
    blocks = []
    for name, words in cases().items():
        capsys.readouterr()
        status = main(list(words))
        captured = capsys.readouterr()
        assert status == 2, (name, captured)
        assert "Traceback" not in captured.err
        blocks.append(f"# {name}\n{captured.err}".replace(str(tmp_path), "/home/you"))
    return re.sub("(PyTorch says: |PyTorch 说：).*", r"\1...", "\n".join(blocks))  # other words in each version


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_problem_reads_as_it_did(capsys, monkeypatch, tmp_path, language):
    monkeypatch.setenv("LANGUAGE", language)
    set_language(language)
    found = rendered(capsys, monkeypatch, tmp_path)
    golden = GOLDEN / f"messages.{language}.txt"
    if os.environ.get("TORCHWISE_GOLDEN"):
        golden.write_text(found, encoding="utf-8")
    assert found == golden.read_text(encoding="utf-8")
