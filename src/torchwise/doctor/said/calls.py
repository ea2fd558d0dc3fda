"""What PyTorch and Python say about attributes, layers and calls (TW011 to TW015)."""

from torchwise.doctor.said import Said, said
from torchwise.texts import note

BUILT_FIRST = note(
    "a layer is built first, {kind}(...), and what was built is called with the tensor", kind="nn.{kind}"
)

SAID: tuple[Said, ...] = (
    said(
        "TW011",
        r".Tensor.\s+object\s+has\s+no\s+attribute\s+.(?P<name>\w+)",
        note("a tensor has no attribute {name}", name="{name}"),
    ),
    said(
        "TW011",
        r".(?P<kind>DataParallel|DistributedDataParallel).\s+object\s+has\s+no\s+attribute\s+.(?P<name>\w+)",
        note("{kind} has no attribute {name}", kind="{kind}", name="{name}"),
        why=note("{kind} wraps the model, whose attributes are at .module", kind="{kind}"),
        fix=note("{code}", code="model.module.{name}"),
        sure=True,
    ),
    said(
        "TW011",
        r"\W(?P<kind>(?!DataLoader|NoneType|OrderedDict|Adam|SGD|Tensor\b|_?\w*Iter\b)[A-Z]\w*).\s+object\s+"
        r"has\s+no\s+attribute\s+.(?P<name>(?!_(?:modules|parameters|buffers))\w+)",
        note("{kind} has no attribute {name}", kind="{kind}", name="{name}"),
        why=note("misspelt, used before it is assigned, or assigned without self"),
        fix=note("self.{name} = ... in __init__ of {kind}", name="{name}", kind="{kind}"),
    ),
    said(
        "TW012",
        r"(?:(?P<kind>\w+)\.)?__init__\(\)\s+got\s+(?:an\s+unexpected\s+keyword|multiple\s+values\s+for)\s+argument"
        r"\s+.(?P<word>\w+)",
        note("a class is built with {word}, which it doesn't take so", word="{word}"),
        why=note("misspelt, given twice, or not known to this version of PyTorch"),
    ),
    said(
        "TW012",
        r"(?:(?P<kind>\w+)\.)?__init__\(\)\s+missing\s+\d+\s+required\s+(?:positional|keyword-only)\s+arguments?:\s+"
        r"(?P<names>.\w+.(?:(?:,|\s+and|,\s+and)\s+.\w+.)*)",
        note("a class is built without {names}", names="{names}"),
    ),
    said(
        "TW012",
        r"(?:(?P<kind>\w+)\.)?__init__\(\)\s+takes\s+(?P<taken>(?:from\s+\d+\s+to\s+)?\d+)\s+positional\s+arguments?"
        r"\s+but\s+"
        r"(?P<given>\d+)\s+(?:were|was)\s+given",
        note("a class is built with {given} arguments, it takes {taken}", given="{given}", taken="{taken}"),
        why=note("self is counted too: Python passes the new object as the first argument"),
    ),
    said(
        "TW012",
        r"(?:empty|new|ones|zeros|full)\(\)(?::\s+argument\s+.size.\s+.{0,40}?must\s+be\s+tuple\s+of\s+(?:ints"
        r"|SymInts?),\s+"
        r"(?:but\s+found\s+element\s+of\s+type|not)\s+(?P<type>\w+)"
        r"|\s+received\s+an\s+invalid\s+combination\s+of\s+arguments\s+-\s+got\s+\((?:float|tuple|str|NoneType"
        r"|Tensor))",
        note("a layer is built with a size that is not a whole number"),
        why=note("sizes are whole numbers (int)"),
        fix=note("// in place of / where a size is computed, or int(...)"),
    ),
    said(
        "TW013",
        r"must\s+be\s+Tensor,\s+not\s+(?P<kind>(?!NoneType)[A-Z]\w+)(?!\w*Output)",
        note("a function gets a layer {kind} instead of a tensor", kind="{kind}"),
        why=note("{code} builds a layer {kind}, it computes nothing", code="nn.{kind}(...)", kind="{kind}"),
        fix=note("{code}, or the function of torch.nn.functional", code="nn.{kind}()(x)"),
    ),
    said(
        "TW013",
        r".(?P<kind>ReLU|Linear|Conv\dd|Dropout|Softmax|Sigmoid|Tanh|Flatten|MaxPool\dd|BatchNorm\dd|LayerNorm|GELU"
        r"|Sequential|Embedding).\s+object\s+has\s+no\s+attribute\s+.(?P<name>\w+)",
        note("a layer {kind} is used as if it were its output", kind="{kind}"),
        why=BUILT_FIRST,
        fix=note("{code}, or the function of torch.nn.functional", code="nn.{kind}()(x)"),
    ),
    said(
        "TW013",
        r"__init__\(\)\s+takes\s+(?:from\s+)?\d.{0,8}\s+positional\s+arguments?\s+but\s+\d+\s+(?:were|was)\s+given"
        r"|__init__\(\)\s+missing\s+\d+\s+required\s+positional\s+arguments?:\s+.(?:in_features|out_features"
        r"|in_channels)"
        r"|linear\(\):\s+argument\s+.weight.\s+.{0,20}must\s+be\s+Tensor,\s+not\s+int"
        r"|empty\(\)\s+received\s+an\s+invalid\s+combination\s+of\s+arguments\s+-\s+got\s+\(Tensor",
        note("the layer's class may be called with the tensor instead of a layer that was built"),
        why=note("a layer is built first, {kind}(...), and what was built is called with the tensor", kind="nn.Linear"),
        fix=note("build it in __init__ as self.layer = nn.Linear(...), and call self.layer(x) in forward"),
    ),
    said(
        "TW014",
        r".(?P<kind>torch\.Size|Tensor|Parameter|int|float|str|module|dict|list|bool|torch\.device|torch\.dtype"
        r"|numpy\.ndarray|NoneType|builtin_function).\s+object\s+is\s+not\s+callable",
        note("a {kind} is called like a function", kind="{kind}"),
        why=note("shape, T, data, device and dtype are attributes, not methods; or a name was assigned anew"),
        fix=note("leave out the brackets, use [ ] to index, or choose another name for the value"),
    ),
    said(
        "TW015",
        r"(?P<name>[\w.<>]+|<[^>]+>)\s+is\s+not\s+a\s+Module\s+subclass",
        note("a container of modules gets {value}, which is no module", value="{name}"),
        why=note("every part of nn.Sequential must be an object of a class that derives from nn.Module"),
        fix=note("a module in place of {code}", code="{name}"),
        sure=True,
    ),
    said(
        "TW015",
        r"cannot\s+assign\s+.(?P<name>[\w.]+).\s+(?:object\s+)?(?:as|to)\s+(?:child\s+module|parameter)"
        r"\s+.(?P<child>\w+)",
        note("{name} is assigned where a module or a parameter stands: {child}", name="{name}", child="{child}"),
        why=note("the name of a layer or weight can take only another layer or weight"),
        fix=note("another name for it, or nn.Parameter(...) around a tensor"),
    ),
    said(
        "TW015",
        r"(?P<kind>ModuleList|ModuleDict)\S*\s+(?:should\s+be\s+called\s+with|requires)\s+an?\s+(?:iterable|Mapping)"
        r"|ModuleList"
        r"(?:\.extend)?\s+should\s+be\s+called\s+with",
        note("{kind} gets something that is no list of modules", kind="{kind}"),
        why=note("{kind} takes a list of modules", kind="nn.ModuleList"),
    ),
)
