"""What `torchwise explain` prints beside scripts: the page of a code, the list of codes, a pasted error."""

import sys
from pathlib import Path

from rich.console import Console
from rich.markdown import Markdown

from torchwise.data.names import close_name
from torchwise.doctor import codes
from torchwise.doctor.report import write_findings
from torchwise.errors import Problem
from torchwise.texts import tr


def print_page(code: str) -> None:
    """The page of a code, drawn on a terminal, as Markdown elsewhere. Raises Problem for a code that is none."""
    try:
        text = codes.page(code)
    except KeyError:
        near = close_name(code, codes.codes())
        raise Problem(
            tr("there is no code {code}", code=code),
            fix=tr("did you mean {name}?", name=near) if near else tr("torchwise explain lists all codes"),
        ) from None
    if sys.stdout.isatty():
        Console().print(Markdown(text))
    else:
        print(text, end="")


def print_codes() -> None:
    """All codes by family, each with what it means."""
    console = Console(highlight=False, soft_wrap=True)
    for prefix, name in codes.FAMILIES.items():
        console.print(f"[bold]{prefix}xx[/]  {name}")
        for code in codes.codes():
            if code.startswith(prefix):
                console.print(f"  {code}  {codes.title(code)}", markup=False)
    console.print("\n" + tr("torchwise explain TW201 shows a page"))


def print_message(text: str, json: Path | None) -> None:
    """The codes that fit a pasted error. Raises Problem if there is no text, or the file can't be written."""
    from torchwise.doctor.pasted import explain_text
    from torchwise.doctor.render import render

    if not text.strip():
        raise Problem(tr("there is no error text"), fix='torchwise explain --message "RuntimeError: ..."')
    findings = explain_text(text)
    print(render(findings, colored=sys.stdout.isatty()))
    if json is not None:
        write_findings(json, findings)


def no_such_script(name: str) -> Problem:
    """The Problem of a script that is not there."""
    here = (
        [path.name for path in Path(name).absolute().parent.glob("*.py")]
        if Path(name).absolute().parent.is_dir()
        else []
    )
    near = close_name(Path(name).name, here)
    return Problem(
        tr("there is no file {path}", path=name),
        fix=tr("did you mean {name}?", name=near)
        if near
        else tr("torchwise explain script.py, or a code: torchwise explain TW201"),
    )
