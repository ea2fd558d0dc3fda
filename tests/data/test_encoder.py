"""The preprocessing module against values worked out by hand."""

import pytest
import torch

from torchwise.data.encoder import Encoder

NAN = float("nan")


def test_numbers_are_filled_marked_and_standardised_by_what_was_learnt():
    encoder = Encoder([0, 0], [True, False])
    encoder.learn(torch.tensor([[1.0, 10.0], [3.0, 30.0], [NAN, 20.0], [2.0, 20.0]]))
    # column 0: mean of 1, 3, 2 is 2, its standard deviation sqrt(2/3); column 1: mean 20, sqrt(200/4)
    assert encoder.mean.tolist() == [2.0, 20.0]
    assert encoder.std.tolist() == pytest.approx([(2 / 3) ** 0.5, 50**0.5])
    found = encoder(torch.tensor([[NAN, 20.0], [4.0, NAN]]))
    assert found.shape == (2, encoder.num_outputs) == (2, 3)
    assert found[0].tolist() == [0.0, 0.0, 1.0]
    assert found[1].tolist() == pytest.approx([2 / (2 / 3) ** 0.5, 0.0, 0.0])


def test_constant_and_empty_columns_keep_their_scale():
    encoder = Encoder([0, 0], [False, True])
    encoder.learn(torch.tensor([[0.1, NAN]] * 3))
    assert encoder.std.tolist() == [1.0, 1.0]
    assert encoder(torch.tensor([[0.1, NAN]])).tolist() == [[0.0, 0.0, 1.0]]


def test_without_standardising_numbers_pass_as_they_are():
    encoder = Encoder([0], [False])
    encoder.learn(torch.tensor([[100.0], [300.0]]), standardise=False)
    assert encoder(torch.tensor([[150.0], [NAN]])).tolist() == [[150.0], [200.0]]


def test_unknown_categories_are_zero_and_stay_so_while_others_learn():
    torch.manual_seed(0)
    encoder = Encoder([4, 0], [False, False])
    encoder.learn(torch.tensor([[1.0, 0.0], [2.0, 1.0]]))
    optimizer = torch.optim.SGD(encoder.parameters(), lr=1.0)
    before = encoder.embeddings[0].weight.detach().clone()
    encoder(torch.tensor([[0.0, 0.0], [2.0, 0.0]])).sum().backward()
    optimizer.step()
    after = encoder.embeddings[0].weight.detach()
    assert after[0].eq(0).all()
    assert torch.equal(after[1], before[1])
    assert not torch.equal(after[2], before[2])


def test_the_statistics_travel_in_the_state_dict():
    encoder = Encoder([0, 3], [False, True])
    encoder.learn(torch.randn(20, 2, generator=torch.Generator().manual_seed(0)).abs().round())
    other = Encoder([0, 3], [False, True])
    other.load_state_dict(encoder.state_dict())
    rows = torch.tensor([[0.5, 1.0], [2.0, 2.0]])
    assert torch.equal(other(rows), encoder(rows))


def test_a_table_of_categories_only_is_encoded():
    encoder = Encoder([3], [False])
    encoder.learn(torch.tensor([[1.0], [2.0]]))
    assert encoder(torch.tensor([[1.0]])).shape == (1, encoder.num_outputs)
