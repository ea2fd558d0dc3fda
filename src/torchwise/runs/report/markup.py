"""HTML of a few kinds; every word is escaped here, since names of columns and classes may hold anything."""

import html
import re
import shlex
from collections.abc import Iterable, Sequence

from torchwise.texts import language


def esc(text: object) -> str:
    """A text as HTML, without characters that no page may hold."""
    return html.escape("".join(letter if letter.isprintable() else " " for letter in str(text)))


def paragraphs(sentences: Iterable[str], kind: str = "") -> str:
    """The sentences, one paragraph for all."""
    text = ("" if language() == "zh" else " ").join(esc(sentence) for sentence in sentences)
    text = re.sub(r"(--[a-z-]+(?: \d+)?)", r"<code>\1</code>", text)  # flags; safe, as all is escaped already
    text = re.sub(r"(?<=\d) %", "&nbsp;%", text)
    return f"<p{_class(kind)}>{text}</p>" if text else ""


def table(header: Sequence[str], rows: Iterable[Sequence[str]], *, numbers: int = 0, kind: str = "") -> str:
    """A table that scrolls in its own box.

    header, rows: HTML, escaped already. numbers: how many columns after the first are numbers; -1 for all.
    """
    head = "".join(f'<th scope="col"{_right(i, numbers)}>{cell}</th>' for i, cell in enumerate(header))
    body = "\n".join(
        f'<tr><th scope="row">{row[0]}</th>'
        + "".join(f"<td{_right(i, numbers)}>{cell}</td>" for i, cell in enumerate(row[1:], start=1))
        + "</tr>"
        for row in rows
    )
    return f'<div class="scroll" tabindex="0"><table{_class(kind)}><thead><tr>{head}</tr></thead>\n{body}</table></div>'


def heading(text: str) -> str:
    """A small heading."""
    return f"<h3>{esc(text)}</h3>"


def folded(summary: str, content: str) -> str:
    """What is shown when it is asked for."""
    return f"<details><summary>{esc(summary)}</summary>\n{content}</details>"


def command(words: Sequence[str]) -> str:
    """A command as it is typed; its flags are not broken at their hyphens."""
    shown = [esc(shlex.quote(word)) for word in words]
    return f"<pre><code>{' '.join(f'<b>{word}</b>' if word[:2] == '--' else word for word in shown)}</code></pre>"


def figure(svg: str, name: str, sentences: Iterable[str]) -> str:
    """A plot with its name and what it says."""
    return f"<figure>\n{heading(name)}\n{svg}\n<figcaption>{paragraphs(sentences)}</figcaption>\n</figure>"


def figures(found: Iterable[str]) -> str:
    """Plots side by side, where there is room."""
    return '<div class="figures">' + "\n".join(found) + "</div>"


def section(name: str, *parts: str) -> str:
    """A part of the page; nothing if it is empty."""
    body = "\n".join(part for part in parts if part)
    return f"<section>\n<h2>{esc(name)}</h2>\n{body}\n</section>" if body else ""


def _class(kind: str) -> str:
    """The attribute for a class of the style sheet."""
    return f' class="{kind}"' if kind else ""


def _right(place: int, numbers: int) -> str:
    """The attribute of a cell with a number."""
    return ' class="number"' if place and (numbers < 0 or place <= numbers) else ""
