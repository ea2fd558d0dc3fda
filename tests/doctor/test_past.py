"""What ran before a failure, what outlives a turn, what became of the graph, how much memory was asked for."""

import types

import pytest

from torchwise.doctor.case import Case
from torchwise.doctor.gradients.graph import failed_graph
from torchwise.doctor.memory.asked import asked, size_text
from torchwise.doctor.past.carried import carried_names, outside_names
from torchwise.doctor.past.events import ran_before
from torchwise.doctor.past.training import backwards, steps

LOOP = """
import torch
from torch import nn

rnn = nn.GRU(2, 3)
optimizer = torch.optim.SGD(rnn.parameters(), lr=0.1)
state = torch.zeros(1, 1, 3)


def loss_of(output):
    return output.square().mean()


for _ in range(3):
    output, state = rnn(torch.rand(4, 1, 2), {state})
    loss = loss_of(output)
    loss.backward()
    optimizer.step()
    print("a step")
"""
IN_PLACE = """
import torch

weight = torch.rand(3, requires_grad=True)
probability = torch.sigmoid(weight)
probability += 1
probability.sum().backward()
"""


def case_of(text, tmp_path):
    path = tmp_path / "program.py"
    path.write_text(text, encoding="utf-8")
    module = types.ModuleType("program")
    try:
        exec(compile(text, str(path), "exec"), module.__dict__)
    except Exception as error:
        assert error.__traceback__ is not None
        return Case(error.with_traceback(error.__traceback__.tb_next))
    raise AssertionError("the program must fail")


def test_what_ran_is_told_in_order_with_what_stood_behind_in_the_last_turn(tmp_path):
    ran = ran_before(case_of(LOOP.replace("{state}", "state"), tmp_path))
    told = [(" ".join(item.spot.text.split()), item.level, item.turn) for item in ran]
    before = told.index(("state = torch.zeros(1, 1, 3)", 1, "this"))
    behind = told.index(('print("a step")', 0, "last"))
    inside = told.index(("return output.square().mean()", 0, "this"))
    after = told.index(("loss = loss_of(output)", 0, "this"))
    assert before < behind < inside < after


def test_the_deeds_of_a_step_are_known(tmp_path):
    case = case_of(LOOP.replace("{state}", "state"), tmp_path)
    assert [(deed.spot.text, deed.ran.turn) for deed in backwards(case)] == [("loss.backward()", "last")]
    (step,) = steps(case)
    assert type(step.value).__name__ == "SGD" and step.ran.turn == "last"


def test_a_state_that_is_read_before_it_is_set_is_carried(tmp_path):
    case = case_of(LOOP.replace("{state}", "state"), tmp_path)
    assert [held.text for held in carried_names(case)] == ["state"]
    assert not list(outside_names(case))


def test_a_state_that_is_detached_is_not_carried(tmp_path):
    text = LOOP.replace("{state}", "state.detach()").replace('print("a step")', "raise RuntimeError")
    assert not list(carried_names(case_of(text, tmp_path)))


def test_a_tensor_overwritten_after_the_forward_pass_is_found_in_the_graph(tmp_path):
    graph = failed_graph(case_of(IN_PLACE, tmp_path))
    (changed,) = graph.changed()
    assert (changed.name, changed.shapes, changed.saved) == ("Sigmoid", ((3,),), {"_saved_result": "changed"})
    assert [user.name for user in graph.consumers(changed.function)] == ["Add"]


OLD_CUDA = (
    "CUDA out of memory. Tried to allocate 2.00 GiB (GPU 0; 14.76 GiB total capacity; 12.98 GiB already allocated; "
    "500.75 MiB free; 13.29 GiB reserved in total by PyTorch)"
)
CUDA = (
    "CUDA out of memory. Tried to allocate 20.00 MiB. GPU 0 has a total capacity of 14.76 GiB of which 11.75 MiB is "
    "free."
)
CPU = "DefaultCPUAllocator: can't allocate memory: you tried to allocate 640000000000 bytes. Error code 12"
MPS = (
    "MPS backend out of memory (MPS allocated: 6.00 GB, other allocations: 1.00 GB, max allowed: 9.07 GB). "
    "Tried to allocate 4.00 GB on private pool."
)
NUMPY = "Unable to allocate 1.16 TiB for an array with shape (400000, 400000) and data type float64"


@pytest.mark.parametrize(
    ("text", "wanted", "total", "free", "device"),
    [
        (OLD_CUDA, "2 GiB", "14.8 GiB", "501 MiB", "cuda"),
        (CUDA, "20 MiB", "14.8 GiB", "11.8 MiB", "cuda"),
        (CPU, "596 GiB", None, None, "cpu"),
        (MPS, "4 GiB", "9.1 GiB", None, "mps"),
        (NUMPY, "1.2 TiB", None, None, "cpu"),
    ],
)
def test_an_error_tells_how_much_was_asked_for(text, wanted, total, free, device):
    said = asked(text)
    sizes = [None if value is None else size_text(value) for value in (said.request, said.total, said.free)]
    assert (sizes, said.device) == ([wanted, total, free], device)
