"""torchwise explain SCRIPT: the script runs, prints and ends as it does under Python."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

BOTH = {
    "arguments": "import sys; print(sys.argv, __name__, __file__, sys.path[0], __spec__, __doc__)",
    "status": "import sys; print('before'); sys.exit(3)",
    "message": "import sys; sys.exit('no data')",
    "at_exit": "import atexit; atexit.register(print, 'last'); print('first')",
    "hard_exit": "import os; print('x', flush=True); os._exit(4)",
    "input": "print(input() + '!')",
    "own_hook": "import sys\nsys.excepthook = lambda kind, error, tb: print('mine', kind, tb.tb_lineno)\n1 / 0",
    "interrupted": "import os, signal; os.kill(os.getpid(), signal.SIGINT); import time; time.sleep(5)",
    "main_again": "import sys; print(sys.modules['__main__'].__dict__ is globals(), '__builtins__' in globals())",
    "docstring": '"""What it is."""\nprint(__doc__)',
    "spawn": (
        "import multiprocessing as mp\n"
        "def double(x): return 2 * x\n"
        "if __name__ == '__main__':\n"
        "    with mp.get_context('spawn').Pool(1) as pool: print(pool.map(double, [1, 2]))\n"
    ),
    "fork": (
        "import multiprocessing as mp\n"
        "def double(x): return 2 * x\n"
        "with mp.get_context('fork').Pool(1) as pool: print(pool.map(double, [1, 2]))\n"
    ),
    "pickled": "import pickle\nclass A: pass\nprint(type(pickle.loads(pickle.dumps(A()))) is A)",
    "relative": "import neighbour; print(neighbour.VALUE)",
}


def python(*words, **options):
    return subprocess.run([sys.executable, *map(str, words)], capture_output=True, text=True, timeout=100, **options)


def explain(*words, **options):
    return subprocess.run(
        [str(Path(sys.executable).with_name("torchwise")), "explain", *map(str, words)],
        capture_output=True, text=True, timeout=100, **options,
    )  # fmt: skip


@pytest.mark.parametrize("name", BOTH)
def test_a_script_prints_and_ends_as_under_python(name):
    Path("neighbour.py").write_text("VALUE = 7\n")
    Path(f"{name}.py").write_text(BOTH[name] + "\n")
    plain = python(f"{name}.py", "--lang", "zh", "-m", input="line\n")
    ours = explain(f"{name}.py", "--lang", "zh", "-m", input="line\n")
    assert (ours.stdout, ours.returncode) == (plain.stdout, plain.returncode)
    if name != "interrupted":  # its traceback is cut to the script's own frames
        assert ours.stderr == plain.stderr


def test_a_module_prints_and_ends_as_under_python():
    Path("package").mkdir()
    Path("package/__init__.py").write_text("")
    Path("package/other.py").write_text("VALUE = 7\n")
    Path("package/run.py").write_text(
        "import sys\nfrom .other import VALUE\n"
        "print(sys.argv, __name__, __spec__.name, VALUE, sys.path[0])\nsys.exit(5)\n"
    )
    plain, ours = python("-m", "package.run", "a"), explain("-m", "package.run", "a")
    assert (ours.stdout, ours.stderr, ours.returncode) == (
        plain.stdout,
        plain.stderr,
        plain.returncode,
    ) and plain.stdout
    plain, ours = python("-m", "package.none"), explain("-m", "package.none")
    assert (ours.stdout, ours.returncode) == (plain.stdout, plain.returncode) == ("", 1)


def test_ctrl_c_kills_by_the_signal_and_explains_nothing():
    Path("wait.py").write_text(BOTH["interrupted"])
    ours = explain("--json", "out.json", "wait.py")
    assert ours.returncode == -2
    assert ours.stderr.startswith("Traceback") and "KeyboardInterrupt" in ours.stderr and "torchwise" not in ours.stderr
    assert json.loads(Path("out.json").read_text()) == {"version": 1, "findings": []}


FAILS = """
import sys
import torch
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(4, 8), nn.ReLU())
        self.head = nn.Linear(9, 2)

    def forward(self, x):
        return self.head(self.body(x))


print("begins")
net = Net()
net(torch.rand(3, 4))
"""


def test_a_failure_keeps_its_traceback_cut_to_the_users_frames_and_gets_a_finding():
    Path("脚本.py").write_text(FAILS, encoding="utf-8")
    ours = explain("--json", "out.json", "脚本.py")
    assert (ours.stdout, ours.returncode) == ("begins\n", 1)
    lines = ours.stderr.splitlines()
    assert lines[0] == "Traceback (most recent call last):"
    assert [line.rpartition(", in ")[2] for line in lines if line.startswith("  File")] == ["<module>", "forward"]
    assert any(line.startswith("RuntimeError: ") for line in lines)
    assert "TW201  the linear layer gets 8 features, it was built for 9" in lines
    (finding, *_) = json.loads(Path("out.json").read_text(encoding="utf-8"))["findings"]
    assert finding["code"] == "TW201" and finding["sure"] is True
    assert finding["where"] == {
        "file": str(Path("脚本.py").resolve()), "line": 14,
        "expression": "self.head(self.body(x))", "module": "net.head",
    }  # fmt: skip
    assert finding["mend"] == {
        "file": str(Path("脚本.py").resolve()), "line": 11, "old": "nn.Linear(9, 2)", "new": "nn.Linear(8, 2)",
    }  # fmt: skip
    assert {"name": "self.body(x)", "shape": [3, 8], "dtype": "float32", "device": "cpu"} in finding["seen"]


def test_full_shows_the_libraries_frames_and_chinese_is_chinese():
    Path("fails.py").write_text(FAILS)
    ours = explain("--lang", "zh", "--full", "fails.py")
    assert "linear.py" in ours.stderr
    assert "TW201  线性层" in ours.stderr


def test_a_script_that_does_not_parse_reads_as_under_python():
    Path("broken.py").write_text("print('a'\n")
    plain, ours = python("broken.py"), explain("broken.py")
    assert ours.returncode == plain.returncode == 1
    assert ours.stderr.splitlines()[-1] == plain.stderr.splitlines()[-1]


def test_a_script_that_hides_a_module_of_pythons_still_gets_its_traceback():
    Path("dataclasses.py").write_text("VALUE = 1\n")
    Path("uses.py").write_text("import dataclasses\nprint(dataclasses.VALUE)\n1 / 0\n")
    ours = explain("uses.py")
    assert (ours.stdout, ours.returncode) == ("1\n", 1)
    assert "ZeroDivisionError: division by zero" in ours.stderr and "TW000" in ours.stderr


def test_json_is_written_without_a_failure_too():
    Path("fine.py").write_text("print('fine')\n")
    assert explain("--json", "out.json", "fine.py").stdout == "fine\n"
    assert json.loads(Path("out.json").read_text()) == {"version": 1, "findings": []}
    assert explain("--json=out2.json", "fine.py").returncode == 0 and Path("out2.json").exists()


def test_the_own_hook_of_a_script_gets_the_error_with_the_note():
    Path("hook.py").write_text(
        "import sys\nsys.excepthook = lambda kind, error, tb: print('mine', *error.__notes__, tb.tb_lineno)\n" + FAILS
    )
    ours = explain("hook.py")
    assert "mine \nTW201  the linear layer gets 8 features" in ours.stdout and ours.returncode == 1


WORKERS = """
import sys
import torch
from torch.utils.data import DataLoader, Dataset


class Squares(Dataset):
    def __len__(self):
        return 8

    def __getitem__(self, index):
        table = torch.zeros(4, 3)
        return table @ torch.ones(index + 1)


if __name__ == "__main__":
    for batch in DataLoader(Squares(), 2, num_workers=2, multiprocessing_context=sys.argv[1]):
        pass
"""


@pytest.mark.slow
@pytest.mark.parametrize("context", ["fork", "spawn", "forkserver"])
def test_an_error_in_a_worker_is_explained_where_it_happened(context):
    Path("work.py").write_text(WORKERS)
    ours = explain("--json", "out.json", "work.py", context)
    assert ours.returncode == 1
    (finding, *_) = json.loads(Path("out.json").read_text())["findings"]
    assert finding["where"]["line"] == 13
    assert ("table", [4, 3], "float32") in [(seen["name"], seen["shape"], seen["dtype"]) for seen in finding["seen"]]


@pytest.mark.slow
def test_an_error_in_a_thread_is_explained():
    started = "t = threading.Thread(target=net, args=(torch.rand(3, 4),))\nt.start()\nt.join()"
    Path("thread.py").write_text("import threading\n" + FAILS.replace("net(torch.rand(3, 4))", started))
    ours = explain("thread.py")
    assert ours.returncode == 0 and "TW201  the linear layer gets 8 features, it was built for 9" in ours.stderr


@pytest.mark.slow
def test_an_error_under_compile_is_explained_at_the_users_line():
    Path("compiled.py").write_text(FAILS.replace("net = Net()", "net = torch.compile(Net(), backend='eager')"))
    ours = explain("--json", "out.json", "compiled.py")
    assert ours.returncode == 1
    (finding, *_) = json.loads(Path("out.json").read_text())["findings"]
    assert (finding["code"], finding["where"]["line"], finding["mend"]["line"]) == ("TW201", 14, 11)
    assert finding["where"]["module"] == "net.head"


def test_the_doctors_own_fault_leaves_the_plain_traceback():
    Path("fails.py").write_text(FAILS)
    Path("sick.py").write_text(
        "import torchwise.doctor.case\n"
        "def fail(*_): raise ValueError('sick')\n"
        "torchwise.doctor.case.Case.__init__ = fail\n" + FAILS
    )
    ours = explain("sick.py")
    assert ours.returncode == 1
    assert "RuntimeError: " in ours.stderr and "the doctor failed: ValueError('sick')" in ours.stderr
