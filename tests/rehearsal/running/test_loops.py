"""Loops that train are cut, all others are left alone; loaders are cut at their samplers."""

import itertools

import pytest
import torch
from torch import nn
from torch.utils.data import DataLoader, IterableDataset, TensorDataset

from torchwise.rehearsal.running.activity import Activity
from torchwise.rehearsal.running.loaders import Loaders
from torchwise.rehearsal.running.loops import Loops


class World:
    """A model that can be trained, in a rehearsal."""

    def __init__(self, whole=()):
        self.activity = Activity()
        self.loops = Loops(self.activity, whole=frozenset(whole))
        self.loaders = Loaders(self.activity, self.loops)
        self.turns, self.begin, self.goes_on = self.loops.turns, self.loops.begin, self.loops.goes_on

    def __enter__(self):
        self.contexts = [self.activity.counting(), self.loaders.shortened()]
        for context in self.contexts:
            context.__enter__()
        self.model = nn.Linear(2, 1)
        self.optimizer = torch.optim.SGD(self.model.parameters(), lr=0.1)
        return self

    def __exit__(self, *_):
        for context in reversed(self.contexts):
            context.__exit__(None, None, None)

    def backward(self, x=None):
        self.model(torch.ones(1, 2) if x is None else x).sum().backward()

    def step(self, x=None):
        self.backward(x)
        self.optimizer.step()


def loader(n=100, size=8, **settings):
    return DataLoader(TensorDataset(torch.arange(2.0 * n).view(n, 2)), batch_size=size, **settings)


def test_a_loop_that_trains_takes_three_turns_and_the_last():
    with World() as world:
        seen = []
        for i in world.turns(range(100), 1):
            seen.append(i)
            world.step()
        assert seen == [0, 1, 2, 99] and world.loops.cuts


def test_a_loop_over_epochs_takes_two_turns_and_the_last():
    with World() as world:
        seen = []
        for epoch in world.turns(range(10), 1):
            for i in world.turns(list("abcdefgh"), 2):
                seen.append((epoch, i))
                world.step()
        assert seen == [(epoch, i) for epoch in (0, 1, 9) for i in "abch"]


@pytest.mark.parametrize("wrap", [enumerate, iter, lambda items: zip(items, items, strict=True), reversed])
def test_wrapped_iterators_go_on_to_their_last(wrap):
    with World() as world:
        seen = []
        for item in world.turns(wrap(range(50)), 1):
            seen.append(item)
            world.step()
        whole = list(wrap(range(50)))
        assert seen == [*whole[:3], whole[-1]]


def test_an_endless_iterator_ends_after_three_turns():
    with World() as world:
        seen = []
        for item in world.turns(itertools.count(), 1):
            seen.append(item)
            world.step()
        assert seen == [0, 1, 2]


def test_loops_that_prepare_data_and_those_in_forward_are_whole():
    class Deep(nn.Module):
        def __init__(self, world):
            super().__init__()
            self.world, self.parts, self.turns = world, nn.ModuleList(nn.Linear(2, 2) for _ in range(9)), 0

        def forward(self, x):
            for part in self.world.turns(self.parts, 5):
                x = part(x)
                self.turns += 1
            return x

    with World() as world:
        assert sum(1 for _ in world.turns(range(1000), 1)) == 1000
        model = Deep(world)
        with torch.no_grad():
            model(torch.ones(1, 2))
        assert model.turns == 9 and not world.loops.cuts


def test_a_step_over_time_is_whole_and_an_evaluation_is_cut():
    with World() as world:
        outputs = [world.model(torch.ones(1, 2)) for _ in world.turns(range(20), 1)]
        assert len(outputs) == 20
        with torch.no_grad():
            seen = []
            for i in world.turns(range(20), 2):
                world.model(torch.ones(1, 2))
                seen.append(i)
        assert seen == [0, 1, 2, 19]


def test_while_loops_end():
    with World() as world:
        steps = 0
        world.begin(1)
        while world.goes_on(1):
            world.step()
            steps += 1
        assert steps == 3
        turns = 0
        world.begin(2)
        while turns < 50 and world.goes_on(2):
            turns += 1
        assert turns == 50


def test_what_is_to_be_whole_is_not_cut():
    with World(whole=["outer"]) as world:
        seen = []
        for epoch in world.turns(range(10), 1):
            for _ in world.turns(range(8), 2):
                seen.append(epoch)
                world.step()
        assert len(seen) == 40
    with World(whole=["inner", "outer"]) as world:
        assert len(list(loader())) == 13 and not world.loops.cuts


@pytest.mark.parametrize("settings", [{}, {"shuffle": True}, {"num_workers": 1}, {"drop_last": True}])
def test_a_loader_gives_three_batches_and_the_last_and_keeps_its_length(settings):
    with World() as world:
        batches = loader(**settings)
        sizes = [len(x) for (x,) in batches]
        assert len(batches) == (12 if "drop_last" in settings else 13)
        assert sizes == [8, 8, 8, 8 if "drop_last" in settings else 4]
        used = world.loaders.used[id(batches)]
        assert sorted(itertools.chain(*used.indices)) == list(range(96 if "drop_last" in settings else 100))
    assert len(list(loader())) == 13


def test_enumerate_counts_the_batches_that_were_left_out():
    with World() as world:
        numbered = world.loops.counting(enumerate)
        assert [i for i, _ in numbered(loader())] == [0, 1, 2, 12]
        assert [i for i, _ in numbered(loader(), 1)] == [1, 2, 3, 13]
        assert list(numbered("ab")) == [(0, "a"), (1, "b")]


def test_a_loader_goes_on_until_gradients_that_accumulate_are_used():
    with World() as world:
        seen = []
        for i, (x,) in world.turns(world.loops.counting(enumerate)(loader()), 1):
            seen.append(i)
            world.backward(x)
            if (i + 1) % 5 == 0 or i + 1 == len(loader()):
                world.optimizer.step()
        assert seen == [0, 1, 2, 3, 4, 12]


def test_training_by_hand_is_cut_though_an_optimizer_that_is_never_used_is_there():
    with World() as world:
        turns = 0
        for _ in world.turns(range(1000), 1):
            world.backward()
            turns += 1
        assert turns == 66


def test_a_stream_gives_three_batches():
    class Stream(IterableDataset):
        def __iter__(self):
            return iter(torch.arange(1000.0))

    with World():
        assert len(list(DataLoader(Stream(), batch_size=4))) == 3


def test_torch_is_as_it_was():
    before = (
        torch.autograd.backward,
        vars(DataLoader)["_index_sampler"],
        DataLoader._get_iterator,
        torch.optim.Optimizer.__init__,
        dict(nn.modules.module._global_forward_hooks),
    )
    with pytest.raises(ZeroDivisionError), World():
        1 / 0  # noqa: B018
    assert before == (
        torch.autograd.backward,
        vars(DataLoader)["_index_sampler"],
        DataLoader._get_iterator,
        torch.optim.Optimizer.__init__,
        dict(nn.modules.module._global_forward_hooks),
    )
