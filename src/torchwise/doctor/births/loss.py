"""The loss that a failure is about: its output and target, their expressions, and the module or function it is."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from torchwise.doctor.case import Case
from torchwise.doctor.frames import Frame
from torchwise.doctor.spots import Spot
from torchwise.doctor.syntax import call_name, keyword_of, operands_of
from torchwise.doctor.tracing.operands import sizes_of

CLASSES = {"cross_entropy", "nll_loss"}
BINARY = {"binary_cross_entropy", "binary_cross_entropy_with_logits", "multilabel_soft_margin_loss", "soft_margin_loss"}
ALIKE = BINARY | {
    "mse_loss", "l1_loss", "smooth_l1_loss", "huber_loss", "kl_div", "poisson_nll_loss", "gaussian_nll_loss",
}  # fmt: skip
OTHER = {"triplet_margin_loss", "cosine_embedding_loss", "margin_ranking_loss", "hinge_embedding_loss",
         "multi_margin_loss", "multilabel_margin_loss", "ctc_loss", "triplet_margin_with_distance_loss"}  # fmt: skip
LOSSES = CLASSES | ALIKE | OTHER
OF_MODULES = {
    "CrossEntropyLoss": "cross_entropy", "NLLLoss": "nll_loss", "BCELoss": "binary_cross_entropy",
    "BCEWithLogitsLoss": "binary_cross_entropy_with_logits", "MSELoss": "mse_loss", "L1Loss": "l1_loss",
    "SmoothL1Loss": "smooth_l1_loss", "HuberLoss": "huber_loss", "KLDivLoss": "kl_div",
    "PoissonNLLLoss": "poisson_nll_loss", "GaussianNLLLoss": "gaussian_nll_loss",
    "SoftMarginLoss": "soft_margin_loss", "MultiLabelSoftMarginLoss": "multilabel_soft_margin_loss",
}  # fmt: skip
OUTPUTS = ("input", "x1", "input1", "anchor", "log_probs")
TARGETS = ("target", "targets")


@dataclass(frozen=True, eq=False)
class Loss:
    """One call of a loss. name: as the function of torch.nn.functional; module: the nn loss, if it is one."""

    name: str
    output: Tensor
    target: Tensor
    call: Spot
    output_spot: Spot
    target_spot: Spot
    module: nn.Module | None = None
    frame: Frame | None = None

    @property
    def classes(self) -> int:
        """The number of classes in the output, (N, C, ...) or (C,)."""
        return self.output.shape[1 if self.output.dim() > 1 else 0]

    def given(self, name: str) -> object:
        """Another argument of the loss: weight, pos_weight, ignore_index."""
        if self.frame is not None and name in self.frame.locals:
            return self.frame.locals[name]
        return getattr(self.module, name, None)


def loss_of(case: Case) -> Loss | None:
    """The loss whose call failed."""
    frame = next((f for f in case.inner if f.function in LOSSES and f.file.endswith("functional.py")), None)
    operation = case.operation
    if frame is None or operation is None or not isinstance(operation.node, ast.Call) or case.frame is None:
        return None
    output = next((frame.locals[name] for name in OUTPUTS if name in frame.locals), None)
    target = next((frame.locals[name] for name in TARGETS if name in frame.locals), None)
    if not isinstance(output, Tensor) or not isinstance(target, Tensor):
        return None
    module = next((f.locals.get("self") for f in case.inner if f.function == "forward"), None)
    return _made(case, case.spot(operation.node), frame.function, output, target,
                 module if isinstance(module, nn.Module) else None, frame)  # fmt: skip


def loss_at_backward(case: Case) -> Loss | None:
    """The loss that a failing `loss.backward()` began with."""
    operation = case.operation
    if operation is None or case.frame is None or call_name(operation.node) != "backward":
        return None
    assert isinstance(operation.node, ast.Call), "it has a name"
    if not isinstance(operation.node.func, ast.Attribute):
        return None
    return next(losses_in(case, case.spot(operation.node.func.value)), None)


def losses_in(case: Case, spot: Spot, depth: int = 0) -> Iterator[Loss]:
    """The losses that a value was computed from."""
    made = case.flow.born(spot)
    node = made.node
    if depth > 6 or not isinstance(node, ast.Call | ast.BinOp | ast.UnaryOp | ast.Subscript):
        return
    if isinstance(node, ast.Call) and (found := _loss_call(case, made)) is not None:
        yield found
        return
    for operand in operands_of(node):
        yield from losses_in(case, made.at(operand, ()), depth + 1)


def _loss_call(case: Case, made: Spot) -> Loss | None:
    """A call of a loss whose operands can still be had."""
    node = made.node
    assert isinstance(node, ast.Call), "asked for calls"
    module = case.flow.held(made.at(node.func, ()))
    name = OF_MODULES.get(type(module).__name__, "") or (call_name(node) if call_name(node) in LOSSES else "")
    first, second = _arguments(node)
    if not name or first is None or second is None:
        return None
    values = [sizes_of(case).value(made.at(item, ())) for item in (first, second)]
    output, target = values
    if not isinstance(target, Tensor):
        return None
    if not isinstance(output, Tensor):
        output = target.new_empty(0, dtype=torch.float32)
    return _made(case, made, name, output, target, module if isinstance(module, nn.Module) else None, None)


def _arguments(node: ast.Call) -> tuple[ast.expr | None, ast.expr | None]:
    """The expressions of output and target."""
    plain = [item for item in node.args if not isinstance(item, ast.Starred)]
    outputs = [keyword_of(node, name) for name in OUTPUTS]
    targets = [keyword_of(node, name) for name in TARGETS]
    first = next((item for item in (*plain[:1], *outputs) if item is not None), None)
    second = next((item for item in (*plain[1:2], *targets) if item is not None), None)
    return first, second


def _made(
    case: Case, call: Spot, name: str, output: Tensor, target: Tensor, module: nn.Module | None, frame: Frame | None
) -> Loss | None:
    """A Loss, if both expressions are there."""
    assert isinstance(call.node, ast.Call), "a loss is called"
    first, second = _arguments(call.node)
    if first is None or second is None:
        return None
    return Loss(name, output, target, call, call.at(first, ()), call.at(second, ()), module, frame)
