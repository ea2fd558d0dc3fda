"""torchwise report from end to end, and the page in a real browser."""

import shutil
import subprocess
from pathlib import Path

import pytest

HEADERS = ("面积（平方米）", "楼层", "城区", "单价")


@pytest.fixture(scope="module")
def browser():
    """Chromium, installed from Debian's packages where it is missing."""
    from playwright.sync_api import sync_playwright

    if shutil.which("chromium") is None:
        subprocess.run(["apt-get", "update", "-q"], check=True, capture_output=True)
        subprocess.run(["apt-get", "install", "-y", "-q", "chromium"], check=True, capture_output=True)
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        yield found
        found.close()


@pytest.fixture(scope="module")
def homes(tmp_path_factory):
    """A table with a Chinese header."""
    path = tmp_path_factory.mktemp("data") / "房价.csv"
    lines = [",".join(HEADERS)]
    for i in range(300):
        size, floor = 40 + i * 37 % 90, i * 7 % 30
        lines.append(f"{size}.5,{floor},{'甲乙丙'[i % 3]}<b>,{size * 3 + floor + i * 11 % 17}.25")
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def test_a_training_ends_with_a_report_that_can_be_made_again(done, torchwise, homes):
    done("train", homes, "--target", "单价", "--epochs", 3, "--hidden", 8, "--quiet", "--out", "run")
    page = Path("run/report.html")
    english = page.read_text(encoding="utf-8")
    assert "Learning curves" in english
    shutil.rmtree("run/state")
    for name in ("best.safetensors", "history.jsonl", "metrics.json", "predictions.csv", "report.html"):
        Path("run", name).unlink()  # report.json alone is enough
    assert done("report", "run", "--lang", "zh") == "run/report.html\n".replace("/", str(Path("/")))
    assert "学习曲线" in page.read_text(encoding="utf-8")
    done("report", "run", "--lang", "en")
    assert page.read_text(encoding="utf-8") == english
    Path("run/report.json").write_text("{}", encoding="utf-8")
    status, out, err = torchwise("report", "run", "--lang", "en")
    assert (status, out) == (2, "")
    assert "report.json" in err
    assert torchwise("report", "nowhere", "--lang", "en")[0] == 2


@pytest.mark.slow
@pytest.mark.parametrize("target", ["单价", "城区"])
def test_the_page_in_a_browser(done, homes, browser, target):
    done("train", homes, "--target", target, "--epochs", 3, "--hidden", 8, "--quiet", "--out", "run")
    for language in ("en", "zh"):
        done("report", "run", "--lang", language)
        for scheme in ("light", "dark"):
            page = browser.new_page(viewport={"width": 390, "height": 800}, color_scheme=scheme)
            said, asked = [], []
            page.on("console", lambda message, said=said: said.append(message.text))
            page.on("pageerror", lambda error, said=said: said.append(str(error)))
            page.on("request", lambda request, asked=asked: asked.append(request.url))
            address = Path("run/report.html").absolute().as_uri()
            page.goto(address)
            assert said == []
            assert asked == [address]
            assert page.evaluate("document.documentElement.scrollWidth") <= 390
            drawn = page.eval_on_selector_all("svg text", "found => found.map(text => text.textContent)")
            assert any("面积（平方米）" in text for text in drawn)
            # Words keep inside their plot's card, and are as dark or light as the page's own.
            assert page.evaluate(
                "[...document.querySelectorAll('svg text')].every(text => {"
                " const box = text.getBoundingClientRect(), card = text.closest('figure').getBoundingClientRect();"
                " return box.left >= card.left - 1 && box.right <= card.right + 1 })"
            )
            assert page.evaluate(
                "getComputedStyle(document.querySelector('svg text')).fill == getComputedStyle(document.body).color"
            )
            page.close()
