"""A script after its rehearsal: what was seen while it ran, its sources, and the variables it left."""

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from torchwise.doctor.source import Source, is_user_file, read_source
from torchwise.finding import Finding, Mend, Place, Seen, Words
from torchwise.rehearsal.lineage import batch_axis, lineage
from torchwise.rehearsal.reading.settings import chosen_by
from torchwise.rehearsal.reading.unrolled import Program
from torchwise.rehearsal.watch import Record
from torchwise.rehearsal.watch.events import Backward, Batch, Call, Event, Key, Loss, Op, OptimizerMade, Step
from torchwise.rehearsal.watch.registry import ModuleInfo
from torchwise.rehearsal.watch.sites import Site


@dataclass(eq=False, kw_only=True)
class Rehearsed:
    """What the rules look at. script: its file, "" where a setup was rehearsed. globals: as they were at the end."""

    record: Record
    script: str = ""
    globals: dict[str, Any] = field(default_factory=dict)

    @cached_property
    def sources(self) -> tuple[Source, ...]:
        """The user's files that ran, the script first."""
        files = [
            self.script,
            *(event.site.file for event in self.record.events),
            *(o.site.file for o in self.record.ops),
        ]
        own = [file for file in dict.fromkeys(files) if file and is_user_file(file)]
        return tuple(source for file in own if (source := read_source(file)) is not None)

    @cached_property
    def program(self) -> Program:
        """The sources, unrolled from the script on."""
        return Program(self.sources)

    @cached_property
    def backwards(self) -> list[Backward]:
        """Every backward, without autograd.grad."""
        return [event for event in self.record.of(Backward) if not event.is_grad]

    @cached_property
    def steps(self) -> list[Step]:
        """Every step of an optimizer."""
        return list(self.record.of(Step))

    @cached_property
    def losses(self) -> list[Loss]:
        """Every one of torch's losses that was computed."""
        return list(self.record.of(Loss))

    @cached_property
    def calls(self) -> list[Call]:
        """Every call of a module by the user's own code, not from inside another module."""
        return [event for event in self.record.of(Call) if event.depth == 0]

    @cached_property
    def trained(self) -> set[int]:
        """The ids of the operations that a backward walked through."""
        return {id(op) for event in self.backwards for root in event.roots for op in lineage(root, with_grad=True)}

    @cached_property
    def users(self) -> dict[int, list[Op]]:
        """The operations that take the result of an operation, by its id."""
        found: dict[int, list[Op]] = {}
        for op in self.record.ops:
            for given in op.inputs:
                found.setdefault(id(given), []).append(op)
        return found

    @cached_property
    def training_passes(self) -> set[tuple[Key, int]]:
        """The passes over loaders (loader, turn) in which a backward or a step ran."""
        return {
            (batch.loader, batch.turn)
            for event in (*self.backwards, *self.steps)
            if (batch := self.batch_of(event)) is not None
        }

    def batch_of(self, event: Event) -> Batch | None:
        """The batch that a loader gave last before an event."""
        found = None if event.batch is None else self.record.events[event.batch]
        return found if isinstance(found, Batch) else None

    @cached_property
    def optimizers_made(self) -> list[OptimizerMade]:
        """Where optimizers were built, in order."""
        return list(self.record.of(OptimizerMade))

    @cached_property
    def walked_at(self) -> dict[int, int]:
        """When a backward first walked through an operation, by its id."""
        found: dict[int, int] = {}
        for event in self.backwards:
            for root in event.roots:
                for op in lineage(root, with_grad=True):
                    found.setdefault(id(op), event.at)
        return found

    @cached_property
    def ancestry(self) -> set[int]:
        """The ids of all operations that losses were computed from, also without gradient."""
        return {id(op) for event in self.backwards for root in event.roots for op in lineage(root)}

    @cached_property
    def called_parameters(self) -> set[Key]:
        """The parameters of the modules that were called."""
        infos = [self.record.module_info[call.module] for call in self.record.of(Call)]
        return {key for info in infos for key in (*info.own, *info.parameters)}

    def is_model_parameter(self, key: Key) -> bool:
        """Whether a tensor is a parameter of a module that was called."""
        return key in self.called_parameters

    def is_trained(self, module: Key) -> bool:
        """Whether backward reached parameters of a module and an optimizer steps them."""
        return bool(set(self.record.module_info[module].parameters) & self.reached) and self.is_stepped(module)

    @cached_property
    def reached(self) -> set[Key]:
        """The parameters that a backward reached."""
        return {key for event in self.backwards for key in event.reached}

    @cached_property
    def stepped(self) -> set[Key]:
        """The parameters that an optimizer stepped."""
        return {key for step in self.steps for key in step.parameters}

    def is_stepped(self, module: Key) -> bool:
        """Whether an optimizer steps parameters of a module."""
        return bool(set(self.record.module_info[module].parameters) & self.stepped)

    @cached_property
    def has_loaders(self) -> bool:
        """Whether any loader gave batches."""
        return any(True for _ in self.record.of(Batch))

    def optimizer_name(self, optimizer: Key) -> str:
        """The variable of an optimizer."""
        return self.record.names.get(("optimizer", optimizer), "optimizer")

    def loader_name(self, loader: Key) -> str:
        """The variable of a loader."""
        return self.record.names.get(("loader", loader), "the loader")

    def batch_first(self, module: Key) -> bool | None:
        """batch_first of the attention inside a module."""
        found = [part.settings.get("batch_first") for part in self.parts(module) if "batch_first" in part.settings]
        return found[0] if found else None

    def numel(self, info: ModuleInfo) -> int:
        """How many values a module has itself to learn, or a part of it."""
        own = [item for part in self.record.module_info.values() for item in part.own
               if part.path == info.path or part.path.startswith(f"{info.path}.")]  # fmt: skip
        return len(own)

    def rows(self, op: Op) -> int | None:
        """The axis in which a value has the samples of a loader's batch; None where that isn't sure."""
        found = batch_axis(op)
        batch = self.record.events[found[0].batch] if found is not None and found[0].batch is not None else None
        is_sure = isinstance(batch, Batch) and self.record.loader_info[batch.loader].is_default_collate
        return found[1] if found is not None and is_sure else None

    @cached_property
    def positions(self) -> dict[int, int]:
        """The place of each operation in their order, by its id."""
        return {id(op): index for index, op in enumerate(self.record.ops)}

    def position(self, op: Op) -> int:
        """The place of an operation in their order."""
        return self.positions.get(id(op), -1)

    def parts(self, module: Key) -> list[ModuleInfo]:
        """What is known of a called module and of its parts."""
        path = self.record.module_info[module].path
        inside = self.record.module_info.values()
        return [info for info in inside if info.path == path or info.path.startswith(f"{path}.")]

    def loader_built(self, loader: Key) -> Site | None:
        """The line to change for a loader: where it was built, or the call of the helper that builds others too."""
        built = self.record.built.get(("loader", loader))
        others = [site for (kind, key), site in self.record.built.items() if kind == "loader" and key != loader]
        while built is not None and built.outer and any(_is_same_line(built, site) for site in others):
            others = [replace(site.outer[0], outer=site.outer[1:]) for site in others
                      if _is_same_line(built, site) and site.outer]  # fmt: skip
            built = replace(built.outer[0], outer=built.outer[1:])
        return built

    def choice_of(self, op: Op) -> Site | Mend:
        """The line to change to leave a layer out: the setting that chose it, or where it was built."""
        info = self.record.module_info.get(op.module) if op.module is not None else None
        if info is None or not info.is_torch or info.built is None:
            return self.place_of(op)
        return chosen_by(self.program, info.built, info.kind) or info.built

    def place_of(self, op: Op) -> Site:
        """The line to change for an operation: where its layer was built, if one of torch's layers did it."""
        info = self.record.module_info.get(op.module) if op.module is not None else None
        return info.built if info is not None and info.is_torch and info.built is not None else op.site

    def finding(
        self, code: str, site: Site | Place, what: Words, *, why: Words = "", fix: Words = "",
        mend: Any = None, sure: bool = True, seen: tuple[Seen, ...] = (), module: str = "",
    ) -> Finding:  # fmt: skip
        """A finding about a line; `mend` is the line to change where it is another one."""
        if isinstance(mend, Site):
            mend = Mend(file=mend.file, line=mend.line)
        where = site.place(module) if isinstance(site, Site) else site
        return Finding(code=code, what=what, why=why, fix=fix, where=where, mend=mend, seen=seen, sure=sure)


def _is_same_line(one: Site, other: Site) -> bool:
    return (one.file, one.line) == (other.file, other.line)
