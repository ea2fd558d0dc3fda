"""The clinic's programs: read, mended, and run in forked processes that have torch already.

python tools/clinic.py [FOLDER|FILE ...]         what each program raises and where, and whether its twin ends well
python tools/clinic.py --score [FOLDER|FILE ...] how well each is explained: code, culprit's line, numbers
python tools/clinic.py --show [FOLDER|FILE ...]  the explanations too
"""

import contextlib
import json
import multiprocessing
import os
import random
import re
import sys
import tempfile
import time
import traceback
import types
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
CLINIC = ROOT / "tests" / "clinic"
PRELOADED = ["torch", "torch.optim", "torch._dynamo", "torch.utils.data", "numpy", "torchwise.doctor.diagnose"]
LIMIT_S = 120
MENDED = re.compile(r"^\s*# mended:(?: (?P<code>.*))?$")


@dataclass(frozen=True, kw_only=True)
class Program:
    """One failing program, what a good explanation of it must say, and how it is mended."""

    path: Path
    text: str
    codes: tuple[str, ...]
    numbers: tuple[str, ...]
    about: str
    missed: str = ""  # why it is not explained in full, where it is not
    culprits: tuple[int, ...] = field(default=())

    @property
    def name(self) -> str:
        """Its family and name, such as shape/head_of_blocks."""
        return f"{self.path.parent.name}/{self.path.stem}"

    @property
    def twin(self) -> str:
        """The mended program."""
        return "\n".join(_mended(self.text.splitlines())) + "\n"


def _mended(lines: list[str]) -> Iterator[str]:
    """The lines with each block that is followed by `# mended:` comments replaced by them."""
    kept: list[str] = []
    indent, is_mending = "", False
    for line in lines:
        if match := MENDED.match(line):
            if not is_mending:
                block = [kept.pop()]
                while block and block[0].endswith("# -") and kept and kept[-1].endswith("# -"):
                    block.insert(0, kept.pop())
                indent = re.match(r"\s*", block[0])[0]  # type: ignore[index]
            is_mending = True
            if match["code"]:
                kept.append(indent + match["code"])
        else:
            is_mending = False
            kept.append(line)
    yield from kept


def read(path: Path) -> Program:
    """The program in a file. Raises ValueError if its header or its marks are missing."""
    text = path.read_text(encoding="utf-8")
    head = dict(re.findall(r"^# (code|numbers|about|missed): (.*)$", "\n".join(text.splitlines()[:5]), re.M))
    if not {"code", "numbers", "about"} <= set(head):
        raise ValueError(f"{path}: the header needs code, numbers and about")
    lines = text.splitlines()
    culprits = [number for number, line in enumerate(lines, 1) if re.search(r"# <- (culprit|or here)", line)]
    if not any("# <- culprit" in line for line in lines) or not any(MENDED.match(line) for line in lines):
        raise ValueError(f"{path}: no line is marked as the culprit, or none as mended")
    numbers = () if head["numbers"].strip() == "-" else tuple(head["numbers"].split())
    return Program(
        path=path, text=text, codes=tuple(head["code"].split()), numbers=numbers, about=head["about"],
        missed=head.get("missed", ""), culprits=tuple(culprits),
    )  # fmt: skip


def programs(*paths: Path) -> list[Program]:
    """All programs below the paths (default: the whole clinic), by name."""
    files = {file for path in paths or (CLINIC,) for file in (path.rglob("*.py") if path.is_dir() else [path])}
    return [read(file) for file in sorted(files)]


def run_forked(target: Callable[..., Any], *arguments: Any) -> Any:
    """What `target(*arguments)` returns (as JSON) from a process forked from one that has torch; None if it died."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(PRELOADED)
    with tempfile.TemporaryDirectory() as folder:
        process = context.Process(target=_child, args=(folder, target, arguments))
        process.start()
        process.join(LIMIT_S)
        if process.is_alive():
            process.kill()
            process.join()
        answer = Path(folder) / "answer.json"
        return json.loads(answer.read_text(encoding="utf-8")) if answer.exists() else None


def _child(folder: str, target: Callable[..., Any], arguments: tuple[Any, ...]) -> None:
    """In the forked process: run in an empty folder, silently, and leave the answer there."""
    import torch

    torch.set_num_threads(1)
    multiprocessing.set_start_method("fork", force=True)  # as in a fresh Python on Linux, which a DataLoader looks at
    (work := Path(folder) / "work").mkdir()
    os.chdir(work)
    with open(os.devnull, "w") as nowhere, contextlib.redirect_stdout(nowhere), contextlib.redirect_stderr(nowhere):
        answer = target(*arguments)
    (Path(folder) / "answer.json").write_text(json.dumps(answer), encoding="utf-8")


def outcome_of(text: str, name: str) -> dict[str, Any]:
    """Run a program's text as a script; what it raised, if anything, and the user's line that raised."""
    path = Path(name).resolve()
    error = raised_by(text, path)
    if error is None or isinstance(error, SystemExit):
        return {"error": f"exit {error.code}" if error is not None and error.code else "", "line": 0}
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename == str(path)]
    return {"error": f"{type(error).__name__}: {error}", "line": frames[-1].lineno if frames else 0}


def explained(text: str, name: str) -> dict[str, Any]:
    """Run a program's text as a script under the doctor; its findings as JSON and as a person sees them."""
    from torchwise.doctor import recorder, workers
    from torchwise.doctor.diagnose import diagnose
    from torchwise.doctor.render import render
    from torchwise.finding import to_json
    from torchwise.texts import set_language

    recorder.install()
    workers.install()
    error = raised_by(text, Path(name).resolve())
    if error is None:
        return {"error": "", "findings": [], "text": "", "zh": "", "ms": 0.0}
    began = time.perf_counter()
    findings = diagnose(error, strict=True)
    spent_ms = (time.perf_counter() - began) * 1000
    answer = {"error": f"{type(error).__name__}: {error}", "ms": spent_ms}
    for language, name in (("zh", "zh"), ("en", "text")):
        set_language(language)
        answer[name] = render(findings, width=100)
    return answer | {"findings": [to_json(finding) for finding in findings]}


def raised_by(text: str, path: Path) -> BaseException | None:
    """Run a program's text as the script `path`; the error it ended with."""
    import numpy
    import torch

    random.seed(0)
    numpy.random.seed(0)
    torch.manual_seed(0)
    path.write_text(text, encoding="utf-8")
    main = types.ModuleType("__main__")
    main.__file__ = str(path)
    sys.modules["__mp_main__"] = main  # the name under which the forkserver knows the file it was started from
    sys.modules["__main__"], sys.argv, sys.path[0] = main, [str(path)], str(path.parent)
    try:
        exec(compile(text, str(path), "exec"), main.__dict__)
    except BaseException as error:
        assert error.__traceback__ is not None, "it was raised just now"
        return error.with_traceback(error.__traceback__.tb_next)
    return None


@dataclass(frozen=True, kw_only=True)
class Score:
    """How well a program was explained: by the right code, at the culprit's line, with the numbers."""

    program: Program
    code: bool
    line: bool
    numbers: bool
    answer: dict[str, Any]

    @property
    def is_full(self) -> bool:
        """Whether all three are right."""
        return self.code and self.line and self.numbers


def score(program: Program) -> Score:
    """Run one program under the doctor and compare what it says with what is stated."""
    answer = run_forked(explained, program.text, program.path.name) or {
        "error": "it died",
        "findings": [],
        "text": "",
        "zh": "",
    }
    first = answer["findings"][0] if answer["findings"] else None
    if first is None:
        return Score(program=program, code=False, line=False, numbers=False, answer=answer)
    line = (first["mend"] or first["where"])["line"]
    said = json.dumps({name: first[name] for name in ("what", "why", "fix", "seen", "mend")}, ensure_ascii=False)
    numbers = all(re.search(rf"(?<![\w.]){re.escape(number)}(?![\w])", said) for number in program.numbers)
    return Score(
        program=program,
        code=first["code"] in program.codes,
        line=line in program.culprits,
        numbers=numbers,
        answer=answer,
    )


def print_scores(paths: list[Path], *, shown: bool) -> int:
    """Print every score and a table by family."""
    families: dict[str, list[Score]] = {}
    for program in programs(*paths):
        found = score(program)
        families.setdefault(program.path.parent.name, []).append(found)
        first = found.answer["findings"][0] if found.answer["findings"] else {"code": "none", "mend": None, "where": {}}
        line = (first["mend"] or first["where"]).get("line", 0)
        missed = [name for name in ("code", "line", "numbers") if not getattr(found, name)]
        print(f"{'ok  ' if found.is_full else 'MISS'} {program.name}  {program.codes} said {first['code']}  "
              f"culprit {program.culprits} said {line}  numbers {program.numbers}  "
              f"missed: {', '.join(missed) or 'nothing'}  {found.answer.get('ms', 0):.0f} ms")  # fmt: skip
        if not found.answer["findings"] or shown:
            print("    " + "\n    ".join([found.answer["error"][:300], found.answer["text"]]).replace("\n", "\n    "))
    for family, scores in families.items():
        full = sum(score.is_full for score in scores)
        print(f"{family:12} {full}/{len(scores)} in full; code {sum(s.code for s in scores)}, "
              f"line {sum(s.line for s in scores)}, numbers {sum(s.numbers for s in scores)}")  # fmt: skip
    return 0


def main(words: list[str]) -> int:
    """Print what every program raises; exit 1 if one raises nothing or its twin fails."""
    if words[:1] in (["--score"], ["--show"]):
        return print_scores([Path(word) for word in words[1:]], shown=words[0] == "--show")
    faults = 0
    for program in programs(*map(Path, words)):
        raised = run_forked(outcome_of, program.text, program.path.name) or {"error": "", "line": 0}
        twin = run_forked(outcome_of, program.twin, program.path.name) or {"error": "it died", "line": 0}
        faults += not raised["error"] or bool(twin["error"])
        print(f"{program.name}  {program.codes[0]}  culprit {program.culprits}  raises at {raised['line']}: "
              f"{raised['error'].splitlines()[0][:200] if raised['error'] else 'NOTHING: it must fail'}")  # fmt: skip
        if twin["error"]:
            print(f"    THE TWIN FAILS at line {twin['line']}: {twin['error'].splitlines()[0][:200]}")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
