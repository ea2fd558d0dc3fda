"""Reading all the data once: a rehearsal's few batches don't meet the one sample that is broken."""

import math
import os
import re
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import islice
from typing import Any

from torch.utils.data import IterableDataset, default_collate
from torch.utils.data._utils.fetch import _MapDatasetFetcher

from torchwise.doctor.diagnose import diagnose
from torchwise.finding import Finding, Place, Seen
from torchwise.rehearsal.rehearsed import Rehearsed
from torchwise.rehearsal.running.answer import Group
from torchwise.rehearsal.running.ending import cleaned
from torchwise.rehearsal.running.labels import Labels, labels_of
from torchwise.rehearsal.running.loaders import Used
from torchwise.rehearsal.running.samples import bad_value, leaves, shapes
from torchwise.rehearsal.watch.events import Batch
from torchwise.texts import Text, note

LIMIT_S = 5.0  # for all data sets together
# Who writes one of these knows of such values in the data, and handles them.
HANDLED = re.compile(r"\b(isnan|isfinite|isinf|nan_to_num|nanmean|nansum|inf)\b")


def read_data(
    loaders: Sequence[Used], rehearsed: Rehearsed, limit_s: float = LIMIT_S
) -> tuple[list[Group], list[Text]]:
    """What is wrong with the samples behind the loaders that were used, and how many of them were read."""
    labels = list(labels_of(rehearsed))
    groups: list[Group] = []
    said: list[Text] = []
    read: set[tuple[int, str]] = set()
    end = time.perf_counter() + limit_s
    for position, used in enumerate(loaders):
        if (key := (id(used.loader.dataset), str(used.indices[:3]))) not in read:
            read.add(key)
            number = rehearsed.record.loaders.known(used.loader)
            own = [item for item in labels if item.loader == number]
            share_s = (end - time.perf_counter()) / (len(loaders) - position)
            reading = Reading(used, rehearsed, own, share_s)
            groups += [
                group for group in reading.groups() if str(group[0].what) not in {str(g[0].what) for g in groups}
            ]
            said.append(reading.said())
    return groups, said


def _was_temporary(error: Exception) -> bool:
    """Whether a file is gone because the script made it for itself and has taken it away again."""
    name = error.filename if isinstance(error, FileNotFoundError) else None
    return isinstance(name, str) and os.path.abspath(name).startswith(os.path.realpath(tempfile.gettempdir()) + os.sep)


class Reading:
    """The samples of one loader, read one by one, and the first of each kind of fault among them."""

    def __init__(self, used: Used, rehearsed: Rehearsed, labels: Sequence[Labels], limit_s: float) -> None:
        self.loader, self.rehearsed, self.labels = used.loader, rehearsed, labels
        self.dataset, self.batches = used.loader.dataset, used.indices
        self.is_collated = used.loader.collate_fn is default_collate
        self.end = time.perf_counter() + limit_s
        self.num_read = self.num_all = 0
        self.found: dict[str, Group] = {}
        self.used = _used_parts(rehearsed, rehearsed.record.loaders.known(used.loader))
        self.counts = {"NaN": 0, "inf": 0}
        self.is_handled = any(HANDLED.search(line) for source in rehearsed.sources for line in source.lines)
        self.is_proven = self.is_handled and _went_well(rehearsed, rehearsed.record.loaders.known(used.loader))

    def groups(self) -> list[Group]:
        """Read until the end or until the time is over; what was found."""
        for batch in self._batches():
            first: tuple[Any, Any] | None = None
            for index, sample in self._samples(batch):
                first = first or (index, sample)
                self._look(index, sample, first)
        if "unread" not in self.found:
            self._say_bad_values()
        return list(self.found.values())

    def said(self) -> Text:
        """How much was read."""
        name = self._name()
        if not self.num_all:
            return note("{name}: {read} samples read, one by one", name=name, read=f"{self.num_read:,}")
        return note(
            "{name}: {read} of {all} samples read, one by one",
            name=name, read=f"{self.num_read:,}", all=f"{self.num_all:,}",
        )  # fmt: skip

    def _name(self) -> str:
        """The variable that holds the loader: one of the script's own, or that of a function."""
        own = next((name for name, value in self.rehearsed.globals.items() if value is self.loader), "")
        key = self.rehearsed.record.loaders.known(self.loader)
        return own or self.rehearsed.record.names.get(("loader", -1 if key is None else key), "") or "DataLoader"

    def _batches(self) -> Iterator[list[Any]]:
        """The indices as the loader would have taken them together."""
        if isinstance(self.dataset, IterableDataset):
            yield [None]
            return
        batches = [list(part) if isinstance(part, list | tuple) else [part] for part in self.batches]
        self.num_all = sum(map(len, batches))
        yield from batches

    def _samples(self, batch: list[Any]) -> Iterator[tuple[Any, Any]]:
        """Each index with its sample; the first that can't be read is a finding."""
        try:
            if isinstance(self.dataset, IterableDataset):
                for number, sample in enumerate(islice(self.dataset, 1_000_000)):
                    if time.perf_counter() > self.end:
                        return
                    self.num_read += 1
                    yield number, sample
                return
            for index in batch:
                if time.perf_counter() > self.end or "unread" in self.found:
                    return
                sample = self.dataset[index]
                self.num_read += 1
                yield index, sample
        except Exception as error:
            if _was_temporary(error):
                return
            which = str(self.num_read if isinstance(self.dataset, IterableDataset) else index)
            self._keep_error("unread", error, note("{index} of the data set", index=which))

    def _look(self, index: Any, sample: Any, first: tuple[Any, Any]) -> None:
        """Whether a sample fits, and what is in it."""
        parts = list(leaves(sample))
        is_batched = self.is_collated and self.loader.batch_size is not None
        if is_batched and not isinstance(self.dataset, IterableDataset) and shapes(sample) != shapes(first[1]):
            self._collate(first[0], index)
        for part, leaf in enumerate(parts):
            if not self.is_proven and (bad := bad_value(leaf)):
                self.counts[bad] += 1
                self.found.setdefault(bad, (self._bad(bad, index, leaf, is_used=part in self.used),))
        for label in self.labels if self.is_collated else ():
            if len(parts) > label.part and "label" not in self.found:
                wrong = label.is_wrong(parts[label.part])
                if wrong is not None:
                    self.found["label"] = (_wrong_label(label, int(wrong[0]), index),)

    def _collate(self, one: Any, other: Any) -> None:
        """Put two samples of different sizes together, as the loader does, so that the doctor sees it fail."""
        if "ragged" in self.found:
            return
        try:
            _MapDatasetFetcher(self.dataset, True, self.loader.collate_fn, False).fetch([one, other])  # type: ignore[no-untyped-call]
        except Exception as error:
            both = note("{one} and {other} of the data set", one=str(one), other=str(other))
            self._keep_error("ragged", error, both)

    def _keep_error(self, kind: str, error: Exception, index: Text) -> None:
        """The findings of an error, with the sample it came from."""
        found = [finding for finding in diagnose(cleaned(error)) if isinstance(finding, Finding)]
        seen = Seen(name="sample", text=index)
        kept = [
            replace(item, seen=(seen, *item.seen), where=item.where if item.where.file else self._place())
            for item in found
        ]
        if kept:
            self.found[kind] = tuple(kept)

    def _place(self) -> Place:
        """The user's line that took the batches."""
        key = self.rehearsed.record.loaders.known(self.loader)
        event = next((event for event in self.rehearsed.record.of(Batch) if event.loader == key), None)
        if event is None:
            return Place(file="", line=0)
        place: Place = event.site.place()
        return replace(place, expression="")  # a loop would be all of its body

    def _bad(self, bad: str, index: Any, leaf: Any, *, is_used: bool) -> Finding:
        """A value that is not finite in what a sample holds; a guess where the script seems to know of it."""
        shape, dtype = tuple(getattr(leaf, "shape", ())), str(getattr(leaf, "dtype", "")).removeprefix("torch.")
        return Finding(
            code="TW990",
            what=note("sample {index} of the data holds {bad}", index=str(index), bad=bad),
            why=note("one such value makes the loss {bad}, then every gradient, and after the next step every weight",
                     bad="NaN"),
            fix=note("leave such samples out, or fill them in: torch.nan_to_num(x)"),
            where=self._place(),
            seen=(Seen(name="value", shape=shape, dtype=dtype or None),),
            sure=self.is_collated and is_used and not self.is_handled,
        )  # fmt: skip

    def _say_bad_values(self) -> None:
        """How many there are, once all were read."""
        for bad, count in self.counts.items():
            if (group := self.found.get(bad)) is not None and count > 1:
                text = note(
                    "{count} values of the {read} samples read hold {bad}, the first at sample {index}",
                    count=f"{count:,}", read=f"{self.num_read:,}", bad=bad, index=group[0].what.values["index"],  # type: ignore[union-attr]
                )  # fmt: skip
                self.found[bad] = (replace(group[0], what=text),)


def _used_parts(rehearsed: Rehearsed, loader: int | None) -> set[int]:
    """Which parts of a loader's batches anything was computed from."""
    parts = {id(op): op.part for event in rehearsed.record.of(Batch) if event.loader == loader for op in event.tensors}
    inputs = (id(given) for op in rehearsed.record.ops for given in op.inputs)
    return {part for item in inputs if (part := parts.get(item)) is not None}


def _went_well(rehearsed: Rehearsed, loader: int | None) -> bool:
    """Whether batches of a loader held such values, and every loss was finite all the same."""
    own = (event for event in rehearsed.record.of(Batch) if event.loader == loader)
    has_met = any(op.stats is not None and op.stats.bad for event in own for op in event.tensors)
    losses = [event.value for event in rehearsed.backwards if event.value is not None]
    return has_met and bool(losses) and all(map(math.isfinite, losses))


def _wrong_label(label: Labels, value: int, index: Any) -> Finding:
    """A label that is no class, in a sample that the rehearsal's batches did not meet."""
    return Finding(
        code="TW601",
        what=note("label {value} of sample {index} is outside the {classes} classes of the model",
                  value=value, index=str(index), classes=label.classes),
        why=note("the model has {classes} outputs, so labels go from 0 to {last}",
                 classes=label.classes, last=label.classes - 1),
        fix=note("labels from 0 to {last}, or a last layer with more outputs", last=label.classes - 1),
        where=label.site.place(),
        seen=(Seen(name="label", text=str(value)),),
    )  # fmt: skip
