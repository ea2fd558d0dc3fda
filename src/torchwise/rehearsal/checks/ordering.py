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
from torchwise.rehearsal.lineage import origin, shape
from torchwise.rehearsal.reading.samples import is_in_order, labels_of
from torchwise.rehearsal.reading.unrolled import Deed, Program, place
from torchwise.rehearsal.reading.upstream import upstream
from torchwise.rehearsal.rehearsed import Rehearsed
from torchwise.rehearsal.watch.events import Batch, Key
from torchwise.rehearsal.watch.sites import Site
from torchwise.texts import note

FEWEST = 20  # samples by which an order is judged
OUTWEIGHED = 0.9
MADE = {"zeros", "ones", "full", "zeros_like", "ones_like", "full_like", "new_zeros", "new_ones", "new_full"}
RECURRENT = {"LSTM", "GRU", "RNN", "LSTMCell", "GRUCell", "RNNCell"}
JOINING = re.compile(
    r"DataFrame|zip|column_stack|Series|savetxt|to_csv|assign|\w+_score|classification_report|confusion_matrix"
)
TABLE = re.compile(r"DataFrame|read_\w+")
NO_ORDER = re.compile(r"name|class|model|split|args|cfg|config|epoch|seed|len\(", re.I)
JOINED = {
    "cat", "concatenate", "concat", "vstack", "hstack", "stack", "array", "asarray", "tensor", "numpy", "tolist", "cpu",
    "argmax", "squeeze", "flatten", "ravel", "reshape", "astype", "round", "int", "long", "float", "detach", "view",
    "Series", "sigmoid", "softmax", "exp",
}  # fmt: skip


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
        where = rehearsed.loader_built(key)
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
        where = rehearsed.loader_built(key)
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
            if loop in deed.around:
                continue
            sides = [_comes_from(rehearsed, deed, item, loop) for item in _sides(program, deed)]
            if True in sides and False in sides:
                made = rehearsed.loader_built(key)
                name = rehearsed.loader_name(key)
                yield rehearsed.finding(
                    "TW752", place(deed.spot),
                    note("the predictions come in the shuffled order of {name}, what stands beside them in the order "
                         "of the data", name=name),
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


def _sides(program: Program, deed: Deed) -> Iterator[ast.expr]:
    """What is put side by side: the arguments of a call, the columns of a dict, a table and its new column."""
    node = deed.node
    if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Subscript):
        table = node.targets[0].value
        if TABLE.match(call_name(program.flow.born(deed.spot.at(table, ())).node)):
            yield from (table, node.value)
        return
    if not isinstance(node, ast.Call) or not JOINING.fullmatch(deed.name):
        return
    given = [*node.args, *(keyword.value for keyword in node.keywords)]
    if deed.name == "assign" and isinstance(node.func, ast.Attribute):
        given.append(node.func.value)
    for item in given:
        if isinstance(item, ast.Dict):
            yield from item.values
        elif isinstance(item, ast.Tuple | ast.List):
            yield from item.elts
        elif not isinstance(item, ast.Constant):
            yield item


def _comes_from(rehearsed: Rehearsed, deed: Deed, item: ast.expr, loop: ast.For) -> bool | None:
    """Whether values were collected in a loop, one for each sample; None where it has no order of its own."""
    spot = deed.spot.at(item, ())
    found = upstream(rehearsed.program, spot)
    if any(_is_inside(other, loop) for other in found.spots):
        return _is_collected(rehearsed.program, spot) or None
    made = rehearsed.program.flow.born(spot)
    has_order = isinstance(made.node, ast.Call | ast.Attribute | ast.Subscript | ast.ListComp | ast.List | ast.Name)
    return False if has_order and not found.open_ends and not NO_ORDER.search(made.text) else None


def _is_collected(program: Program, spot: Spot) -> bool:
    """Whether an expression is a list that was empty at first, only joined and converted since."""
    for _ in range(12):
        spot = program.flow.born(spot)
        node = spot.node
        if isinstance(node, ast.List):
            return not node.elts
        if isinstance(node, ast.Compare | ast.BinOp):  # > 0.5
            spot = spot.at(node.left, ())
            continue
        if not isinstance(node, ast.Call) or call_name(node) not in JOINED:
            return call_name(node) == "list" and not getattr(node, "args", True)
        base = node.func.value if isinstance(node.func, ast.Attribute) else None
        is_method = base is not None and ast.unparse(base) not in ("np", "torch", "numpy")
        following = base if is_method else next(iter(node.args), None)
        if following is None:
            return False
        spot = spot.at(following, ())
    return False


def _is_inside(spot: Spot, loop: ast.For) -> bool:
    """Whether an expression stands in the body of a loop."""
    return loop in _parents(spot)


def _parents(spot: Spot) -> Iterator[ast.AST]:
    here = spot.source.parents.get(spot.node)
    while here is not None:
        yield here
        here = spot.source.parents.get(here)


def one_class_a_batch(rehearsed: Rehearsed) -> Iterator[Finding]:
    """Without a loader: each batch of the training has one class only, and not all have the same."""
    seen: list[float] = []
    losses = [loss for loss in rehearsed.losses if loss.name in ("cross_entropy", "nll_loss")]
    for loss in losses if not rehearsed.has_loaders else ():
        stats = loss.target.stats if loss.target is not None else None
        if loss.target is None or stats is None or id(loss.op) not in rehearsed.trained:
            continue
        is_class = loss.target.fact is not None and not loss.target.fact.dtype.is_floating_point
        if stats.low != stats.high or not is_class or shape(loss.target)[:1] < (8,) or origin(loss.target).name in MADE:
            return
        seen.append(stats.low)
    if len(seen) >= 3 and len(set(seen)) > 1:
        yield rehearsed.finding(
            "TW751", losses[0].site, note("each batch has samples of one class only"),
            why=note("a batch of one class teaches the model to say that class; the last ones of the epoch win"),
            fix=note("take the rows in a random order: {code} in each epoch", code="torch.randperm(len(x))"),
        )  # fmt: skip


RULES = (sorted_by_class, one_class_a_batch, shuffled_predictions, outweighed)
