"""Losses that are given something else than they expect: another shape, probabilities, values out of reach."""

from collections.abc import Iterator

from torchwise.finding import Finding
from torchwise.rehearsal.checks.words import number, seen
from torchwise.rehearsal.lineage import column_born, has_grad, lineage, origin, shape, uses_weights
from torchwise.rehearsal.rehearsed import Rehearsed
from torchwise.rehearsal.watch.events import Op
from torchwise.texts import note

ELEMENTWISE = {"mse_loss", "l1_loss", "smooth_l1_loss", "huber_loss", "poisson_nll_loss", "soft_margin_loss"}
OWN_ACTIVATION = {"cross_entropy": "softmax", "binary_cross_entropy_with_logits": "sigmoid"}
RANGES = {"relu": (0.0, None), "sigmoid": (0.0, 1.0), "tanh": (-1.0, 1.0), "softmax": (0.0, 1.0)}
CALLED = {
    "cross_entropy": "cross_entropy / CrossEntropyLoss", "nll_loss": "nll_loss / NLLLoss",
    "kl_div": "kl_div / KLDivLoss",
    "binary_cross_entropy_with_logits": "binary_cross_entropy_with_logits / BCEWithLogitsLoss",
}  # fmt: skip


def crossed(one: tuple[int, ...], other: tuple[int, ...]) -> bool:
    """Whether (B,) meets (B, 1): each value is combined with all those of the other."""
    flat, column = sorted((one, other), key=len)
    return len(flat) == 1 and len(column) == 2 and column[1] == 1 and column[0] == flat[0] and flat[0] > 1


def broadcast_loss(rehearsed: Rehearsed) -> Iterator[Finding]:
    """(B, 1) against (B,): in torch's losses, and in hand-written ones."""
    for loss in rehearsed.losses:
        if loss.name in ELEMENTWISE and loss.target is not None and crossed(shape(loss.output), shape(loss.target)):
            yield _broadcast(rehearsed, loss.op, loss.output, loss.target)
    for op in rehearsed.record.ops:
        if op.name != "sub" or len(op.inputs) != 2 or op.module is not None or not has_grad(op):
            continue
        one, other = op.inputs
        output, target = (one, other) if has_grad(one) else (other, one)
        if crossed(shape(one), shape(other)) and not has_grad(target) and not shares(output, target):
            yield _broadcast(rehearsed, op, output, target)


def shares(one: Op, other: Op) -> bool:
    """Whether both come from the same values: then all pairs are meant."""
    return id(origin(one)) in {id(found) for found in lineage(other)}


def _broadcast(rehearsed: Rehearsed, op: Op, output: Op, target: Op) -> Finding:
    rows = shape(output)[0]
    fix = "squeeze(1)" if len(shape(output)) == 2 else "unsqueeze(1)"
    born = column_born(target) if len(shape(target)) == 2 else None
    return rehearsed.finding(
        "TW202", op.site,
        note("the loss compares {output} with {target}, which broadcasts to {result}", output=shape(output),
             target=shape(target), result=(rows, rows)),
        why=note("each output is compared with the targets of all {rows} samples, so that the model learns only their "
                 "mean", rows=rows),
        fix=note("give the output the shape of the target: output.{fix}", fix=fix) if born is None
        else note("leave out the last dimension of the targets: .squeeze(1)"),
        mend=born.site if born is not None else None,
        seen=(*seen("output", output), *seen("target", target)),
    )  # fmt: skip


def activation_twice(rehearsed: Rehearsed) -> Iterator[Finding]:
    """A softmax or sigmoid before a loss that applies it itself, or before another softmax."""
    for loss in rehearsed.losses:
        source = _clamped(loss.output)
        if loss.name in OWN_ACTIVATION and source.name in ("softmax", "sigmoid"):
            yield _twice(rehearsed, source, CALLED[loss.name], OWN_ACTIVATION[loss.name], loss.op)
    for op in rehearsed.record.ops:
        given = op.args[0] if op.name in ("softmax", "log_softmax") and op.args else None
        if isinstance(given, Op) and (source := _clamped(given)).name in ("softmax", "sigmoid") and has_grad(op):
            yield _twice(rehearsed, source, op.name, op.name, op)


def _clamped(op: Op) -> Op:
    """The operation that computed the values, also where they were only clamped."""
    op = origin(op)
    while op.name in ("clamp", "clip", "clamp_min") and isinstance(op.args[0], Op):
        op = origin(op.args[0])
    return op


def _twice(rehearsed: Rehearsed, source: Op, loss: str, own: str, at: Op) -> Finding:
    place = rehearsed.choice_of(source)
    return rehearsed.finding(
        "TW710", at.site,
        note("{loss} gets the output of a {activation}, and applies {own} itself", loss=loss, activation=source.name,
             own=own),
        why=note("between 0 and 1 the values are nearly alike, so that the gradients are small and the model never "
                 "becomes sure"),
        fix=note("leave {activation} out of the model; apply it only where probabilities are to be shown",
                 activation=source.name),
        mend=place, seen=seen("output", source),
    )  # fmt: skip


def not_log_probabilities(rehearsed: Rehearsed) -> Iterator[Finding]:
    """NLL and KL divergence with inputs that are no log-probabilities, or KL targets that are."""
    for loss in rehearsed.losses:
        source = origin(loss.output)
        is_wrong = source.name in ("softmax", "sigmoid", "linear", "conv2d", "relu")
        if loss.name in ("nll_loss", "kl_div") and is_wrong and loss.output.stats is not None:
            if loss.output.stats.high <= 1e-4:
                continue
            deed = "torch.log_softmax(logits, dim=1)"
            yield rehearsed.finding(
                "TW712", loss.site,
                note("{loss} expects log-probabilities and gets the output of {source}, {low} to {high}",
                     loss=CALLED[loss.name], source=source.name, low=number(loss.output.stats.low),
                     high=number(loss.output.stats.high)),
                why=note("a log-probability is never above 0; the loss computed from these values has no lower bound "
                         "or no meaning"),
                fix=note("{deed}; or cross_entropy with the logits", deed=deed) if loss.name == "nll_loss" else deed,
                mend=rehearsed.choice_of(source) if source.name in ("softmax", "sigmoid") else loss.site,
                seen=seen("input", loss.output),
            )  # fmt: skip
        elif loss.name == "kl_div" and loss.target is not None and not loss.op.given(5, "log_target", False):
            if origin(loss.target).name == "log_softmax":
                yield rehearsed.finding(
                    "TW712", loss.site,
                    note("{loss} expects probabilities as its target and gets log-probabilities",
                         loss=CALLED["kl_div"]),
                    why=note("with log_target=False the logarithm of the target is taken once more"),
                    fix="log_target=True", seen=seen("target", loss.target),
                )  # fmt: skip


def wrong_softmax_dim(rehearsed: Rehearsed) -> Iterator[Finding]:
    """A softmax over the batch, or over the queries of an attention, where the classes or the keys are meant."""
    for loss in rehearsed.losses:
        source = origin(loss.output)
        if (
            loss.name in ("nll_loss", "kl_div")
            and source.name in ("softmax", "log_softmax")
            and softmax_dim(source) == 0
        ):
            if len(shape(source)) == 2 and shape(source)[0] > 1:
                yield wrong_dim(rehearsed, source, 1, note("the classes"))
    for op in rehearsed.record.ops:
        if op.name != "softmax" or len(shape(op)) < 2:
            continue
        rank = len(shape(op))
        for user in rehearsed.users.get(id(op), ()):
            if user.name == "dropout":
                user = next(iter(rehearsed.users.get(id(user), ())), user)
            if user.name in ("matmul", "bmm") and rank > 2 and softmax_dim(op) != rank - 1:
                if isinstance(user.args[0], Op) and origin(_undropped(user.args[0])) is op:
                    yield wrong_dim(rehearsed, op, -1, note("the keys"))
            if user.name in ("argmax", "max", "topk") and rank == 2 and softmax_dim(op) == 0 and shape(op)[0] > 1:
                if user.given(1, "dim") in (1, -1) and uses_weights(op):
                    yield wrong_dim(rehearsed, op, 1, note("the classes"))


def _undropped(op: Op) -> Op:
    return op.args[0] if op.name == "dropout" and isinstance(op.args[0], Op) else op


def softmax_dim(op: Op) -> int:
    """The dimension of a softmax, counted from the front; the implicit one where none is given."""
    rank = len(shape(op))
    dim = op.given(1, "dim")
    if not isinstance(dim, int):
        return 0 if rank in (0, 1, 3) else 1
    return dim % rank


def wrong_dim(rehearsed: Rehearsed, op: Op, right: int, meant: object) -> Finding:
    """A softmax that goes over another dimension than the one that is meant."""
    return rehearsed.finding(
        "TW711", op.site,
        note("{name} over dimension {dim} of {shape}: its sums over {meant}, dimension {right}, are not 1",
             name=op.name,
             dim=softmax_dim(op), shape=shape(op), meant=meant, right=right),
        why=note("each column sums to 1 over what stands in dimension {dim}: samples or positions compete that have "
                 "nothing to do with each other", dim=softmax_dim(op)),
        fix=f"dim={right}", mend=rehearsed.place_of(op), seen=seen(op.name, op),
    )  # fmt: skip


def out_of_reach(rehearsed: Rehearsed) -> Iterator[Finding]:
    """Targets that the activation at the end of the model can never give."""
    pairs: list[tuple[Op, Op, Op | None]] = [
        (loss.op, loss.output, loss.target) for loss in rehearsed.losses if loss.name in ELEMENTWISE
    ]
    for op in rehearsed.record.ops:
        if op.name == "sub" and len(op.inputs) == 2 and op.module is None and has_grad(op):
            one, other = op.inputs if has_grad(op.inputs[0]) else op.inputs[::-1]
            pairs.append((op, one, origin(other)))
    for at, output, target in pairs:
        source = origin(output)
        stats = None if target is None else target.stats or origin(target).stats
        if source.name not in RANGES or stats is None or target is None or uses_weights(target):
            continue
        low, high = RANGES[source.name]
        margin = 0.02 * (stats.high - stats.low)
        if stats.low < (low or 0.0) - margin - 1e-6 or (high is not None and stats.high > high + margin + 1e-6):
            yield rehearsed.finding(
                "TW737", at.site,
                note("the model ends in {activation}, and the targets run from {low} to {high}", activation=source.name,
                     low=number(stats.low), high=number(stats.high)),
                why=note("{activation} never gives such values, however long it is trained", activation=source.name),
                fix=note("leave {activation} out after the last layer", activation=source.name),
                mend=rehearsed.choice_of(source), seen=(*seen("output", source), *seen("target", target)),
            )  # fmt: skip


def cut_logits(rehearsed: Rehearsed) -> Iterator[Finding]:
    """A ReLU on the logits: no logit can become negative."""
    for loss in rehearsed.losses:
        source = origin(loss.output)
        if loss.name in OWN_ACTIVATION and source.name == "relu":
            yield rehearsed.finding(
                "TW737", loss.site, note("{loss} gets logits that a relu has cut at 0", loss=CALLED[loss.name]),
                why=note("no logit can become negative, and where all are 0 nothing is learned"),
                fix=note("leave {activation} out after the last layer", activation="relu"),
                mend=rehearsed.choice_of(source), seen=seen("output", source),
            )  # fmt: skip


def crossed_metric(rehearsed: Rehearsed) -> Iterator[Finding]:
    """(predicted == labels) of (B, 1) and (B,): an accuracy that counts all pairs."""
    for op in rehearsed.record.ops:
        if op.name != "eq" or len(op.inputs) != 2 or not crossed(shape(op.inputs[0]), shape(op.inputs[1])):
            continue
        one, other = op.inputs
        if uses_weights(one) != uses_weights(other):
            rows = shape(one)[0]
            yield rehearsed.finding(
                "TW739", op.site,
                note("{one} == {other} compares all pairs, {result}", one=shape(one), other=shape(other),
                     result=(rows, rows)),
                why=note("their sum counts up to {rows} hits for each sample: an accuracy above 1, or a wrong one",
                         rows=rows),
                fix="squeeze(1)", seen=(*seen("predicted", one), *seen("labels", other)),
            )  # fmt: skip


RULES = (
    broadcast_loss, activation_twice, not_log_probabilities, wrong_softmax_dim, out_of_reach, cut_logits,
    crossed_metric,
)  # fmt: skip
