"""The console: how problems and tables look in a terminal."""

from rich.console import Console
from rich.text import Text as RichText

from torchwise.errors import Problem
from torchwise.texts import language, tr


def print_problem(problem: Problem, console: Console) -> None:
    """What, why and how to mend it, in three paragraphs with their labels in front."""
    for label, text, style in (
        (tr("problem"), problem.what, "bold red"),
        (tr("why"), problem.why, "bold"),
        (tr("fix"), problem.fix, "bold green"),
    ):
        for number, line in enumerate(text.splitlines()):
            shown = label if number == 0 else ""
            padding = " " * (9 - RichText(shown).cell_len)
            console.print(RichText.assemble((shown, style), padding, line), soft_wrap=is_left_whole(console))


def is_left_whole(console: Console) -> bool:
    """Whether long lines are best left whole: in a file, and in Chinese, which rich would break at its few spaces."""
    return not console.is_terminal or language() == "zh"
