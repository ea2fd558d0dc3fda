"""Running commands as a person would, in a folder of their own."""

import pytest

from torchwise.cli import main


@pytest.fixture
def torchwise(capsys, monkeypatch):
    """Runs one command; gives its exit status, standard output and standard error."""
    monkeypatch.setenv("COLUMNS", "100")

    def run(*words):
        status = main([str(word) for word in words])
        captured = capsys.readouterr()
        return status, captured.out, captured.err

    return run


@pytest.fixture
def done(torchwise):
    """Runs one command that must end with 0; gives its standard output."""

    def run(*words):
        status, out, err = torchwise(*words)
        assert (status, err) == (0, "")
        return out

    return run
