"""torchwise eject: a saved run as one plain PyTorch script."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from torchwise.texts import tr

DATA = Parameter(help=tr("the file it was trained on, if it has moved"), show_default=False)


def eject(
    run: Annotated[Path, Parameter(help=tr("the run folder"))],
    /,
    *,
    out: Annotated[Path, Parameter(help=tr("the script to write, such as train.py; its rows are written beside it"))],
    data: Annotated[str | None, DATA] = None,
) -> None:
    """Write a saved run as one plain PyTorch script."""
    from rich.console import Console

    from torchwise.runs.eject import eject as write

    written = write(run, out, data=data)
    count = len(written[0].read_text(encoding="utf-8").splitlines())
    files = " ".join(map(str, written))
    console = Console()
    said = tr("{count} lines of plain PyTorch, with the rows they read: {files}", count=count, files=files)
    console.print(said, highlight=False, markup=False, soft_wrap=True)
