"""torchwise.check, in the same process: what it finds, and that it changes nothing."""

import random
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

import torchwise
from torchwise import Problem
from torchwise.rehearsal.running.process import rehearse


def setup(**parts):
    model = nn.Sequential(nn.Linear(4, 8), nn.BatchNorm1d(8), nn.Dropout(), nn.Linear(8, 1), nn.Flatten(0))
    x = torch.randn(90, 4)
    own = {
        "model": model, "loss": nn.MSELoss(), "train": TensorDataset(x, x.sum(1)), "batch_size": 16,
        "valid": TensorDataset(x[:20] + 1, x[:20].sum(1)),
    }  # fmt: skip
    own |= parts
    return torchwise.Setup(optimizer=torch.optim.Adam(own["model"].parameters()), **own)


def sure(findings):
    return [finding.code for finding in findings if finding.sure]


def test_a_good_setup_has_no_faults_and_stays_as_it_was():
    loader = DataLoader(setup().train, batch_size=16, shuffle=True, generator=torch.Generator().manual_seed(4))
    own = setup(train=loader, batch_size=None)
    own.model.eval()
    own.model[1].train()
    weights = {name: value.clone() for name, value in own.model.state_dict().items()}
    modes = [module.training for module in own.model.modules()]
    states = torch.get_rng_state(), random.getstate(), np.random.get_state()[1].tolist(), loader.generator.get_state()
    found = torchwise.check(own)
    assert not sure(found), str(found)
    assert all(torch.equal(weights[name], value) for name, value in own.model.state_dict().items())
    assert modes == [module.training for module in own.model.modules()] and not own.optimizer.state
    assert all(parameter.grad is None for parameter in own.model.parameters())
    after = torch.get_rng_state(), random.getstate(), np.random.get_state()[1].tolist(), loader.generator.get_state()
    assert all(torch.equal(a, b) if isinstance(a, torch.Tensor) else a == b for a, b in zip(states, after, strict=True))
    assert "train: 90 of 90 samples read" in str(found)


def test_faults_of_a_setup_are_found_at_the_line_of_the_check():
    wide = nn.Linear(5, 1)
    found = torchwise.check(setup(model=wide))
    assert sure(found)[:1] == ["TW201"] and found[0].where.file == __file__
    flat = nn.Sequential(nn.Linear(4, 1))
    assert "TW202" in sure(torchwise.check(setup(model=flat)))


def test_a_batch_of_one_at_the_end_meets_batch_norm():
    assert sure(torchwise.check(setup(train=TensorDataset(torch.randn(33, 4), torch.randn(33)))))


def test_labels_that_no_batch_of_the_rehearsal_holds_are_found():
    labels = torch.arange(900) % 3
    labels[700] = 3
    data = TensorDataset(torch.randn(900, 4), labels)
    found = torchwise.check(setup(model=nn.Linear(4, 3), loss=nn.CrossEntropyLoss(), train=DataLoader(data), valid=None,
                                  batch_size=None))  # fmt: skip
    assert "TW601" in sure(found) and "label 3 of sample 700" in str(found)


def test_a_model_with_one_batch():
    model = nn.Linear(4, 2)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    batch = torch.randn(8, 4), torch.randint(2, (8,))
    assert not sure(torchwise.check(model, batch, nn.CrossEntropyLoss(), optimizer))
    assert sure(torchwise.check(model, (batch[0], batch[1] + 5), nn.CrossEntropyLoss(), optimizer)) == ["TW601"]


def test_other_arguments_are_problems():
    with pytest.raises(Problem, match="takes a setup"):
        torchwise.check(nn.Linear(1, 1), 3)
    with pytest.raises(Problem, match="no model, loss, optimizer"):
        torchwise.check(nn.Linear(1, 1))


@pytest.mark.slow
def test_a_recipe_is_rehearsed_as_a_script_is():
    Path("recipe.py").write_text(
        "import torch, torchwise\nfrom torch import nn\nfrom torch.utils.data import TensorDataset\n\n\n"
        "def setup():\n    model = nn.Linear(4, 1)\n    x = torch.randn(100, 4)\n"
        "    data = TensorDataset(x, x.sum(1))\n"
        "    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)\n"
        "    return torchwise.Setup(model=model, loss=nn.MSELoss(), optimizer=optimizer, train=data)\n"
    )
    answer = rehearse("recipe.py")
    assert answer.status == 1 and sure(answer.findings) == ["TW202"]
    assert answer.findings[0].where.line == 11
