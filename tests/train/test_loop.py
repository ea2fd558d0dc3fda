"""The loop against the tutorial's hand-written one, and the promises in its docstrings."""

import copy

import pytest
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset, TensorDataset

import torchwise as tw


class Rows(Dataset):
    """The tutorial's data set: one sample at a time."""

    def __init__(self, inputs, targets):
        self.inputs, self.targets = inputs, targets

    def __getitem__(self, index):
        return self.inputs[index], self.targets[index]

    def __len__(self):
        return len(self.inputs)


def make_tensors(num_rows=70, num_columns=5, seed=1):
    generator = torch.Generator().manual_seed(seed)
    inputs = torch.randn(num_rows, num_columns, generator=generator)
    return inputs, inputs.sum(dim=1) + 0.1 * torch.randn(num_rows, generator=generator)


class Net(nn.Module):
    def __init__(self, num_columns=5, dropout=0.2):
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(num_columns, 8), nn.ReLU(), nn.Dropout(dropout), nn.Linear(8, 1))

    def forward(self, inputs):
        return self.layers(inputs).squeeze(1)


def make_net(**settings):
    torch.manual_seed(0)
    return Net(**settings)


def tutorial_losses(model, optimizer, train, valid, *, batch_size, epochs, seed):
    """The tutorial's training and validation loops, word for word, its two means weighted by batch size."""
    criterion = nn.MSELoss()
    torch.manual_seed(seed)
    train_loader = DataLoader(Rows(*train), batch_size, shuffle=True)
    valid_loader = DataLoader(Rows(*valid), batch_size, shuffle=False) if valid else None
    losses = []
    for _ in range(epochs):
        model.train()
        total = 0.0
        for x, y in train_loader:
            optimizer.zero_grad()
            loss = criterion(model(x), y)
            loss.backward()
            optimizer.step()
            total += loss.detach().double().item() * len(x)
        train_loss, valid_loss = total / len(train[0]), None
        if valid_loader:
            model.eval()
            total = 0.0
            with torch.no_grad():
                for x, y in valid_loader:
                    total += criterion(model(x), y).double().item() * len(x)
            valid_loss = total / len(valid[0])
        losses.append((train_loss, valid_loss))
    return losses


def assert_same_as_the_tutorial(train, valid, *, batch_size, as_dataset=TensorDataset, epochs=2):
    num_columns = train[0].shape[1]
    theirs = make_net(num_columns=num_columns)
    expected = tutorial_losses(
        theirs, torch.optim.Adam(theirs.parameters(), lr=1e-2), train, valid,
        batch_size=batch_size, epochs=epochs, seed=7,
    )  # fmt: skip
    ours = make_net(num_columns=num_columns)
    setup = tw.Setup(
        model=ours, loss=nn.MSELoss(), optimizer=torch.optim.Adam(ours.parameters(), lr=1e-2), batch_size=batch_size,
        train=as_dataset(*train), valid=as_dataset(*valid) if valid else None, seed=7, device="cpu",
    )  # fmt: skip
    found = [(epoch.train_loss, epoch.valid_loss) for epoch in tw.fit(setup, epochs=epochs)]
    assert found == expected
    for name, weights in theirs.state_dict().items():
        assert torch.equal(ours.state_dict()[name], weights)


@pytest.mark.parametrize("as_dataset", [TensorDataset, Rows])
@pytest.mark.parametrize("batch_size", [1, 3, 16, 70])
@pytest.mark.parametrize("with_valid", [True, False])
def test_losses_and_weights_are_those_of_the_tutorial_loop_bit_for_bit(as_dataset, batch_size, with_valid):
    valid = make_tensors(23, seed=2) if with_valid else None
    assert_same_as_the_tutorial(make_tensors(), valid, batch_size=batch_size, as_dataset=as_dataset, epochs=3)


@pytest.fixture(params=[1, 2])
def threads(request):
    before = torch.get_num_threads()
    torch.set_num_threads(request.param)
    yield request.param
    torch.set_num_threads(before)


# Other kernels are chosen by where a batch starts in memory, how long it is, how many columns it has.
@pytest.mark.slow
@pytest.mark.parametrize("batch_size", [*range(1, 34), 270])
def test_every_batch_size_gives_the_bits_of_the_tutorial(batch_size, threads):
    num_rows = 2 * batch_size + 1 + batch_size % 11  # a short last batch of 1 to 11 rows
    assert_same_as_the_tutorial(make_tensors(num_rows, 7), make_tensors(29, 7, seed=2), batch_size=batch_size)


@pytest.mark.slow
@pytest.mark.parametrize("num_columns", [1, 3, 13, 17, 93])
@pytest.mark.parametrize("last", range(1, 12))
def test_every_last_batch_and_odd_widths_give_the_bits_of_the_tutorial(num_columns, last, threads):
    assert_same_as_the_tutorial(make_tensors(64 + last, num_columns), None, batch_size=32)


class Constant(nn.Module):
    """Predicts one number, which it does not learn here."""

    def __init__(self):
        super().__init__()
        self.value = nn.Parameter(torch.zeros(1))

    def forward(self, inputs):
        return self.value.expand(len(inputs))


def make_setup(model, train, **settings):
    settings = {
        "loss": nn.MSELoss(),
        "optimizer": torch.optim.SGD(model.parameters(), lr=0.0),
        "device": "cpu",
    } | settings
    return tw.Setup(model=model, train=train, **settings)


def test_a_short_last_batch_counts_by_its_rows():
    # |0 - y| for y = 0..9 in batches of 4, 4, 2 has the mean 4.5; the mean of the batch means would be 5.17.
    data = TensorDataset(torch.zeros(10, 1), torch.arange(10.0))
    setup = make_setup(Constant(), data, loss=nn.L1Loss(), batch_size=4, valid=data)
    (epoch,) = tw.fit(setup, epochs=1)
    assert (epoch.train_loss, epoch.valid_loss) == (4.5, 4.5)
    assert tw.evaluate(setup, data) == {"loss": 4.5}


def test_each_module_has_its_own_mode_again():
    model = nn.Sequential(nn.BatchNorm1d(5), nn.Linear(5, 1), nn.Dropout(), nn.Flatten(0))
    model[0].eval()
    inputs, targets = make_tensors()
    setup = make_setup(model, TensorDataset(inputs, targets), valid=TensorDataset(inputs, targets), batch_size=8)
    before = copy.deepcopy(model[0].state_dict())
    list(tw.fit(setup, epochs=2))
    assert [module.training for module in model] == [False, True, True, True]
    for name, value in before.items():
        assert torch.equal(model[0].state_dict()[name], value), "a frozen batch norm learnt"


def test_a_model_in_eval_mode_is_woken_once():
    model = make_net().eval()
    list(tw.fit(make_setup(model, TensorDataset(*make_tensors())), epochs=1))
    assert all(module.training for module in model.modules())


def test_modes_are_put_back_when_evaluation_fails():
    model = make_net()
    setup = make_setup(model, TensorDataset(*make_tensors()))
    with pytest.raises(RuntimeError, match="shapes"):
        tw.evaluate(setup, TensorDataset(torch.zeros(4, 9), torch.zeros(4)))
    assert model.training
    assert torch.is_grad_enabled()


def test_evaluation_leaves_no_gradients_and_uses_no_dropout():
    model = make_net(dropout=0.9)
    setup = make_setup(model, TensorDataset(*make_tensors()))
    first, second = (tw.predict(setup, TensorDataset(make_tensors()[0])) for _ in range(2))
    assert torch.equal(first, second)
    assert not first.requires_grad
    assert first.shape == (70,)
    assert all(parameter.grad is None for parameter in model.parameters())


def test_the_best_weights_are_kept_and_can_be_loaded():
    class Steps(nn.Module):
        """Counts its steps up: the loss falls to 0 at step 3, then rises."""

        def __init__(self):
            super().__init__()
            self.value = nn.Parameter(torch.zeros(()))

        def forward(self, inputs):
            return self.value.expand(len(inputs))

    def up(outputs, targets):
        return -outputs.mean() if torch.is_grad_enabled() else (outputs - targets).abs().mean()

    model = Steps()
    data = TensorDataset(torch.zeros(4, 1), torch.full((4,), 3.0))
    setup = make_setup(model, data, valid=data, loss=up, optimizer=torch.optim.SGD(model.parameters(), lr=1.0))
    state = tw.State(setup)
    epochs = list(tw.fit(setup, state, epochs=5))
    assert [epoch.valid_loss for epoch in epochs] == [2.0, 1.0, 0.0, 1.0, 2.0]
    assert [epoch.is_best for epoch in epochs] == [True, True, True, False, False]
    assert float(model.value.detach()) == 5.0
    state.best()
    assert (float(model.value.detach()), state.best_epoch, state.epochs_since_best) == (3.0, 3, 2)


def test_lbfgs_gets_its_closure():
    model = nn.Sequential(nn.Linear(5, 1), nn.Flatten(0))
    data = TensorDataset(*make_tensors())
    setup = make_setup(model, data, optimizer=torch.optim.LBFGS(model.parameters()), batch_size=70)
    losses = [epoch.train_loss for epoch in tw.fit(setup, epochs=3)]
    assert losses[-1] < 0.02  # the noise's variance is 0.01


def test_gradients_are_clipped():
    model = Constant()
    data = TensorDataset(torch.zeros(4, 1), torch.full((4,), 100.0))
    setup = make_setup(model, data, optimizer=torch.optim.SGD(model.parameters(), lr=1.0), clip=0.5)
    list(tw.fit(setup, epochs=1))
    assert float(model.value.detach()) == pytest.approx(0.5, abs=1e-5)


@pytest.mark.parametrize(
    ("make", "expected"),
    [
        (lambda optimizer: torch.optim.lr_scheduler.StepLR(optimizer, 1, gamma=0.1), [1.0, 0.1, 0.01]),
        (
            lambda optimizer: torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer, factor=0.5, patience=0),
            [1.0, 1.0, 0.5],
        ),
    ],
)
def test_the_schedule_steps_once_an_epoch(make, expected):
    model = Constant()
    optimizer = torch.optim.SGD([{"params": model.parameters(), "lr": 1.0}])
    data = TensorDataset(torch.zeros(4, 1), torch.zeros(4))
    setup = make_setup(model, data, optimizer=optimizer, schedule=make(optimizer), valid=data)
    assert [epoch.lr for epoch in tw.fit(setup, epochs=3)] == pytest.approx(expected)


def test_one_cycle_steps_once_a_step():
    model = Constant()
    optimizer = torch.optim.SGD(model.parameters(), lr=1.0)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=1.0, total_steps=6)
    setup = make_setup(
        model, TensorDataset(torch.zeros(4, 1), torch.zeros(4)), optimizer=optimizer, schedule=schedule, batch_size=2
    )
    list(tw.fit(setup, epochs=3))
    assert schedule.last_epoch == 6


def test_two_inputs_reach_the_model_as_two_arguments():
    class Sum(nn.Module):
        def __init__(self):
            super().__init__()
            self.weight = nn.Parameter(torch.ones(()))

        def forward(self, left, right):
            return self.weight * (left + right)

    data = TensorDataset(torch.ones(3), torch.ones(3), torch.full((3,), 2.0))
    setup = make_setup(Sum(), data)
    assert tw.evaluate(setup, data) == {"loss": 0.0}


def test_a_users_dataloader_is_used_as_it_is():
    data = TensorDataset(*make_tensors())
    setup = make_setup(make_net(), DataLoader(data, batch_size=7), valid=DataLoader(data, batch_size=9))
    (epoch,) = tw.fit(setup, epochs=1)
    assert epoch.valid_loss is not None


def test_a_sample_without_targets_is_a_problem():
    setup = make_setup(make_net(), TensorDataset(torch.zeros(4, 5)))
    with pytest.raises(tw.Problem, match="inputs alone") as caught:
        list(tw.fit(setup, epochs=1))
    assert "__getitem__" in caught.value.fix


def test_several_faults_of_a_setup_are_told_together():
    data = DataLoader(TensorDataset(*make_tensors()))
    with pytest.raises(tw.Problem) as caught:
        tw.Setup(model=Net, loss=nn.MSELoss, optimizer="sgd", train=data, batch_size=3, clip=0)
    assert len(caught.value.what.splitlines()) == 5


def test_a_missing_device_is_a_problem_that_names_those_there():
    with pytest.raises(tw.Problem, match="there is no device 'cuda:9'") as caught:
        make_setup(make_net(), TensorDataset(*make_tensors()), device="cuda:9")
    assert "cpu" in caught.value.fix
