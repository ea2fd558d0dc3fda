"""The commands from end to end, on real data that comes along."""

import csv
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import torchwise as tw

FAST = ("--epochs", 3, "--hidden", 8, "--device", "cpu")


def rows_of(path):
    with open(path, encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


def write_csv(path, header, rows, **settings):
    with open(path, "w", newline="", **({"encoding": "utf-8"} | settings)) as file:
        writer = csv.writer(file)
        writer.writerow(header)
        writer.writerows(rows)
    return path


def test_train_leaves_a_run_folder_and_a_verdict(done):
    out = done("train", "builtin:diabetes", "--target", "target", "--out", "run", *FAST)
    assert "442 rows; predicts target (regression)" in out
    assert "verdict: on 66 test rows the network's rmse is" in out
    assert sorted(path.name for path in Path("run").iterdir()) == [
        ".lock", "best.safetensors", "history.jsonl", "metrics.json", "predictions.csv", "report.html", "report.json",
        "run.json", "state",
    ]  # fmt: skip
    history = [json.loads(line) for line in Path("run/history.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [line["epoch"] for line in history] == [1, 2, 3]
    assert set(history[0]) == {"epoch", "train_loss", "valid_loss", "rmse", "mae", "r2", "lr", "seconds"}
    # The loss is shown in the target's unit: the mean squared error is the rmse, squared.
    assert history[0]["valid_loss"] == pytest.approx(history[0]["rmse"] ** 2, rel=1e-5)
    metrics = json.loads(Path("run/metrics.json").read_text(encoding="utf-8"))
    assert set(metrics["verdict"]["rivals"]) == {"constant", "linear", "boosting"}
    predictions = rows_of("run/predictions.csv")
    assert predictions[0] == ["row", "target"]
    assert len(predictions) == 67


def test_the_same_seed_gives_the_same_run(done):
    for folder in ("first", "second"):
        done("train", "builtin:wine", "--target", "target", "--dropout", 0.3, "--out", folder, *FAST)
    assert Path("first/best.safetensors").read_bytes() == Path("second/best.safetensors").read_bytes()
    assert Path("first/predictions.csv").read_bytes() == Path("second/predictions.csv").read_bytes()


def test_classes_have_probabilities_and_the_prediction_last(done):
    done("train", "builtin:wine", "--target", "target", "--out", "run", *FAST)
    header, *lines = rows_of("run/predictions.csv")
    assert header == ["row", "probability class_0", "probability class_1", "probability class_2", "target"]
    for line in lines:
        probabilities = [float(cell) for cell in line[1:4]]
        assert sum(probabilities) == pytest.approx(1)
        assert line[4] == f"class_{probabilities.index(max(probabilities))}"


def test_test_and_predict_take_a_run(done):
    done("train", "builtin:breast-cancer", "--target", "target", "--out", "run", *FAST)
    out = done("test", "run", "builtin:breast-cancer", "--json", "found.json")
    found = json.loads(Path("found.json").read_text(encoding="utf-8"))
    assert set(found) == {"accuracy", "auroc", "log_loss"}
    assert f"accuracy {found['accuracy']:.4g}" in out
    assert done("predict", "run", "builtin:breast-cancer", "--out", "new.csv") == "569 rows predicted: new.csv\n"
    assert len(rows_of("new.csv")) == 570


def test_folds_are_ordinary_runs_and_predict_by_their_mean(done):
    done("train", "builtin:diabetes", "--target", "target", "--folds", 3, "--out", "run", *FAST)
    members = [tw.load(f"run/folds/{number}") for number in (1, 2, 3)]
    run = tw.load("run")
    mean = sum(member.predict("builtin:diabetes") for member in members) / 3
    assert run.predict("builtin:diabetes").tolist() == pytest.approx(mean.tolist())
    metrics = json.loads(Path("run/metrics.json").read_text(encoding="utf-8"))
    assert set(metrics["out_of_fold"]) == {"rmse", "mae", "r2"}
    valid_rows = [row[0] for n in (1, 2, 3) for row in rows_of(f"run/folds/{n}/predictions.csv")[1:]]
    test_rows = [row[0] for row in rows_of("run/predictions.csv")[1:]]
    assert sorted(map(int, valid_rows + test_rows)) == list(range(442))
    assert "rmse" in done("test", "run", "builtin:diabetes")
    done("predict", "run", "builtin:diabetes", "--out", "new.csv")


def test_without_test_rows_the_numbers_are_said_to_flatter(done):
    out = done("train", "builtin:diabetes", "--target", "target", "--test-fraction", 0, "--out", "run", *FAST)
    assert "verdict" not in out
    assert "they flatter the network" in out.replace("\n", " ")
    assert json.loads(Path("run/metrics.json").read_text(encoding="utf-8"))["verdict"] is None


def test_the_tutorials_preset_leaves_out_the_id_and_keep_takes_it_in(done):
    words = ("train", "builtin:survey", "--target", "tested_positive.4", "--preset", "tutorial", "--epochs", 1)
    assert "leaves out the row id" in done(*words, "--out", "without").replace("\n", " ")
    done(*words, "--keep", "id", "--out", "with")
    first = [load_sizes(folder)["network.layers.0.weight"] for folder in ("without", "with")]
    assert first == [(64, 116), (64, 117)]
    settings = json.loads(Path("with/run.json").read_text(encoding="utf-8"))["settings"]
    assert (settings["lr"], settings["momentum"], settings["optimizer"]) == (1e-5, 0.9, "SGD")


def load_sizes(folder):
    from safetensors.torch import load_file

    return {name: tuple(value.shape) for name, value in load_file(f"{folder}/best.safetensors").items()}


def test_a_test_file_without_the_target_is_predicted(done):
    table = [[i, i % 7, (i * 3) % 11, i % 7 + 0.5 * ((i * 3) % 11)] for i in range(100)]
    write_csv("train.csv", ["id", "a", "b", "y"], table)
    write_csv("test.csv", ["b", "id", "a"], [[1, "x1", 2], [3, "x2", 4]])
    out = done("train", "train.csv", "--target", "y", "--test", "test.csv", "--out", "run", *FAST)
    assert "verdict: on 15 test rows" in out
    assert [row[0] for row in rows_of("run/predictions.csv")] == ["id", "x1", "x2"]


def test_a_labelled_test_file_and_a_valid_file_are_the_parts(done):
    def table(numbers):
        return [[i % 7, (i * 3) % 11, i % 7 + (i * 3) % 11 + i / 10] for i in numbers]

    for name, numbers in (("train", range(60)), ("valid", range(60, 80)), ("test", range(80, 90))):
        write_csv(f"{name}.csv", ["a", "b", "y"], table(numbers))
    out = done(
        "train", "train.csv", "--target", "y", "--valid", "valid.csv", "--test", "test.csv", "--out", "run", *FAST
    )
    assert json.loads(Path("run/run.json").read_text(encoding="utf-8"))["data"]["parts"] == {
        "train": 60, "test": 10, "valid": 20,
    }  # fmt: skip
    assert "on 10 test rows" in out


def test_groups_stay_in_one_part_and_time_splits_in_order(done):
    rows = [[f"2024-{1 + i // 28:02d}-{1 + i % 28:02d}", f"g{i % 9}", i % 5, i % 5 + i / 50] for i in range(200)]
    write_csv("data.csv", ["day", "who", "x", "y"], rows)
    done("train", "data.csv", "--target", "y", "--time", "day", "--out", "by-time", *FAST)
    assert [row[0] for row in rows_of("by-time/predictions.csv")[1:]] == [str(i) for i in range(170, 200)]
    out = done("train", "data.csv", "--target", "y", "--group", "who", "--out", "by-group", *FAST)
    assert "who: the groups of valid and test rows are new to the network" in " ".join(out.split())
    held = {int(row[0]) % 9 for row in rows_of("by-group/predictions.csv")[1:]}
    assert 0 < len(held) < 9
    assert len(rows_of("by-group/predictions.csv")) - 1 == sum(i % 9 in held for i in range(200))


def test_a_chinese_file_in_gb18030_is_trained_on(done):
    rows = [[["红", "绿", "蓝"][i % 3], i % 10, (i % 3) * 2 + i % 10] for i in range(90)]
    Path("数据").mkdir()
    write_csv("数据/房价.csv", ["颜色", "面积", "价格"], rows, encoding="gb18030")
    out = done("train", "数据/房价.csv", "--target", "价格", "--lang", "zh", "--task", "regression", *FAST)
    assert "价格" in out
    (folder,) = Path("runs").iterdir()
    assert folder.name.startswith("房价-")
    assert rows_of(folder / "predictions.csv")[0][-1] == "价格"


RECIPE = """
import torch
from torch import nn
from torch.utils.data import TensorDataset
import torchwise as tw

def setup():
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(3, 8), nn.ReLU(), nn.Linear(8, 1), nn.Flatten(0))
    inputs = torch.randn(64, 3)
    data = TensorDataset(inputs, inputs.sum(dim=1))
    optimizer = {optimizer}
    return tw.Setup(model=model, loss=nn.MSELoss(), optimizer=optimizer, train=data, valid=data, seed=1, device="cpu")
"""


@pytest.mark.parametrize(
    "optimizer", ["torch.optim.SGD(model.parameters(), lr=0.1)", "torch.optim.LBFGS(model.parameters())"]
)
def test_a_recipe_is_trained(done, optimizer):
    Path("recipe.py").write_text(RECIPE.replace("{optimizer}", optimizer), encoding="utf-8")
    out = done("train", "recipe.py", "--epochs", 5, "--out", "run")
    assert "all 5 epochs done; the best is epoch" in out
    history = [json.loads(line) for line in Path("run/history.jsonl").read_text(encoding="utf-8").splitlines()]
    assert history[-1]["valid_loss"] < history[0]["valid_loss"]


def test_an_own_network_is_trained_and_given_again(torchwise, done):
    Path("net.py").write_text(
        "from torch import nn\n\n\nclass Small(nn.Module):\n    def __init__(self, num_inputs, num_outputs):\n"
        "        super().__init__()\n        self.layer = nn.Linear(num_inputs, num_outputs)\n\n"
        "    def forward(self, inputs):\n        return self.layer(inputs)\n",
        encoding="utf-8",
    )
    done("train", "builtin:wine", "--target", "target", "--model", "net.py:Small", "--out", "run", "--epochs", 2)
    status, _, err = torchwise("test", "run", "builtin:wine")
    assert status == 2
    assert "--model net.py:Small" in err
    assert "accuracy" in done("test", "run", "builtin:wine", "--model", "net.py:Small")


def test_quiet_says_nothing(done):
    assert done("train", "builtin:wine", "--target", "target", "--quiet", "--out", "run", *FAST) == ""


def test_a_loss_that_blows_up_ends_in_a_problem_that_says_what_to_do(torchwise):
    words = ("--optimizer", "SGD", "--lr", 1e6, "--epochs", 5, "--out", "run")
    status, _, err = torchwise("train", "builtin:diabetes", "--target", "target", *words)
    assert status == 2
    assert "the loss is not a number" in err
    assert "a lower learning rate, such as 100000" in err


def start(*words):
    """A command in a process of its own."""
    program = [sys.executable, "-c", "import sys; from torchwise.cli import main; sys.exit(main())", *map(str, words)]
    flags = {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP} if os.name == "nt" else {}
    return subprocess.Popen(program, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **flags)


def interrupt(process):
    process.send_signal(signal.CTRL_C_EVENT if os.name == "nt" else signal.SIGINT)


def test_ctrl_c_keeps_the_best_epoch_and_exits_130():
    words = ("--target", "target", "--epochs", 100000, "--patience", 0, "--out", "run", "--device", "cpu")
    process = start("train", "builtin:diabetes", *words)
    history = Path("run/history.jsonl")
    while not (history.exists() and history.read_text(encoding="utf-8").count("\n") >= 3):
        assert process.poll() is None, process.communicate()[1]
        time.sleep(0.05)
    interrupt(process)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "Traceback" not in err
    assert "interrupted after epoch" in out
    assert tw.load("run").predict("builtin:diabetes").shape == (442,)
