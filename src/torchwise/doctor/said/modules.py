"""What PyTorch and Python say about modules and optimizers that are built or called wrongly (TW0xx)."""

from torchwise.doctor.said import Said, said
from torchwise.texts import note

SUPER_FIRST = note("nn.Module.__init__ makes the tables of layers and parameters, so it comes first")
NO_RETURN = note("a function that ends without return gives None")
TUPLE_IS_NO_TENSOR = note("a {kind} of tensors is no tensor: torch.stack or torch.cat makes one of it", kind="{kind}")
BUILT_FIRST = note("a layer is built first, {kind}(...), and what was built is called with the tensor", kind="nn.{kind}")
TAKE_THE_TENSOR = note("pass on the part of it that is the tensor")
PARAMETERS = "model.parameters()"

SAID: tuple[Said, ...] = (
    said(
        "TW001",
        r"cannot assign (?:module|parameters?|buffers?) before Module\.?__init__\(\) call",
        note("a layer is assigned before nn.Module is initialised: super().__init__() is missing"),
        why=SUPER_FIRST,
        fix=note("{code} as the first line of __init__", code="super().__init__()"),
        sure=True,
    ),
    said(
        "TW001",
        r"has no attribute ._(?:modules|parameters|buffers|backward_hooks|forward_hooks|forward_pre_hooks)\b",
        note("a module is used before nn.Module is initialised: super().__init__() is missing"),
        why=SUPER_FIRST,
        fix=note("{code} as the first line of __init__", code="super().__init__()"),
    ),
    said(
        "TW002",
        r".tuple. object is not callable",
        note("a tuple is called like a layer: a comma stands behind the line that assigns it"),
        why=note("in Python a = b, makes a tuple of one element; it is no layer and can't be called"),
        fix=note("leave out the comma at the end of the line that assigns it"),
    ),
    said(
        "TW003",
        r".(?P<kind>list|dict). object is not callable",
        note("a plain {kind} is called like a layer", kind="{kind}"),
        why=note("a {kind} of layers is no layer: it can't be called, and its weights are not trained", kind="{kind}"),
        fix=note("call its layers one by one, and keep them in an nn.ModuleList or nn.ModuleDict"),
    ),
    said(
        "TW003",
        r".(?P<kind>list|dict). object has no attribute "
        r".(?P<name>parameters|state_dict|train|eval|cuda|named_parameters|forward|modules)\b",
        note("a plain {kind} of layers is used like a module: it has no {name}", kind="{kind}", name="{name}"),
        why=note("only modules in a ModuleList or ModuleDict (or as attributes) are parts of a module"),
        fix="nn.ModuleList(...)",
    ),
    said(
        "TW004",
        r"Module \[(?P<kind>ModuleList|ModuleDict|ParameterList)\] is missing the required .forward",
        note("{name}, an nn.{kind}, is called, but it has no forward", name="{kind}", kind="{kind}"),
        why=note("nn.{kind} only holds its modules; how they are applied is for the caller to say", kind="{kind}"),
        fix=note("go through its layers in a loop, or nn.Sequential in place of it"),
        sure=True,
    ),
    said(
        "TW004",
        r"Module \[(?P<name>[^\]]*)\] is missing the required .forward",
        note("{name} has no forward, so it can't be called", name="{name}"),
        why=note("calling a module runs its method forward, by exactly this name"),
        fix=note("def forward(self, ...) one level further out, beside __init__"),
        sure=True,
    ),
    said(
        "TW004",
        r"in _forward_unimplemented|^\s*(?:\S+: )?NotImplementedError(?::?\s*$)",
        note("a module has no forward, so it can't be called"),
        why=note("calling a module runs its method forward, by exactly this name"),
        fix=note("def forward(self, ...) one level further out, beside __init__"),
    ),
    said(
        "TW005",
        r"must be Tensor, not NoneType|invalid combination of arguments - got \(NoneType,",
        note("a layer or function gets None (NoneType) instead of a tensor"),
        why=NO_RETURN,
        fix=note("return the result at the end of forward, and of each function that it calls"),
    ),
    said(
        "TW005",
        r".NoneType. object (?:has no attribute .(?P<name>\w+)|is not (?:subscriptable|iterable|callable))",
        note("a value is None (NoneType) where another is needed"),
        why=NO_RETURN,
        fix=note("return the result at the end of forward, and of each function that it calls"),
    ),
    said(
        "TW005",
        r"cannot unpack non-iterable NoneType|unsupported operand type\(s\) for .{1,4}: .(?:NoneType. and|\w+. and "
        r".NoneType)",
        note("a value is None (NoneType) where another is needed"),
        why=NO_RETURN,
        fix=note("return the result at the end of forward, and of each function that it calls"),
    ),
    said(
        "TW006",
        r"(?P<name>[\w.]*\b(?!__init__)\w+)\(\) takes (?P<taken>(?:from \d+ to )?\d+) positional arguments? "
        r"but (?P<given>\d+) (?:were|was) given",
        note("{name} takes {taken} arguments and gets {given}", name="{name}", taken="{taken}", given="{given}"),
        why=note("Python passes the module itself as the first argument of a method"),
        fix=note("def forward(self, x): with self first, and a name for each input that the call passes"),
    ),
    said(
        "TW006",
        r"(?P<name>[\w.]*\b(?!__init__|step)\w+)\(\) missing \d+ required (?:positional|keyword-only) arguments?: "
        r"(?P<names>.\w+.(?:(?:,| and|, and) .\w+.)*)",
        note("{name} needs {names} too", name="{name}", names="{names}"),
        fix=note("pass {names} in the call, or give it a default in the def line", names="{names}"),
    ),
    said(
        "TW006",
        r"(?P<name>[\w.]*\b(?!__init__|step)\w+)\(\) got (?:an unexpected keyword|multiple values for) argument "
        r".(?P<word>\w+)",
        note("{name} can't take {word} as it is called", name="{name}", word="{word}"),
        why=note("the names of a call must be those in its def line, and each may be given once"),
    ),
    said(
        "TW007",
        r"optimizer got an empty parameter list",
        note("the optimizer gets no parameters"),
        why=note("layers in a plain list, a generator that is used up, or a model without layers"),
        fix=note("layers in an nn.ModuleList; list(model.parameters()) if it is gone through twice"),
        sure=True,
    ),
    said(
        "TW003",
        r"optimizer got an empty parameter list",
        note("the layers may be in a plain list or dict, where parameters() doesn't see them"),
        why=note("only modules in a ModuleList or ModuleDict (or as attributes) are parts of a module"),
        fix="nn.ModuleList(...)",
    ),
    said(
        "TW008",
        r"can.t optimize a non-leaf (?:Tensor|Variable)",
        note("the optimizer gets the result of an operation, not a leaf"),
        why=note("only a tensor that was created with requires_grad=True keeps its gradient"),
        fix=note("requires_grad_() as the last step, behind .to(device) and all arithmetic; or an nn.Parameter"),
        sure=True,
    ),
    said(
        "TW009",
        r"optimizer can only optimize (?:Tensors|Variables), but one of the params is (?P<kind>[\w.]+)",
        note("the optimizer gets {kind} instead of parameters", kind="{kind}"),
        why=note(
            "it takes an iterable of tensors, such as model.parameters(), or dictionaries with the key params"
        ),
        fix=PARAMETERS,
        sure=True,
    ),
    said(
        "TW009",
        r"params argument given to the optimizer should be an iterable of .{1,20}, but got (?P<kind>[\w.]+)",
        note("the optimizer gets {kind} instead of parameters", kind="{kind}"),
        why=note(
            "it takes an iterable of tensors, such as model.parameters(), or dictionaries with the key params"
        ),
        fix=note("{code}, or a list around a single tensor", code="model.parameters()"),
        sure=True,
    ),
    said(
        "TW009",
        r"TypeError: .(?!DataLoader|module|\w*Data[Ss]et)(?P<kind>[A-Z]\w*|method). object is not iterable",
        note("the optimizer may get {kind} instead of its parameters", kind="{kind}"),
        why=note("a module can't be gone through; its method parameters(), called, can"),
        fix=PARAMETERS,
    ),
    said(
        "TW010",
        r"some parameters appear in more than one parameter group",
        note("the same parameter stands in two groups of the optimizer"),
        why=note("each parameter is stepped once, so it may stand in one group only"),
        fix=note("leave the parameters of one group out of the other; compare with id(p)"),
        sure=True,
    ),
    said(
        "TW010",
        r"optimizer contains a parameter group with duplicate parameters|parameter group didn.t specify a value of"
        r"|param_?group must be a dict|optimizer parameters need to be organized in ordered collections"
        r"|KeyError: .params|list of dict(?:ionarie)?s, but the ordering",
        note("the parameter groups of the optimizer don't fit"),
        why=note("parameter groups are dictionaries with the key params"),
        fix=note("{code} for each group, every parameter once", code='{{"params": list(part.parameters())}}'),
    ),
    said(
        "TW016",
        r".(?P<kind>tuple). object has no attribute .(?P<name>\w+)",
        note("a {kind} is used as if it were a tensor: it has no .{attribute}", kind="{kind}", attribute="{name}"),
        why=note("nn.LSTM, nn.GRU, nn.MultiheadAttention and some models give several results at once"),
        fix=note("output, _ = layer(x), and go on with output"),
    ),
    said(
        "TW016",
        r"must be Tensor, not (?P<kind>tuple|list)|must be (?:Tensor|torch\.Tensor), not "
        r"(?:tuple|list|\w+Output)\b|invalid combination of arguments - got \((?:tuple|list|int),",
        note("a layer or function gets a tuple or a list instead of a tensor"),
        why=note("nn.LSTM, nn.GRU, nn.MultiheadAttention and some models give several results at once"),
        fix=TAKE_THE_TENSOR,
    ),
    said(
        "TW016",
        r".list. object has no attribute .(?P<name>size|shape|dim|to|view|float|unsqueeze|squeeze|device|dtype)\b",
        note("a {kind} is used as if it were a tensor: it has no .{attribute}", kind="list", attribute="{name}"),
        why=note("a {kind} of tensors is no tensor: torch.stack or torch.cat makes one of it", kind="list"),
        fix=TAKE_THE_TENSOR,
    ),
    said(
        "TW011",
        r".Tensor. object has no attribute .(?P<name>\w+)",
        note("a tensor has no attribute {name}", name="{name}"),
    ),
    said(
        "TW011",
        r".(?P<kind>DataParallel|DistributedDataParallel). object has no attribute .(?P<name>\w+)",
        note("{kind} has no attribute {name}", kind="{kind}", name="{name}"),
        why=note("{kind} wraps the model, whose attributes are at .module", kind="{kind}"),
        fix=note("{code}", code="model.module.{name}"),
        sure=True,
    ),
    said(
        "TW011",
        r".(?P<kind>(?!DataLoader|NoneType|OrderedDict|Adam|SGD|Tensor\b|\w*Data[sS]et\b|_?\w*Iter\b)[A-Z]\w*). object "
        r"has no attribute .(?P<name>(?!_(?:modules|parameters|buffers))\w+)",
        note("{kind} has no attribute {name}", kind="{kind}", name="{name}"),
        why=note("misspelt, used before it is assigned, or assigned without self"),
        fix=note("self.{name} = ... in __init__ of {kind}", name="{name}", kind="{kind}"),
    ),
    said(
        "TW012",
        r"(?:(?P<kind>\w+)\.)?__init__\(\) got (?:an unexpected keyword|multiple values for) argument .(?P<word>\w+)",
        note("a class is built with {word}, which it doesn't take so", word="{word}"),
        why=note("misspelt, given twice, or not known to this version of PyTorch"),
    ),
    said(
        "TW012",
        r"(?:(?P<kind>\w+)\.)?__init__\(\) missing \d+ required (?:positional|keyword-only) arguments?: "
        r"(?P<names>.\w+.(?:(?:,| and|, and) .\w+.)*)",
        note("a class is built without {names}", names="{names}"),
    ),
    said(
        "TW012",
        r"(?:(?P<kind>\w+)\.)?__init__\(\) takes (?P<taken>(?:from \d+ to )?\d+) positional arguments? but "
        r"(?P<given>\d+) (?:were|was) given",
        note("a class is built with {given} arguments, it takes {taken}", given="{given}", taken="{taken}"),
        why=note("self is counted too: Python passes the new object as the first argument"),
    ),
    said(
        "TW012",
        r"(?:empty|new|ones|zeros|full)\(\)(?:: argument .size. .{0,40}?must be tuple of (?:ints|SymInts?), "
        r"(?:but found element of type|not) (?P<type>\w+)"
        r"| received an invalid combination of arguments - got \((?:float|tuple|str|NoneType|Tensor))",
        note("a layer is built with a size that is not a whole number"),
        why=note("sizes are whole numbers (int)"),
        fix=note("// in place of / where a size is computed, or int(...)"),
    ),
    said(
        "TW013",
        r"must be Tensor, not (?P<kind>(?!NoneType)[A-Z]\w+)(?!\w*Output)",
        note("a function gets a layer {kind} instead of a tensor", kind="{kind}"),
        why=note("{code} builds a layer {kind}, it computes nothing", code="nn.{kind}(...)", kind="{kind}"),
        fix=note("{code}, or the function of torch.nn.functional", code="nn.{kind}()(x)"),
    ),
    said(
        "TW013",
        r".(?P<kind>ReLU|Linear|Conv\dd|Dropout|Softmax|Sigmoid|Tanh|Flatten|MaxPool\dd|BatchNorm\dd|LayerNorm|GELU"
        r"|Sequential|Embedding). object has no attribute .(?P<name>\w+)",
        note("a layer {kind} is used as if it were its output", kind="{kind}"),
        why=BUILT_FIRST,
        fix=note("{code}, or the function of torch.nn.functional", code="nn.{kind}()(x)"),
    ),
    said(
        "TW013",
        r"__init__\(\) takes (?:from )?\d.{0,8} positional arguments? but \d+ (?:were|was) given"
        r"|__init__\(\) missing \d+ required positional arguments?: .(?:in_features|out_features|in_channels)"
        r"|linear\(\): argument .weight. .{0,20}must be Tensor, not int"
        r"|empty\(\) received an invalid combination of arguments - got \(Tensor",
        note("the layer's class may be called with the tensor instead of a layer that was built"),
        why=note("a layer is built first, {kind}(...), and what was built is called with the tensor", kind="nn.Linear"),
        fix=note("build it in __init__ as self.layer = nn.Linear(...), and call self.layer(x) in forward"),
    ),
    said(
        "TW014",
        r".(?P<kind>torch\.Size|Tensor|Parameter|int|float|str|module|dict|list|bool|torch\.device|torch\.dtype"
        r"|numpy\.ndarray|NoneType|builtin_function). object is not callable",
        note("a {kind} is called like a function", kind="{kind}"),
        why=note("shape, T, data, device and dtype are attributes, not methods; or a name was assigned anew"),
        fix=note("leave out the brackets, use [ ] to index, or choose another name for the value"),
    ),
    said(
        "TW015",
        r"(?P<name>[\w.<>]+|<[^>]+>) is not a Module subclass",
        note("a container of modules gets {value}, which is no module", value="{name}"),
        why=note("every part of nn.Sequential must be an object of a class that derives from nn.Module"),
        fix=note("a module in place of {code}", code="{name}"),
        sure=True,
    ),
    said(
        "TW015",
        r"cannot assign .(?P<name>[\w.]+). (?:object )?(?:as|to) (?:child module|parameter) .(?P<child>\w+)",
        note("{name} is assigned where a module or a parameter stands: {child}", name="{name}", child="{child}"),
        why=note("the name of a layer or weight can take only another layer or weight"),
        fix=note("another name for it, or nn.Parameter(...) around a tensor"),
    ),
    said(
        "TW015",
        r"(?P<kind>ModuleList|ModuleDict)\S* (?:should be called with|requires) an? (?:iterable|Mapping)|ModuleList"
        r"(?:\.extend)? should be called with",
        note("{kind} gets something that is no list of modules", kind="{kind}"),
        why=note("{kind} takes a list of modules", kind="nn.ModuleList"),
    ),
)
