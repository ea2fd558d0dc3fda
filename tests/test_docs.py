"""The papers hold: their programs run, their outputs are real, their flags exist, and the twins say the same.

In README*.md and docs/*.md: ```python is run, and a ```text right behind it is what it prints; in ```console each line
after "$ " is run, and the lines below it are what it prints; in ```sh a torchwise line is parsed only. A ```python
block whose first line is "# name.py" is also written to that file. Outputs are compared without their numbers, which
differ between machines. TORCHWISE_GOLDEN=1 rewrites the outputs; read what changed.
"""

import ast
import contextlib
import io
import os
import re
import shlex
import shutil
import subprocess
import sys
from dataclasses import fields
from pathlib import Path

import pytest
import torch
from cyclopts import CycloptsError
from threadpoolctl import threadpool_limits

import torchwise
from torchwise.cli import main
from torchwise.cli.app import build_app
from torchwise.runs.run import load
from torchwise.texts import set_language, tr
from torchwise.train.options import Options

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
PAGES = sorted([*ROOT.glob("*.md"), *DOCS.glob("*.md")])
TWINS = [(ROOT / "README.md", ROOT / "README.zh-CN.md")] + [
    (page, DOCS / page.name.replace(".en.md", ".zh.md")) for page in sorted(DOCS.glob("*.en.md"))
]
GOLDEN = bool(os.environ.get("TORCHWISE_GOLDEN"))
FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.M | re.S)
NUMBER = re.compile(r"[-+]?\d[\d,]*(\.\d+)?(e[-+]?\d+)?")


def name_of(page):
    return str(page.relative_to(ROOT))


def text_of(page):
    return page.read_text(encoding="utf-8")


def blocks_of(page):
    """The fenced blocks of a page: (kind, text, start and end of the text)."""
    return [(match[1], match[2], match.span(2)) for match in FENCE.finditer(text_of(page))]


def is_chinese(page):
    return ".zh" in page.name


def prose_of(page):
    """The page without its fenced blocks."""
    return re.sub(r"^```.*?^```$", "", text_of(page), flags=re.M | re.S)


# --- what the pages do


@pytest.fixture
def folder(monkeypatch):
    """A folder with the files that come with the pages; modules and paths that a page brings in are taken out again."""
    for file in (DOCS / "data").iterdir():
        shutil.copy(file, file.name)
    monkeypatch.setattr(sys, "path", [*sys.path])
    before = set(sys.modules)
    monkeypatch.setenv("COLUMNS", "90")
    torch.set_num_threads(1)
    with threadpool_limits(1):  # boosting's threads, which OMP_NUM_THREADS would limit too
        yield Path.cwd()
    for name in set(sys.modules) - before:
        if Path(getattr(sys.modules[name], "__file__", None) or "/").is_relative_to(Path.cwd()):
            del sys.modules[name]


def output_of_python(code, namespace, page):
    """Run a block of a page; what it prints."""
    if match := re.match(r"# (\w+\.py)\n", code):
        Path(match[1]).write_text(code, encoding="utf-8")
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(code, name_of(page), "exec"), namespace)
    return printed.getvalue()


def output_of_command(line):
    """Run a line of a console; what it prints on both channels."""
    words = shlex.split(line)
    if words[0] != "torchwise":
        assert words[0] in ("ls", "head", "cmp"), f"a page may not run {words[0]}"
        return subprocess.run(words, capture_output=True, text=True, check=True).stdout
    if words[1] == "explain":  # a script ends its process
        command = [sys.executable, "-m", *words]
        done = subprocess.run(
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, stdin=subprocess.DEVNULL
        )
        return done.stdout.replace(f"{Path.cwd()}{os.sep}", "")
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed):
        status = main(words[1:])
    assert (status == 2) == (tr("problem") in printed.getvalue()), printed.getvalue()
    assert status in (0, 2)
    return printed.getvalue().replace(f"{Path.cwd()}{os.sep}", "")


def console_of(text):
    """What a console block should read: its commands, each with what it prints now."""
    lines = []
    for line in text.splitlines():
        if line.startswith("$ "):
            lines += [line, *(row.rstrip() for row in output_of_command(line[2:]).splitlines())]
    return "\n".join(lines) + "\n"


def bare(output):
    """An output without numbers, spaces, and the lines of epochs, of which there are more on a slower machine."""
    epoch = NUMBER.sub("#", tr("epoch {number}/{total}", number=1, total=1))
    lines = [NUMBER.sub("#", line) for line in output.splitlines()]
    return "".join("".join(line.split()) for line in lines if epoch not in line or "$" in line)


def rewritten(page):
    """The page as it should read: every output as it is now."""
    text = text_of(page)
    result, done, namespace = [], 0, {"__name__": "__main__"}
    printed, printed_at = "", -1
    for kind, block, (start, end) in blocks_of(page):
        found = block
        if kind == "console":
            found = console_of(block)
        elif kind == "python":
            printed, printed_at = output_of_python(block, namespace, page), end
        elif kind == "text" and text[printed_at:start] == "```\n\n```text\n":
            found = printed
        result += [text[done:start], found]
        done = end
    return "".join([*result, text[done:]])


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_what_a_page_shows_is_what_happens(page, folder, monkeypatch):
    for name in ("LANGUAGE", "LC_ALL", "LC_MESSAGES"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LANG", "zh_CN.UTF-8" if is_chinese(page) else "en_US.UTF-8")
    set_language()
    expected, found = text_of(page), rewritten(page)
    if GOLDEN:
        page.write_text(found, encoding="utf-8")
    elif bare(found) != bare(expected):
        assert found == expected, "TORCHWISE_GOLDEN=1 rewrites the outputs of the pages; read what changed"


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_torchwise_line_is_one_that_torchwise_takes(page):
    app = build_app()
    for kind, text, _ in blocks_of(page):
        for line in text.splitlines() if kind == "sh" else ():  # those in a console are run
            words = shlex.split(line, comments=True)
            if words and Path(words[0]).name == "torchwise":
                try:
                    app.parse_args(words[1:], exit_on_error=False, print_error=False)
                except CycloptsError as error:
                    pytest.fail(f"{line}: {error}")


def test_every_make_target_in_the_papers_is_there():
    targets = set(re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.M))
    for page in PAGES:
        named = set(re.findall(r"`make ([\w-]+)`|^make ([\w-]+)", text_of(page), re.M))
        assert {first or second for first, second in named} <= targets, page.name


# --- twins and links


@pytest.mark.parametrize(("english", "chinese"), TWINS, ids=lambda page: page.name)
def test_twins_have_the_same_headings_and_programs(english, chinese):
    def headings(page):
        return [len(match) for match in re.findall(r"^(#+) ", prose_of(page), re.M)]

    def program(kind, text):
        if kind == "python":
            return re.match(r"(# \w+\.py\n)?", text)[0], ast.dump(ast.parse(text))
        if kind in ("console", "sh"):
            lines = [line.partition(" #")[0].rstrip() for line in text.splitlines()]
            return [line for line in lines if line and (kind == "sh" or line.startswith("$ "))]
        return None

    assert headings(english) == headings(chinese)
    pair = [[(kind, program(kind, text)) for kind, text, _ in blocks_of(page)] for page in (english, chinese)]
    assert pair[0] == pair[1]
    rows = [len(re.findall(r"^\|", prose_of(page), re.M)) for page in (english, chinese)]
    assert rows[0] == rows[1], "the tables differ in length"


def test_every_page_has_its_twin():
    assert {page.name for page in DOCS.glob("*.zh.md")} == {chinese.name for _, chinese in TWINS[1:]}


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_links_lead_somewhere(page):
    for target in re.findall(r"\]\(([^)\s]+)\)", prose_of(page)):
        if not target.startswith(("http", "codes/", "course/")):  # which are made when the site is built
            path, _, anchor = target.partition("#")
            assert (page.parent / path).exists(), target
            heads = re.findall(r"^#+ (.*)$", prose_of(page.parent / path if path else page), re.M)
            slugs = [re.sub(r"[^\w\- ]", "", head.lower()).strip().replace(" ", "-") for head in heads]
            assert not anchor or anchor in slugs, target


@pytest.mark.slow
def test_the_documentation_builds_without_a_warning(folder):
    command = [sys.executable, "-m", "sphinx", "-q", "-W", "-b", "html", DOCS, folder / "html"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert (folder / "html" / "index.zh.html").is_file()


# --- what the pages must not leave out


def rows_of_flags(page):
    """The cells behind each flag in the tables of a page."""
    rows = re.findall(r"^\| `(--[\w-]+)[^|]*\|(.*)\|$", text_of(page), re.M)
    return {flag: [cell.strip(" `") for cell in cells.split("|")] for flag, cells in rows}


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("command", ["train", "test", "predict", "report", "eject", "explain"])
def test_every_flag_of_a_command_is_on_its_page(command, language):
    arguments = build_app()[command].assemble_argument_collection()
    flags = {argument.name for argument in arguments if argument.name.startswith("--")}
    assert set(rows_of_flags(DOCS / f"{command}.{language}.md")) == flags


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_defaults_on_the_page_of_train_are_the_defaults(language):
    rows = rows_of_flags(DOCS / f"train.{language}.md")
    defaults = {field.name: field.default for field in fields(Options)}
    for flag, (default, *_) in rows.items():
        value = defaults.get(flag.removeprefix("--").replace("-", "_"))
        if value and not isinstance(value, bool):
            said = ",".join(map(str, value)) if isinstance(value, tuple) else str(value)
            assert default == said, f"{flag}: the page says {default!r}, the program {said!r}"


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_field_of_a_run_is_on_its_page(language, folder):
    assert main(shlex.split("train houses.csv --target price --epochs 1 --hidden 4 --quiet --out run")) == 0
    text = text_of(DOCS / f"run-folder.{language}.md")
    found = load("run").about
    for name in [*os.listdir("run"), *found, *found["data"], *found["unit"], *found["schema"]["columns"][0]]:
        assert f"`{name}`" in text, name


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_public_name_is_on_the_page_of_python(language):
    text = text_of(DOCS / f"api.{language}.md")
    for name in torchwise.__all__:
        assert re.search(rf"^#+ `{name}", text, re.M), name
