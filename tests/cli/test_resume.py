"""torchwise train --resume: whenever a training is killed, it ends at the numbers of the unbroken one."""

import json
import multiprocessing
import random
import shutil
import time
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from torchwise.cli import main
from torchwise.runs.locking import locked

# One server imports all that is slow once; each training is forked from it, begins at once, and dies by SIGKILL alone.
SLOW = ["torchwise.cli.training", "torch._dynamo", "torchmetrics", "sklearn.datasets", "sklearn.compose",
        "sklearn.dummy", "sklearn.ensemble", "sklearn.linear_model"]  # fmt: skip
SERVER = multiprocessing.get_context("forkserver")
SERVER.set_forkserver_preload(SLOW)
QUICK = ("--device", "cpu", "--quiet")


def training(*words):
    process = SERVER.Process(target=main, args=([str(word) for word in words],))
    process.start()
    return process


def num_lines(path):
    return path.read_text(encoding="utf-8").count("\n") if path.exists() else 0


def history_of(run):
    lines = [json.loads(line) for line in (run / "history.jsonl").read_text(encoding="utf-8").splitlines()]
    return [{name: value for name, value in line.items() if name != "seconds"} for line in lines]


def assert_same_run(run, other):
    assert history_of(run) == history_of(other)
    ours, theirs = load_file(run / "best.safetensors"), load_file(other / "best.safetensors")
    assert ours.keys() == theirs.keys()
    assert all(torch.equal(value, theirs[name]) for name, value in ours.items())
    for name in ("metrics.json", "predictions.csv"):
        if (run / name).exists():
            assert (run / name).read_bytes() == (other / name).read_bytes()


def killed_until_done(run, start, resume, kills, *, seed):
    """Train, killing the process `kills` times, each a random moment after it has done another epoch or begun one."""
    generator = random.Random(seed)
    survived = 0
    for kill in range(kills):
        words = resume if (run / "run.json").exists() else start
        process = training(*words)
        reached = sum(num_lines(path) for path in [run / "history.jsonl", *run.glob("folds/*/history.jsonl")])
        wanted = reached + generator.choice((0, 1, 1, 2))
        while process.is_alive():
            done = sum(num_lines(path) for path in [run / "history.jsonl", *run.glob("folds/*/history.jsonl")])
            if (run / "run.json").exists() and done >= wanted:
                break
            time.sleep(0.002)
        time.sleep(generator.random() * 0.1)
        if process.is_alive():
            process.kill()
            survived += 1
        process.join()
        assert process.exitcode in (0, -9), f"kill {kill}: {process.exitcode}"
    process = training(*resume)
    process.join()
    assert process.exitcode == 0
    return survived


@pytest.mark.slow
def test_a_run_killed_at_twenty_random_moments_ends_at_the_same_numbers(tmp_path):
    flags = ("--target", "target", "--epochs", 60, "--patience", 12, "--dropout", 0.2, *QUICK)
    whole, broken = tmp_path / "whole", tmp_path / "broken"
    assert main([str(word) for word in ("train", "builtin:breast-cancer", *flags, "--out", whole)]) == 0
    start = ("train", "builtin:breast-cancer", *flags, "--out", broken)
    survived = killed_until_done(broken, start, ("train", "--resume", broken, "--quiet"), 20, seed=1)
    assert survived >= 10
    assert_same_run(whole, broken)


@pytest.mark.slow
def test_folds_killed_at_random_moments_end_at_the_same_numbers(tmp_path):
    flags = ("--target", "target", "--epochs", 6, "--folds", 3, *QUICK)
    whole, broken = tmp_path / "whole", tmp_path / "broken"
    assert main([str(word) for word in ("train", "builtin:diabetes", *flags, "--out", whole)]) == 0
    start = ("train", "builtin:diabetes", *flags, "--out", broken)
    assert killed_until_done(broken, start, ("train", "--resume", broken, "--quiet"), 8, seed=2) >= 3
    for number in ("1", "2", "3"):
        assert_same_run(whole / "folds" / number, broken / "folds" / number)
    assert (whole / "metrics.json").read_bytes() == (broken / "metrics.json").read_bytes()
    assert (whole / "predictions.csv").read_bytes() == (broken / "predictions.csv").read_bytes()


RECIPE = """
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset

import torchwise as tw


class Noisy(Dataset):
    # Draws noise in the worker, so that the workers' generators count too.
    def __len__(self):
        return 40

    def __getitem__(self, index):
        return torch.full((3,), index / 40) + 0.1 * torch.randn(3), torch.tensor([index / 20])


def setup():
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(3, 8), nn.ReLU(), nn.Dropout(0.2), nn.Linear(8, 1))
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
    train = DataLoader(Noisy(), 8, shuffle=True, num_workers=2)
    return tw.Setup(model=model, loss=nn.MSELoss(), optimizer=optimizer, train=train, seed=4, device="cpu")
"""


@pytest.mark.slow
def test_a_recipe_with_workers_killed_at_random_moments_ends_at_the_same_numbers(tmp_path):
    recipe = tmp_path / "recipe.py"
    recipe.write_text(RECIPE)
    whole, broken = tmp_path / "whole", tmp_path / "broken"
    assert main(["train", str(recipe), "--epochs", "8", "--out", str(whole), "--quiet"]) == 0
    start = ("train", recipe, "--epochs", 8, "--out", broken, "--quiet")
    assert killed_until_done(broken, start, ("train", recipe, "--resume", broken, "--quiet"), 4, seed=3) >= 2
    assert_same_run(whole, broken)


FAST = ("--target", "target", "--epochs", "3", "--hidden", "8", "--device", "cpu")


def test_more_epochs_go_on_from_where_a_run_ended(done, tmp_path):
    done("train", "builtin:diabetes", *FAST, "--out", "short")
    long = [word if word != "3" else "5" for word in FAST]
    done("train", "builtin:diabetes", *long, "--out", "long")
    out = done("train", "--resume", "short", "--epochs", 5)
    assert "resuming after epoch 3" in out
    assert_same_run(Path("short"), Path("long"))
    assert json.loads(Path("short/run.json").read_text())["settings"]["epochs"] == 5
    assert "all 5 epochs done" in done("train", "--resume", "short")


def test_what_does_not_go_with_resume_is_a_problem(torchwise, done):
    done("train", "builtin:diabetes", *FAST, "--out", "run")
    for words, said in [
        (("--lr", 0.1), "--lr and --resume do not go together"),
        (("builtin:wine",), "builtin:wine and --resume do not go together"),
        (("--out", "other"), "--out and --resume do not go together"),
        (("--model", "net.py:Net"), "net.py"),
    ]:
        status, _, err = torchwise("train", "--resume", "run", *words)
        assert status == 2 and said in err, err
    status, _, err = torchwise("train", "--resume", "nowhere")
    assert status == 2 and "nowhere is not a run" in err
    shutil.rmtree("run/state")
    status, _, err = torchwise("train", "--resume", "run")
    assert status == 2 and "run has no checkpoints to resume from" in err


def test_a_changed_or_lost_data_file_is_a_problem(torchwise, done):
    rows = "".join(f"{row % 7},{row % 5},{row % 7 + row % 5}\n" for row in range(80))
    Path("data.csv").write_text("a,b,y\n" + rows)
    Path("extra.csv").write_text("a,b,y\n9,9,18.5\n8,8,16\n7,9,16\n")
    flags = ("--target", "y", "--task", "regression", "--epochs", 2, "--hidden", 4, "--test", "extra.csv")
    done("train", "data.csv", *flags, "--out", "run")
    done("train", "--resume", "run", "--epochs", 3)
    for name in ("data.csv", "extra.csv"):
        before = Path(name).read_text()
        Path(name).write_text(before + "1,1,2\n")
        status, _, err = torchwise("train", "--resume", "run", "--epochs", 4)
        assert status == 2 and f"{name} has changed since the training started" in err.replace("\n", ""), err
        Path(name).write_text(before)
    Path("data.csv").unlink()
    status, _, err = torchwise("train", "--resume", "run", "--epochs", 4)
    assert status == 2 and "data.csv" in err


def test_a_schedule_laid_out_for_other_epochs_is_a_problem(torchwise, done):
    done("train", "builtin:diabetes", *FAST, "--schedule", "CosineAnnealingLR", "--out", "run")
    status, _, err = torchwise("train", "--resume", "run", "--epochs", 9)
    assert status == 2 and "CosineAnnealingLR was laid out for 3 epochs" in err


def test_two_processes_in_one_folder_are_a_problem(torchwise, done):
    done("train", "builtin:diabetes", *FAST, "--out", "run")
    before = {path: path.read_bytes() for path in Path("run").rglob("*") if path.is_file()}
    with locked(Path("run")):
        status, _, err = torchwise("train", "--resume", "run", "--epochs", 4)
    assert status == 2 and "another process is training in run" in err
    assert {path: path.read_bytes() for path in Path("run").rglob("*") if path.is_file()} == before


def test_an_own_model_must_be_given_again(torchwise, done):
    Path("net.py").write_text("from torch import nn\n\ndef Net(i, o):\n    return nn.Linear(i, o)\n")
    own = ("--target", "target", "--epochs", 2, "--model", "net.py:Net", "--out", "run")
    done("train", "builtin:diabetes", *own)
    status, _, err = torchwise("train", "--resume", "run", "--epochs", 3)
    assert status == 2 and "is your own net.py:Net" in err
    assert "resuming after epoch 2" in done("train", "--resume", "run", "--epochs", 3, "--model", "net.py:Net")


def test_a_recipe_must_be_given_again_and_be_the_same(torchwise, done, tmp_path):
    recipe = Path("recipe.py")
    recipe.write_text(RECIPE.replace("num_workers=2", "num_workers=0"))
    done("train", recipe, "--epochs", 2, "--out", "run")
    status, _, err = torchwise("train", "--resume", "run")
    assert status == 2 and "was trained from a recipe" in err
    done("train", recipe, "--resume", "run", "--epochs", 3)
    recipe.write_text(recipe.read_text().replace("lr=0.01", "lr=0.02"))
    status, _, err = torchwise("train", recipe, "--resume", "run", "--epochs", 4)
    assert status == 2 and "recipe.py has changed" in err


def test_a_folder_in_its_first_epoch_is_not_touched_by_another_process(torchwise, done):
    done("train", "builtin:diabetes", *FAST, "--out", "run")
    for path in (Path("run/best.safetensors"), Path("run/state")):  # as it is before the first epoch is done
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    before = {path: path.read_bytes() for path in Path("run").rglob("*") if path.is_file()}
    with locked(Path("run")):
        status, _, err = torchwise("train", "--resume", "run")
    assert status == 2 and "another process is training in run" in err
    assert {path: path.read_bytes() for path in Path("run").rglob("*") if path.is_file()} == before


def test_a_folder_left_by_a_kill_before_its_run_json_was_whole_is_taken_for_new(torchwise, done):
    Path("run").mkdir()
    (Path("run") / ".lock").touch()
    (Path("run") / ".run.json.half").write_text('{"format": 1, ')
    done("train", "builtin:diabetes", *FAST, "--out", "run")
    assert not (Path("run") / ".run.json.half").exists()
    Path("mine").mkdir()
    (Path("mine") / "thesis.txt").write_text("mine")
    status, _, err = torchwise("train", "builtin:diabetes", *FAST, "--out", "mine")
    assert status == 2 and "mine is not empty" in err
    assert [entry.name for entry in Path("mine").iterdir()] == ["thesis.txt"]


def test_ctrl_c_says_which_epoch_will_be_repeated_and_resuming_repeats_it(torchwise, done):
    stopping = RECIPE.replace("num_workers=2", "num_workers=0").replace(
        "        return torch.full",
        "        Noisy.taken = getattr(Noisy, 'taken', 0) + 1\n"
        "        if Noisy.taken == 105 and not Path('again').exists():\n"
        "            raise KeyboardInterrupt\n"
        "        return torch.full",
    )
    Path("recipe.py").write_text("from pathlib import Path\n" + stopping)
    status, out, err = torchwise("train", "recipe.py", "--epochs", 4, "--out", "run", "--no-check")
    assert status == 130 and err == "interrupted\n"
    assert "epoch 3 will be repeated" in out and "torchwise train --resume run" in out
    Path("again").touch()
    assert "resuming after epoch 2" in done("train", "recipe.py", "--resume", "run")
    done("train", "recipe.py", "--epochs", 4, "--out", "whole")
    assert_same_run(Path("run"), Path("whole"))


HOOKED = """
class Hooked(torch.optim.SGD):
    def __init__(self, parameters):
        super().__init__(parameters, lr=0.1)
        HOOK
"""


@pytest.mark.parametrize(
    ("hook", "first"),
    [
        ('self.param_groups[0]["hook"] = print', "note: "),  # told before the first epoch
        ('self.register_step_post_hook(lambda o, a, k: o.state["all"].update(hook=print))', "epoch 1/3"),
    ],
)
def test_what_cannot_be_saved_is_told_once_and_as_soon_as_it_is_there(done, hook, first):
    parts = RECIPE.replace("num_workers=2", "num_workers=0").replace("torch.optim.Adam(model.parameters(), lr=0.01)",
                                                                    "Hooked(model.parameters())")  # fmt: skip
    Path("recipe.py").write_text(parts + HOOKED.replace("HOOK", hook))
    lines = done("train", "recipe.py", "--epochs", 3, "--out", "run").splitlines()
    notes = [line for line in lines if "cannot be resumed" in line]
    shown = [line for line in lines if line.startswith(("note: ", "epoch 1/3"))]
    assert len(notes) == 1 and shown[0].startswith(first)
    assert not Path("run/state").exists()
