"""What is asked for: `torchwise explain SCRIPT` is told apart before anything heavy is imported."""

import os

TYPE_CHECKING = False  # importing typing, dataclasses or pathlib would take longer than all that happens here
if TYPE_CHECKING:
    from collections.abc import Sequence

LANGUAGES = ("en", "zh")
SWITCHES = {"--full", "--fix", "--yes"}


class Request:
    """A script to run under the doctor, and what was asked for beside it."""

    def __init__(self) -> None:
        self.script = self.module = self.json = ""
        self.language: str | None = None
        self.arguments: tuple[str, ...] = ()
        self.switches: set[str] = set()


def request_of(words: "Sequence[str]") -> Request | None:
    """The request in the words of a command line; None if they ask for anything else, or are not understood here.

    Only what stands before the script is ours: in `explain --lang zh train.py --lang en` the second is the script's.
    """
    request, rest = Request(), list(words)
    is_explain = False
    while rest:
        word = rest.pop(0)
        flag, _, value = word.partition("=")
        if flag in ("--lang", "--json") and (is_explain or flag == "--lang"):
            value = value or (rest.pop(0) if rest else "")
            if not value or (flag == "--lang" and value not in LANGUAGES):
                return None
            if flag == "--lang":
                request.language = value
            else:
                request.json = value
        elif not is_explain:
            if word != "explain":
                return None
            is_explain = True
        elif word in SWITCHES:
            request.switches.add(word)
        elif word == "-m" and rest:
            request.module, request.arguments = rest[0], tuple(rest[1:])
            return request
        elif not word.startswith("-") and os.path.exists(word):
            request.script, request.arguments = word, tuple(rest)
            return request
        else:
            return None
    return None
