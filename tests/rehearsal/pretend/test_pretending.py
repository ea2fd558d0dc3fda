"""A pretended GPU: the same losses, a GPU's errors, and nothing left behind."""

import copy

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from torchwise.doctor.diagnose import diagnose
from torchwise.rehearsal.pretend.pretending import pretending

OPTIMIZERS = {
    "sgd": lambda p: torch.optim.SGD(p, lr=0.1, momentum=0.9),
    "adam": lambda p: torch.optim.Adam(p),
    "adamw": lambda p: torch.optim.AdamW(p),
    "rmsprop": lambda p: torch.optim.RMSprop(p),
}


def losses(device: str, optimizer: str, model: nn.Module) -> list[float]:
    torch.manual_seed(1)
    model = copy.deepcopy(model).to(device)
    steps = OPTIMIZERS[optimizer](model.parameters())
    found = []
    for _ in range(3):
        x, y = torch.randn(8, 3, 8, 8).to(device), torch.randint(0, 5, (8,), device=device)
        assert x.device.type == y.device.type == device
        loss = F.cross_entropy(model(x), y)
        steps.zero_grad()
        loss.backward()
        steps.step()
        found.append(loss.item())
    return found


def network() -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(
        nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.Flatten(), nn.Dropout(0.5), nn.Linear(144, 5)
    )


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_the_losses_are_those_of_the_cpu_bit_by_bit(optimizer):
    model = network()
    expected = losses("cpu", optimizer, model)
    with pretending("cuda", 2**30):
        assert losses("cuda", optimizer, model) == expected


def test_a_tensor_left_on_the_cpu_fails_and_is_explained():
    with pretending("cuda", 2**30):
        model = nn.Linear(4, 2).cuda()
        x = torch.randn(3, 4)
        with pytest.raises(RuntimeError, match="got mat1 is on cpu, different from other tensors on cuda:0") as caught:
            model(x)
        finding = diagnose(caught.value, strict=True)[0]
    assert finding.code == "TW101"
    assert "cuda:0" in str(finding.what) and "x" in str(finding.what) and "cpu" in str(finding.what)


def test_arithmetic_on_two_devices_fails_but_a_number_of_the_cpu_may_stand_beside():
    with pretending("cuda", 2**30):
        x = torch.ones(3, device="cuda")
        assert (x * torch.tensor(2.0)).device == torch.device("cuda:0")
        with pytest.raises(RuntimeError, match="at least two devices, cuda:0 and cpu!"):
            x + torch.ones(3)
        with pytest.raises(TypeError, match="can't convert cuda:0 device type tensor to numpy"):
            x.numpy()
        assert x.cpu().numpy().sum() == 3


def test_memory_is_counted_and_ends_at_the_cap():
    with pretending("cuda", 600 * 2**20) as device:
        x = torch.empty(1000, device="cuda")
        assert torch.cuda.memory_allocated() == device.live == 4096
        with pytest.raises(
            torch.OutOfMemoryError, match=r"Tried to allocate 120\.00 MiB\. GPU 0 has a total capacity of 600"
        ):
            torch.empty(30 * 2**20, device="cuda")
        del x
        assert device.live == 0


def test_saving_and_copying_keep_the_device(tmp_path):
    with pretending("cuda", 2**30):
        model = nn.Linear(4, 2).cuda()
        assert next(copy.deepcopy(model).parameters()).is_cuda
        torch.save(model.state_dict(), tmp_path / "m.pt")
        assert torch.load(tmp_path / "m.pt")["weight"].is_cuda
        assert not torch.load(tmp_path / "m.pt", map_location="cpu")["weight"].is_cuda
        assert torch.zeros_like(model.weight).is_cuda and "cuda:0" in repr(model.weight)


def test_nothing_is_left_behind():
    owners = [torch, torch.cuda, torch.accelerator, torch.serialization, torch.Tensor, F, torch.autocast,
              torch.optim.Optimizer, torch.storage._StorageBase, torch.overrides,
              torch.utils.data.dataloader._BaseDataLoaderIter]  # fmt: skip
    before = [dict(vars(owner)) for owner in owners]
    with pytest.raises(ZeroDivisionError), pretending("cuda"):
        x = torch.ones(2, device="cuda")
        assert x.sum() / 0 > 0
        raise ZeroDivisionError
    assert [dict(vars(owner)) for owner in owners] == before
    assert not torch.cuda.is_available()
    with pretending("cuda"):
        x = torch.ones(2, device="cuda")
    assert x.device.type == "cpu"
