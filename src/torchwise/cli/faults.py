"""A mistyped command line as a Problem, in the reader's language."""

from collections.abc import Iterable

from cyclopts import App, CoercionError, CycloptsError, MissingArgumentError, UnknownCommandError, UnknownOptionError
from cyclopts.exceptions import RepeatArgumentError, UnusedCliTokensError

from torchwise.data.names import close_name
from torchwise.errors import Problem
from torchwise.texts import tr


def to_problem(error: CycloptsError, app: App) -> Problem:
    """What is wrong with the words, and what was perhaps meant."""
    command = " ".join(("torchwise", *(error.command_chain or ())))
    see_help = tr("{command} --help shows every flag", command=command)
    if isinstance(error, UnknownCommandError):
        word = next(iter(error.unused_tokens or error.root_input_tokens or ()), "")
        commands = [name for name in app if not name.startswith("-")]
        return Problem(
            tr("there is no command {word}", word=word),
            why=tr("the commands: {names}", names=" ".join(commands)),
            fix=_meant(word, commands) or tr("torchwise --help shows what each does"),
        )
    if isinstance(error, UnknownOptionError):
        flags = [name for argument in error.argument_collection or () for name in argument.names if name[:2] == "--"]
        return Problem(
            tr("{command} has no flag {flag}", command=command, flag=error.token.keyword or error.token.value),
            fix=_meant(error.token.keyword or error.token.value, flags) or see_help,
        )
    if isinstance(error, CoercionError) and error.token is not None:
        kind = tr("a whole number") if error.target_type is int else tr("a number")
        what = tr("{flag} {value} is not {kind}", flag=error.token.keyword, value=error.token.value, kind=kind)
        return Problem(what, fix=see_help)
    if isinstance(error, MissingArgumentError) and error.argument is not None:
        name = error.argument.name
        if error.keyword is not None:
            return Problem(tr("{flag} needs a value behind it", flag=name), fix=see_help)
        return Problem(tr("{command} needs {argument}", command=command, argument=name), fix=see_help)
    if isinstance(error, RepeatArgumentError):
        return Problem(tr("{flag} was given twice", flag=error.token.keyword), fix=tr("leave one of them out"))
    if isinstance(error, UnusedCliTokensError):
        words = " ".join(error.unused_tokens or ())
        what = tr("{command} does not know what to do with: {words}", command=command, words=words)
        return Problem(what, fix=tr("put a name with spaces in quotes; {see_help}", see_help=see_help))
    return Problem(str(error).strip().splitlines()[0], fix=see_help)


def _meant(word: str, names: Iterable[str]) -> str:
    """The near miss, as a question; "" if there is none."""
    near = close_name(word, list(names))
    return tr("did you mean {name}?", name=near) if near else ""
