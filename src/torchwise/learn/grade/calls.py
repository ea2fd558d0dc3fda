"""What an answer must have, and what it must refuse."""

from collections.abc import Callable
from types import ModuleType
from typing import Any

from torchwise.data.names import close_name
from torchwise.learn.verdict import Verdict, Wrong
from torchwise.texts import note


class Answer:
    """A learner's file as a grader sees it: its functions and variables as attributes. Raises Wrong for one that is missing."""

    def __init__(self, module: ModuleType) -> None:
        self._module = module

    def __getattr__(self, name: str) -> Any:
        if name in vars(self._module):
            return vars(self._module)[name]
        near = close_name(name, [other for other in vars(self._module) if not other.startswith("_")])
        step = (
            note("you have {near}; call it {name}", near=near, name=name)
            if near
            else note("put it back; `r` gives the starter again")
        )
        raise Wrong(
            Verdict(message="missing_name", what=note("your file has no {name}", name=name), called=name, step=step)
        )


def raises(kind: type[Exception], function: Callable[[], object], called: str) -> None:
    """Return if the call raises an error of that kind."""
    try:
        function()
    except kind:
        return
    what = note("{called} raises no {kind}", called=called, kind=kind.__name__)
    raise Wrong(Verdict(message="raises_nothing", what=what, called=called, expected=kind.__name__,
                        step=note("raise {kind}(\"...\") where it can't go on", kind=kind.__name__)))  # fmt: skip
