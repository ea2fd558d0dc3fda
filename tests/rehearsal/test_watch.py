"""The watch notes what a training script does, and leaves torch as it was."""

import pytest
import torch
from torch import nn
from torch.nn.modules import module as hooks
from torch.optim import lr_scheduler, optimizer
from torch.overrides import _get_current_function_mode_stack
from torch.utils.data import DataLoader, TensorDataset, dataloader

from torchwise.rehearsal.watch import watching
from torchwise.rehearsal.watch.events import Backward, Batch, Call, Loss, Step, ZeroGrad


def state_of_torch():
    owners = [
        torch, torch.autograd, torch.Tensor, nn.Module, nn.utils, nn.utils.clip_grad, optimizer.Optimizer,
        DataLoader, dataloader, dataloader._BaseDataLoaderIter, torch.amp.GradScaler,
        *(kind for kind in vars(lr_scheduler).values() if isinstance(kind, type)),
    ]  # fmt: skip
    attributes = [(owner, name, value) for owner in owners for name, value in list(vars(owner).items())]
    plain = {(str(owner), name): value for owner, name, value in attributes}
    tables = [
        len(value) for name, value in vars(hooks).items() if name.startswith("_global") and hasattr(value, "keys")
    ]
    steps = [len(optimizer._global_optimizer_pre_hooks), len(optimizer._global_optimizer_post_hooks)]
    modes = [type(mode) for mode in _get_current_function_mode_stack()]
    return plain, tables, steps, modes, torch.is_grad_enabled()


def train(epochs=1):
    torch.manual_seed(0)
    loader = DataLoader(TensorDataset(torch.randn(20, 4), torch.randint(0, 3, (20,))), batch_size=8)
    model = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 3))
    adam = torch.optim.Adam(model.parameters())
    schedule = lr_scheduler.StepLR(adam, 1)
    for _ in range(epochs):
        for inputs, labels in loader:
            adam.zero_grad()
            nn.functional.cross_entropy(model(inputs), labels).backward()
            nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            adam.step()
        schedule.step()
    return [parameter.detach() for parameter in model.parameters()]


def test_torch_is_afterwards_as_it_was():
    train()  # what torch loads when it is first used is not ours
    before = state_of_torch()
    with watching() as record:
        train()
    assert state_of_torch() == before
    assert record.faults == []


def test_torch_is_as_it_was_after_a_script_that_raises():
    train()  # what torch loads when it is first used is not ours
    before = state_of_torch()
    with pytest.raises(RuntimeError), watching():
        train()
        nn.Linear(4, 2)(torch.zeros(2, 3))
    assert state_of_torch() == before


def test_a_watched_training_gives_the_same_weights():
    expected = train(2)
    with watching():
        found = train(2)
    assert all(torch.equal(one, other) for one, other in zip(expected, found, strict=True))


def test_the_deeds_of_a_step_are_noted_in_order():
    with watching() as record:
        train()
    kinds = [type(event) for event in record.events if isinstance(event, Batch | Loss | Backward | Step | ZeroGrad)]
    assert kinds == [Batch, ZeroGrad, Loss, Backward, Step] * 3
    calls = [event for event in record.of(Call) if event.depth == 0]
    assert [call.inputs[0].fact.shape for call in calls] == [(8, 4), (8, 4), (4, 4)]
    step = next(record.of(Step))
    assert len(step.norms) == 4 and step.has_moved and step.stale == frozenset()
    assert next(record.of(Backward)).reached == set(step.parameters)


def test_nothing_is_kept_alive():
    with watching() as record:
        train()
    assert all(record.modules.get(key) is None for key in record.module_info)
