"""Checkpoints: what is saved comes back to the bit, damaged ones are noticed, and nothing in them can run."""

import hashlib
import json
import os
import random
import shutil
from collections import Counter

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

import torchwise as tw
from torchwise.errors import Problem
from torchwise.runs import checkpoint, history
from torchwise.runs.packing import Unpackable, pack, unpack

GENERATOR = torch.Generator().manual_seed(0)
INPUTS = torch.randn(50, 4, generator=GENERATOR)
TARGETS = INPUTS.sum(dim=1, keepdim=True) + torch.randn(50, 1, generator=GENERATOR)

plain = st.none() | st.booleans() | st.integers(-(2**40), 2**40) | st.floats(allow_nan=False) | st.text()
trees = st.recursive(
    plain,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.lists(inner, max_size=4).map(tuple)
        | st.dictionaries(st.text() | st.integers(0, 99), inner, max_size=4)
    ),
    max_leaves=20,
)


@given(trees)
@settings(max_examples=100, deadline=None)
def test_a_tree_comes_back_as_it_was(tree):
    tensors = {}
    assert unpack(json.loads(json.dumps(pack(tree, tensors))), tensors) == tree


def test_tensors_arrays_and_counters_come_back():
    tree = {"a": [torch.arange(6.0).view(2, 3).T], "b": np.arange(4, dtype=np.uint32), "c": Counter({3: 2})}
    tensors = {}
    found = unpack(json.loads(json.dumps(pack(tree, tensors))), tensors)
    assert torch.equal(found["a"][0], tree["a"][0])
    assert np.array_equal(found["b"], tree["b"]) and found["b"].dtype == np.uint32
    assert found["c"] == tree["c"] and isinstance(found["c"], Counter)


def test_what_cannot_be_packed_is_told_by_its_place():
    with pytest.raises(Unpackable, match=r"/state/0/hook is of type function"):
        pack({"state": {0: {"hook": lambda: None}}}, {})


def make_setup(optimizer, schedule=None, *, loader=None, clip=None):
    torch.manual_seed(3)
    model = nn.Sequential(nn.Linear(4, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Dropout(0.3), nn.Linear(8, 1))
    made = optimizer(model.parameters())
    data = TensorDataset(INPUTS, TARGETS)
    train, batch_size = (loader(data), None) if loader else (data, 16)
    return tw.Setup(
        model=model, loss=nn.MSELoss(), optimizer=made, train=train, valid=data if not loader else DataLoader(data, 16),
        batch_size=batch_size, schedule=schedule(made) if schedule else None, seed=5, clip=clip,
        device="cpu",
    )  # fmt: skip


def losses(setup, state, epochs):
    return [(epoch.train_loss, epoch.valid_loss, epoch.lr) for epoch in tw.fit(setup, state, epochs=epochs)]


def shuffled_by_its_own(data):
    return DataLoader(data, 16, shuffle=True, generator=torch.Generator().manual_seed(9))


OPTIMIZERS = {
    "SGD": lambda parameters: torch.optim.SGD(parameters, lr=0.05, momentum=0.9),
    "Adam": lambda parameters: torch.optim.Adam(parameters, lr=0.01, amsgrad=True),
    "AdamW": lambda parameters: torch.optim.AdamW(parameters, lr=0.01, fused=True),
    "RMSprop": lambda parameters: torch.optim.RMSprop(parameters, lr=0.01),
    "Adagrad": lambda parameters: torch.optim.Adagrad(parameters, lr=0.01),
    "LBFGS": lambda parameters: torch.optim.LBFGS(parameters, lr=0.1, max_iter=3),
}
SCHEDULES = {
    "none": None,
    "plateau": lambda o: torch.optim.lr_scheduler.ReduceLROnPlateau(o, patience=0),
    "cosine": lambda o: torch.optim.lr_scheduler.CosineAnnealingLR(o, 8),
    "one cycle": lambda o: torch.optim.lr_scheduler.OneCycleLR(o, 0.05, total_steps=40),
    "multi step": lambda o: torch.optim.lr_scheduler.MultiStepLR(o, [2, 5]),
    "in a row": lambda o: torch.optim.lr_scheduler.SequentialLR(
        o,
        [torch.optim.lr_scheduler.LinearLR(o, total_iters=3), torch.optim.lr_scheduler.ExponentialLR(o, 0.9)],
        milestones=[3],
    ),
}
CASES = [(name, "plateau") for name in OPTIMIZERS] + [("AdamW", name) for name in SCHEDULES]


@pytest.mark.parametrize("loader", [None, shuffled_by_its_own, lambda data: DataLoader(data, 16, shuffle=True)])
@pytest.mark.parametrize(("optimizer", "schedule"), CASES)
@pytest.mark.filterwarnings("ignore:The epoch parameter")  # torch's own, of SequentialLR
def test_a_resumed_training_is_the_unbroken_one_to_the_bit(optimizer, schedule, loader, tmp_path):
    if optimizer == "LBFGS" and schedule == "one cycle":
        return

    def make():
        return make_setup(OPTIMIZERS[optimizer], SCHEDULES[schedule], loader=loader)

    whole = make()
    unbroken = losses(whole, tw.State(whole), 8)

    broken = make()
    state = tw.State(broken)
    before = losses(broken, state, 3)
    checkpoint.save(state, tmp_path)
    random.random(), np.random.rand(), torch.rand(3)  # another life in between
    resumed = make()
    state = tw.State(resumed)
    assert checkpoint.restore(state, tmp_path) == []
    assert state.epoch == 3
    assert before + losses(resumed, state, 8) == unbroken
    for name, value in whole.model.state_dict().items():
        assert torch.equal(value, resumed.model.state_dict()[name]), name


def test_all_generators_come_back(tmp_path):
    setup = make_setup(OPTIMIZERS["SGD"])
    state = tw.State(setup)
    checkpoint.save(state, tmp_path)
    drawn = random.random(), np.random.rand(), torch.rand(())
    checkpoint.restore(state, tmp_path)
    assert (random.random(), np.random.rand(), torch.rand(())) == drawn


def saved_twice(folder):
    setup = make_setup(OPTIMIZERS["Adam"])
    state = tw.State(setup)
    for epoch in tw.fit(setup, state, epochs=4):
        assert epoch.number == state.epoch
        checkpoint.save(state, folder)
    return setup


def test_two_checkpoints_are_kept_and_no_half_ones(tmp_path):
    saved_twice(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["epoch-000003", "epoch-000004"]


@pytest.mark.parametrize("name", ["state.json", "tensors.safetensors", "sha256.json"])
@pytest.mark.parametrize("damage", ["cut", "flip", "gone"])
def test_a_damaged_checkpoint_is_noticed_and_the_one_before_used(name, damage, tmp_path):
    setup = saved_twice(tmp_path)
    path = tmp_path / "epoch-000004" / name
    data = bytearray(path.read_bytes())
    if damage == "gone":
        path.unlink()
    else:
        data[len(data) // 2] ^= 16
        path.write_bytes(data[: len(data) // 2] if damage == "cut" else data)
    state = tw.State(setup)
    (said,) = checkpoint.restore(state, tmp_path)
    assert "epoch-000004 is damaged" in str(said) and "the checkpoint before is used" in str(said)
    assert state.epoch == 3


def test_without_a_whole_checkpoint_there_is_a_problem(tmp_path):
    setup = saved_twice(tmp_path)
    for path in tmp_path.iterdir():
        (path / "state.json").unlink()
    with pytest.raises(Problem, match=r"no checkpoint in .* is whole"):
        checkpoint.restore(tw.State(setup), tmp_path)


def test_a_checkpoint_of_another_model_is_a_problem(tmp_path):
    saved_twice(tmp_path)
    model = nn.Linear(4, 1)
    other = tw.Setup(
        model=model, loss=nn.MSELoss(), optimizer=torch.optim.SGD(model.parameters(), lr=0.1),
        train=TensorDataset(INPUTS, TARGETS),
    )  # fmt: skip
    with pytest.raises(Problem, match="does not fit this training"):
        checkpoint.restore(tw.State(other), tmp_path)


class Hooked(torch.optim.SGD):
    """An optimizer that keeps a function among its settings."""

    def __init__(self, parameters):
        super().__init__(parameters, lr=0.1)
        self.param_groups[0]["hook"] = print


def test_what_cannot_be_saved_is_told_before_training(tmp_path):
    state = tw.State(make_setup(Hooked))
    assert "/optimizer/param_groups/0/hook is of type builtin_function_or_method" in str(checkpoint.check(state))
    with pytest.raises(Problem, match="cannot be saved"):
        checkpoint.save(state, tmp_path)
    assert checkpoint.check(tw.State(make_setup(OPTIMIZERS["SGD"]))) is None


def test_a_folder_that_cannot_be_made_is_a_problem(tmp_path):
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(Problem, match="could not be written"):
        checkpoint.save(tw.State(make_setup(OPTIMIZERS["SGD"])), tmp_path / "file" / "state")


def test_a_full_disk_is_a_problem_and_older_checkpoints_stay(tmp_path, monkeypatch):
    setup = saved_twice(tmp_path)
    state = tw.State(setup)
    checkpoint.restore(state, tmp_path)
    state.epoch = 5

    def full(path, data):
        path.write_bytes(data[:10])
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(checkpoint, "_write", full)
    with pytest.raises(Problem, match="No space left on device"):
        checkpoint.save(state, tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["epoch-000003", "epoch-000004"]
    assert checkpoint.restore(state, tmp_path) == [] and state.epoch == 4


def test_a_pickle_in_place_of_any_file_never_runs(tmp_path):
    setup = saved_twice(tmp_path / "state")

    class Bomb:
        def __reduce__(self):
            return os.mkdir, (str(tmp_path / "boom"),)

    for name in ("state.json", "tensors.safetensors", "sha256.json"):
        copy = tmp_path / "copy"
        shutil.copytree(tmp_path / "state", copy)
        for folder in copy.iterdir():
            torch.save(Bomb(), folder / name)
            if name != "sha256.json":  # a stranger can reckon a sum too
                sums = json.loads((folder / "sha256.json").read_text())
                sums[name] = hashlib.sha256((folder / name).read_bytes()).hexdigest()
                (folder / "sha256.json").write_text(json.dumps(sums))
        with pytest.raises(Problem):
            checkpoint.restore(tw.State(setup), copy)
        shutil.rmtree(copy)
    assert not (tmp_path / "boom").exists()


@pytest.mark.parametrize("line", [b'\xfb"epoch": 1}\n', b"{}{}\n", b"", b"[1, 2"])
def test_a_damaged_history_is_a_problem_before_training_goes_on(line, tmp_path):
    (tmp_path / "history.jsonl").write_bytes(line)
    with pytest.raises(Problem, match=r"history\.jsonl (is damaged|has lost the lines)"):
        history.cut(tmp_path, 1)
    assert (tmp_path / "history.jsonl").read_bytes() == line
