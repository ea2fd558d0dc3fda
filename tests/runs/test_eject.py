"""An ejected script gives the losses of the run bit for bit, its test predictions too, and is plain to read."""

import ast
import csv
import json
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import torchwise as tw
from torchwise.cli import main
from torchwise.runs import training
from torchwise.runs.eject import eject
from torchwise.texts import set_language

ALLOWED = {"csv", "datetime", "math", "pathlib", "torch", "torch.utils.data"}
LONGEST = 220
# Runs each script in its folder and tells what it printed and predicted.
RUNNER = """
import contextlib, io, json, runpy, sys

for script in sys.argv[1:]:
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        found = runpy.run_path(script, run_name="__main__")
    predictions = found["predictions"].tolist() if "predictions" in found else None
    print(json.dumps([printed.getvalue(), predictions]))
"""
ALL_KINDS = ("--kind", "zone=category", "--keep", "flag")
NUMBERS = ("size", "garden", "built", "seen", "weight", "heated", "patient", "late")
DROP_NUMBERS = [word for name in NUMBERS for word in ("--drop", name)]
CASES = {
    # regression
    "everything": ("number.csv", *ALL_KINDS, "--periodic", "--dropout", "0.2", "--clip", "0.5", "--seed", "3"),
    "numbers": ("builtin:diabetes", "--no-periodic"),
    "the-tutorial": ("number.csv", *ALL_KINDS, "--preset", "tutorial"),
    "huber-cosine-momentum": ("number.csv", "--loss", "HuberLoss", "--schedule", "CosineAnnealingLR", "--optimizer",
                              "SGD", "--lr", "0.05", "--momentum", "0.9"),
    "l1-one-cycle": ("number.csv", "--loss", "L1Loss", "--schedule", "OneCycleLR", "--periodic"),
    "smooth-step-adam": ("number.csv", "--loss", "SmoothL1Loss", "--schedule", "StepLR", "--optimizer", "Adam",
                         "--weight-decay", "0.01", "--epochs", "4"),
    "exponential-rmsprop-prelu": ("number.csv", "--schedule", "ExponentialLR", "--optimizer", "RMSprop",
                                  "--activation", "PReLU", "--hidden", "8,8,8"),
    "stopped-early": ("builtin:diabetes", "--schedule", "none", "--patience", "2", "--lr", "0.02", "--epochs", "60"),
    "plateau": ("builtin:diabetes", "--patience", "9", "--lr", "0.03", "--epochs", "25", "--periodic"),
    "closure": ("number.csv", "--optimizer", "LBFGS", "--lr", "0.1", "--clip", "1"),
    "one-layer": ("number.csv", "--hidden", "", "--dropout", "0"),
    "no-test-rows": ("number.csv", "--test-fraction", "0"),
    # classes
    "binary": ("two.csv", *ALL_KINDS, "--periodic", "--activation", "RReLU"),
    "one-logit": ("two.csv", *ALL_KINDS, "--loss", "BCEWithLogitsLoss", "--class-weights"),
    "one-logit-plain": ("builtin:breast-cancer", "--loss", "BCEWithLogitsLoss"),
    "margin": ("three.csv", "--loss", "MultiMarginLoss", "--class-weights", "--schedule", "OneCycleLR",
               "--optimizer", "SGD", "--momentum", "0.5"),
    "several": ("three.csv", *ALL_KINDS, "--class-weights", "--periodic"),
    "words-only": ("three.csv", *DROP_NUMBERS, "--kind", "zone=category"),
    "many-classes": ("many.csv",),
    # files and splits
    "valid-and-test-files": ("number.csv", *ALL_KINDS, "--valid", "valid.csv", "--test", "test.csv"),
    "valid-file": ("three.csv", "--valid", "valid-three.csv"),
    "unlabelled-test-file": ("number.csv", "--test", "new.csv"),
    "unlabelled-classes": ("three.csv", *ALL_KINDS, "--test", "new.csv", "--periodic", "--class-weights"),
    "by-group": ("two.csv", "--group", "patient"),
    "by-time": ("number.csv", *ALL_KINDS, "--time", "built", "--periodic"),
    # how the data is written
    "odd-text": ("odd.csv",),
    "parquet": ("three.parquet", *ALL_KINDS),
    "wide": ("wide.csv", *ALL_KINDS),
}  # fmt: skip

IN_CHINESE = ("everything", "unlabelled-classes", "by-time")


def table(*, task, num_rows=180, seed=0):
    """All kinds of columns, some values missing; late has none in early rows, and flag is constant there."""
    generator = np.random.default_rng(seed)
    size, weight = generator.normal(50, 10, num_rows), generator.normal(5, 1, num_rows)
    colour = generator.choice(["red", "green", "blue, dark", 'so-called "teal"'], num_rows)
    garden = generator.choice(["Yes", "no"], num_rows)
    built = pd.Timestamp("1999-01-30") + pd.to_timedelta(generator.integers(0, 900, num_rows), "D")
    seen = built + pd.to_timedelta(generator.integers(0, 86400, num_rows), "s")
    is_late = built >= built.sort_values()[int(num_rows * 0.8)]
    score = size / 10 + (colour == "red") * 3 + (garden == "Yes") + weight + generator.normal(0, 0.3, num_rows)
    frame = pd.DataFrame({
        "size": size.round(3), "colour": colour, "garden": garden, "built": built, "weight": weight,
        "zone": generator.choice([2, 3, 10, 11], num_rows), "heated": generator.integers(0, 2, num_rows),
        "patient": generator.integers(0, 30, num_rows), "seen": seen,
        "late": np.where(is_late, weight + 1, np.nan), "flag": np.where(is_late, size, 1.5),
    })  # fmt: skip
    for step, name in ((7, "size"), (9, "colour"), (11, "garden"), (13, "seen")):
        frame.loc[::step, name] = None
    frame["target"] = {
        "number": score.round(4),
        "two": np.where(score > np.quantile(score, 0.7), "ill", "well"),
        "three": np.array(["high", "low", "middle"])[np.digitize(score, np.quantile(score, [0.2, 0.6]))],
    }[task]
    return frame


def write_tables(folder):
    """The files that the cases train on."""
    for task in ("number", "two", "three"):
        table(task=task).to_csv(folder / f"{task}.csv", index=False)
    number, three = table(task="number"), table(task="three")
    table(task="number", num_rows=40, seed=1).to_csv(folder / "valid.csv", index=False)
    table(task="number", num_rows=50, seed=2).to_csv(folder / "test.csv", index=False)
    table(task="three", num_rows=40, seed=1).to_csv(folder / "valid-three.csv", index=False)
    table(task="number", num_rows=30, seed=3).drop(columns="target").to_csv(folder / "new.csv", index=False)
    three.loc[::4, "colour"] = ""  # a word without letters, which is not missing
    three.to_parquet(folder / "three.parquet")
    number.loc[::10, "target"] = np.nan
    number["built"] = number["built"].dt.strftime("%d.%m.%Y")
    odd = number[["size", "built", "heated", "garden", "target"]].to_csv(index=False, sep=";", decimal=",")
    (folder / "odd.csv").write_text(f"sep=;\n{odd}\n\n".replace("garden", "Größe  (m²)"), encoding="cp1252")
    generator = np.random.default_rng(0)
    wide = pd.DataFrame({f"Spalte mit langem Namen {i}": generator.normal(0, 1, 180).round(2) for i in range(20)})
    pd.concat([wide, three], axis=1).to_csv(folder / "wide.csv", index=False)
    names = [f"class {i:02d} {'of many' if i % 2 else ''}".strip() for i in range(25)]
    wide["target"] = [names[i % 25] for i in range(180)]
    wide.to_csv(folder / "many.csv", index=False)


def trained(folder, data, *words):
    """A run in `folder`."""
    base = {"--epochs": "3", "--hidden": "16,8", "--device": "cpu", "--target": "target"}
    if "--preset" in words:
        base.pop("--hidden")
    given = [word for flag, value in base.items() if flag not in words for word in (flag, value)]
    assert main(["train", str(data), *given, *words, "--out", str(folder), "--quiet"]) == 0
    return folder


def outputs_of(*scripts):
    """What each script printed and predicted, all run by one fresh Python."""
    words = [sys.executable, "-c", RUNNER, *map(str, scripts)]
    done = subprocess.run(words, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """The folder of all cases: runs, scripts and what these printed."""
    folder = tmp_path_factory.mktemp("eject")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setattr(training, "fit_baselines", lambda *_, **__: {})  # the verdict is not what is compared here
        set_language("en")
        write_tables(folder)
        for name, words in CASES.items():
            eject(trained(Path(name), *words), f"{name}.py")
        set_language("zh")
        for name in IN_CHINESE:
            eject(name, f"{name}-zh.py")
    names = [*CASES, *(f"{name}-zh" for name in IN_CHINESE)]
    found = outputs_of(*(folder / f"{name}.py" for name in names))
    return folder, dict(zip(names, found, strict=True))


@pytest.mark.slow
@pytest.mark.parametrize("name", CASES)
def test_the_script_gives_every_loss_and_prediction_of_the_run_bit_for_bit(made, name):
    folder, outputs = made
    printed, predictions = outputs[name]
    history = [json.loads(line) for line in (folder / name / "history.jsonl").read_text().splitlines()]
    measured = json.loads((folder / name / "metrics.json").read_text())
    epochs = re.findall(r"^epoch (\d+)  train (\S+)  valid (\S+)$", printed, re.M)
    assert [(int(number), float(train), float(valid)) for number, train, valid in epochs] == [
        (line["epoch"], line["train_loss"], line["valid_loss"]) for line in history
    ]
    assert f"best epoch: {measured['best_epoch']}  valid {measured['valid']['loss']}\n" in printed
    assert bool(measured["test"]) == (predictions is not None)
    if measured["test"]:
        shown = re.findall(r"(\w+) (\S+)", printed.partition("\ntest  ")[2])
        assert {metric: float(value) for metric, value in shown} == pytest.approx(measured["test"], rel=1e-5)
        if not name.startswith("unlabelled"):  # there it holds the rows of that file
            assert predictions == predicted(folder / name)


def predicted(run):
    """The numbers or probabilities in a run's predictions.csv, every bit of them."""
    with open(run / "predictions.csv", encoding="utf-8", newline="") as file:
        header, *rows = csv.reader(file)
    if len(header) == 2:
        return [float(value) for _, value in rows]
    return [[float(cell) for cell in row[1:-1]] for row in rows]


@pytest.mark.slow
@pytest.mark.parametrize("name", CASES)
def test_the_script_is_plain_and_well_laid_out(made, name):
    text = (made[0] / f"{name}.py").read_text(encoding="utf-8")
    imported = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            imported |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            imported.add(node.module)
    assert imported <= ALLOWED
    lines = text.splitlines()
    assert len(lines) < (245 if name == "unlabelled-classes" else LONGEST)  # that one also writes predictions
    assert name != "numbers" or len(lines) < 155


@pytest.mark.slow
@pytest.mark.parametrize("words", [("format", "--check"), ("check", "--select", "E,F,I,W,UP,RUF100")])
def test_ruff_finds_nothing_in_the_scripts(made, words):
    scripts = sorted(made[0].glob("*.py"))
    command = [Path(sys.executable).with_name("ruff"), *words, "--isolated", "--line-length", "100", *scripts]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.slow
def test_predictions_for_unlabelled_rows_are_those_of_the_run(made):
    for name in ("unlabelled-test-file", "unlabelled-classes"):
        run = pd.read_csv(made[0] / name / "predictions.csv")
        script = pd.read_csv(made[0] / f"{name}-predictions.csv")
        assert script["target"].tolist() == run["target"].tolist()
        assert script["row"].tolist() == list(range(30))


@pytest.mark.slow
@pytest.mark.parametrize("name", IN_CHINESE)
def test_a_script_in_chinese_says_other_words_and_gives_the_same_numbers(made, name):
    printed, predictions = made[1][name]
    in_chinese, same = made[1][f"{name}-zh"]
    assert same == predictions
    assert re.findall(r"[-\d.e]+\d", in_chinese) == re.findall(r"[-\d.e]+\d", printed)
    assert "验证" in in_chinese
    text = (made[0] / f"{name}-zh.py").read_text(encoding="utf-8")
    assert not re.search(r"# [a-z]+ [a-z]+ [a-z]+", text), "a comment is in English still"


@pytest.fixture
def run():
    """A small run in a folder of its own."""
    table(task="number", num_rows=60).to_csv("houses.csv", index=False)
    setup = tw.prepare("houses.csv", target="target", hidden=(4,), epochs=9, schedule="none", device="cpu")
    return tw.save(setup, "run")


def changed(run, **values):
    """Change what run.json says."""
    about = json.loads((run / "run.json").read_text(encoding="utf-8"))
    (run / "run.json").write_text(json.dumps(about | values), encoding="utf-8")


def test_the_script_stops_where_the_run_was_stopped(run):
    line = {"train_loss": 1.0, "valid_loss": 1.0}
    (run / "history.jsonl").write_text("".join(json.dumps({"epoch": i} | line) + "\n" for i in range(1, 5)))
    (run / "metrics.json").write_text('{"ending": "interrupted"}')
    text = eject(run, "train.py")[0].read_text(encoding="utf-8")
    assert "    if epoch == 4:  # here the run was stopped\n        break\n" in text
    assert "EPOCHS = 9\n" in text


def test_nothing_is_written_over(run):
    eject(run, "train.py")
    Path("train.py").unlink()
    before = Path("train-data.csv").read_bytes()
    with pytest.raises(tw.Problem, match=r"train-data\.csv is there already"):
        eject(run, "train.py")
    assert Path("train-data.csv").read_bytes() == before
    assert not Path("train.py").exists()


def test_a_file_that_has_moved_can_be_named(run):
    Path("houses.csv").rename("elsewhere.csv")
    with pytest.raises(tw.Problem, match=r"houses\.csv, which is not there"):
        eject(run, "train.py")
    assert len(eject(run, "train.py", data="elsewhere.csv")) == 2


def test_other_data_is_no_script(run):
    Path("houses.csv").write_text(Path("houses.csv").read_text().replace("red", "rot"))
    with pytest.raises(tw.Problem, match="is not the file of this run"):
        eject(run, "train.py")
    assert not Path("train.py").exists()


def test_a_run_on_a_frame_is_ejected_from_the_frame(run):
    frame = table(task="number", num_rows=60)
    folder = tw.save(tw.prepare(frame, target="target", hidden=(4,), device="cpu"), "of-a-frame")
    with pytest.raises(tw.Problem, match="which is not there") as caught:
        eject(folder, "train.py")
    assert "data=frame" in caught.value.fix
    assert eject(folder, "train.py", data=frame)[0].exists()
    with pytest.raises(tw.Problem, match="is not the file of this run"):
        eject(folder, "again.py", data=frame.head(50))


def test_a_run_that_reads_otherwise_now_is_a_problem(run):
    about = json.loads((run / "run.json").read_text(encoding="utf-8"))
    about["data"]["parts"]["train"] += 1
    changed(run, data=about["data"])
    with pytest.raises(tw.Problem, match="reads otherwise"):
        eject(run, "train.py")


def test_a_run_on_a_gpu_is_said_to_be_one(run):
    changed(run, device="cuda:0")
    text = eject(run, "train.py")[0].read_text(encoding="utf-8")
    assert 'device = torch.device("cuda:0")\n' in text
    assert "there the last digits may differ" in text


@pytest.mark.parametrize(
    "change", [{"settings": None}, {"data": {}}, {"schema": 3}, {"settings": {"target": "target"}}]
)
def test_a_damaged_run_json_is_a_problem(run, change):
    changed(run, **change)
    with pytest.raises(tw.Problem):
        eject(run, "train.py")
