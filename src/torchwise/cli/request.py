"""What is asked for: `torchwise explain SCRIPT` or `check SCRIPT`, told apart before anything heavy is imported."""

import os

TYPE_CHECKING = False  # importing typing, dataclasses or pathlib would take longer than all that happens here
if TYPE_CHECKING:
    from collections.abc import Sequence

LANGUAGES = ("en", "zh")
SWITCHES = {"explain": {"--full", "--fix", "--yes"}, "check": set()}
VALUES = {"explain": {"--json"}, "check": {"--json", "--device"}}


class Request:
    """A script to run under the doctor or to rehearse, and what was asked for beside it."""

    def __init__(self) -> None:
        self.command = self.script = self.module = self.json = self.device = ""
        self.language: str | None = None
        self.arguments: tuple[str, ...] = ()
        self.switches: set[str] = set()


def request_of(words: "Sequence[str]") -> Request | None:
    """The request in the words of a command line; None if they ask for anything else, or are not understood here.

    Only what stands before the script is ours: in `explain --lang zh train.py --lang en` the second is the script's.
    """
    request, rest = Request(), list(words)
    while rest:
        word = rest.pop(0)
        is_explain = request.command == "explain"  # Python runs a folder too, by its __main__.py
        flag, _, value = word.partition("=")
        if flag == "--lang" or flag in VALUES.get(request.command, ()):
            value = value or (rest.pop(0) if rest else "")
            if not value or (flag == "--lang" and value not in LANGUAGES):
                return None
            setattr(request, "language" if flag == "--lang" else flag[2:], value)
        elif not request.command:
            if word not in SWITCHES:
                return None
            request.command = word
        elif word in SWITCHES[request.command]:
            request.switches.add(word)
        elif word == "-m" and rest and is_explain:
            request.module, request.arguments = rest[0], tuple(rest[1:])
            return request
        elif not word.startswith("-") and (os.path.isfile(word) or (is_explain and os.path.exists(word))):
            request.script, request.arguments = word, tuple(rest)
            return request
        else:
            return None
    return None
