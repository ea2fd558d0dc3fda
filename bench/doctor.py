"""What the doctor costs: a script that ends well beside plain Python, and the time an explanation takes.

The pairs take turns, so that a busy machine slows both alike; CPU time of the whole process, medians.

    python bench/doctor.py            the table in bench/doctor.md
"""

import resource
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent / "tools"))

import clinic  # noqa: E402  # found by the line above

PAIRS = 20
SCRIPTS = {
    "without torch": "import math\nprint(math.pi)\n",
    "with torch, 100 layers": (
        "import torch\nfrom torch import nn\n"
        "net = nn.Sequential(*[nn.Linear(8, 8) for _ in range(100)])\nprint(net(torch.rand(3, 8)).shape)\n"
    ),
}


def main() -> None:
    """Measure both and write the table."""
    lines = ["| script that ends well | python | torchwise explain | more |", "|---|---|---|---|"]
    for name, text in SCRIPTS.items():
        plain, ours = pairs(text)
        more = statistics.median(b - a for a, b in zip(plain, ours, strict=True))
        lines.append(
            f"| {name} | {statistics.median(plain):.0f} ms | {statistics.median(ours):.0f} ms | {more:.0f} ms |"
        )
    times = sorted(clinic.score(program).answer.get("ms", 0.0) for program in clinic.programs())
    lines += [
        "", f"{len(times)} failing programs of the clinic, each in a fresh process: an explanation takes "
        f"{statistics.median(times):.0f} ms (median), {times[len(times) * 95 // 100]:.0f} ms (95th percentile), "
        f"{times[-1]:.0f} ms (the longest).",
    ]  # fmt: skip
    (HERE / "doctor.md").write_text("\n".join(lines) + "\n")
    print("\n".join(lines))


def pairs(text: str) -> tuple[list[float], list[float]]:
    """CPU milliseconds of plain Python and of torchwise explain, in turns."""
    python = sys.executable
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder) / "script.py"
        script.write_text(text)
        commands = ([python, str(script)], [str(Path(python).with_name("torchwise")), "explain", str(script)])
        found: tuple[list[float], list[float]] = ([], [])
        for _ in range(PAIRS):
            for command, times in zip(commands, found, strict=True):
                times.append(cpu_ms(command))
    return found


def cpu_ms(command: list[str]) -> float:
    """The CPU time of a process and those it starts."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return 1000 * (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)


if __name__ == "__main__":
    main()
