"""What PyTorch says about tensors on different devices (TW1xx)."""

from torchwise.doctor.said import Said, said
from torchwise.texts import note

ONE_DEVICE = note("an operation needs all its tensors on one device, and moves none by itself")
TWO_DEVICES = note("two tensors are on {here} and {there}", here="{here}", there="{there}")
TWO = r"at\s+least\s+two\s+devices,\s+(?P<here>[\w:]+)\s+and\s+(?P<there>[\w:]+)!?"
MOVE_BOTH = note("{code} for the batch, and {other} for the model", code="x = x.to(device)", other="model.to(device)")
IN_FORWARD = note("make new tensors in forward where the input is: torch.zeros(..., device=x.device)")

SAID: tuple[Said, ...] = (
    said(
        "TW102",
        TWO + r".{0,60}argument\s+(?:target|other)\s+in\s+method\s+\w*(?:nll_loss|cross_entropy|mse|l1|binary"
        r"|smooth|huber|kl)",
        note("output and target are on different devices: {here} and {there}", here="{here}", there="{there}"),
        why=ONE_DEVICE,
        fix="target = target.to(output.device)",
    ),
    said(
        "TW109",
        TWO + r".{0,60}argument\s+weight\s+in\s+method\s+\w*(?:nll_loss|cross_entropy|binary)",
        note("the loss's class weights and the output are on {here} and {there}", here="{here}", there="{there}"),
        why=note("a loss with weights is a module of its own, and is moved by .to(device) like the model"),
        fix="criterion.to(device)",
    ),
    said(
        "TW106",
        TWO + r".{0,60}argument\s+(?:index|mask)\s+in\s+method",
        note("an index or mask is on another device: {here} and {there}", here="{here}", there="{there}"),
        why=ONE_DEVICE,
        fix="index.to(x.device)",
    ),
    said("TW101", TWO, TWO_DEVICES, why=ONE_DEVICE, fix=MOVE_BOTH),
    said(
        "TW104", TWO, note("a tensor may be made on the default device, within forward"), why=ONE_DEVICE, fix=IN_FORWARD
    ),
    said(
        "TW103",
        TWO,
        note("a tensor may be a plain attribute of a module, which .to(device) doesn't move"),
        why=note("only parameters and buffers are moved with a module"),
        fix='self.register_buffer("name", tensor)',
    ),
    said(
        "TW108",
        r"Input\s+and\s+(?:hidden|parameter)\s+tensors\s+are\s+not\s+at\s+the\s+same\s+device,\s+found\s+(?:input"
        r"|parameter)?\s*tensors?\s+at\s+"
        r"(?P<here>[\w:]+)\s+and\s+(?:hidden|parameter)\s+tensors?\s+at\s+(?P<there>[\w:]+)",
        note("the input is on {here}, the hidden state or weights on {there}", here="{here}", there="{there}"),
        why=ONE_DEVICE,
        fix=note("make the hidden state where the input is: torch.zeros(..., device=x.device)"),
    ),
    said(
        "TW101",
        r"Input\s+and\s+parameter\s+tensors\s+are\s+not\s+at\s+the\s+same\s+device,\s+found\s+(?:\w+\s+)?tensors?"
        r"\s+at\s+(?P<here>[\w:]+)",
        note("the input is on {here}, the weights are on another device", here="{here}"),
        why=ONE_DEVICE,
        fix=MOVE_BOTH,
    ),
    said(
        "TW106",
        r"indices\s+should\s+be\s+either\s+on\s+.{0,60}?same\s+device\s+as\s+the\s+indexed\s+tensor(?:"
        r"\s+\((?P<there>[\w:]+)\))?",
        note("the indices are on another device than the indexed tensor ({there})", there="{there}"),
        why=note("an index may be on the CPU or where the tensor is, not on an accelerator beside a CPU tensor"),
        fix=note("{code}, or move the indexed tensor", code="index.cpu()"),
        sure=True,
    ),
    said(
        "TW106",
        r"\(\):\s+self,\s+index\s+and\s+source\s+expected\s+to\s+be\s+in\s+the\s+same\s+device,\s+but\s+got"
        r"\s+\(self\)\s+(?P<here>[\w:]+),\s+"
        r"\(index\)\s+(?P<there>[\w:]+)",
        note("the index is on {there}, the tensor is on {here}", there="{there}", here="{here}"),
        why=ONE_DEVICE,
        fix="index.to(x.device)",
    ),
    said(
        "TW106",
        r"expected\s+(?:condition|mask|self|index).{0,60}to\s+be\s+on\s+the\s+same\s+device|(?:mask|index).{0,30}"
        r"\s+expected\s+to\s+be\s+on\s+"
        r"the\s+same\s+device|masked_\w+:\s+expected\s+self\s+and\s+mask\s+to\s+be\s+on\s+same\s+device",
        note("an index or mask tensor is on another device"),
        why=ONE_DEVICE,
        fix="mask.to(x.device)",
    ),
    said(
        "TW103",
        r"Tensor\s+on\s+device\s+(?P<here>cpu)\s+is\s+not\s+on\s+the\s+expected\s+device\s+(?P<there>[\w:]+)",
        TWO_DEVICES,
        why=note("only parameters and buffers are moved with a module"),
        fix='self.register_buffer("name", tensor)',
    ),
    said(
        "TW109",
        r"Tensor\s+on\s+device\s+(?P<here>cpu)\s+is\s+not\s+on\s+the\s+expected\s+device\s+(?P<there>[\w:]+)",
        note("a part of the model may be still on {here}", here="{here}"),
        why=note("other modules were moved; this one is separate, or was built after the move"),
        fix="module.to(device)",
    ),
    said(
        "TW101",
        r"Tensor\s+on\s+device\s+(?P<here>[\w:]+)\s+is\s+not\s+on\s+the\s+expected\s+device\s+(?P<there>[\w:]+)",
        TWO_DEVICES,
        why=ONE_DEVICE,
        fix=MOVE_BOTH,
    ),
    said(
        "TW105",
        r"Tensor\s+on\s+device\s+(?P<here>[\w:]+)\s+is\s+not\s+on\s+the\s+expected\s+device\s+(?P<there>cpu)",
        note("a tensor is still on {here}: perhaps its move is thrown away", here="{there}"),
        why=note("for a tensor .to(device) gives a new tensor and leaves the old one where it is"),
        fix="x = x.to(device)",
    ),
    said(
        "TW104",
        r"Tensor\s+on\s+device\s+\S+\s+is\s+not\s+on\s+the\s+expected\s+device",
        note("a tensor may be made on the default device, within forward"),
        why=ONE_DEVICE,
        fix=IN_FORWARD,
    ),
    said(
        "TW102",
        r"Tensor\s+on\s+device\s+\S+\s+is\s+not\s+on\s+the\s+expected\s+device",
        note("output and target may be on different devices"),
        why=ONE_DEVICE,
        fix="target = target.to(output.device)",
    ),
    said(
        "TW101",
        r"Input\s+type\s+\((?:torch\.)?(?P<given>cuda\.\w+|mps\.\w+|MPS\w+|CUDA\w+)\)\s+and\s+weight\s+type\s+"
        r"\((?:torch\.)?(?P<built>(?!cuda|mps|MPS|CUDA)\w+)\)",
        note("the input is on the GPU ({given}), the model on the CPU ({built})", given="{given}", built="{built}"),
        why=note("the batch was moved, the model was not"),
        fix="model.to(device)",
    ),
    said(
        "TW109",
        r"Input\s+type\s+\((?:torch\.)?(?P<given>cuda\.\w+|mps\.\w+|MPS\w+|CUDA\w+)\)\s+and\s+weight\s+type\s+"
        r"\((?:torch\.)?(?P<built>(?!cuda|mps|MPS|CUDA)\w+)\)",
        note("a part of the model may be still on {here}", here="cpu"),
        why=note("layers in a plain list, or built in forward, are not moved with the model"),
        fix="nn.ModuleList(...)",
    ),
    said(
        "TW101",
        r"Input\s+type\s+\((?:torch\.)?(?P<given>(?!cuda|mps|MPS|CUDA)\w+)\)\s+and\s+weight\s+type\s+"
        r"\((?:torch\.)?(?P<built>cuda\.\w+|mps\.\w+|MPS\w+|CUDA\w+)\)",
        note("the input is on the CPU ({given}), the model on the GPU ({built})", given="{given}", built="{built}"),
        why=note("for a tensor .to(device) gives a new tensor and leaves the old one where it is"),
        fix="x = x.to(device)",
    ),
    said(
        "TW105",
        r"Input\s+type\s+\((?:torch\.)?(?P<given>(?!cuda|mps|MPS|CUDA)\w+)\)\s+and\s+weight\s+type\s+"
        r"\((?:torch\.)?(?P<built>cuda\.\w+|mps\.\w+|MPS\w+|CUDA\w+)\)",
        note("a tensor is still on {here}: perhaps its move is thrown away", here="cpu"),
        why=note("for a tensor .to(device) gives a new tensor and leaves the old one where it is"),
        fix="x = x.to(device)",
    ),
    said(
        "TW101",
        r"Tensor\s+for\s+(?:.out.|argument\s+#\d\s+.\w+.)\s+is\s+on\s+(?P<here>\w+),.{0,80}?but\s+expected\s+(?:it"
        r"|them)\s+to\s+be\s+on\s+"
        r"(?P<there>\w+)|Placeholder\s+storage\s+has\s+not\s+been\s+allocated\s+on\s+MPS\s+device"
        r"|slow_conv2d_forward_mps:\s+input\(device=.(?P<one>[\w:]+).\)\s+and\s+weight\(device=.(?P<other>[\w:]+)"
        r"|Passed\s+CPU\s+tensor\s+to\s+MPS\s+op|weight\s+should\s+be\s+(?:contiguous|on\s+the\s+same\s+device)",
        note("the input and the model are on different devices"),
        why=ONE_DEVICE,
        fix=MOVE_BOTH,
    ),
    said(
        "TW101",
        r"Expected\s+(?:object|tensor).{0,40}(?:device\s+type|backend)\s+(?P<there>\w+)\s+but\s+got\s+(?:device"
        r"\s+type|backend)\s+"
        r"(?P<here>\w+)|Expected\s+(?:object|Variable)\s+of\s+type\s+(?:Variable\[)?torch\.cuda\.\w+\]?\s+but\s+found"
        r"\s+type"
        r"|[Aa]rguments\s+are\s+located\s+on\s+different\s+GPUs|tensors?\s+(?:are|is)\s+on\s+different\s+(?:GPUs"
        r"|devices)"
        r"|parameters\s+and\s+buffers\s+on\s+device\s+(?P<one>[\w:]+)\s+.{0,60}found\s+one\s+of\s+them\s+on"
        r"\s+device:?\s+(?P<other>[\w:]+)",
        note("the input and the model are on different devices"),
        why=ONE_DEVICE,
        fix=MOVE_BOTH,
    ),
    said(
        "TW107",
        r"can.t\s+convert\s+(?P<here>[\w:]+?)(?:\s+device\s+type)?\s+tensor\s+to\s+numpy",
        note("the tensor is on {device}, and NumPy works on the memory of the CPU", device="{here}"),
        why=note("an array shares the memory of its tensor, so the tensor must be copied to the CPU first"),
        fix="x.detach().cpu().numpy()",
        sure=True,
    ),
    said(
        "TW108",
        r"(?:exp_avg|momentum_buffer|state_steps|capturable).{0,120}(?:device|CUDA)|fused.{0,40}same\s+device"
        r"|Expected\s+hidden.{0,40}on\s+(?:the\s+same\s+)?device",
        note("the optimizer's state is on another device than the parameters"),
        why=note(
            "moments are kept on the device that the parameters had; move the model first, then build the optimizer "
            "and load its state"
        ),
        fix=note("model.to(device) before the optimizer is built"),
    ),
    said(
        "TW108",
        TWO + r".{0,60}argument\s+(?:exp_avg|running_mean|hx|tensors)",
        note("a state is kept on another device: {here} and {there}", here="{here}", there="{there}"),
        why=ONE_DEVICE,
        fix=note("model.to(device) before the optimizer is built"),
    ),
)
