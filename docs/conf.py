"""The documentation: Markdown pages in English and Chinese, built by `make docs`."""

import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent / "src"))

from torchwise.doctor import codes  # noqa: E402  # found by the line above
from torchwise.texts import set_language  # noqa: E402

project = "torchwise"
copyright = "The torchwise developers"
extensions = ["myst_parser"]
myst_heading_anchors = 3
html_theme = "furo"
html_title = "torchwise"
exclude_patterns = ["_build"]
HEADS = {
    "en": ("The codes", "What `torchwise explain` can tell, by family."),
    "zh": ("错误代码", "`torchwise explain` 能解释的错误，按类别排列。"),
}


def write_codes(folder: Path) -> None:
    """The pages of the codes, as the command shows them, and a list of them in each language."""
    folder.mkdir(exist_ok=True)
    for language, (head, about) in HEADS.items():
        set_language(language)
        rows, names = [], []
        for prefix, family in codes.FAMILIES.items():
            rows += [f"\n## {prefix}xx {family}\n"]
            for code in (code for code in codes.codes() if code.startswith(prefix)):
                rows.append(f"- [{code}]({code}.{language}.md) {codes.title(code)}")
                names.append(f"{code}.{language}")
                text = codes.page(code)
                for kind in ("cuda", "not-run"):
                    text = text.replace(f"```python {kind}\n", "```python\n")
                (folder / f"{code}.{language}.md").write_text(text, encoding="utf-8")
        tree = "\n".join(["```{toctree}", ":hidden:", "", *names, "```"])
        (folder / f"index.{language}.md").write_text(
            f"# {head}\n\n{about}\n" + "\n".join(rows) + f"\n\n{tree}\n", encoding="utf-8"
        )


write_codes(HERE / "codes")
