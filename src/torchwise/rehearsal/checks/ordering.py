"""The order and the mixture of the samples: train data sorted by class, one class above all, shuffled predictions."""

import ast
import itertools
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

from torchwise.doctor.spots import Spot
from torchwise.doctor.syntax import call_name
from torchwise.finding import Finding
from torchwise.rehearsal.reading.samples import is_in_order, labels_of
from torchwise.rehearsal.reading.unrolled import Deed, place
from torchwise.rehearsal.reading.upstream import upstream
from torchwise.rehearsal.rehearsed import Rehearsed
from torchwise.rehearsal.watch.events import Batch, Key
from torchwise.rehearsal.watch.sites import Site
from torchwise.texts import note

FEWEST = 20  # samples by which an order is judged
OUTWEIGHED = 0.9
RECURRENT = {"LSTM", "GRU", "RNN", "LSTMCell", "GRUCell", "RNNCell"}
JOINING = re.compile(
    r"DataFrame|zip|column_stack|Series|savetxt|to_csv|assign|\w+_score|classification_report|confusion_matrix"
)


def _train_loaders(rehearsed: Rehearsed) -> Iterator[tuple[Key, Any]]:
    """The loaders that are trained on, with their numbers."""
    for key in dict.fromkeys(key for key, _ in sorted(rehearsed.training_passes)):
        loader = rehearsed.record.loader_info[key].held
        if loader is not None:
            yield key, loader


def sorted_by_class(rehearsed: Rehearsed) -> Iterator[Finding]:
    """The train data stands in the order of its classes, and is not shuffled."""
    for key, loader in _train_loaders(rehearsed):
        info = rehearsed.record.loader_info[key]
        if not is_in_order(loader) or (info.num_batches or 0) < 2:
            continue
        labels = labels_of(loader.dataset)
        blocks = 1 + sum(one != other for one, other in itertools.pairwise(labels))
        num_classes = len(set(labels))
        where = rehearsed.record.built.get(("loader", key))
        if where is None or len(labels) < FEWEST or num_classes < 2 or num_classes > len(labels) / 4:
            continue
        if blocks == num_classes:
            yield rehearsed.finding(
                "TW751", where,
                note("the {count} train samples come sorted by their class, in the same order in every epoch",
                     count=len(labels)),
                why=note("a batch of one class teaches the model to say that class; the last ones of the epoch win"),
                fix="shuffle=True",
            )  # fmt: skip
        elif not any(info.kind in RECURRENT for info in rehearsed.record.module_info.values()):
            yield rehearsed.finding(
                "TW751", where, note("the train samples come in the same order in every epoch"),
                why=note("the batches are always the same ones, and neighbours that are alike stay together"),
                fix="shuffle=True", sure=False,
            )  # fmt: skip


def outweighed(rehearsed: Rehearsed) -> Iterator[Finding]:
    """Nearly all train samples are of one class, and nothing is weighted."""
    text = "\n".join(line for source in rehearsed.program.sources for line in source.lines)
    if re.search(r"weight\s*=|pos_weight|WeightedRandomSampler|[Ff]ocal|class_weight|[Bb]alanced", text):
        return
    for key, loader in _train_loaders(rehearsed):
        labels = labels_of(loader.dataset)
        where = rehearsed.record.built.get(("loader", key))
        most, count = Counter(labels).most_common(1)[0] if labels else (0, 0)
        if where is not None and len(labels) >= 100 and OUTWEIGHED < count / len(labels) < 1:
            share = f"{count / len(labels):.0%}"
            yield rehearsed.finding(
                "TW761", where, note("{share} of the train samples are of class {label}", share=share, label=most),
                why=note("a model that always says {label} is right in {share} of the cases and has learned nothing",
                         label=most, share=share),
                fix=note("look at the recall of each class; weight=... in the loss, or WeightedRandomSampler"),
                sure=False,
            )  # fmt: skip


def shuffled_predictions(rehearsed: Rehearsed) -> Iterator[Finding]:
    """Predictions in a shuffled order are put beside ids or labels in the order of the file."""
    program = rehearsed.program
    for key, site in _shuffled_evaluations(rehearsed):
        loop = next((node for node in _loops(rehearsed, site) if node.lineno == site.line), None)
        if loop is None:
            continue
        for deed in program.deeds:
            if loop not in deed.around and JOINING.fullmatch(deed.name) and isinstance(deed.node, ast.Call):
                sides = [_comes_from(rehearsed, deed, item, loop) for item in _sides(deed.node)]
                if True in sides and False in sides:
                    made = rehearsed.record.built.get(("loader", key))
                    name = rehearsed.loader_name(key)
                    yield rehearsed.finding(
                        "TW752", place(deed.spot),
                        note("the predictions come in the shuffled order of {name}, what stands beside them in the "
                             "order of the data", name=name),
                        why=note("each prediction is put down for another sample"), fix="shuffle=False", mend=made,
                    )  # fmt: skip
                    break


def _shuffled_evaluations(rehearsed: Rehearsed) -> Iterator[tuple[Key, Site]]:
    """The passes over shuffling loaders in which nothing is learned: loader and the line of the loop."""
    told: set[Key] = set()
    for batch in rehearsed.record.of(Batch):
        loader = rehearsed.record.loader_info[batch.loader].held
        is_random = type(getattr(loader, "sampler", None)).__name__ == "RandomSampler"
        if is_random and batch.loader not in told and (batch.loader, batch.turn) not in rehearsed.training_passes:
            told.add(batch.loader)
            yield batch.loader, batch.site


def _loops(rehearsed: Rehearsed, site: Site) -> Iterator[ast.For]:
    """The `for` loops of a file."""
    for node in ast.walk(site.source.tree) if site.source is not None else ():
        if isinstance(node, ast.For):
            yield node


def _sides(call: ast.Call) -> Iterator[ast.expr]:
    """What a call puts side by side: its arguments, the columns of a dict, the items of a tuple."""
    given = [*call.args, *(keyword.value for keyword in call.keywords)]
    if call_name(call) == "assign" and isinstance(call.func, ast.Attribute):
        given.append(call.func.value)
    for item in given:
        if isinstance(item, ast.Dict):
            yield from item.values
        elif isinstance(item, ast.Tuple | ast.List):
            yield from item.elts
        elif not isinstance(item, ast.Constant):
            yield item


def _comes_from(rehearsed: Rehearsed, deed: Deed, item: ast.expr, loop: ast.For) -> bool | None:
    """Whether a value was collected in a loop; None where it has no order of its own."""
    if isinstance(item, ast.Constant | ast.JoinedStr):
        return None
    found = upstream(rehearsed.program, deed.spot.at(item, ()))
    if any(_is_inside(spot, loop) for spot in found.spots):
        return True
    return None if found.open_ends or len(found.spots) < 2 else False


def _is_inside(spot: Spot, loop: ast.For) -> bool:
    """Whether an expression stands in the body of a loop."""
    return loop in _parents(spot)


def _parents(spot: Spot) -> Iterator[ast.AST]:
    here = spot.source.parents.get(spot.node)
    while here is not None:
        yield here
        here = spot.source.parents.get(here)


RULES = (sorted_by_class, shuffled_predictions, outweighed)
