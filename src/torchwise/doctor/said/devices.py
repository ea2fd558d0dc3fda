"""What PyTorch says about tensors on different devices (TW1xx)."""

from torchwise.doctor.said import Said, said
from torchwise.texts import note

ONE_DEVICE = note("an operation needs all its tensors on one device, and moves none by itself")
TWO_DEVICES = note("two tensors are on {here} and {there}", here="{here}", there="{there}")
TWO = r"at least two devices, (?P<here>[\w:]+) and (?P<there>[\w:]+)!?"
MOVE_BOTH = note("{code} for the batch, and {other} for the model", code="x = x.to(device)", other="model.to(device)")
IN_FORWARD = note("make new tensors in forward where the input is: torch.zeros(..., device=x.device)")

SAID: tuple[Said, ...] = (
    said(
        "TW102",
        TWO + r".{0,60}argument (?:target|other) in method \w*(?:nll_loss|cross_entropy|mse|l1|binary|smooth|huber|kl)",
        note("output and target are on different devices: {here} and {there}", here="{here}", there="{there}"),
        why=ONE_DEVICE,
        fix="target = target.to(output.device)",
    ),
    said(
        "TW109",
        TWO + r".{0,60}argument weight in method \w*(?:nll_loss|cross_entropy|binary)",
        note("the loss's class weights and the output are on {here} and {there}", here="{here}", there="{there}"),
        why=note("a loss with weights is a module of its own, and is moved by .to(device) like the model"),
        fix="criterion.to(device)",
    ),
    said(
        "TW106",
        TWO + r".{0,60}argument (?:index|mask) in method",
        note("an index or mask is on another device: {here} and {there}", here="{here}", there="{there}"),
        why=ONE_DEVICE,
        fix="index.to(x.device)",
    ),
    said("TW101", TWO, TWO_DEVICES, why=ONE_DEVICE, fix=MOVE_BOTH),
    said("TW104", TWO, note("a tensor may be made on the default device, within forward"), why=ONE_DEVICE, fix=IN_FORWARD),
    said(
        "TW103",
        TWO,
        note("a tensor may be a plain attribute of a module, which .to(device) doesn't move"),
        why=note("only parameters and buffers are moved with a module"),
        fix='self.register_buffer("name", tensor)',
    ),
    said(
        "TW108",
        r"Input and (?:hidden|parameter) tensors are not at the same device, found (?:input|parameter)? ?tensors? at "
        r"(?P<here>[\w:]+) and (?:hidden|parameter) tensors? at (?P<there>[\w:]+)",
        note("the input is on {here}, the hidden state or weights on {there}", here="{here}", there="{there}"),
        why=ONE_DEVICE,
        fix=note("make the hidden state where the input is: torch.zeros(..., device=x.device)"),
    ),
    said(
        "TW101",
        r"Input and parameter tensors are not at the same device, found (?:\w+ )?tensors? at (?P<here>[\w:]+)",
        note("the input is on {here}, the weights are on another device", here="{here}"),
        why=ONE_DEVICE,
        fix=MOVE_BOTH,
    ),
    said(
        "TW106",
        r"indices should be either on .{0,60}?same device as the indexed tensor(?: \((?P<there>[\w:]+)\))?",
        note("the indices are on another device than the indexed tensor ({there})", there="{there}"),
        why=note("an index may be on the CPU or where the tensor is, not on an accelerator beside a CPU tensor"),
        fix=note("{code}, or move the indexed tensor", code="index.cpu()"),
        sure=True,
    ),
    said(
        "TW106",
        r"\(\): self, index and source expected to be in the same device, but got \(self\) (?P<here>[\w:]+), "
        r"\(index\) (?P<there>[\w:]+)",
        note("the index is on {there}, the tensor is on {here}", there="{there}", here="{here}"),
        why=ONE_DEVICE,
        fix="index.to(x.device)",
    ),
    said(
        "TW106",
        r"expected (?:condition|mask|self|index).{0,60}to be on the same device|(?:mask|index).{0,30} expected to be on "
        r"the same device|masked_\w+: expected self and mask to be on same device",
        note("an index or mask tensor is on another device"),
        why=ONE_DEVICE,
        fix="mask.to(x.device)",
    ),
    said(
        "TW103",
        r"Tensor on device (?P<here>cpu) is not on the expected device (?P<there>[\w:]+)",
        TWO_DEVICES,
        why=note("only parameters and buffers are moved with a module"),
        fix='self.register_buffer("name", tensor)',
    ),
    said(
        "TW109",
        r"Tensor on device (?P<here>cpu) is not on the expected device (?P<there>[\w:]+)",
        note("a part of the model may be still on {here}", here="{here}"),
        why=note("other modules were moved; this one is separate, or was built after the move"),
        fix="module.to(device)",
    ),
    said(
        "TW101",
        r"Tensor on device (?P<here>[\w:]+) is not on the expected device (?P<there>[\w:]+)",
        TWO_DEVICES,
        why=ONE_DEVICE,
        fix=MOVE_BOTH,
    ),
    said(
        "TW105",
        r"Tensor on device (?P<here>[\w:]+) is not on the expected device (?P<there>cpu)",
        note("a tensor is still on {here}: perhaps its move is thrown away", here="{there}"),
        why=note("for a tensor .to(device) gives a new tensor and leaves the old one where it is"),
        fix="x = x.to(device)",
    ),
    said(
        "TW104",
        r"Tensor on device \S+ is not on the expected device",
        note("a tensor may be made on the default device, within forward"),
        why=ONE_DEVICE,
        fix=IN_FORWARD,
    ),
    said(
        "TW102",
        r"Tensor on device \S+ is not on the expected device",
        note("output and target may be on different devices"),
        why=ONE_DEVICE,
        fix="target = target.to(output.device)",
    ),
    said(
        "TW101",
        r"Input type \((?:torch\.)?(?P<given>cuda\.\w+|mps\.\w+|MPS\w+|CUDA\w+)\) and weight type "
        r"\((?:torch\.)?(?P<built>(?!cuda|mps|MPS|CUDA)\w+)\)",
        note("the input is on the GPU ({given}), the model on the CPU ({built})", given="{given}", built="{built}"),
        why=note("the batch was moved, the model was not"),
        fix="model.to(device)",
    ),
    said(
        "TW109",
        r"Input type \((?:torch\.)?(?P<given>cuda\.\w+|mps\.\w+|MPS\w+|CUDA\w+)\) and weight type "
        r"\((?:torch\.)?(?P<built>(?!cuda|mps|MPS|CUDA)\w+)\)",
        note("a part of the model may be still on {here}", here="cpu"),
        why=note("layers in a plain list, or built in forward, are not moved with the model"),
        fix="nn.ModuleList(...)",
    ),
    said(
        "TW101",
        r"Input type \((?:torch\.)?(?P<given>(?!cuda|mps|MPS|CUDA)\w+)\) and weight type "
        r"\((?:torch\.)?(?P<built>cuda\.\w+|mps\.\w+|MPS\w+|CUDA\w+)\)",
        note("the input is on the CPU ({given}), the model on the GPU ({built})", given="{given}", built="{built}"),
        why=note("for a tensor .to(device) gives a new tensor and leaves the old one where it is"),
        fix="x = x.to(device)",
    ),
    said(
        "TW105",
        r"Input type \((?:torch\.)?(?P<given>(?!cuda|mps|MPS|CUDA)\w+)\) and weight type "
        r"\((?:torch\.)?(?P<built>cuda\.\w+|mps\.\w+|MPS\w+|CUDA\w+)\)",
        note("a tensor is still on {here}: perhaps its move is thrown away", here="cpu"),
        why=note("for a tensor .to(device) gives a new tensor and leaves the old one where it is"),
        fix="x = x.to(device)",
    ),
    said(
        "TW101",
        r"Tensor for (?:.out.|argument #\d .\w+.) is on (?P<here>\w+),.{0,80}?but expected (?:it|them) to be on "
        r"(?P<there>\w+)|Placeholder storage has not been allocated on MPS device"
        r"|slow_conv2d_forward_mps: input\(device=.(?P<one>[\w:]+).\) and weight\(device=.(?P<other>[\w:]+)"
        r"|Passed CPU tensor to MPS op|weight should be (?:contiguous|on the same device)",
        note("the input and the model are on different devices"),
        why=ONE_DEVICE,
        fix=MOVE_BOTH,
    ),
    said(
        "TW101",
        r"Expected (?:object|tensor).{0,40}(?:device type|backend) (?P<there>\w+) but got (?:device type|backend) "
        r"(?P<here>\w+)|Expected (?:object|Variable) of type (?:Variable\[)?torch\.cuda\.\w+\]? but found type"
        r"|[Aa]rguments are located on different GPUs|tensors? (?:are|is) on different (?:GPUs|devices)"
        r"|parameters and buffers on device (?P<one>[\w:]+) .{0,60}found one of them on device:? (?P<other>[\w:]+)",
        note("the input and the model are on different devices"),
        why=ONE_DEVICE,
        fix=MOVE_BOTH,
    ),
    said(
        "TW107",
        r"can.t convert (?P<here>[\w:]+?)(?: device type)? tensor to numpy",
        note("the tensor is on {device}, and NumPy works on the memory of the CPU", device="{here}"),
        why=note("an array shares the memory of its tensor, so the tensor must be copied to the CPU first"),
        fix="x.detach().cpu().numpy()",
        sure=True,
    ),
    said(
        "TW108",
        r"(?:exp_avg|momentum_buffer|state_steps|capturable).{0,120}(?:device|CUDA)|fused.{0,40}same device"
        r"|Expected hidden.{0,40}on (?:the same )?device",
        note("the optimizer's state is on another device than the parameters"),
        why=note(
            "moments are kept on the device that the parameters had; move the model first, then build the optimizer "
            "and load its state"
        ),
        fix=note("model.to(device) before the optimizer is built"),
    ),
    said(
        "TW108",
        TWO + r".{0,60}argument (?:exp_avg|running_mean|hx|tensors)",
        note("a state is kept on another device: {here} and {there}", here="{here}", there="{there}"),
        why=ONE_DEVICE,
        fix=note("model.to(device) before the optimizer is built"),
    ),
)
