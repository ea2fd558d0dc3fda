"""Programs with silent bugs: run under the watch in forked processes, and compared with what they state.

python tools/silence.py [FOLDER|FILE ...]       the findings of each program and of its mended twin
python tools/silence.py --odd [FOLDER|FILE ...] the findings of correct programs: none may be sure
"""

import sys
from pathlib import Path
from typing import Any

from clinic import ROOT, Program, programs, raised_by, run_forked

SILENT, ODD = ROOT / "tests" / "silent", ROOT / "tests" / "odd_silent"


def rehearsed(text: str, name: str) -> dict[str, Any]:
    """Run a program's text as a script under the watch, as it is; the findings of all rules."""
    from torchwise.doctor import recorder
    from torchwise.finding import to_json
    from torchwise.rehearsal.checks.all import check_all
    from torchwise.rehearsal.rehearsed import Rehearsed
    from torchwise.rehearsal.watch import watching
    from torchwise.texts import set_language

    path = Path(name).resolve()
    recorder.install()
    with watching() as record:
        error = raised_by(text, path)
    set_language("en")
    seen = Rehearsed(record=record, script=str(path), globals=vars(sys.modules["__main__"]))
    findings = check_all(seen, strict=True)
    return {
        "error": "" if error is None else f"{type(error).__name__}: {error}",
        "faults": record.faults,
        "findings": [to_json(finding) for finding in findings],
    }


def findings_of(text: str, name: str) -> dict[str, Any]:
    """The same in a forked process."""
    return run_forked(rehearsed, text, name) or {"error": "it died", "faults": [], "findings": []}


def line_of(finding: dict[str, Any]) -> int:
    """The line that a finding says to change."""
    return int((finding["mend"] or finding["where"])["line"])


def is_found(program: Program, answer: dict[str, Any]) -> bool:
    """Whether the bug of a program is among its sure findings, with its code and at its line."""
    return any(
        found["sure"] and found["code"] in program.codes and line_of(found) in program.culprits
        for found in answer["findings"]
    )


def _sure(answer: dict[str, Any]) -> list[dict[str, Any]]:
    return [found for found in answer["findings"] if found["sure"]]


def _print(answer: dict[str, Any]) -> None:
    for name in ("error", "faults"):
        if answer[name]:
            print(f"      {name}: {answer[name]}")
    for found in answer["findings"]:
        if not found["sure"]:
            print(f"      hint {found['code']} line {line_of(found)}: {found['what']}")
            continue
        print(f"      sure {found['code']} line {line_of(found)}: {found['what']}")
        print(f"           why {found['why']}\n           fix {found['fix']}")


def score(paths: list[Path]) -> int:
    """Print what is found in each program, and what is falsely found in its twin."""
    found = 0
    chosen = programs(*(paths or [SILENT]))
    for program in chosen:
        answer, twin = findings_of(program.text, program.path.name), findings_of(program.twin, program.path.name)
        found += is_found(program, answer)
        print(f"{'ok  ' if is_found(program, answer) else 'MISS'} {program.name} {program.codes} {program.culprits}")
        if not is_found(program, answer) or len(_sure(answer)) > 1 or answer["faults"] or answer["error"]:
            _print(answer)
        if twin["error"] or twin["faults"] or _sure(twin):
            print("    TWIN")
            _print(twin)
    print(f"{found}/{len(chosen)} found")
    return 0


def odd(paths: list[Path]) -> int:
    """Print what is said of correct programs."""
    files = {file for path in paths or [ODD] for file in (path.rglob("*.py") if path.is_dir() else [path])}
    count = 0
    for file in sorted(files):
        answer = findings_of(file.read_text(encoding="utf-8"), file.name)
        sure = _sure(answer)
        count += bool(sure)
        print(f"{'FALSE' if sure else 'ok   '} {file.name}")
        _print(answer)
    print(f"{count} of {len(files)} with a false finding")
    return 0


if __name__ == "__main__":
    words = sys.argv[1:]
    is_odd = words[:1] == ["--odd"]
    sys.exit(odd([*map(Path, words[1:])]) if is_odd else score([*map(Path, words)]))
