"""Randomness where it should not be, or less of it than meant: augmented validation, copied generators, no seed."""

import ast
import itertools
import re
from collections.abc import Iterator

from torchwise.doctor.spots import Spot
from torchwise.doctor.syntax import call_name, keyword_of, method_of
from torchwise.finding import Finding, Mend
from torchwise.rehearsal.checks.phases import HELD_OUT, TRAIN
from torchwise.rehearsal.checks.words import number
from torchwise.rehearsal.reading.samples import changing_inputs
from torchwise.rehearsal.reading.unrolled import place
from torchwise.rehearsal.rehearsed import Rehearsed
from torchwise.rehearsal.watch.events import Batch, Key
from torchwise.texts import note

GENERATORS = {"default_rng", "RandomState", "Random", "Generator"}
SEEDS = re.compile(r"seed\w*\(|use_deterministic_algorithms")
RANDOM = {"random_split", "DataLoader", "Linear", "Conv2d", "Sequential", "randn", "randperm", "train_test_split"}


def augmented_validation(rehearsed: Rehearsed) -> Iterator[Finding]:
    """A held-out sample is another one each time it is read."""
    for key, passes in _evaluations(rehearsed).items():
        loader = rehearsed.record.loader_info[key].held
        name = rehearsed.loader_name(key)
        if loader is None or not HELD_OUT.search(name) or TRAIN.search(name) or _is_repeated(rehearsed, passes):
            continue
        found = changing_inputs(loader.dataset)
        if found is None:
            continue
        index, first, second = found
        far = (first.double() - second.double()).abs().max().item() if first.shape == second.shape else 0.0
        yield rehearsed.finding(
            "TW755", rehearsed.record.built.get(("loader", key), passes[0].site),
            note("{name} gives sample {index} changed at random each time it is read (by up to {far})", name=name,
                 index=index, far=number(far)),
            why=note("held-out data is augmented like train data: its scores rise and fall with chance"),
            fix=note("a data set of its own for it, without the random transforms"),
        )  # fmt: skip


def _evaluations(rehearsed: Rehearsed) -> dict[Key, list[Batch]]:
    """The first batch of each pass over a loader in which nothing is learned."""
    found: dict[Key, list[Batch]] = {}
    learned = {key for key, _ in rehearsed.training_passes}
    for batch in rehearsed.record.of(Batch):
        if batch.number == 0 and batch.loader not in learned:
            found.setdefault(batch.loader, []).append(batch)
    return found


def _is_repeated(rehearsed: Rehearsed, passes: list[Batch]) -> bool:
    """Whether the same call reads the held-out data again with no training in between: it averages on purpose."""
    learned = [event.at for event in rehearsed.backwards]
    return any(
        one.site == other.site and one.site.outer == other.site.outer
        and not any(one.at < at < other.at for at in learned)
        for one, other in itertools.pairwise(passes)
    )  # fmt: skip


def copied_generator(rehearsed: Rehearsed) -> Iterator[Finding]:
    """A generator that belongs to the data set: every worker gets a copy of it that draws the same numbers."""
    program = rehearsed.program
    learned = {key for key, _ in rehearsed.training_passes}
    for key, info in rehearsed.record.loader_info.items():
        loader = info.held
        if key not in learned or loader is None or loader.num_workers < 2 or loader.worker_init_fn is not None:
            continue
        data = loader.dataset
        while hasattr(data, "dataset"):
            data = data.dataset
        drawn = _drawn_from(rehearsed, type(data).__name__)
        if drawn is None or "get_worker_info" in "".join(line for s in program.sources for line in s.lines):
            continue
        use, made = drawn
        yield rehearsed.finding(
            "TW756", place(use),
            note("{name} is copied into each of the {count} workers, and draws the same numbers in all of them",
                 name=use.text, count=loader.num_workers),
            why=note("in every epoch each worker starts with the generator as it is in the main process"),
            fix=note("draw from torch (torch.rand, torch.randint), seeded in each worker, or give DataLoader a "
                     "worker_init_fn"),
            mend=Mend(file=made.file, line=made.line),
        )  # fmt: skip


def _drawn_from(rehearsed: Rehearsed, name: str) -> tuple[Spot, Spot] | None:
    """The generator that `__getitem__` of a class draws from, and where it was made outside of it."""
    flow = rehearsed.program.flow
    for source in rehearsed.program.sources:
        for owner in ast.walk(source.tree):
            if not isinstance(owner, ast.ClassDef) or owner.name != name:
                continue
            called = {"__getitem__"}
            for method in [method_of(owner, "__getitem__"), *(m for m in owner.body if isinstance(m, ast.FunctionDef))]:
                if method is None or method.name not in called:
                    continue
                for node in ast.walk(method):
                    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                        called.add(node.func.attr if ast.unparse(node.func.value) == "self" else "")
                    for used in _generators(node):
                        spot = Spot(source, used)
                        made = flow.born(spot)
                        is_outside = source.scope_of(made.node) is not method
                        if isinstance(made.node, ast.Call) and call_name(made.node) in GENERATORS and is_outside:
                            return spot, made
    return None


def _generators(node: ast.AST) -> Iterator[ast.expr]:
    """What a call may draw from: the object whose method it is, or generator=."""
    if isinstance(node, ast.Call):
        if isinstance(node.func, ast.Attribute) and isinstance(node.func.value, ast.Name | ast.Attribute):
            yield node.func.value
        if (given := keyword_of(node, "generator")) is not None:
            yield given


def unseeded(rehearsed: Rehearsed) -> Iterator[Finding]:
    """Nothing sets a seed."""
    program = rehearsed.program
    if not rehearsed.steps or any(SEEDS.search(line) for source in program.sources for line in source.lines):
        return
    first = next((deed for deed in program.deeds if deed.name in RANDOM), None)
    if first is not None:
        yield rehearsed.finding(
            "TW760", place(first.spot), note("no seed is set: every run has other weights and other batches"),
            why=note("two runs can't be compared, and a result can't be had again"), fix="torch.manual_seed(0)",
            sure=False,
        )  # fmt: skip


RULES = (augmented_validation, copied_generator, unseeded)
