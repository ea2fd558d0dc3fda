"""Running a script under the doctor, with nothing heavy imported unless it fails."""

import os
import sys

from torchwise.cli.request import Request


def run_request(request: Request) -> None:
    """Run the script; a failure is explained when the process ends by it."""
    from torchwise.doctor.launch import run

    words = list(sys.argv)
    answer = os.path.abspath(request.json) if request.json else ""
    folder = os.getcwd()

    def report(error: BaseException | None) -> None:
        if error is None and not answer:
            return
        from torchwise.cli.outcome import report_end

        report_end(error, request, answer=answer, words=words, folder=folder)

    run(request.script, request.module, request.arguments, report)
