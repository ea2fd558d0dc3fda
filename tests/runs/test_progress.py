"""What is shown while training: plain lines without a terminal, a bar in one."""

import io
from types import SimpleNamespace

from rich.console import Console

import torchwise as tw
from torchwise.runs.progress import watch


def epochs(count, state):
    for number in range(1, count + 1):
        if number <= 3:
            state.best_epoch, state.best_loss = number, abs(number - 3) + 0.5
        yield tw.Epoch(
            number=number, train_loss=1 / number, valid_loss=abs(number - 3) + 0.5, metrics={"rmse": 0.25},
            lr=0.1, seconds=0.0, is_best=number <= 3,
        )  # fmt: skip


def watched(console):
    state = SimpleNamespace(best_epoch=0, best_loss=float("inf"))
    return watch(epochs(5, state), state, 5, console)


def test_plain_lines_show_the_first_and_the_last_epoch_and_the_best():
    out = io.StringIO()
    passed = list(watched(Console(file=out, width=100)))
    assert [epoch.number for epoch in passed] == [1, 2, 3, 4, 5]
    assert out.getvalue().splitlines() == [
        "epoch 1/5  train 1  valid 2.5  rmse 0.25  best 2.5 (epoch 1)",
        "epoch 5/5  train 0.2  valid 2.5  rmse 0.25  best 0.5 (epoch 3)",
    ]


def test_a_terminal_gets_a_bar_that_fits_its_width():
    for width in (40, 80, 120):
        out = io.StringIO()
        list(watched(Console(file=out, width=width, force_terminal=True, color_system=None)))
        last = out.getvalue().replace("\x1b[2K", "\n").replace("\r", "\n").splitlines()
        assert any("5/5" in line for line in last)
        assert max(len(line) for line in last) <= width + 20  # the rest are cursor codes


def test_quiet_shows_nothing():
    out = io.StringIO()
    assert len(list(watched(Console(file=out, quiet=True)))) == 5
    assert out.getvalue() == ""
