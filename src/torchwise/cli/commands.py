"""All commands but the running of scripts: words to calls, no logic."""

import sys
from collections.abc import Sequence

from torchwise.errors import Problem
from torchwise.texts import LANGUAGES, ask_for_language, set_language, tr

EXIT_PROBLEM, EXIT_INTERRUPTED = 2, 130


def run_command(words: Sequence[str]) -> int:
    """Run one command. Returns the exit status: the command's own, 2 a fault the user can mend, 130 Ctrl-C."""
    try:
        return _dispatch(_choose_language(list(words)))
    except Problem as problem:
        from rich.console import Console

        from torchwise.console import print_problem

        print_problem(problem, Console(stderr=True))
        return EXIT_PROBLEM
    except KeyboardInterrupt:
        print(tr("interrupted"), file=sys.stderr)
        return EXIT_INTERRUPTED
    except BrokenPipeError:  # the reader (`| head`) has gone; nobody is left to be told
        sys.stderr.close()
    return 0


def _choose_language(words: list[str]) -> list[str]:
    """Take `--lang en|zh` from anywhere in the words, since every text depends on it. Returns the other words."""
    for position, word in enumerate(words):
        if word == "--":
            break
        if word == "--lang" or word.startswith("--lang="):
            after = word.partition("=")[2] if "=" in word else "".join(words[position + 1 : position + 2])
            if after not in LANGUAGES:
                set_language()
                raise Problem(
                    tr("--lang {given} is not a language torchwise speaks", given=repr(after)),
                    fix="--lang en / --lang zh",
                )
            ask_for_language(after)
            return words[:position] + words[position + (1 if "=" in word else 2) :]
    ask_for_language(None)
    return words


def _dispatch(words: list[str]) -> int:
    """Hand the words to their command and return its status; a word that is none becomes a Problem."""
    from cyclopts import CycloptsError

    from torchwise.cli.app import build_app  # after the language is known: its help texts are translated on import

    app = build_app()
    try:
        return app(words or ["--help"], exit_on_error=False, print_error=False, result_action="return_value") or 0
    except CycloptsError as error:
        from torchwise.cli.faults import to_problem

        raise to_problem(error, app) from error
