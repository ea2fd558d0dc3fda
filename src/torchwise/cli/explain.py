"""torchwise explain: a code's page, a pasted error, the list of codes; a script is started in script.py."""

import sys
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from torchwise.texts import tr

WHAT = Parameter(help=tr("a script and its arguments, -m and a module, or a code such as TW201"), show_default=False)


def explain(
    what: Annotated[str | None, WHAT] = None,
    /,
    *arguments: Annotated[str, Parameter(show=False, allow_leading_hyphen=True)],
    message: Annotated[
        str | None,
        Parameter(help=tr("a pasted error or traceback; - reads it from standard input"), show_default=False),
    ] = None,
    json: Annotated[Path | None, Parameter(help=tr("also write the findings to this file"), show_default=False)] = None,
    full: Annotated[bool, Parameter(help=tr("show the libraries' frames too"), negative="")] = False,
    fix: Annotated[bool, Parameter(help=tr("show the mend as a diff and offer to apply it"), negative="")] = False,
    yes: Annotated[bool, Parameter(help=tr("apply it without asking"), negative="")] = False,
) -> None:
    """Run a script and explain its failure; or show a code's page; or explain a pasted error."""
    from torchwise.cli.pages import no_such_script, print_codes, print_message, print_page
    from torchwise.doctor.codes import CODE

    if message is not None:
        print_message(sys.stdin.read() if message == "-" else message, json)
    elif what is not None and CODE.fullmatch(what.upper()):
        print_page(what.upper())
    elif what is not None:
        raise no_such_script(what)
    elif not sys.stdin.isatty() and (pasted := sys.stdin.read()).strip():
        print_message(pasted, json)
    else:
        print_codes()
