"""torchwise report: the page of a saved run, made again from its numbers."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from torchwise.texts import tr


def report(run: Annotated[Path, Parameter(help=tr("the run folder"))], /) -> None:
    """Make the page of a saved run again, in the language in use."""
    from torchwise.runs.report.making import rewrite_page

    print(rewrite_page(run))
