"""How a script under the doctor ended: the findings printed, written as JSON, the mend applied if asked for."""

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from torchwise.cli.request import Request
from torchwise.doctor.report import flush, print_error, write_findings
from torchwise.errors import Problem
from torchwise.finding import Finding
from torchwise.texts import set_language, tr


def report_end(
    error: BaseException | None, request: Request, *, answer: str, words: Sequence[str], folder: str
) -> None:
    """Print what ended the script and why; never let a fault of ours hide it."""
    flush()
    set_language(request.language)
    findings = findings_of(error)
    if error is not None:
        print_error(error, findings, sys.stderr, full="--full" in request.switches)
    if answer:
        try:
            write_findings(Path(answer), findings)
        except Problem as problem:
            print(problem, file=sys.stderr)
    if findings and "--fix" in request.switches:
        _offer(findings, is_agreed="--yes" in request.switches, words=words, folder=folder)


def findings_of(error: BaseException | None) -> list[Finding]:
    """The findings of an error; none for Ctrl-C, and none if the doctor itself fails."""
    if not isinstance(error, Exception):
        return []
    from torchwise.doctor.diagnose import diagnose

    try:
        return diagnose(error)
    except Exception as fault:  # said, and then the plain traceback stands alone
        print(tr("the doctor failed: {fault}", fault=repr(fault)), file=sys.stderr)
        return []


def _offer(findings: Sequence[Finding], *, is_agreed: bool, words: Sequence[str], folder: str) -> None:
    """Show the mend as a diff, ask, apply it, and run the script again in a process of its own."""
    from torchwise.doctor.mending import Patch, patch_of

    patch: Patch | None = next((found for finding in findings if (found := patch_of(finding)) is not None), None)
    if patch is None:
        print("\n" + tr("no sure mend that could be applied by itself"), file=sys.stderr)
        return
    print("\n" + patch.diff, file=sys.stderr, end="")
    if not is_agreed and not _asked(tr("apply this? [y/N] ")):
        return
    try:
        backup = patch.apply()
    except Problem as problem:
        print(problem, file=sys.stderr)
        return
    print(tr("mended; the file as it was: {backup}", backup=backup), file=sys.stderr)
    flush()
    again = [sys.executable, "-m", "torchwise", *words[1:]]
    sys.exit(subprocess.call(again, cwd=folder))


def _asked(question: str) -> bool:
    """Whether the person at the terminal says yes; without a terminal nobody can."""
    if not sys.stdin or not sys.stdin.isatty():
        print(tr("nobody can be asked here: --yes applies it without asking"), file=sys.stderr)
        return False
    print(question, end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip().lower() in ("y", "yes", "是", "好")
