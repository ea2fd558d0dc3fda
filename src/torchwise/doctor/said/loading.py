"""What PyTorch says about saving and loading (TW8xx)."""

from torchwise.doctor.said import Said, said
from torchwise.texts import note

OTHER_MODEL = note("the checkpoint was saved from a model with other layers or other names")
PREFIX = r"module\.|model\.|_orig_mod\.|net\.|backbone\.|encoder\."
STRIP = note("{code} for each key before loading", code='key.removeprefix("module.")')
INSIDE = note("the weights stand under one of its keys, such as model or state_dict")

SAID: tuple[Said, ...] = (
    said(
        "TW804",
        r"Unexpected\s+key\(s\)\s+in\s+state_dict:\s+.{0,400}?[\"'](?P<key>state_dict|model_state_dict|model"
        r"|optimizer|optimizer_state_dict|epoch|model_state"
        r"|best_acc)[\"']",
        note("the checkpoint is a dictionary around the state dict: it has the key {key}", key="{key}"),
        why=INSIDE,
        fix=note("model.load_state_dict(checkpoint[...]), with the key that holds the weights"),
        sure=True,
    ),
    said(
        "TW802",
        r"Missing\s+key\(s\)\s+in\s+state_dict:\s+[\"'](?P<missing>[\w.]+)[\"'].{0,40000}?Unexpected\s+key\(s\)\s+in"
        r"\s+state_dict:\s+"
        r"[\"'](?P<prefix>[\w.]+?\.)(?P=missing)[\"']",
        note("the keys of the checkpoint begin with {prefix}, the model's do not", prefix="{prefix}"),
        why=note("it was saved from a model that was wrapped: DataParallel, torch.compile or a module around it"),
        fix=note("{code} for each key before loading", code='key.removeprefix("{prefix}")'),
        sure=True,
    ),
    said(
        "TW802",
        r"Missing\s+key\(s\)\s+in\s+state_dict:\s+[\"'](?P<prefix>[\w.]+?\.)(?P<key>[\w.]+)[\"'].{0,40000}?Unexpected"
        r"\s+key\(s\)\s+in\s+state_dict:\s+[\"'](?P=key)[\"']",
        note("the model's keys begin with {prefix}, those of the checkpoint do not", prefix="{prefix}"),
        why=note("the model is wrapped here: DataParallel, torch.compile or a module around it"),
        fix=note("model.module.load_state_dict(...), or load before wrapping"),
        sure=True,
    ),
    said(
        "TW802",
        rf"(?:Missing|Unexpected)\s+key\(s\)\s+in\s+state_dict:\s+[\"'](?P<prefix>{PREFIX})",
        note("the keys of the checkpoint may have another prefix than the model's: {prefix}", prefix="{prefix}"),
        why=note("it was saved from a model that was wrapped: DataParallel, torch.compile or a module around it"),
        fix=STRIP,
    ),
    said(
        "TW803",
        r"size\s+mismatch\s+for\s+(?P<name>[\w.]+):\s+copying\s+a\s+param(?:eter)?\s+with\s+shape"
        r"\s+(?:torch\.Size\()?\[(?P<saved>[\d,\s]*)\]\)?\s+from\s+checkpoint,\s+"
        r"the\s+shape\s+in\s+current\s+model\s+is\s+(?:torch\.Size\()?\[(?P<built>[\d,\s]*)\]",
        note(
            "{name} is ({saved}) in the checkpoint and ({built}) in the model",
            name="{name}",
            saved="{saved}",
            built="{built}",
        ),
        why=note("the model was built with other sizes, often another number of classes or tokens"),
        fix=note(
            "build the model as it was saved, or leave {name} out of the state dict and load with strict=False",
            name="{name}",
        ),
        sure=True,
    ),
    said(
        "TW803",
        r"While\s+copying\s+the\s+parameter\s+named\s+.(?P<name>[\w.]+).{0,40}dimensions\s+in\s+the\s+model\s+are"
        r"\s+(?P<built>\S.{0,60}?)\s+and\s+whose\s+dimensions\s+in\s+the\s+"
        r"checkpoint\s+are\s+(?P<saved>torch\.Size\(.{0,40}?\))|size\s+mismatch\s+for\s+(?P<other>[\w.]+)",
        note("a weight has another size in the checkpoint than in the model"),
        why=note("the model was built with other sizes, often another number of classes or tokens"),
    ),
    said(
        "TW801",
        r"(?P<kind>Missing|Unexpected|unexpected|missing)\s+keys?(?:\(s\))?\s+in\s+(?:source\s+)?state_dict:"
        r"\s+(?P<names>.{0,120})",
        note("the keys of the checkpoint and of the model differ"),
        why=OTHER_MODEL,
        fix=note("build the model as it was saved; strict=False loads only what fits, and says what not"),
    ),
    said(
        "TW003",
        r"Unexpected\s+key\(s\)\s+in\s+state_dict:\s+[\"'](?P<name>\w+\.\d+\.\w+)",
        note("the layers may be in a plain list or dict, where parameters() doesn't see them"),
        why=note("only modules in a ModuleList or ModuleDict (or as attributes) are parts of a module"),
        fix="nn.ModuleList(...)",
    ),
    said(
        "TW804",
        r"[Ee]xpected\s+state_dict\s+to\s+be\s+dict-like,\s+got\s+<class\s+.(?P<kind>[\w.]+)|load_state_dict\(\)"
        r"\s+missing\s+1\s+required\s+positional\s+argument:\s+.state_dict"
        r"|.(?P<other>[\w.]+).\s+object\s+has\s+no\s+attribute\s+.(?:copy|keys|items"
        r"|_metadata).{0,40}(?:state_dict)?$|argument\s+after\s+\*\*\s+must\s+be\s+.{0,30}state",
        note("load_state_dict takes the state dict itself, not its path or a model ({kind})", kind="{kind}"),
        why=note("torch.load reads the file; what it gives is a state dict, a dictionary around one, or a whole model"),
        fix="model.load_state_dict(torch.load(path))",
    ),
    said(
        "TW804",
        r".(?P<kind>collections\.OrderedDict|OrderedDict|dict).\s+object\s+(?:has\s+no\s+attribute\s+.(?P<name>eval"
        r"|to|cuda|train|parameters|load_state_dict|state_dict|cpu"
        r"|forward|half)\b|is\s+not\s+callable)",
        note("what was loaded is a dictionary of weights, not a model"),
        why=note("torch.save(model.state_dict(), path) keeps the weights only; the model must be built first"),
        fix="model = Net(); model.load_state_dict(torch.load(path))",
    ),
    said(
        "TW805",
        r"[Aa]ttempting\s+to\s+deserialize\s+object\s+on\s+(?:a\s+)?(?P<device>CUDA|MPS|\S+)\s+device(?:"
        r"\s+(?P<number>\d+))?\s+but",
        note("the checkpoint was saved on a {device} device that isn't there", device="{device}"),
        why=note("torch.load puts tensors back on the device they were saved from"),
        fix='torch.load(path, map_location="cpu")',
        sure=True,
    ),
    said(
        "TW805",
        r"don.t\s+know\s+how\s+to\s+restore\s+data\s+location\s+of\s+\S+\s+\(tagged\s+with\s+(?P<device>[\w:]+)\)"
        r"|torch\.load.{0,200}map_location",
        note("the checkpoint was saved on a device that isn't there"),
        why=note("torch.load puts tensors back on the device they were saved from"),
        fix='torch.load(path, map_location="cpu")',
    ),
    said(
        "TW806",
        r"Weights\s+only\s+load\s+failed|Unsupported\s+(?:class|global|operand\s+\d+|type)\s*:?.{0,80}weights_?only"
        r"|GLOBAL\s+(?P<name>[\w.]+)\s+was\s+not\s+an\s+allowed\s+global"
        r"|WeightsUnpickler\s+error",
        note("the file holds more than tensors, and torch.load reads only tensors by default"),
        why=note("since 2.6 weights_only is True: unpickling other objects may run their code"),
        fix=note(
            "{code} for a file you trust; better save the state dict", code="torch.load(path, weights_only=False)"
        ),
        sure=True,
    ),
    said(
        "TW807",
        r"loaded\s+state\s+dict\s+(?:has\s+a\s+different\s+number\s+of\s+parameter\s+groups|contains\s+a\s+parameter"
        r"\s+group\s+that\s+doesn.t\s+match)",
        note("the optimizer's state was saved for other parameters"),
        why=note("its state belongs to the parameters by their order, so their number must be the same"),
        fix=note("build model and optimizer as they were saved, and freeze or add layers in the same order"),
        sure=True,
    ),
    said(
        "TW808",
        r"PytorchStreamReader|failed\s+finding\s+central\s+directory|[Ii]nvalid\s+magic\s+number|[Uu]npickling"
        r"\s+stack\s+underflow|pickle\s+data\s+was\s+truncated"
        r"|invalid\s+load\s+key|unexpected\s+EOF,\s+expected|file\s+in\s+archive\s+is\s+not\s+in\s+a\s+subdirectory"
        r"|[Ii]nvalid\s+header\s+or\s+archive\s+is\s+corrupted|A\s+load\s+persistent\s+id\s+instruction"
        r"|could\s+not\s+find\s+MARK|HeaderTooLarge|InvalidHeader|MetadataIncompleteBuffer|not\s+a\s+ZIP\s+archive"
        r"|storage\s+has\s+wrong\s+byte\s+size"
        r"|PytorchStreamWriter\s+failed|not\s+a\s+checkpoint|[Uu]npickling\S*\s+.{0,10}unsupported|invalid\s+hash"
        r"\s+value",
        note("the file is empty, cut or not a checkpoint"),
        why=note(
            "a download or a save was cut off, or the file is something else, such as a web page or a Git LFS pointer"
        ),
        fix=note("look at its size and first bytes, and fetch or save it again"),
        sure=True,
    ),
    said(
        "TW808",
        r"EOFError|No\s+such\s+file\s+or\s+directory:\s+.?(?P<file>[^'\"\s]*)|Parent\s+directory\s+(?P<folder>\S+)"
        r"\s+does\s+not\s+exist|cannot\s+be\s+opened.{0,60}file",
        note("the file is not there, or is empty: {file}", file="{file}"),
        why=note("a relative path begins in the folder that the program was started in"),
        fix=note("print os.getcwd(), and make the folder before saving"),
    ),
    said(
        "TW809",
        r"[Cc]an.t\s+get\s+attribute\s+.(?P<name>\w+).\s+on\s+<module\s+.(?P<module>[\w.]+)|unpickl\w+.{0,80}No"
        r"\s+module\s+named\s+.(?P<other>[\w.]+)",
        note("the class {name} of the pickled model is not found in {module}", name="{name}", module="{module}"),
        why=note("a pickle keeps only the name of its class: it must be at the same place when it is loaded"),
        fix=note("import or define the class there, and save the state dict in future"),
    ),
    said(
        "TW809",
        r"(?:ModuleNotFoundError|ImportError):\s+No\s+module\s+named\s+.(?P<name>models?|utils|nets?|networks?"
        r"|modeling|src|ultralytics|models\.\w+)\b",
        note("the module {name}, which a pickled model needs, may be missing", name="{name}"),
        why=note("a pickle keeps only the name of its class: it must be at the same place when it is loaded"),
        fix=note("import or define the class there, and save the state dict in future"),
    ),
    said(
        "TW810",
        r"[Cc]annot\s+copy\s+out\s+of\s+meta\s+tensor",
        note("the weights are on meta: they have shapes and no numbers"),
        why=note("load_state_dict without assign=True copies nothing into them, and .to() has nothing to copy"),
        fix=note("model.load_state_dict(state, assign=True), or model.to_empty(device=...) before loading"),
    ),
)
