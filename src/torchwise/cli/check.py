"""torchwise check: a script or a recipe rehearsed before it is trained."""

import json
import os
import shutil
import sys
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from torchwise.cli.request import Request
from torchwise.errors import Problem
from torchwise.texts import set_language, tr

SCRIPT = Parameter(help=tr("a training script and its arguments, or a recipe"), show_default=False)
DEVICE = Parameter(
    help=tr('cpu, cuda, cuda:8GiB or "RTX 4060", which need not be there; cpu if left out'), show_default=False
)
EXIT_PROBLEM, EXIT_INTERRUPTED = 2, 130


def check(
    script: Annotated[Path, SCRIPT],
    /,
    *arguments: Annotated[str, Parameter(show=False, allow_leading_hyphen=True)],
    device: Annotated[str, DEVICE] = "cpu",
    json: Annotated[Path | None, Parameter(help=tr("also write the findings to this file"), show_default=False)] = None,
) -> None:  # fmt: skip
    """Rehearse a script; what gets here is a name that is no file, for the others are started in `run_check`."""
    from torchwise.data.names import close_name

    near = close_name(script.name, [path.name for path in script.absolute().parent.glob("*.py")])
    raise Problem(
        tr("there is no file {path}", path=script),
        fix=tr("did you mean {name}?", name=near) if near else tr("torchwise check train.py"),
    )


def run_check(request: Request) -> int:
    """Rehearse the script or the recipe. Returns 0: nothing sure, 1: something sure, 2: it could not be rehearsed."""
    from torchwise.rehearsal.running.process import rehearse
    from torchwise.rehearsal.running.rendering import rendered

    set_language(request.language)
    try:
        answer = rehearse(request.script, request.arguments, device=request.device or "cpu")
    except Problem as mistaken:
        _say(mistaken)
        return EXIT_PROBLEM
    except KeyboardInterrupt:
        print(tr("interrupted"), file=sys.stderr)
        return EXIT_INTERRUPTED
    is_colored = sys.stdout.isatty() and "NO_COLOR" not in os.environ and os.environ.get("TERM") != "dumb"
    text = rendered(answer, colored=is_colored, width=shutil.get_terminal_size((100, 24)).columns)
    if text:
        print(text)
    problem = answer.as_problem()
    if request.json:
        problem = _write(Path(request.json), answer.to_json()) or problem
    if problem is not None:
        _say(problem)
        return EXIT_PROBLEM
    return answer.status


def _write(path: Path, value: object) -> Problem | None:
    """Write the report as JSON; the Problem if that fails."""
    try:
        path.write_text(json.dumps(value, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    except OSError as fault:
        return Problem(tr("{path} could not be written", path=path), why=fault.strerror or str(fault))
    return None


def _say(problem: Problem) -> None:
    """Print a Problem as every command does."""
    from rich.console import Console

    from torchwise.console import print_problem

    sys.stdout.flush()
    print_problem(problem, Console(stderr=True))
