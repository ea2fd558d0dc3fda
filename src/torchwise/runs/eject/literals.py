"""Python source as ruff's formatter lays it out: values as literals, and blocks of lines below each other."""

import json
from collections.abc import Mapping, Sequence

from rich.cells import cell_len

WIDTH = 100  # columns of the script; a Chinese character takes two


def quoted(text: str) -> str:
    """A text as a string literal, in double quotes unless single ones save escapes."""
    if '"' in text and "'" not in text and "\\" not in text and text.isprintable():
        return f"'{text}'"
    return json.dumps(text, ensure_ascii=False)


def words(texts: Sequence[str]) -> str:
    """A list of texts on one line."""
    return f"[{', '.join(map(quoted, texts))}]"


def fits(line: str) -> bool:
    """Whether a line is short enough."""
    return cell_len(line) <= WIDTH


def list_lines(name: str, texts: Sequence[str]) -> list[str]:
    """`name = [...]`, on one line or one text a line."""
    line = f"{name} = {words(texts)}"
    return [line] if fits(line) else [f"{name} = [", *(f"    {quoted(text)}," for text in texts), "]"]


def dict_lines(name: str, lists: Mapping[str, Sequence[str]]) -> list[str]:
    """`name = {...}` from texts to lists of texts, on one line or one entry a line."""
    entries = [f"{quoted(key)}: {words(texts)}" for key, texts in lists.items()]
    line = f"{name} = {{{', '.join(entries)}}}"
    if fits(line):
        return [line]
    found = [f"{name} = {{"]
    for entry, (key, texts) in zip(entries, lists.items(), strict=True):
        inner = [f"        {quoted(text)}," for text in texts]
        found += [f"    {entry},"] if fits(f"    {entry},") else [f"    {quoted(key)}: [", *inner, "    ],"]
    return [*found, "}"]


def call_lines(start: str, arguments: Sequence[str]) -> list[str]:
    """A call, its arguments on the same line or on the next."""
    line = f"{start}({', '.join(arguments)})"
    return [line] if fits(line) else [f"{start}(", f"    {', '.join(arguments)}", ")"]


def comment(text: str) -> str:
    """A comment of one line."""
    return f"# {text}"


def noted(line: str, text: str) -> str:
    """A line with a comment behind it, where there is room for one."""
    whole = f"{line}  {comment(text)}"
    return whole if fits(whole) else line


def docstring(text: str) -> str:
    """The docstring of a function or a method's class, on one line."""
    return f'    """{text}"""'


def joined(*blocks: Sequence[str]) -> list[str]:
    """Blocks below each other, functions and classes with two empty lines around them, others with one."""
    found: list[str] = []
    was_definition = False
    for block in blocks:
        if not block:
            continue
        is_definition = block[0].startswith(("def ", "class "))
        if found:
            found += ["", ""] if is_definition or was_definition else [""]
        found += block
        was_definition = is_definition
    return found
