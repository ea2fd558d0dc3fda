"""The command line. A script to be explained is started at once; everything heavier waits until it is needed."""

import sys

from torchwise.cli.request import request_of
from torchwise.cli.script import run_request

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence


def main(arguments: "Sequence[str] | None" = None) -> int:
    """Run one command. Returns the exit status: 0 done, 1 something sure that `check` found, 2 a fault that
    the user can mend, 130 Ctrl-C.

    A script to be explained ends as it would under Python: by its own status, exception or signal.
    """
    words = list(sys.argv[1:] if arguments is None else arguments)
    request = request_of(words)
    if request is not None and request.command == "check":
        from torchwise.cli.check import run_check

        return run_check(request)
    if request is not None:
        run_request(request)
        return 0
    from torchwise.cli.commands import run_command

    return run_command(words)
