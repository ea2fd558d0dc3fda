"""%load_ext torchwise in a live kernel: the note stands in the traceback of the cell."""

import re

import pytest
from jupyter_client.manager import start_new_kernel

CELLS = [
    "%load_ext torchwise",
    "import torch\nfrom torch import nn\nbody = nn.Linear(4, 8)\nhead = nn.Linear(9, 2)",
    "def forward(x):\n    return head(body(x))\n\nforward(torch.rand(3, 4))",
]


def outputs_of(client, code):
    """What a cell prints, its errors with their colours taken out."""
    texts = []

    def collect(message):
        content = message["content"]
        texts.append("\n".join(content["traceback"]) if message["msg_type"] == "error" else content.get("text", ""))

    client.execute_interactive(code, timeout=120, output_hook=collect)
    return re.sub(r"\x1b\[[0-9;]*m", "", "\n".join(texts)).strip()


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning")
def test_a_cell_that_fails_is_explained_and_one_that_does_not_is_left_alone():
    manager, client = start_new_kernel(kernel_name="python3")
    try:
        assert outputs_of(client, CELLS[0]) == outputs_of(client, CELLS[1]) == ""
        told = outputs_of(client, CELLS[2])
        assert "RuntimeError" in told
        assert "TW201  the linear layer gets 8 features, it was built for 9" in told
        assert "fix  nn.Linear(8, 2)" in told
        assert outputs_of(client, "print(forward)").startswith("<function forward")
        assert outputs_of(client, "%unload_ext torchwise") == ""
        assert "TW201" not in outputs_of(client, "forward(torch.rand(3, 4))")
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
