"""The page: one HTML file without scripts and without anything from elsewhere."""

from pathlib import Path

from torchwise.data.names import part_name
from torchwise.runs.report.content import Report
from torchwise.runs.report.drawing import drawing
from torchwise.runs.report.markup import esc
from torchwise.runs.report.sections import curves_section, noticed_section, settings_section, verdict_section
from torchwise.runs.report.sections_of_rows import importance_section, predictions_section, worst_section
from torchwise.runs.report.words import count
from torchwise.texts import language, tr

STYLE = Path(__file__).parent / "page.css"
# Whatever the page holds, a browser may neither run nor fetch anything for it.
POLICY = "default-src 'none'; style-src 'unsafe-inline'"
PARTS = ("train", "valid", "test")
LANGUAGES = {"en": "en", "zh": "zh-Hans"}


def draw_page(report: Report) -> str:
    """The whole page, in the language in use."""
    title = tr("Report of {name}", name=report.name)
    with drawing():
        sections = [
            verdict_section(report),
            curves_section(report),
            predictions_section(report),
            worst_section(report),
            importance_section(report),
            noticed_section(report),
            settings_section(report),
        ]
    body = "\n".join(part for part in sections if part)
    return f"""<!DOCTYPE html>
<html lang="{LANGUAGES[language()]}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{esc(title)}</title>
<style>
{STYLE.read_text(encoding="utf-8")}</style>
</head>
<body>
<header>
<h1>{esc(title)}</h1>
<p>{esc(_subtitle(report))}</p>
</header>
<main>
{body}
</main>
</body>
</html>
"""


def _subtitle(report: Report) -> str:
    """What was trained on what."""
    if not report.parts:
        return tr("trained from a recipe, {made}", made=report.made[:10])
    task = {"regression": tr("regression"), "binary": tr("binary"), "multi-class": tr("multi-class")}
    parts = sorted(report.parts.items(), key=lambda part: PARTS.index(part[0]) if part[0] in PARTS else len(PARTS))
    sizes = tr(", ").join(f"{part_name(name)} {count(size)}" for name, size in parts)
    if report.num_folds:
        sizes += tr(", in {folds} folds", folds=report.num_folds)
    return tr("predicts {target} ({task}); {rows} rows: {sizes}; {made}", target=report.target,
              task=task.get(report.task, report.task), rows=count(report.num_rows), sizes=sizes,
              made=report.made[:10])  # fmt: skip
