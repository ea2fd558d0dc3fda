"""The pytest plugin: `pytest --explain` adds the finding to the error of every test that fails in PyTorch."""

import sys
from collections.abc import Generator
from typing import Any

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    """The flag that switches it on."""
    group = parser.getgroup("torchwise")
    group.addoption("--explain", action="store_true", help="explain errors from PyTorch (torchwise)")


def pytest_configure(config: pytest.Config) -> None:
    """Watch torch before the tests import it."""
    if config.getoption("--explain"):
        from torchwise.doctor.launch import wait_for_torch

        wait_for_torch()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[Any]) -> Generator[None, Any, Any]:
    """Add the note before the report is drawn; a failed assertion is the test's own affair."""
    error = call.excinfo.value if call.excinfo is not None else None
    is_ours = isinstance(error, Exception) and not isinstance(error, AssertionError | pytest.skip.Exception)
    if item.config.getoption("--explain") and is_ours and error is not None and "torch" in sys.modules:
        from torchwise.doctor.noting import attach

        attach(error)
    return (yield)
