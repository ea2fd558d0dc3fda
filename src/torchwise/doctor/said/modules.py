"""What PyTorch and Python say about modules and optimizers that are built wrongly (TW001 to TW010, TW016)."""

from torchwise.doctor.said import Said, said
from torchwise.texts import note

SUPER_FIRST = note("nn.Module.__init__ makes the tables of layers and parameters, so it comes first")
NO_RETURN = note("a function that ends without return gives None")
TAKE_THE_TENSOR = note("pass on the part of it that is the tensor")
PARAMETERS = "model.parameters()"

SAID: tuple[Said, ...] = (
    said(
        "TW001",
        r"cannot\s+assign\s+(?:module|parameters?|buffers?)\s+before\s+Module\.?__init__\(\)\s+call",
        note("a layer is assigned before nn.Module is initialised: super().__init__() is missing"),
        why=SUPER_FIRST,
        fix=note("{code} as the first line of __init__", code="super().__init__()"),
        sure=True,
    ),
    said(
        "TW001",
        r"has\s+no\s+attribute\s+._(?:modules|parameters|buffers|backward_hooks|forward_hooks|forward_pre_hooks)\b",
        note("a module is used before nn.Module is initialised: super().__init__() is missing"),
        why=SUPER_FIRST,
        fix=note("{code} as the first line of __init__", code="super().__init__()"),
    ),
    said(
        "TW002",
        r".tuple.\s+object\s+is\s+not\s+callable",
        note("a tuple is called like a layer: a comma stands behind the line that assigns it"),
        why=note("in Python a = b, makes a tuple of one element; it is no layer and can't be called"),
        fix=note("leave out the comma at the end of the line that assigns it"),
    ),
    said(
        "TW003",
        r".(?P<kind>list|dict).\s+object\s+is\s+not\s+callable",
        note("a plain {kind} is called like a layer", kind="{kind}"),
        why=note("a {kind} of layers is no layer: it can't be called, and its weights are not trained", kind="{kind}"),
        fix=note("call its layers one by one, and keep them in an nn.ModuleList or nn.ModuleDict"),
    ),
    said(
        "TW003",
        r".(?P<kind>list|dict).\s+object\s+has\s+no\s+attribute\s+"
        r".(?P<name>parameters|state_dict|train|eval|cuda|named_parameters|forward|modules)\b",
        note("a plain {kind} of layers is used like a module: it has no {name}", kind="{kind}", name="{name}"),
        why=note("only modules in a ModuleList or ModuleDict (or as attributes) are parts of a module"),
        fix="nn.ModuleList(...)",
    ),
    said(
        "TW004",
        r"Module\s+\[(?P<kind>ModuleList|ModuleDict|ParameterList)\]\s+is\s+missing\s+the\s+required\s+.forward",
        note("{name}, an nn.{kind}, is called, but it has no forward", name="{kind}", kind="{kind}"),
        why=note("nn.{kind} only holds its modules; how they are applied is for the caller to say", kind="{kind}"),
        fix=note("go through its layers in a loop, or nn.Sequential in place of it"),
        sure=True,
    ),
    said(
        "TW004",
        r"Module\s+\[(?P<name>[^\]]*)\]\s+is\s+missing\s+the\s+required\s+.forward",
        note("{name} has no forward, so it can't be called", name="{name}"),
        why=note("calling a module runs its method forward, by exactly this name"),
        fix=note("def forward(self, ...) one level further out, beside __init__"),
        sure=True,
    ),
    said(
        "TW004",
        r"in\s+_forward_unimplemented|^\s*(?:\S+:\s+)?NotImplementedError(?::?\s*$)",
        note("a module has no forward, so it can't be called"),
        why=note("calling a module runs its method forward, by exactly this name"),
        fix=note("def forward(self, ...) one level further out, beside __init__"),
    ),
    said(
        "TW005",
        r"must\s+be\s+Tensor,\s+not\s+NoneType|invalid\s+combination\s+of\s+arguments\s+-\s+got\s+\(NoneType,",
        note("a layer or function gets None (NoneType) instead of a tensor"),
        why=NO_RETURN,
        fix=note("return the result at the end of forward, and of each function that it calls"),
    ),
    said(
        "TW005",
        r".NoneType.\s+object\s+(?:has\s+no\s+attribute\s+.(?P<name>\w+)|is\s+not\s+(?:subscriptable|iterable"
        r"|callable))",
        note("a value is None (NoneType) where another is needed"),
        why=NO_RETURN,
        fix=note("return the result at the end of forward, and of each function that it calls"),
    ),
    said(
        "TW005",
        r"cannot\s+unpack\s+non-iterable\s+NoneType|unsupported\s+operand\s+type\(s\)\s+for\s+.{1,4}:\s+.(?:NoneType."
        r"\s+and|\w+.\s+and\s+"
        r".NoneType)",
        note("a value is None (NoneType) where another is needed"),
        why=NO_RETURN,
        fix=note("return the result at the end of forward, and of each function that it calls"),
    ),
    said(
        "TW006",
        r"(?P<name>[\w.]*\b(?!__init__)\w+)\(\)\s+takes\s+(?P<taken>(?:from\s+\d+\s+to\s+)?\d+)\s+positional"
        r"\s+arguments?\s+"
        r"but\s+(?P<given>\d+)\s+(?:were|was)\s+given",
        note("{name} gets {given} arguments, it takes {taken}", name="{name}", taken="{taken}", given="{given}"),
        why=note("Python passes the module itself as the first argument of a method"),
        fix=note("def forward(self, x): with self first, and a name for each input that the call passes"),
    ),
    said(
        "TW006",
        r"(?P<name>[\w.]*\b(?!__init__|step)\w+)\(\)\s+missing\s+\d+\s+required\s+(?:positional|keyword-only)"
        r"\s+arguments?:\s+"
        r"(?P<names>.\w+.(?:(?:,|\s+and|,\s+and)\s+.\w+.)*)",
        note("{name} needs {names} too", name="{name}", names="{names}"),
        fix=note("pass {names} in the call, or give it a default in the def line", names="{names}"),
    ),
    said(
        "TW006",
        r"(?P<name>[\w.]*\b(?!__init__|step)\w+)\(\)\s+got\s+(?:an\s+unexpected\s+keyword|multiple\s+values\s+for)"
        r"\s+argument\s+"
        r".(?P<word>\w+)",
        note("{name} can't take {word} as it is called", name="{name}", word="{word}"),
        why=note("the names of a call must be those in its def line, and each may be given once"),
    ),
    said(
        "TW007",
        r"optimizer\s+got\s+an\s+empty\s+parameter\s+list",
        note("the optimizer gets no parameters"),
        why=note("layers in a plain list, a generator that is used up, or a model without layers"),
        fix=note("layers in an nn.ModuleList; list(model.parameters()) if it is gone through twice"),
        sure=True,
    ),
    said(
        "TW003",
        r"optimizer\s+got\s+an\s+empty\s+parameter\s+list",
        note("the layers may be in a plain list or dict, where parameters() doesn't see them"),
        why=note("only modules in a ModuleList or ModuleDict (or as attributes) are parts of a module"),
        fix="nn.ModuleList(...)",
    ),
    said(
        "TW008",
        r"can.t\s+optimize\s+a\s+non-leaf\s+(?:Tensor|Variable)",
        note("the optimizer gets the result of an operation, not a leaf"),
        why=note("only a tensor that was created with requires_grad=True keeps its gradient"),
        fix=note("requires_grad_() as the last step, behind .to(device) and all arithmetic; or an nn.Parameter"),
        sure=True,
    ),
    said(
        "TW009",
        r"optimizer\s+can\s+only\s+optimize\s+(?:Tensors|Variables),\s+but\s+one\s+of\s+the\s+params\s+is"
        r"\s+(?P<kind>[\w.]+)",
        note("the optimizer gets {kind} instead of parameters", kind="{kind}"),
        why=note("it takes an iterable of tensors, such as model.parameters(), or dictionaries with the key params"),
        fix=PARAMETERS,
        sure=True,
    ),
    said(
        "TW009",
        r"params\s+argument\s+given\s+to\s+the\s+optimizer\s+should\s+be\s+an\s+iterable\s+of\s+.{1,20},\s+but\s+got"
        r"\s+(?P<kind>[\w.]+)",
        note("the optimizer gets {kind} instead of parameters", kind="{kind}"),
        why=note("it takes an iterable of tensors, such as model.parameters(), or dictionaries with the key params"),
        fix=note("{code}, or a list around a single tensor", code="model.parameters()"),
        sure=True,
    ),
    said(
        "TW009",
        r"TypeError:\s+\W(?!DataLoader|module|\w*Data[Ss]et)(?P<kind>[A-Z]\w*|method).\s+object\s+is\s+not\s+iterable",
        note("the optimizer may get {kind} instead of its parameters", kind="{kind}"),
        why=note("a module can't be gone through; its method parameters(), called, can"),
        fix=PARAMETERS,
    ),
    said(
        "TW010",
        r"some\s+parameters\s+appear\s+in\s+more\s+than\s+one\s+parameter\s+group",
        note("the same parameter stands in two groups of the optimizer"),
        why=note("each parameter is stepped once, so it may stand in one group only"),
        fix=note("leave the parameters of one group out of the other; compare with id(p)"),
        sure=True,
    ),
    said(
        "TW010",
        r"optimizer\s+contains\s+a\s+parameter\s+group\s+with\s+duplicate\s+parameters|parameter\s+group\s+didn.t"
        r"\s+specify\s+a\s+value\s+of"
        r"|param_?group\s+must\s+be\s+a\s+dict|optimizer\s+parameters\s+need\s+to\s+be\s+organized\s+in\s+ordered"
        r"\s+collections"
        r"|KeyError:\s+.params|list\s+of\s+dict(?:ionarie)?s,\s+but\s+the\s+ordering",
        note("the parameter groups of the optimizer don't fit"),
        why=note("parameter groups are dictionaries with the key params"),
        fix=note("{code} for each group, every parameter once", code='{"params": list(part.parameters())}'),
    ),
    said(
        "TW016",
        r".(?P<kind>tuple).\s+object\s+has\s+no\s+attribute\s+.(?P<name>\w+)",
        note("a {kind} is used as if it were a tensor: it has no .{attribute}", kind="{kind}", attribute="{name}"),
        why=note("nn.LSTM, nn.GRU, nn.MultiheadAttention and some models give several results at once"),
        fix=note("output, _ = layer(x), and go on with output"),
    ),
    said(
        "TW016",
        r"must\s+be\s+Tensor,\s+not\s+(?P<kind>tuple|list)|must\s+be\s+(?:Tensor|torch\.Tensor),\s+not\s+"
        r"(?:tuple|list|\w+Output)\b|invalid\s+combination\s+of\s+arguments\s+-\s+got\s+\((?:tuple|list|int),",
        note("a layer or function gets a tuple or a list instead of a tensor"),
        why=note("nn.LSTM, nn.GRU, nn.MultiheadAttention and some models give several results at once"),
        fix=TAKE_THE_TENSOR,
    ),
    said(
        "TW016",
        r".list.\s+object\s+has\s+no\s+attribute\s+.(?P<name>size|shape|dim|to|view|float|unsqueeze|squeeze|device"
        r"|dtype)\b",
        note("a {kind} is used as if it were a tensor: it has no .{attribute}", kind="list", attribute="{name}"),
        why=note("a {kind} of tensors is no tensor: torch.stack or torch.cat makes one of it", kind="list"),
        fix=TAKE_THE_TENSOR,
    ),
)
