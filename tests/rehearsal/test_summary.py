"""The summary: what the tables hold, which lines are shown of them, and the time of an epoch."""

import json
import time
from pathlib import Path

import pytest
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from torchwise.doctor.render import columns
from torchwise.rehearsal.rehearsed import Rehearsed
from torchwise.rehearsal.running.answer import Answer, pack, unpack
from torchwise.rehearsal.running.process import rehearse
from torchwise.rehearsal.running.rendering import rendered
from torchwise.rehearsal.summary.called import summary_of
from torchwise.rehearsal.summary.drawing import drawn
from torchwise.rehearsal.summary.lines import lines_of
from torchwise.rehearsal.watch import watching
from torchwise.texts import set_language


def summary(run):
    """The summary of what a function does."""
    with watching() as record:
        run()
    assert record.faults == []
    return summary_of(Rehearsed(record=record))


def rows(model):
    return {row.path: row for row in model.rows}


def test_a_small_network_worked_out_by_hand():
    network = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 2))
    network[2].requires_grad_(False)
    (found,) = summary(lambda: network(torch.ones(16, 4))).models
    assert (found.name, found.trainable, found.frozen, found.unknown) == ("network", 40, 18, "")
    assert found.given == (((16, 4), "float32"),)
    assert rows(found)[""].flops == 2 * 16 * (4 * 8 + 8 * 2)
    assert rows(found)["0"].shape == (16, 8) and rows(found)["0"].flops == 2 * 16 * 4 * 8
    # The first layer keeps its input, which is the batch; the ReLU its output; the last one has frozen weights.
    assert [row.activations for row in found.rows] == [16 * 8 * 4, 0, 16 * 8 * 4, 0]


class Two(nn.Module):
    """Takes a dict and a keyword, gives a tuple, and makes a tensor of its own."""

    def __init__(self):
        super().__init__()
        self.words, self.read = nn.Embedding(50, 6), nn.LSTM(6, 5, batch_first=True)
        self.out = nn.Linear(5 + 3, 2)

    def forward(self, given, *, mask):
        states, _ = self.read(self.words(given["tokens"]) + torch.arange(6))
        return self.out(torch.cat([(states * mask[..., None]).sum(1), given["numbers"]], 1)), states


def test_dicts_keywords_and_tuples_are_no_hindrance():
    model = Two()
    given = {"tokens": torch.zeros(4, 7, dtype=torch.long), "numbers": torch.ones(4, 3)}
    (found,) = summary(lambda: model(given, mask=torch.ones(4, 7))).models
    assert found.unknown == ""
    assert found.given == (((4, 7), "int64"), ((4, 3), "float32"), ((4, 7), "float32"))
    assert [rows(found)[path].shape for path in ("", "words", "read", "out")] == [(4, 2), (4, 7, 6), (4, 7, 5), (4, 2)]
    assert rows(found)["read"].flops > 4 * 7 * 2 * 4 * 5 * (5 + 6) - 1


class Counts(nn.Module):
    """Needs numbers."""

    def __init__(self):
        super().__init__()
        self.first, self.last = nn.Linear(3, 4), nn.Linear(4, 2)

    def forward(self, x):
        x = self.first(x)
        return self.last(x) if x.sum().item() < 1e9 else x


def test_a_model_that_needs_numbers_has_the_shapes_that_were_seen():
    model = Counts()
    found = summary(lambda: model(torch.ones(5, 3)))
    (counts,) = found.models
    assert [(row.path, row.shape, row.flops) for row in counts.rows] == [
        ("", (5, 2), None), ("first", (5, 4), None), ("last", (5, 2), None),
    ]  # fmt: skip
    assert "can't run without numbers" in drawn(found, 100)


def test_each_kind_of_model_once_those_that_train_first_and_no_parts():
    def run():
        teacher = nn.Sequential(nn.Linear(3, 7)).eval()
        with torch.no_grad():
            teacher(torch.ones(2, 3))
        for _ in range(2):
            fold = nn.Sequential(nn.Linear(3, 4), nn.Linear(4, 1))
            fold[0](torch.ones(2, 3))
            fold(torch.ones(2, 3))
        for width in (5, 6):
            nn.Linear(3, width)(torch.ones(2, 3))

    found = summary(run)
    assert [model.name for model in found.models] == ["fold", "Linear", "Linear"] and found.more == 1


class Nested(nn.Module):
    """Blocks in a list, one in another."""

    def __init__(self, blocks):
        super().__init__()
        self.inp = nn.Linear(8, 8)
        self.blocks = nn.ModuleList(nn.Sequential(nn.Linear(8, 16), nn.ReLU(), nn.Linear(16, 8)) for _ in range(blocks))

    def forward(self, x):
        x = self.inp(x)
        for block in self.blocks:
            x = x + block(x)
        return x


def test_blocks_that_are_alike_stand_in_one_line_and_parts_are_indented():
    model = Nested(12)
    (found,) = summary(lambda: model(torch.ones(3, 8))).models
    lines = lines_of(found.rows)
    assert [(line.depth, line.name, line.count) for line in lines] == [
        (0, "inp", 1), (0, "blocks.0-11", 12), (1, "0", 1), (1, "1", 1), (1, "2", 1),
    ]  # fmt: skip
    assert lines[1].row.parameters == 8 * 16 + 16 + 16 * 8 + 8
    assert [line.name for line in lines_of(found.rows, 2)] == ["inp", "blocks.0-11"]
    wide = nn.Sequential(*(nn.Linear(size, size + 1) for size in range(1, 60)))
    (found,) = summary(lambda: wide(torch.ones(2, 1))).models
    lines = lines_of(found.rows)
    assert len(lines) == 30 and lines[24].left_out == 30 and lines[-1].name == "58"


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("width", [60, 80, 120])
def test_the_table_fits_its_width(width, language):
    class 很长的名字的网络模块(nn.Module):
        def __init__(self):
            super().__init__()
            self.特征提取的部分 = nn.Sequential(
                nn.Conv2d(3, 64, 3, bias=False), nn.BatchNorm2d(64), nn.AdaptiveAvgPool2d(1)
            )
            self.head = nn.Linear(64, 10)

        def forward(self, x):
            return self.head(self.特征提取的部分(x).flatten(1))

    model = 很长的名字的网络模块()
    found = summary(lambda: model(torch.ones(2, 3, 224, 224)))
    set_language(language)
    try:
        text = drawn(found, width)
    finally:
        set_language("en")
    assert all(columns(line) <= width for line in text.splitlines()), text
    assert "(2, 64, 222, 222)" in text


def test_an_epoch_is_timed_by_the_whole_loader_without_what_the_watch_takes():
    class Slow(TensorDataset):
        def __getitem__(self, index):
            time.sleep(0.005)
            return super().__getitem__(index)

    model = nn.Linear(4, 1)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    loader = DataLoader(Slow(torch.ones(20, 4), torch.ones(20, 1)), batch_size=4)
    valid = DataLoader(Slow(torch.ones(10, 4), torch.ones(10, 1)), batch_size=5)

    def run():
        for _ in range(2):
            for x, y in loader:
                nn.functional.mse_loss(model(x), y).backward()
                optimizer.step()
                optimizer.zero_grad()
            for x, _ in valid:
                with torch.no_grad():
                    model(x)

    epoch = summary(run).epoch
    assert epoch.steps == 5 and epoch.has_evaluation
    assert 0.02 <= epoch.step_s < 0.2 and epoch.seconds >= 5 * 0.02 + 2 * 0.025


@pytest.mark.slow
def test_check_shows_the_summary_and_writes_it_as_data():
    Path("train.py").write_text(
        "import torch\nfrom torch import nn\nfrom torch.utils.data import DataLoader, TensorDataset\n\n"
        "torch.manual_seed(0)\nx = torch.randn(64, 4)\n"
        "loader = DataLoader(TensorDataset(x, x.sum(1, True)), batch_size=8, shuffle=True)\n"
        "model = nn.Sequential(nn.Linear(4, 8), nn.Dropout(), nn.Linear(8, 1))\n"
        "optimizer = torch.optim.Adam(model.parameters())\nfor epoch in range(30):\n    for x, y in loader:\n"
        "        loss = nn.functional.mse_loss(model(x), y)\n        optimizer.zero_grad()\n        loss.backward()\n"
        "        optimizer.step()\n    print(loss.item())\n"
    )
    answer = rehearse("train.py")
    assert answer.status == 0 and isinstance(answer, Answer)
    text = rendered(answer, width=90)
    assert "model: Sequential, given (8, 4) float32" in text and "an epoch here: at most about" in text
    assert unpack(json.loads(json.dumps(pack(answer)))) == answer
    data = answer.to_json()["summary"]
    assert data["models"][0]["trainable"] == 49 and data["epoch"]["steps"] == 8
