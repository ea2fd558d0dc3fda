"""One plot as inline SVG: drawn by matplotlib, its words and colours left to the page.

Words never reach matplotlib: it gets a stand-in of about their width, so its fonts need no Chinese, a name with "$" is
no formula, and the page's own fonts show the words. Colours become CSS variables: a plot follows light and dark.
"""

import html
import io
import logging
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from rich.cells import cell_len

from torchwise.runs.report.words import number, shortened

INK, FAINT = "#000001", "#000002"
LINES = tuple(f"#00001{i}" for i in range(6))
COLOURS = {INK: "var(--ink)", FAINT: "var(--faint)"} | {line: f"var(--line{i})" for i, line in enumerate(LINES)}
WIDTH, HEIGHT, FONT = 4.4, 3.0, 9.8  # inches, inches, points
FEWEST_DOTS = 6  # drawn as one path
DOTS_A_PATH = 60  # dots of one path do not darken each other
STYLE = {
    "svg.fonttype": "none", "font.size": FONT, "font.family": "DejaVu Sans", "axes.spines.top": False,
    "axes.spines.right": False, "axes.edgecolor": FAINT, "axes.labelcolor": INK, "text.color": INK,
    "xtick.color": INK, "ytick.color": INK, "xtick.labelsize": FONT - 0.5, "ytick.labelsize": FONT - 0.5,
    "axes.linewidth": 0.8, "xtick.major.width": 0.8, "ytick.major.width": 0.8, "xtick.major.size": 3,
    "ytick.major.size": 3, "axes.formatter.useoffset": False, "axes.formatter.limits": (-4, 7),
    "legend.frameon": False, "legend.fontsize": FONT - 0.5, "lines.linewidth": 1.6, "path.simplify": False,
}  # fmt: skip


@contextmanager
def drawing() -> Iterator[None]:
    """The settings that plots are drawn with, whatever the user's own are; put back afterwards."""
    from matplotlib import style  # half a second to import; nothing but a report draws

    logger = logging.getLogger("matplotlib.font_manager")
    level = logger.level
    logger.setLevel(logging.ERROR)  # that it looks for fonts once is no news to the reader
    try:
        with style.context(["default", STYLE]):
            yield
    finally:
        logger.setLevel(level)


class Drawing:
    """A figure with one pair of axes."""

    def __init__(self, name: str, *, height: float = HEIGHT) -> None:
        from matplotlib.figure import Figure

        self.name, self.words = name, [""]
        self.figure = Figure(figsize=(WIDTH, height), facecolor="none")
        self.axes: Any = self.figure.add_subplot(facecolor="none")  # matplotlib's methods are loosely typed

    def word(self, text: str, width: int = 60) -> str:
        """A stand-in for the text, as wide as it will be."""
        text = shortened(text, width)
        self.words.append(html.escape(text))
        return f"q{len(self.words) - 1:03d}".ljust(cell_len(text), "x")

    def label(self, across: str, upwards: str = "") -> None:
        """What the axes show."""
        self.axes.set_xlabel(self.word(across))
        if upwards:
            self.axes.set_ylabel(self.word(upwards, 40))

    def name_rows(self, names: Sequence[str]) -> None:
        """Names in place of numbers up the side, the first on top."""
        self.axes.set_yticks(range(len(names)), [self.word(name, 22) for name in names])
        self.axes.set_ylim(len(names) - 0.4, -0.6)
        self.axes.tick_params(axis="y", length=0)

    def use_log_scale(self, low: float, high: float) -> None:
        """A logarithmic scale upwards, its ticks in plain numbers."""
        from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

        self.axes.set_yscale("log")
        self.axes.set_ylim(low / 1.15, high * 1.15)
        subs = (1.0, 2.0, 5.0) if high / low < 1e3 else (1.0,)
        self.axes.yaxis.set_major_locator(LogLocator(subs=subs, numticks=8))
        self.axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: number(value)))
        self.axes.yaxis.set_minor_formatter(NullFormatter())

    def show_legend(self, **settings: Any) -> None:
        """The names of the lines, over the plot."""
        if not self.axes.get_legend_handles_labels()[1]:
            return  # matplotlib warns of a legend without names
        self.axes.legend(
            loc="lower left", bbox_to_anchor=(-0.02, 1.0), ncols=3, borderaxespad=0.2, handlelength=1.3,
            columnspacing=1.0, **settings,
        )  # fmt: skip

    def svg(self, description: str) -> str:
        """The plot as an <svg> element. description: for those who can't see it."""
        from matplotlib import rc_context

        self._make_room()
        buffer = io.StringIO()
        with rc_context({"svg.hashsalt": self.name}):
            self.figure.savefig(buffer, format="svg", metadata={"Date": None}, transparent=True)
        return _for_page(buffer.getvalue(), self.words, description)

    def _make_room(self) -> None:
        """Margins as wide as the labels need: by their letters, which is quicker than to lay them out."""
        axis, (width, height) = self.axes.yaxis, self.figure.get_size_inches()
        labels = axis.get_major_formatter().format_ticks(axis.get_majorticklocs())
        letter = FONT * 0.56 / 72
        left = max((len(label) for label in labels), default=3) * letter + (0.3 if axis.label.get_text() else 0.14)
        rows = -(-len(legend.get_texts()) // 3) if (legend := self.axes.get_legend()) else 0
        self.figure.subplots_adjust(
            left=left / width, right=1 - 0.12 / width, bottom=0.5 / height, top=1 - (0.12 + 0.21 * rows) / height
        )


def _for_page(svg: str, words: Sequence[str], description: str) -> str:
    """What matplotlib wrote, as an element of the page: without head, ids and fonts, with words and CSS variables."""
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>|<!--.*?-->|<style[^>]*>.*?</style>", "", svg, flags=re.S)
    svg = re.sub(r"<g id=\"[^\"]*\">", "<g>", svg)
    box = re.search(r'viewBox="([^"]*)"', svg)
    assert box is not None, "matplotlib says how large the plot is"
    svg = re.sub(
        r"<svg[^>]*>", f'<svg viewBox="{box[1]}" role="img" aria-label="{html.escape(description)}">', svg, count=1
    )
    svg = svg.replace("xlink:href", "href")
    svg = re.sub(r'\b(d|x|y|x1|x2|y1|y2|transform)="([^"]*)"', _rounded, svg)
    svg = re.sub(r"font: (?:\w+ )*?([\d.]+)px [^;\"]*", r"font-size: \1px", svg)
    uses = r'(?:<use href="#m\w+" x="[^"]*" y="[^"]*" style="[^"]*"/>\s*)'
    svg = re.sub(rf"{uses}{{{FEWEST_DOTS},}}", _dots, svg)
    for colour, variable in COLOURS.items():
        svg = svg.replace(colour, variable)
    svg = re.sub(r">q(\d{3})x*<", lambda match: f">{words[int(match[1])]}<", svg)
    return re.sub(r"\s*\n\s*", "\n", svg).strip()


def _rounded(match: re.Match[str]) -> str:
    """Places to a tenth of a point."""
    return f'{match[1]}="' + re.sub(r"\d+\.\d+", lambda number: f"{float(number[0]):.1f}", match[2]).strip() + '"'


def _dots(match: re.Match[str]) -> str:
    """Many markers as a few paths of round dots: a tenth of the size."""
    places = re.findall(r'x="([^"]*)" y="([^"]*)"', match[0])
    colour = re.search(r"fill: (#\w+)", match[0])
    assert colour is not None, "dots are filled"
    paths = []
    for start in range(0, len(places), DOTS_A_PATH):
        line = "".join(f"M{x} {y}h0" for x, y in places[start : start + DOTS_A_PATH])
        paths.append(f'<path class="dots" d="{line}" style="stroke: {colour[1]}"/>')
    return "\n".join(paths)
