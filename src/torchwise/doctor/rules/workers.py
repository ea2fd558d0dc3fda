"""Worker processes that can't start, are killed, or run out of shared memory and open files."""

import ast
import re
from collections.abc import Iterator
from typing import Any

from torchwise.doctor.case import Case
from torchwise.doctor.objects.definitions import classes_of
from torchwise.doctor.objects.loading import bare, calls_of, loader_call, loader_under_way
from torchwise.doctor.samples import LOADERS
from torchwise.doctor.source import Source
from torchwise.doctor.spots import Spot
from torchwise.doctor.syntax import call_name, keyword_of
from torchwise.finding import Finding, Mend, Words
from torchwise.texts import note

BOOTSTRAP = re.compile(r"bootstrapping phase|freeze_support\(\)")
GONE = re.compile(
    r"worker \(pid(?:\(s\))? (?P<pid>[\d, ]+)\) (?:is killed by signal: (?P<signal>[^.]+)|exited unexpectedly|has failed)"
)
FULL = re.compile(r"[Tt]oo many open files|received 0 items of ancdata|unable to (?:open|mmap|write to file|resize) |No space left on device"
                  r"|out of shared memory|Bus error|shared memory object|shm_open|/dev/shm|/torch_\d+_\d+")  # fmt: skip
ENDING = {"_exit", "exit", "abort", "kill", "quit", "raise_signal"}
SIGNALS = {"Killed": note("the system killed it, mostly for want of memory"), "Segmentation": note("a library crashed in it"),
           "Aborted": note("a library stopped it"), "Terminated": note("something asked it to end")}  # fmt: skip


def main_is_not_guarded(case: Case) -> Iterator[Finding]:
    """TW905: the script starts processes at its top level, and each process runs the script again."""
    is_child = isinstance(case.error, RuntimeError) and bool(BOOTSTRAP.search(case.text))
    match = GONE.search(case.text)
    if not is_child and (match is None or match["signal"] or not _is_spawned(case)):
        return
    frame = next((f for f in case.user if f.function == "<module>"), None)
    if frame is None or frame.source is None or (not is_child and _is_guarded(frame.source)):
        return
    code = " ".join((frame.source.line(frame.line) or frame.text).split())
    what = note("worker processes are started at the top level of {file}, which each of them runs again",
                file=frame.file.replace("\\", "/").rsplit("/", 1)[-1])  # fmt: skip
    why = note(
        'a spawned process imports the script; without if __name__ == "__main__": it would start processes itself, without end'
    )
    yield case.finding(
        "TW905", what, why=why, fix=f'if __name__ == "__main__": {code}', mend=Mend(file=frame.file, line=frame.line)
    )


def _is_spawned(case: Case) -> bool:
    """Whether the workers of the loader are fresh processes and not forks."""
    for frame in case.inner:
        workers = getattr(frame.locals.get("self"), "_workers", None)
        if isinstance(workers, list) and workers:
            return "Fork" not in type(workers[0]).__name__ or "ForkServer" in type(workers[0]).__name__
    return False


def _is_guarded(source: Source) -> bool:
    return any(isinstance(node, ast.If) and "__name__" in source.text(node.test) for node in source.tree.body)


def worker_is_gone(case: Case) -> Iterator[Finding]:
    """TW906: a worker was killed or ended by itself."""
    match = GONE.search(case.text)
    if match is None or FULL.search(case.text) or list(main_is_not_guarded(case)):
        return
    signal = (match["signal"] or "").strip()
    pid = match["pid"].strip()
    what: Words = note("worker {pid} ended unexpectedly", pid=pid)
    if signal:
        what = note("worker {pid} was killed by the signal {signal}", pid=pid, signal=signal)
    why = next(
        (text for word, text in SIGNALS.items() if signal.startswith(word)), note("it ended without an exception")
    )
    ending = _ending(case)
    if ending is not None:
        text = note("{code} in the data set ends the whole process", code=" ".join(ending.text.split()))
        yield case.finding("TW906", what, why=text, fix=note("raise an exception instead"), mend=ending)
        return
    under_way = loader_under_way(case)
    loader = loader_call(case.flow, under_way) if under_way is not None else None
    workers = (
        keyword_of(loader.node, "num_workers") if loader is not None and isinstance(loader.node, ast.Call) else None
    )
    mend: Any = loader.at(workers, ()) if loader is not None and workers is not None else loader
    yield case.finding("TW906", what, why=why, mend=mend,
                       fix=note("num_workers=0 shows the worker's own error; fewer workers need less memory"))  # fmt: skip


def _ending(case: Case) -> Spot | None:
    """A call in the data set (or what it uses) that ends the process."""
    data = next(
        (bare(d) for f in case.inner if (d := getattr(f.locals.get("self"), "_dataset", None)) is not None), None
    )
    owners = classes_of(data) if data is not None else []
    for source, owner in owners:
        for node in ast.walk(owner):
            if _ends(node):
                return Spot(source, node)
    for source, _ in owners:
        for node in ast.walk(source.tree):
            if _ends(node) and isinstance(source.scope_of(node), ast.FunctionDef):
                return Spot(source, node)
    return None


def _ends(node: ast.AST) -> bool:
    if not isinstance(node, ast.Call) or call_name(node) not in ENDING:
        return False
    text = ast.unparse(node.func)
    return text.startswith(("os.", "sys.", "signal.")) or text in ("exit", "quit")


def shared_memory_is_full(case: Case) -> Iterator[Finding]:
    """TW907: too little shared memory, or too many open files."""
    if not isinstance(case.error, RuntimeError | OSError) or not FULL.search(case.text):
        return
    is_about_workers = any(
        "multiprocessing" in f.file or "torch/utils/data" in f.file.replace("\\", "/") for f in case.frames
    )
    if not is_about_workers and "torch" not in case.text:
        return
    is_files = bool(re.search(r"open files|ancdata|Errno 24", case.text))
    what = note("too many files are open") if is_files else note("the shared memory is full")
    why = note("each tensor that a worker hands over is an open file of this process as long as it lives")
    if not is_files:
        why = note("workers hand their batches over in /dev/shm; a container often has 64 MiB of it")
    kept = _collected(case)
    if kept is not None:
        code = " ".join(kept.text.split())
        more = note("{why}; {code} keeps them for the whole epoch", why=why, code=code)
        argument = (
            kept.source.text(kept.node.args[0]) if isinstance(kept.node, ast.Call) and kept.node.args else "batch"
        )
        fix = code.replace(f"({argument})", f"({argument}.clone())")
        yield case.finding("TW907", what, why=more, fix=fix, mend=kept)
        yield case.finding("TW907", what, fix='torch.multiprocessing.set_sharing_strategy("file_system")', sure=False)
        return
    loaders = list(calls_of(case.flow, LOADERS))
    fix_text = 'torch.multiprocessing.set_sharing_strategy("file_system")' if is_files else "docker run --shm-size=8g"
    yield case.finding("TW907", what, why=why, fix=fix_text, mend=loaders[0] if len(loaders) == 1 else None)
    yield case.finding("TW907", what, fix="num_workers=2", sure=False, mend=loaders[0] if len(loaders) == 1 else None)


def _collected(case: Case) -> Spot | None:
    """`batches.append(batch)` in the loop over the loader."""
    for frame in reversed(case.user):
        loop: Any = frame.node
        while frame.source is not None and loop is not None and not isinstance(loop, ast.For):
            loop = frame.source.parents.get(loop)
        if not isinstance(loop, ast.For) or frame.source is None:
            continue
        names = {n.id for n in ast.walk(loop.target) if isinstance(n, ast.Name)}
        for node in ast.walk(loop):
            if (isinstance(node, ast.Call) and call_name(node) in ("append", "extend", "add") and node.args) and (
                names & {n.id for n in ast.walk(node.args[0]) if isinstance(n, ast.Name)}
            ):
                return case.spot(node, frame)
    return None


RULES = (main_is_not_guarded, worker_is_gone, shared_memory_is_full)
