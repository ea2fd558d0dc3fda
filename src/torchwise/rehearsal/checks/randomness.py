"""Randomness where it should not be, or less of it than meant: augmented validation, copied generators, no seed."""

import ast
import itertools
import re
from collections.abc import Iterator

from torchwise.doctor.spots import Spot
from torchwise.doctor.syntax import call_name, keyword_of
from torchwise.finding import Finding, Mend
from torchwise.rehearsal.checks.phases import HELD_OUT, TRAIN
from torchwise.rehearsal.checks.words import number
from torchwise.rehearsal.reading.samples import changing_inputs
from torchwise.rehearsal.reading.unrolled import place
from torchwise.rehearsal.reading.workers import repeated_draws, seeds_each_sample
from torchwise.rehearsal.rehearsed import Rehearsed
from torchwise.rehearsal.watch.events import Batch, Key
from torchwise.rehearsal.watch.sites import Site
from torchwise.texts import note

GENERATORS = {"default_rng", "RandomState", "Random", "Generator"}
SEEDING = {"seed", "manual_seed", "default_rng"}
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
            "TW755", rehearsed.loader_built(key) or passes[0].site,
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


def repeated_by_workers(rehearsed: Rehearsed) -> Iterator[Finding]:
    """Two workers that read the same sample draw the same random numbers, or each epoch's workers do."""
    learned = {key for key, _ in rehearsed.training_passes}
    for key, info in rehearsed.record.loader_info.items():
        loader = info.held
        repeated = repeated_draws(loader) if key in learned and loader is not None and loader.num_workers else ""
        if repeated == "workers" and loader.num_workers < 2:
            repeated = "epochs"
        built = rehearsed.loader_built(key)
        if not repeated or built is None or (repeated == "epochs" and loader.persistent_workers):
            continue
        drawn = _seeded(rehearsed, built) if loader.worker_init_fn is not None else _drawn_from(rehearsed)
        yield rehearsed.finding(
            "TW756", built,
            note("the workers of {name} draw the same random numbers: a sample read by two of them is changed in the "
                 "same way", name=rehearsed.loader_name(key)) if repeated == "workers"
            else note("the workers of {name} draw the same random numbers in every epoch", name=rehearsed.loader_name(key)),
            why=note("their generators begin alike: {code}", code=drawn.text) if drawn is not None
            else note("a generator of your own is copied into each worker as it is in the main process"),
            fix=note("draw from torch (torch.rand, torch.randint), seeded in each worker, or seed in worker_init_fn by "
                     "{code}", code="torch.initial_seed() % 2**32"),
            mend=None if drawn is None else Mend(file=drawn.file, line=drawn.line),
        )  # fmt: skip


def seeded_in_each_sample(rehearsed: Rehearsed) -> Iterator[Finding]:
    """Reading a sample sets a seed that is the same for all samples."""
    learned = {key for key, _ in rehearsed.training_passes}
    for key, info in rehearsed.record.loader_info.items():
        if key not in learned or info.held is None or not seeds_each_sample(info.held.dataset):
            continue
        built, seed = rehearsed.loader_built(key), _seed_of_samples(rehearsed)
        if built is not None:
            yield rehearsed.finding(
                "TW756", built if seed is None else place(seed),
                note("reading a sample of {name} sets the same seed each time", name=rehearsed.loader_name(key)),
                why=note("all samples are changed by the same random numbers, in every epoch; what is drawn elsewhere "
                         "(dropout, the order of the batches) repeats too"),
                fix=note("set seeds once, at the start of the script"),
            )  # fmt: skip


def _seed_of_samples(rehearsed: Rehearsed) -> Spot | None:
    """A seed that is set in a method or function with a constant; that of a class first."""
    found = []
    for source in rehearsed.program.sources:
        for node in ast.walk(source.tree):
            if isinstance(node, ast.Call) and call_name(node) in SEEDING:
                scope = source.scope_of(node)
                if isinstance(scope, ast.FunctionDef):
                    found.append((source.class_of(scope) is None, node.lineno, Spot(source, node)))
    return min(found, key=lambda item: item[:2])[2] if found else None


def _seeded(rehearsed: Rehearsed, built: Site) -> Spot | None:
    """The seed that the worker_init_fn of a loader sets."""
    for deed in rehearsed.program.named("DataLoader"):
        given = keyword_of(deed.node, "worker_init_fn") if isinstance(deed.node, ast.Call) else None
        if given is None or deed.spot.line != built.line:
            continue
        function = rehearsed.program.flow.born(deed.spot.at(given, ()))
        body = function.node
        if isinstance(body, ast.Name):
            nodes = [node for node in ast.walk(function.source.tree) if isinstance(node, ast.FunctionDef)]
            body = next((node for node in nodes if node.name == body.id), body)
        seeds = [node for node in ast.walk(body) if isinstance(node, ast.Call) and call_name(node) in SEEDING]
        if seeds:
            return function.at(seeds[0], ())
    return None


def _drawn_from(rehearsed: Rehearsed) -> Spot | None:
    """Where a generator is made that a method or function draws from, outside of it."""
    flow = rehearsed.program.flow
    for source in rehearsed.program.sources:
        for function in ast.walk(source.tree):
            for node in ast.walk(function) if isinstance(function, ast.FunctionDef) else ():
                for used in _generators(node):
                    made = flow.born(Spot(source, used))
                    is_made = isinstance(made.node, ast.Call) and call_name(made.node) in GENERATORS
                    if is_made and made.source.scope_of(made.node) is not function:
                        return made
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


BEFORE_READING = (repeated_by_workers,)  # its workers need data sets that no rule has read from
RULES = (seeded_in_each_sample, augmented_validation, unseeded)
