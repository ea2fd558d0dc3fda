"""Distributed training without a process group, or with a rank, a port or variables that don't fit."""

import ast
import re
from collections.abc import Iterator

from torchwise.doctor.case import Case
from torchwise.doctor.frames import Frame
from torchwise.doctor.objects.backwards import search_back
from torchwise.doctor.objects.definitions import definition_called
from torchwise.doctor.source import Source
from torchwise.doctor.spots import Spot
from torchwise.doctor.syntax import call_name, keyword_of
from torchwise.finding import Finding, Mend, Words
from torchwise.texts import note

UNBEGUN = re.compile(
    r"[Dd]efault process group (?:has not been|is not) initialized|init_process_group|process group .* not .*initiali[sz]ed"
)
VARIABLE = re.compile(
    r"environment variable (?P<name>\w+) expected|KeyError: '?(?P<key>RANK|WORLD_SIZE|LOCAL_RANK|MASTER_ADDR|MASTER_PORT)"
)
TWICE = re.compile(r"initialize the default process group twice|already initialized")
IN_USE = re.compile(r"[Aa]ddress already in use|EADDRINUSE|failed to (?:listen|bind)")
RANKS = re.compile(
    r"[Ii]nvalid rank (?P<rank>-?\d+)|rank .*(?:out of range|greater than|less than|should be in)|world.?size", re.I
)
UNUSED = re.compile(r"finished reduction in the prior iteration")
VARIABLES = ("RANK", "WORLD_SIZE", "LOCAL_RANK", "MASTER_ADDR", "MASTER_PORT")
INIT = "init_process_group"


def group_is_not_there(case: Case) -> Iterator[Finding]:
    """TW908: a collective call, a sampler or DDP before the process group."""
    if (
        not isinstance(case.error, RuntimeError | ValueError)
        or not UNBEGUN.search(case.text)
        or TWICE.search(case.text)
    ):
        return
    if VARIABLE.search(case.text):
        return
    code = " ".join(case.frame.text.split()) if case.frame is not None else ""
    what = note(
        "{code} needs the process group, and init_process_group was not called yet",
        code=code if len(code) < 70 else code[:67] + "...",
    )
    why = note(
        "each process joins the group first; after that samplers, DistributedDataParallel and collective calls can be used"
    )
    early = _too_early(case)
    if early is not None:
        frame, statement, later = early
        assert frame.source is not None, "frames of the user's have source"
        text = " ".join(frame.source.text(statement).split())
        reason = note(
            "{why}; line {later} leads to init_process_group, this line comes before it", why=why, later=later
        )
        yield case.finding("TW908", what, why=reason, fix=note("{code} below line {later}", code=text, later=later),
                           mend=Mend(file=frame.file, line=frame.line))  # fmt: skip
        return
    fix = f'dist.{INIT}("gloo")'
    yield case.finding("TW908", what, why=why, fix=fix, mend=_guarded_init(case))


def _too_early(case: Case) -> tuple[Frame, ast.AST, int] | None:
    """The line of a function under way behind which another one begins the group."""
    for frame in case.user:
        if frame.source is None or frame.node is None or frame.scope is None:
            continue
        statement = frame.source.statement_of(frame.node)
        for node in ast.walk(frame.scope):
            if isinstance(node, ast.Call) and node.lineno > frame.line and leads_to_init(case, case.spot(node, frame)):
                is_same = frame.source.scope_of(node) is frame.scope
                if is_same:
                    return frame, statement, node.lineno
    return None


def leads_to_init(case: Case, call: Spot, depth: int = 0) -> bool:
    """Whether a call begins the process group, itself or in what it calls."""
    if call_name(call.node) == INIT:
        return True
    definition = definition_called(case.flow, call) if depth < 4 else None
    if definition is None:
        return False
    return any(
        leads_to_init(case, definition.spot(node), depth + 1)
        for node in ast.walk(definition.scope) if isinstance(node, ast.Call)
    )  # fmt: skip


def _init_calls(case: Case) -> Iterator[tuple[Source, ast.Call]]:
    for source in case.flow.sites.sources:
        for node in ast.walk(source.tree):
            if isinstance(node, ast.Call) and call_name(node) == INIT:
                yield source, node


def _guarded_init(case: Case) -> Spot | None:
    """An init_process_group that stands in a condition or a function that did not run."""
    found = next(_init_calls(case), None)
    return Spot(*found) if found is not None else None


def variable_is_missing(case: Case) -> Iterator[Finding]:
    """TW908: RANK, MASTER_ADDR and the others are set by torchrun."""
    name = ""
    if isinstance(case.error, KeyError) and case.error.args and case.error.args[0] in VARIABLES:
        name = str(case.error.args[0])
    elif (match := VARIABLE.search(case.text)) is not None:
        name = match["name"] or match["key"]
    if not name:
        return
    what = note("the environment variable {name} is not set", name=name)
    why = note(
        "torchrun sets RANK, WORLD_SIZE, LOCAL_RANK, MASTER_ADDR and MASTER_PORT for each process; python alone doesn't"
    )
    mend = case.spot(case.frame.node) if case.frame is not None and case.frame.node is not None else None
    yield case.finding("TW908", what, why=why, fix="torchrun --standalone --nproc-per-node=1 train.py", mend=mend)


def rank_or_port_does_not_fit(case: Case) -> Iterator[Finding]:
    """TW908: a group that exists already, a port in use, a rank outside of the group."""
    frames = [f for f in case.frames if "distributed" in f.file.replace("\\", "/") and not f.is_user]
    if not frames or not isinstance(case.error, RuntimeError | ValueError | OSError):
        return
    mend: Spot | None = case.spot(case.frame.node) if case.frame is not None and case.frame.node is not None else None
    if TWICE.search(case.text):
        what: Words = note("init_process_group is called a second time")
        yield case.finding("TW908", what, why=note("a process joins the default group once"), mend=mend,
                           fix="if not dist.is_initialized(): dist.init_process_group(...)")  # fmt: skip
    elif IN_USE.search(case.text):
        what = note("the port of the rendezvous is in use")
        why = note("another run, perhaps one that still lives, listens there")
        yield case.finding("TW908", what, why=why, fix="torchrun --standalone ...", mend=_port(case) or mend)
    elif UNUSED.search(case.text):
        what = note("some parameters got no gradient in the step before")
        why = note("DistributedDataParallel waits for the gradients of all parameters")
        yield case.finding(
            "TW908", what, why=why, fix="DistributedDataParallel(model, find_unused_parameters=True)", sure=False
        )
    elif RANKS.search(case.text):
        lines = case.text.strip().splitlines()
        what = note("rank and world size don't fit: {error}", error=lines[0] if lines else "")
        why = note("ranks go from 0 to world size - 1, one for each process")
        spot = _rank(case)
        yield case.finding("TW908", what, why=why, mend=spot or mend, fix=note("rank from 0 to world_size - 1"))


def _port(case: Case) -> Spot | None:
    """Where the port is written."""
    for frame in reversed(case.user):
        if frame.node is not None:
            found = search_back(case.flow, case.spot(frame.node, frame),
                                lambda s: isinstance(s.node, ast.Constant) and bool(re.search(r":\d{4,5}$", str(s.node.value))))  # fmt: skip
            if found is not None:
                return found
    for source in case.flow.sites.sources:
        for node in ast.walk(source.tree):
            target = node.targets[0] if isinstance(node, ast.Assign) else None
            if isinstance(target, ast.Subscript) and "MASTER_PORT" in source.text(target):
                return Spot(source, node)
    return None


def _rank(case: Case) -> Spot | None:
    """The expression that was given as the rank."""
    node = case.frame.node if case.frame is not None else None
    given = keyword_of(node, "rank") if isinstance(node, ast.Call) else None
    return case.flow.born(case.spot(given)) if given is not None else None


RULES = (group_is_not_there, variable_is_missing, rank_or_port_does_not_fit)
