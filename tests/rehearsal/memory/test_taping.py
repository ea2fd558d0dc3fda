"""What is taped of a script's steps, and replayed: the peak is that of the pretended GPU, for other batches too."""

from contextlib import ExitStack

import pytest
import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from torchwise.rehearsal.memory.advice import choices, fits, largest
from torchwise.rehearsal.memory.replay import Way, measure
from torchwise.rehearsal.memory.report import memory_of
from torchwise.rehearsal.memory.taping import taping
from torchwise.rehearsal.pretend.pretending import pretending
from torchwise.rehearsal.watch import watching


def taped(script, total=2**33):
    """The tapes of a script on a pretended GPU, and the peak there."""
    with ExitStack() as stack:
        device = stack.enter_context(pretending("cuda", total))
        record = stack.enter_context(watching())
        tapes = stack.enter_context(taping(record, device.labels))
        script()
    assert record.faults == [] and tapes.faults == []
    return tapes.tapes, device.peak


def network():
    return nn.Sequential(nn.Linear(32, 256), nn.ReLU(), nn.Linear(256, 256), nn.ReLU(), nn.Linear(256, 1))


def plain(size=64):
    model = network().cuda().train()
    x, y = torch.randn(size, 32, device="cuda"), torch.randn(size, 1, device="cuda")
    optimizer = torch.optim.Adam(model.parameters(), foreach=False)
    for _ in range(3):
        loss = ((model(x) - y) ** 2).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()


def adversaries():
    make, judge = nn.Sequential(nn.Linear(8, 64), nn.ReLU(), nn.Linear(64, 32)).cuda(), network().cuda()
    makes, judges = torch.optim.SGD(make.parameters(), 0.1), torch.optim.SGD(judge.parameters(), 0.1)
    real, ones = torch.randn(64, 32, device="cuda"), torch.ones(64, 1, device="cuda")
    for _ in range(3):
        fake = make(torch.randn(64, 8, device="cuda"))
        loss = F.binary_cross_entropy_with_logits(judge(real), ones) + judge(fake.detach()).mean()
        judges.zero_grad()
        loss.backward()
        judges.step()
        mixed = (real + fake.detach()).requires_grad_()
        slope = torch.autograd.grad(judge(mixed).sum(), mixed, create_graph=True)[0]
        loss = F.binary_cross_entropy_with_logits(judge(fake), ones) + (slope.norm(dim=1) - 1).square().mean()
        makes.zero_grad()
        loss.backward()
        makes.step()


def from_a_loader():
    data = TensorDataset(torch.randn(100, 32), torch.randn(100, 1))
    model = network().cuda()
    optimizer = torch.optim.SGD(model.parameters(), 0.1, momentum=0.9)
    for batch in DataLoader(data, batch_size=40):
        x, y = (tensor.to("cuda") for tensor in batch)
        optimizer.zero_grad()
        F.mse_loss(model(x), y).backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()


@pytest.mark.parametrize("script", [plain, adversaries, from_a_loader])
def test_the_replayed_peak_is_that_of_the_pretended_gpu(script, monkeypatch):
    # What the watch itself takes: a copy of the model that it runs, copies of weights, statistics of activations.
    for room in ("mode", "deeds", "batches"):
        monkeypatch.setattr(f"torchwise.rehearsal.watch.{room}.stats_of", lambda _: None)
    monkeypatch.setattr("torchwise.rehearsal.watch.deeds.mixing_line", lambda *_: None)
    monkeypatch.setattr("torchwise.rehearsal.watch.training._looked_at", lambda _: [])
    tapes, peak = taped(script)
    found = max(measure(tape).peak for tape in tapes[1:])
    assert found == pytest.approx(peak, rel=0.01)


def test_a_larger_batch_needs_what_it_would_need():
    small, _ = taped(lambda: plain(64))
    large, _ = taped(lambda: plain(512))
    assert measure(small[1], 512).peak == measure(large[1]).peak
    assert (small[1].size, small[1].trains, small[1].steps) == (64, True, True)


def test_the_samples_are_found_in_the_numbers_of_a_view():
    class Tokens(nn.Module):
        def __init__(self):
            super().__init__()
            self.layer = nn.Embedding(40, 12)

        def forward(self, tokens):
            return self.layer(tokens)

    def script():
        model = Tokens().cuda()
        optimizer = torch.optim.SGD(model.parameters(), 0.1)
        for _ in range(3):
            logits = model(torch.zeros(4, 10, dtype=torch.long, device="cuda"))
            loss = logits.view(4 * 10, 12).log_softmax(1).mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()

    tapes, _ = taped(script)
    assert measure(tapes[1], 400).peak > 4 * 4 * 400 * 10 * 12


def test_the_largest_batch_fits_and_the_next_does_not():
    tapes, _ = taped(plain)
    total = 640 * 2**20
    most = largest(tapes[1], total)
    assert fits(most, total) and not fits(measure(tapes[1], most.batch + 1), total)


def test_what_other_ways_save_is_found_by_replaying_them():
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.blocks = nn.Sequential(
                *(nn.Sequential(nn.Linear(256, 256), nn.GELU(), nn.Linear(256, 256)) for _ in range(4))
            )

        def forward(self, x):
            return self.blocks(x)

    def script():
        model = Net().cuda()
        optimizer = torch.optim.Adam(model.parameters())
        for _ in range(3):
            loss = model(torch.randn(8192, 256, device="cuda")).square().mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()

    tapes, _ = taped(script)
    tape, total = tapes[1], 580 * 2**20
    found = measure(tape)
    assert not fits(found, total)
    ways = {way.name: way for way in choices(tape, found, total, largest(tape, total))}
    assert set(ways) == {"accumulation", "autocast", "checkpoint"}
    assert all(way.found.peak < 0.85 * found.peak for way in ways.values())
    assert ways["checkpoint"].modules == ("model.blocks.0", "model.blocks.1", "model.blocks.2")
    assert fits(ways["accumulation"].found, total) and ways["accumulation"].found.parts["gradients"]


def test_gradients_that_nobody_needs_are_said():
    def script():
        model = nn.Sequential(*(nn.Sequential(nn.Linear(64, 64), nn.ReLU()) for _ in range(8))).cuda()
        model(torch.randn(100_000, 64, device="cuda"))

    tapes, _ = taped(script)
    memory = memory_of(tapes, [], 600 * 2**20)
    assert "gradients recorded" in str(memory.lines[0])
    assert any("with torch.no_grad(): " in str(line) for line in memory.lines)
    assert measure(tapes[0], way=Way(records=False)).peak < measure(tapes[0]).peak / 2


def test_a_model_that_needs_numbers_is_not_estimated_and_why_is_said():
    class Asks(nn.Module):
        def __init__(self):
            super().__init__()
            self.layer = nn.Linear(4, 4)

        def forward(self, x):
            return self.layer(x) if x.mean().item() > -100 else x

    def script():
        model = Asks().cuda()
        for _ in range(2):
            model({"x": torch.ones(8, 4, device="cuda")}["x"])

    tapes, _ = taped(script)
    assert "could not be estimated: the model needs the numbers" in str(memory_of(tapes, [], None).lines[0])


def test_an_rnn_is_only_estimated_and_runs_on_a_gpu_that_is_not_there():
    def script():
        model = nn.LSTM(8, 16, batch_first=True).cuda()
        optimizer = torch.optim.SGD(model.parameters(), 0.1)
        for _ in range(2):
            model(torch.randn(4, 5, 8, device="cuda"))[0].sum().backward()
            optimizer.step()

    tapes, _ = taped(script)
    assert "RNNs are only estimated" in str(memory_of(tapes, [], None).lines[-1])


def test_autocast_and_a_scaler_run_and_are_replayed():
    def script():
        model = network().cuda()
        optimizer, scaler = torch.optim.AdamW(model.parameters()), torch.amp.GradScaler("cuda")
        for _ in range(3):
            with torch.autocast("cuda", dtype=torch.float16):
                loss = F.mse_loss(model(torch.ones(64, 32, device="cuda")), torch.ones(64, 1, device="cuda"))
            assert loss.is_cuda and loss.isfinite()
            optimizer.zero_grad()
            scaler.scale(loss).backward()
            scaler.unscale_(optimizer)
            scaler.step(optimizer)
            scaler.update()
        assert 0 < scaler.get_scale() <= 2.0**16  # fp16 overflows at first, as on a GPU

    tapes, _ = taped(script)
    assert measure(tapes[-1]).peak > 0


def test_a_scaler_changes_no_bit_of_the_losses():
    def losses(device):
        torch.manual_seed(0)
        model = network().to(device)
        optimizer = torch.optim.SGD(model.parameters(), 0.1)
        scaler = torch.amp.GradScaler(device, enabled=device == "cuda")
        found = []
        for _ in range(3):
            loss = F.mse_loss(model(torch.ones(8, 32, device=device)), torch.ones(8, 1, device=device))
            optimizer.zero_grad()
            scaler.scale(loss).backward()
            scaler.step(optimizer)
            scaler.update()
            found.append(loss.item())
        return found

    expected = losses("cpu")
    with pretending("cuda", 2**30):
        assert losses("cuda") == expected
