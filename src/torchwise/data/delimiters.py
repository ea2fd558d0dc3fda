"""Which character stands between the values of a text file."""

import csv
import io
from collections import Counter

CANDIDATES = (",", ";", "\t", "|")
SAMPLE_LINES = 200


def sniff(text: str) -> str:
    """The candidate that cuts the header and the first rows into the same number of fields, and into the most.

    A file of one column gets the comma.
    """
    sample = _head(text)
    scores = {delimiter: _score(sample, delimiter) for delimiter in CANDIDATES}
    best = max(CANDIDATES, key=lambda delimiter: scores[delimiter])  # the first of equals, so the comma
    return best if scores[best][1] > 1 else ","


def _head(text: str) -> str:
    """The first lines of the text."""
    end = 0
    lines = io.StringIO(text[:1_000_000], newline="")
    for _, line in zip(range(SAMPLE_LINES), lines, strict=False):
        end += len(line)
    return text[:end]


def _score(sample: str, delimiter: str) -> tuple[float, int]:
    """How well a delimiter fits: the share of rows as long as the header, and the fields of the header."""
    try:
        rows = [row for row in csv.reader(io.StringIO(sample, newline=""), delimiter=delimiter) if row]
    except csv.Error:
        return (0.0, 0)
    if not rows or len(rows[0]) == 1:
        return (0.0, 1)
    widths = Counter(len(row) for row in rows[1:])
    # R leaves out the name of the row names, so a header one field short fits too.
    fitting = max(widths[len(rows[0])], widths[len(rows[0]) + 1]) if widths else 1
    return (round(fitting / max(1, len(rows) - 1), 1), len(rows[0]))
