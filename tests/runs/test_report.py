"""The report of a run: written after each training, the same from the same numbers, safe whatever a file holds."""

import copy
import io
import json
import re
import shutil
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from rich.console import Console
from torch import nn

import torchwise as tw
from torchwise.runs.report import making
from torchwise.runs.report.making import rewrite_page
from torchwise.runs.training import train_parts, train_table
from torchwise.texts import set_language
from torchwise.train.options import Options
from torchwise.train.plan import plan_table
from torchwise.train.recipe import load_recipe

EVIL = "<script>alert('x')</script>&\"$x_1^{2}$\\frac"
VOID = {"meta", "path", "use", "br", "link", "input"}


class Page(HTMLParser):
    """What a page is made of: its elements, whether they are closed, its texts, the texts of its plots."""

    def __init__(self, text):
        super().__init__()
        self.open, self.elements, self.words, self.drawn, self.attributes = [], [], [], [], []
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.elements.append(tag)
        self.attributes += attrs
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.elements.append(tag)
        self.attributes += attrs

    def handle_endtag(self, tag):
        if tag not in VOID:
            assert self.open.pop() == tag

    def handle_data(self, data):
        self.words.append(data)
        if "text" in self.open:
            self.drawn.append(data)


def frame(num_rows, seed=0):
    """Rows with odd names, missing values, a category, a date, and a column of nothing."""
    generator = np.random.default_rng(seed)
    size = generator.uniform(10, 200, num_rows)
    town = generator.choice(["北京", "上海", EVIL], num_rows)
    built = pd.Timestamp("2015-03-01") + pd.to_timedelta(generator.integers(0, 3000, num_rows), unit="D")
    price = size * 3 + (town == "北京") * 40 + generator.normal(0, 5, num_rows)
    size[::11] = np.nan
    return pd.DataFrame({"面积": size, EVIL: town, "built": built, "same": 1, "price": price.round(2)})


def train(data, folder, **settings):
    train_table(plan_table(data, Options.of(**({"epochs": 3, "hidden": (8,), "drop": (), "keep": ()} | settings))),
                folder, Console(quiet=True))  # fmt: skip
    return folder


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """A run of each kind."""
    home = tmp_path_factory.mktemp("runs")
    data = home / "homes.csv"
    frame(300).to_csv(data, index=False)
    train(str(data), home / "regression", target="price")
    train("builtin:breast-cancer", home / "binary", target="target")
    train("builtin:wine", home / "classes", target="target", test_fraction=0.0)
    train("builtin:diabetes", home / "folds", target="target", folds=2)
    return home


@pytest.fixture
def run(runs, tmp_path):
    """A run on a table that may be broken."""
    return Path(shutil.copytree(runs / "regression", tmp_path / "run"))


def page_of(folder, language="en"):
    set_language(language)
    return rewrite_page(folder).read_text(encoding="utf-8")


@pytest.mark.parametrize("kind", ["regression", "binary", "classes", "folds"])
@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_page_is_whole_and_asks_for_nothing_from_elsewhere(runs, kind, language):
    text = page_of(runs / kind, language)
    page = Page(text)
    assert page.elements.count("svg") >= 4
    assert page.elements.count("figure") >= 5
    assert not {"script", "img", "link", "iframe", "object"} & set(page.elements)
    assert not [name for name, _ in page.attributes if name.startswith("on")]
    links = [value for name, value in page.attributes if name in ("src", "href", "xlink:href", "action")]
    assert all(value.startswith("#") for value in links)
    assert "http://" not in text
    assert "https://" not in text
    assert not re.search(r"#00000\d|#00001\d|font-family: DejaVu|q\d{3}x*<", text)  # stand-ins are all replaced
    ids = [value for name, value in page.attributes if name == "id"]
    assert len(ids) == len(set(ids))
    if language == "zh":
        assert '<html lang="zh-Hans">' in text
        assert "学习曲线" in text


def test_the_sections_are_there(runs):
    text = page_of(runs / "regression")
    for heading in ("Verdict", "Learning curves", "Predictions", "Worst errors", "Column importance",
                    "What was noticed in the data", "Settings and versions"):  # fmt: skip
        assert f"<h2>{heading}</h2>" in text
    assert "show the test rows" in text
    assert "torchwise train" in text
    assert json.loads((runs / "regression" / "run.json").read_text(encoding="utf-8"))["data"]["sha256"] in text
    assert "so they flatter the network" in page_of(runs / "classes")
    assert "each predicted by the network that was not trained on it" in page_of(runs / "folds")


def test_the_same_numbers_give_the_same_page(runs):
    first = page_of(runs / "regression")
    assert page_of(runs / "regression") == first
    chinese = page_of(runs / "regression", "zh")
    assert chinese != first
    assert page_of(runs / "regression") == first


def test_the_same_training_gives_the_same_numbers(runs, tmp_path):
    again = train(str(runs / "homes.csv"), tmp_path / "again", target="price")
    numbers = [
        json.loads((folder / "report.json").read_text(encoding="utf-8")) for folder in (runs / "regression", again)
    ]
    for found in numbers:
        del found["made"]
    assert numbers[0] == numbers[1]


def test_names_are_shown_as_they_are_and_do_nothing(runs):
    for language in ("en", "zh"):
        page = Page(page_of(runs / "regression", language))
        assert "script" not in page.elements
        assert any("面积" in word for word in page.drawn)
        assert any(EVIL[:20] in word for word in page.drawn)
        assert any(EVIL in word for word in page.words)


def test_only_what_differs_is_on_top_of_the_settings(runs):
    text = page_of(runs / "regression")
    changed, others = text.split("All other settings")
    assert "hidden" in changed.split("Settings and versions")[1]
    assert "weight_decay" in others


def test_a_recipe_has_curves_and_settings(tmp_path):
    recipe = tmp_path / "my_recipe.py"
    recipe.write_text(
        "import torch, torchwise as tw\nfrom torch import nn\nfrom torch.utils.data import TensorDataset\n"
        "def setup():\n    torch.manual_seed(0)\n    data = TensorDataset(torch.randn(40, 3), torch.randn(40, 1))\n"
        "    model = nn.Linear(3, 1)\n    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)\n"
        "    return tw.Setup(model=model, loss=nn.MSELoss(), optimizer=optimizer, train=data, device='cpu')\n"
    )
    train_parts(load_recipe(recipe), tmp_path / "run", Console(quiet=True), recipe=recipe, epochs=3, patience=0)
    page = Page((tmp_path / "run" / "report.html").read_text(encoding="utf-8"))
    assert page.elements.count("svg") == 1
    text = "".join(page.words)
    assert "Report of my_recipe.py" in text
    assert "torchwise train my_recipe.py --epochs 3 --patience 0" in text
    assert "Linear" in text
    assert "Predictions" not in text


class Fragile(nn.Module):
    """A network that works until the report is made."""

    broken = False

    def __init__(self, num_inputs, num_outputs):
        super().__init__()
        self.layer = nn.Linear(num_inputs, num_outputs)

    def forward(self, inputs):
        return self.layer(inputs)


def test_a_report_that_fails_does_not_lose_the_training(tmp_path, monkeypatch):
    def fail(*args):
        raise RuntimeError("no room\non the disk")

    monkeypatch.setattr(making, "collect", fail)
    console = Console(file=io.StringIO(), width=200)
    plan = plan_table("builtin:diabetes", Options.of(target="target", epochs=2, model=Fragile, drop=(), keep=()))
    outcome = train_table(plan, tmp_path / "run", console)
    assert outcome.verdict is not None
    assert "note: the report could not be written: no room\n" in console.file.getvalue()
    assert (tmp_path / "run" / "metrics.json").is_file()
    assert not (tmp_path / "run" / "report.html").exists()


def test_one_epoch_few_rows_and_constant_answers_make_a_page(tmp_path):
    data = frame(24)
    text = page_of(train(data, tmp_path / "few", target="price", epochs=1))
    assert "There was one epoch only" in text
    assert "There are only" in text
    data["price"] = ["a", "b"] * 12
    assert "Confusion matrix" in page_of(train(data, tmp_path / "classes", target="price", lr=1e-9, test_fraction=0.1))


def test_a_large_test_set_makes_a_small_page(tmp_path):
    frame(400).to_csv("train.csv", index=False)
    frame(8_000, seed=1).to_csv("test.csv", index=False)
    folder = train("train.csv", tmp_path / "run", target="price", test="test.csv", epochs=1)
    sizes = {name: (folder / name).stat().st_size for name in ("report.html", "report.json")}
    assert max(sizes.values()) < 500_000, sizes
    assert "8,000" in page_of(folder)


# --- what a stranger's file may hold


def test_a_folder_without_a_report_is_a_problem(run):
    (run / "report.json").unlink()
    with pytest.raises(tw.Problem, match=r"has no report\.json"):
        rewrite_page(run)
    (run / "run.json").unlink()
    with pytest.raises(tw.Problem, match="is not a run"):
        rewrite_page(run)


@pytest.mark.parametrize("text", ["", "[]", "3", "null", "{", '{"format": 1}', '{"format": 2}', "[" * 100_000])
def test_another_file_in_its_place_is_a_problem(run, text):
    (run / "report.json").write_text(text, encoding="utf-8")
    before = (run / "report.html").read_bytes()
    with pytest.raises(tw.Problem):
        rewrite_page(run)
    assert (run / "report.html").read_bytes() == before


def places_of(value, way=()):
    """The ways to every value in a JSON document."""
    yield way
    if isinstance(value, dict | list):
        items = value.items() if isinstance(value, dict) else list(enumerate(value))[:2]
        for key, inner in items:
            yield from places_of(inner, (*way, key))


def replaced(data, way, value):
    """The document with another value at one place."""
    data = copy.deepcopy(data)
    inner = data
    for key in way[:-1]:
        inner = inner[key]
    inner[way[-1]] = value
    return data


VALUES = [None, True, -1, 0, 10**14, 1e149, -1e149, "", "<script>", "{x.__class__}", [], {}, [None], ["<b>"]]


@pytest.mark.parametrize("kind", ["regression", "binary"])
def test_a_changed_value_is_a_problem_or_a_page_never_a_traceback(runs, kind, tmp_path):
    run = Path(shutil.copytree(runs / kind, tmp_path / "run"))
    data = json.loads((run / "report.json").read_text(encoding="utf-8"))
    ways = [way for way in places_of(data) if way]
    generator = np.random.default_rng(0)
    problems = 0
    for place, value in zip(
        generator.integers(len(ways), size=36), generator.integers(len(VALUES), size=36), strict=True
    ):
        changed = replaced(data, ways[place], VALUES[value])
        (run / "report.json").write_text(json.dumps(changed), encoding="utf-8")
        try:
            page = Page(rewrite_page(run).read_text(encoding="utf-8"))
        except tw.Problem:
            problems += 1
        else:
            assert "script" not in page.elements
    assert 15 < problems < 36
