"""How PyTorch words that tensors or modules are on different devices."""

from torchwise.doctor.said import Said, said
from torchwise.texts import note

ONE = note("an operation needs all its tensors on one device, and moves none by itself")
MOVE = note("x = x.to(device) for every tensor of the batch; model.to(device) for every module")
TWO = note("tensors are on two devices, {one} and {other}", one="{one}", other="{other}")

SAID: tuple[Said, ...] = (
    said("TW107", r"can't convert (?P<one>\w+(?::\d+)?)(?: device type)? tensor to numpy",
         note("a tensor on {one} is turned into a NumPy array", one="{one}"),
         why=note("NumPy works on the memory of the CPU"), fix="x.detach().cpu().numpy()", sure=True),
    said("TW106", r"indices should be either on (?:cpu|\S+) or on the same device as the indexed tensor \(?(?P<one>\w+(?::\d+)?)?",
         note("an index or mask is on another device than the tensor it is used on ({one})", one="{one}"), why=ONE,
         fix=note("index.to(x.device)"), sure=True),
    said("TW106", r"(?:argument (?:for )?argument|argument) (?:mask|index|indices|condition)\b.*|(?:index_\w+|gather|scatter\w*|masked_\w+)\(\): "
         r".*same device|mask.*must be on the same device|wrapper_\w*(?:masked|gather|scatter|index)\w*",
         note("an index or mask is on another device than the tensor it is used on"), why=ONE, fix=note("mask.to(x.device)")),
    said("TW108", r"Input and hidden tensors are not at the same device, found input tensor at (?P<one>\S+) and hidden tensor at (?P<other>\S+)",
         note("the hidden state is on {other}, the input on {one}", one="{one}", other="{other}"),
         why=note("a state must be made on the device of the input"), fix="torch.zeros(..., device=x.device)", sure=True),
    said("TW108", r"(?:exp_avg|momentum|state_steps|fused.*params|params, grads, exp_avgs|_foreach_\w+).*(?:same device|on CUDA|devices?)",
         note("the optimizer's state and the parameters are on different devices"),
         why=note("move the model first, then build the optimizer and load its state"),
         fix=note("model.to(device) before torch.optim.Adam(model.parameters())")),
    said("TW101", r"Input and parameter tensors are not at the same device, found input tensor at (?P<one>\S+) and parameter tensor at (?P<other>\S+)",
         note("the input is on {one}, the layer's weights are on {other}", one="{one}", other="{other}"), why=ONE, fix=MOVE, sure=True),
    said("TW101", r"Input type \(torch\.(?P<one>(?:cuda\.)?\w+Tensor)\) and weight type \(torch\.(?P<other>(?:cuda\.|mps\.)?\w+Tensor)\) should be the same",
         note("the input is a {one}, the weights are a {other}", one="{one}", other="{other}"), why=ONE, fix=MOVE),
    said("TW101", r"Input type \(\w+Tensor|MPSFloatType\) and weight type .*should be the same|slow_conv2d_forward_mps",
         note("input and weights are on different devices"), why=ONE, fix=MOVE),
    said("TW109", r"argument (?:for argument )?(?:weight|pos_weight)\b.*(?:nll_loss|cross_entropy|binary_cross|native_batch|method)",
         note("the weights of a layer or a loss are on another device"), why=note("a loss with weights is moved like a module"),
         fix="criterion.to(device)"),
    said("TW102", r"argument (?:for argument )?(?:target|other)\b.*|wrapper_\w*(?:nll_loss|mse_loss|binary_cross|smooth_l1)\w*",
         note("output and target are on different devices"), why=ONE, fix=note("labels = labels.to(device)")),
    said("TW101", r"(?:Expected all tensors to be on the same device|found at least two devices),? ?(?:but (?:found|got).*?)?"
         r"(?P<one>(?:cuda|cpu|mps|xpu|meta)(?::\d+)?)(?:,? (?:and|different from other tensors on) (?P<other>(?:cuda|cpu|mps|xpu|meta)(?::\d+)?))?",
         TWO, why=ONE, fix=MOVE),
    said("TW104", r"(?:Expected all tensors to be on the same device|at least two devices|is not on the expected device)",
         note("a tensor made in forward may be on the default device, the CPU"),
         why=note("torch.zeros, torch.arange and the like make their tensor on the CPU unless device= says otherwise"),
         fix="torch.zeros(..., device=x.device)"),
    said("TW103", r"(?:Expected all tensors to be on the same device|at least two devices|is not on the expected device)",
         note("a plain tensor attribute of a module may have stayed on the CPU"),
         why=note("module.to(device) moves parameters and buffers, and no other attributes"),
         fix='self.register_buffer("mean", mean)'),
    said("TW101", r"is on (?P<one>CPU|GPU).*expected (?:them|it) to be on (?P<other>GPU|CPU)|Expected object of (?:backend|device type) (?P<b>\w+) but got"
         r"|expected type torch\.cuda|is not on the expected device|Expected tensor to have \w+ Backend|[Ee]xpected device \S+ but got"
         r"|Cannot copy out of meta tensor|Placeholder storage has not been allocated on MPS",
         note("a tensor or the model is on another device than the rest"), why=ONE, fix=MOVE),
)  # fmt: skip
