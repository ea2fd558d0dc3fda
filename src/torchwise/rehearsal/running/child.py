"""The process that rehearses a script: runs it to its end, then looks at what happened."""

import ast
import json
import os
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, nullcontext, suppress
from dataclasses import replace
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any

from torchwise.doctor.frames import frames_of
from torchwise.doctor.launch import watch_torch
from torchwise.finding import Place
from torchwise.limits import time_limit
from torchwise.rehearsal.checks.all import check_all
from torchwise.rehearsal.memory.report import Memory, memory_of
from torchwise.rehearsal.memory.taping import Taping, taping
from torchwise.rehearsal.pretend.outermost import Outermost
from torchwise.rehearsal.pretend.pretending import Pretended, pretending
from torchwise.rehearsal.rehearsed import Rehearsed
from torchwise.rehearsal.running.activity import Activity
from torchwise.rehearsal.running.answer import Answer, Group, pack, placed, problem_parts, ranked
from torchwise.rehearsal.running.coverage import not_rehearsed
from torchwise.rehearsal.running.data_pass import read_data
from torchwise.rehearsal.running.devices import device_of
from torchwise.rehearsal.running.ending import OutOfTime, cleaned, depends_on_cuts, findings_of, place_of, problem_of
from torchwise.rehearsal.running.kept import Notebook
from torchwise.rehearsal.running.loaders import Loaders
from torchwise.rehearsal.running.loops import Loops
from torchwise.rehearsal.running.recipes import place_of as recipe_place
from torchwise.rehearsal.running.recipes import setup_of
from torchwise.rehearsal.running.request import Request
from torchwise.rehearsal.running.rewriting import Rewriting
from torchwise.rehearsal.running.sandbox import sandboxed
from torchwise.rehearsal.running.setups import loaders_of, train_briefly
from torchwise.rehearsal.summary.called import summary_of
from torchwise.rehearsal.watch import Record, watching
from torchwise.texts import note, set_language

ROOMY = 1 << 50  # bytes of a GPU that takes all
MEMORY_S = 20.0
CHECKS_S = 10.0  # of computing, for the rules, which are slow only where a loop could not be cut
STUCK_S = 60.0  # after which a single rule is given up, and with it the others


def main(path: str) -> None:
    """Rehearse what the file asks for, leave the answer beside it, and end without what the script has left to do."""
    request = Request(**json.loads(Path(path).read_text(encoding="utf-8")))
    set_language(request.language)
    answer = json.dumps(pack(rehearse_here(request)), ensure_ascii=False, default=str)
    temporary = Path(request.folder) / "answer.part"
    temporary.write_text(answer, encoding="utf-8")
    os.replace(temporary, Path(request.folder) / "answer.json")
    sys.stdout.flush()
    os._exit(0)


def rehearse_here(request: Request) -> Answer:
    """Rehearse in this process, which must not be used for anything afterwards."""
    watch_torch()
    with sandboxed(request.folder) as notebook:
        return Rehearsal(request).run(notebook)


class Rehearsal:
    """One rehearsal and what it needs."""

    def __init__(self, request: Request) -> None:
        self.request = request
        self.activity = Activity()
        self.loops = Loops(self.activity, whole=frozenset(request.whole))
        self.loaders = Loaders(self.activity, self.loops)
        self.rewriting = Rewriting(self.loops)
        self.main = ModuleType("__main__")
        self.card = device_of(request.device)
        self.pretended: Pretended | None = None
        self.outermost: Outermost | None = None
        self.record: Record | None = None
        self.taping: Taping | None = None
        self.own: dict[str, Any] = {}  # the loaders of a recipe
        self.where = Place(file="", line=0)  # for findings without a line: that of a recipe's setup

    def run(self, notebook: Notebook) -> Answer:
        """Run the script, look at what was seen, read the data."""
        path = os.path.abspath(self.request.script)
        with self.rewriting:
            record, error = self._watched(path)
            problem = problem_of(error) if error is not None else None
            failure: Group = () if error is None or problem else self._explained(error)
            rehearsed = None if record is None else self._rehearsed(record, path)
            groups, data = ([], ()) if rehearsed is None else self._looked_at(rehearsed)
            memory = self._memory() if error is None else None
            groups += [memory.group] if memory is not None and memory.group and not self.request.is_roomy else []
            is_doubtful = error is not None and bool(failure and self.loops.cuts) and depends_on_cuts(error)
            summary = None
            if rehearsed is not None and (error is None or is_doubtful) and not any(group[0].sure for group in groups):
                summary = summary_of(rehearsed, has_time=self.pretended is None)
        frames = frames_of(error.__traceback__) if error is not None else []
        return Answer(
            failure=placed(failure if is_doubtful else _happened(failure), self.where),
            groups=ranked([placed(group, self.where) for group in groups if not _repeats(group, failure)]),
            problem=problem_parts(problem) if problem else {},
            not_rehearsed=tuple(not_rehearsed(self.rewriting.blocks.values(), [f for f in frames if f.is_user])),
            kept=tuple(notebook.read()),
            data=data,
            summary=summary,
            memory={} if memory is None else {"facts": memory.facts, "lines": list(map(str, memory.lines))},
            stopped=place_of(error) if isinstance(error, OutOfTime) else "",
            is_doubtful=is_doubtful,
        )

    def _watched(self, path: str) -> tuple[Record | None, BaseException | None]:
        """Run the script; what was seen, and the error it ended with."""
        with ExitStack() as stack:
            if self.card is not None:
                total = ROOMY if self.request.is_roomy else self.card.total
                self.pretended = stack.enter_context(pretending("cuda", total, name=self.card.name))
                self.outermost = Outermost(labels=self.pretended.labels, quiet=self._quiet)
                stack.enter_context(self.outermost.at_work())
            stack.enter_context(self.activity.counting())
            stack.enter_context(self.loaders.shortened())
            if not self.request.whole:
                labels = self.pretended.labels if self.pretended is not None else None
                self.record = stack.enter_context(watching())
                self.taping = stack.enter_context(taping(self.record, labels))
            return self.record, self._run_script(path)

    @contextmanager
    def _quiet(self) -> Iterator[None]:
        """What happens in the block is not the script's."""
        was_silent = self.record is not None and self.record.is_silent
        if self.record is not None:
            self.record.is_silent = True
        self.activity.depth += 1
        try:
            yield
        finally:
            self.activity.depth -= 1
            if self.record is not None:
                self.record.is_silent = was_silent

    def _memory(self) -> Memory | None:
        """What the steps need that were seen; nothing where that takes too long."""
        found = None
        if self.taping is not None:
            total = self.card.total if self.card is not None else None
            with suppress(OutOfTime), time_limit(MEMORY_S, OutOfTime):
                found = memory_of(self.taping.tapes, self.taping.faults, total)
        if found is None or self.outermost is None or not self.outermost.shrunk:
            return found
        said = [note("a batch of {batch} ran with its first {few} samples, to spare this machine; its memory is that of all",
                     batch=batch, few=few) for batch, few in self.outermost.shrunk.items()]  # fmt: skip
        return replace(found, lines=(*found.lines, *said))

    def _explained(self, error: BaseException) -> Group:
        """The findings of an error; a pretended GPU still holds what it held."""
        with nullcontext() if self.pretended is None else self.pretended.seen():
            return tuple(findings_of(error))

    def _rehearsed(self, record: Record, path: str) -> Rehearsed:
        variables = {name: value for name, value in vars(self.main).items() if not name.startswith("__")}
        return Rehearsed(record=record, script=path, globals=variables | self.own)

    def _looked_at(self, rehearsed: Rehearsed) -> tuple[list[Group], tuple[str, ...]]:
        """What the rules find in what was seen, and what reading all the data finds."""
        groups: list[Group] = []
        with suppress(OutOfTime), time_limit(STUCK_S, OutOfTime):
            groups += [(finding,) for finding in check_all(rehearsed, limit_s=CHECKS_S)]
        found, said = read_data(list(self.loaders.used.values()), rehearsed)
        return groups + found, tuple(map(str, said))

    def _run_script(self, path: str) -> BaseException | None:
        """Run the script, or the recipe and what it sets up; the error it ended with."""
        sys.argv = [self.request.script, *self.request.arguments]
        try:
            with open(path, "rb") as file:
                text = file.read()
            code = self.rewriting.compiled(text, path)
            setup = setup_of(ast.parse(text))
            sys.path[0] = os.path.dirname(os.path.realpath(path))
            with time_limit(self.request.limit_s, OutOfTime):
                self._run(code, path, "__main__" if setup is None else Path(path).stem)
                if setup is not None:
                    self.where = recipe_place(setup, path)
                    made = self.main.setup()
                    self.own = loaders_of(made)
                    train_briefly(made, self.own)
        except BaseException as error:  # SystemExit and Ctrl-C too: how it ended is what is asked
            if isinstance(error, KeyboardInterrupt):
                raise
            is_end = isinstance(error, SystemExit) and error.code in (None, 0)
            return None if is_end else cleaned(error)
        return None

    def _run(self, code: CodeType, path: str, name: str) -> None:
        """Run the file as the module `name`, as `python script.py arguments` runs `__main__`."""
        self.main = ModuleType(name)
        self.main.__dict__["__builtins__"] = sys.modules["builtins"]
        self.main.__file__ = path
        sys.modules[name] = self.main
        exec(code, self.main.__dict__)


def _happened(failure: Group) -> Group:
    """The findings of an error that is sure to come: in its own words it is no guess, whatever led to it."""
    return tuple(replace(item, sure=True) if item.code == "TW000" else item for item in failure)


def _repeats(group: Group, failure: Group) -> bool:
    """Whether a finding says again what ended the script."""
    return bool(failure) and any(
        group[0].code == item.code and (group[0].mend or group[0].where) in (item.mend, item.where) for item in failure
    )
