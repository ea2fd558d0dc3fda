"""What every test needs: one thread, English, and no file outside its own folder."""

import pytest
import torch

from torchwise.texts import set_language


@pytest.fixture(autouse=True)
def _plain_world(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    set_language("en")
    threads = torch.get_num_threads()
    yield
    torch.set_num_threads(threads)
    set_language("en")
