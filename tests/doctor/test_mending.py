"""torchwise explain --fix: the mend as a diff, applied after a yes, with a backup."""

import subprocess
import sys
from pathlib import Path

from torchwise.doctor.mending import patch_of
from torchwise.finding import Finding, Mend, Place

TORCHWISE = str(Path(sys.executable).with_name("torchwise"))
FAILS = "import torch\nfrom torch import nn\n\nhead = nn.Linear(9, 2)  # 头\nprint(head(torch.rand(3, 8)).shape)\n"


def finding(path, old, new, *, line=4, sure=True):
    mend = Mend(file=str(path), line=line, old=old, new=new)
    return Finding(code="TW201", what="", where=Place(file=str(path), line=line), mend=mend, sure=sure)


def test_a_patch_is_made_only_where_it_is_sure_and_leaves_python():
    path = Path("fails.py")
    path.write_text(FAILS, encoding="utf-8")
    patch = patch_of(finding(path, "nn.Linear(9, 2)", "nn.Linear(8, 2)"))
    assert patch is not None and patch.after == FAILS.replace("9", "8")
    assert patch_of(finding(path, "nn.Linear(9, 2)", "nn.Linear(8, 2)", sure=False)) is None
    assert patch_of(finding(path, "nn.Linear(9, 2)", "nn.Linear(8, 2")) is None
    assert patch_of(finding(path, "nn.Linear(9, 3)", "nn.Linear(8, 3)")) is None
    assert patch_of(finding(path, "n", "m")) is None  # stands on the line more than once
    assert patch_of(finding(Path("none.py"), "a", "b")) is None


def test_line_ends_encoding_and_an_older_backup_are_kept():
    path = Path("fails.py")
    text = "# coding: gb18030\r\n# 头\r\nx = 1\r\n"
    path.write_bytes(text.encode("gb18030"))
    Path("fails.py.bak").write_text("older")
    patch = patch_of(finding(path, "1", "2", line=3))
    assert patch is not None
    assert patch.apply().name == "fails.py.bak2"
    assert path.read_bytes() == text.replace("x = 1", "x = 2").encode("gb18030")
    assert Path("fails.py.bak").read_text() == "older"
    assert Path("fails.py.bak2").read_bytes() == text.encode("gb18030")


def run(*words, answer=""):
    return subprocess.run([TORCHWISE, "explain", *words], input=answer, capture_output=True, text=True, check=False)


def test_yes_applies_the_mend_and_runs_again():
    Path("fails.py").write_text(FAILS, encoding="utf-8")
    done = run("--fix", "--yes", "fails.py")
    assert (done.stdout, done.returncode) == ("torch.Size([3, 2])\n", 0), done.stderr
    assert "-head = nn.Linear(9, 2)" in done.stderr and "+head = nn.Linear(8, 2)" in done.stderr
    assert Path("fails.py").read_text(encoding="utf-8") == FAILS.replace("9", "8")
    assert Path("fails.py.bak").read_text(encoding="utf-8") == FAILS


def test_nothing_is_changed_without_a_yes():
    Path("fails.py").write_text(FAILS, encoding="utf-8")
    done = run("--fix", "fails.py", answer="y\n")  # no terminal, so nobody was asked
    assert done.returncode == 1 and "--yes applies it without asking" in done.stderr
    assert Path("fails.py").read_text(encoding="utf-8") == FAILS and not Path("fails.py.bak").exists()
