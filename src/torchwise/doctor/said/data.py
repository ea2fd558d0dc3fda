"""What PyTorch, torchvision and Python say about data sets, samples, batches and loaders (TW61x to TW63x)."""

from torchwise.doctor.said import Said, said
from torchwise.texts import note

ROWS = note("a table of n rows knows the indices 0 to n - 1")
ENLARGE = note("num_embeddings = the largest index + 1, or map unknown tokens to one spare id")
STACKED = note("the loader stacks the samples, so all must have one shape")
ONE_SIZE = note("make them of one size, or pad them in a collate_fn")
COLLATED = note("a batch is made of tensors, arrays, numbers, text, and lists or dictionaries of them")
COLLATE = r"(?:default_collate:\s+)?batch\s+must\s+contain\s+tensors.{0,60}found\s+<class\s+."
GIVES_PARTS = note("a batch has the parts of a sample")
ITERATE = note("it is gone through; next(iter(loader)) gives its first batch, loader.dataset[0] its first sample")

SAID: tuple[Said, ...] = (
    said(
        "TW610",
        r"index(?:Select)?\w*(?:SelectLarge|SelectSmall)Index|Assertion\s+.?srcIndex\s+<\s+srcSelectDimSize|index"
        r"\s+out\s+of\s+range\s+in\s+self"
        r"|index\s+out\s+of\s+range:\s+Tried\s+to\s+access\s+index\s+(?P<bad>-?\d+)\s+out\s+of\s+table\s+with"
        r"\s+(?P<last>\d+)\s+rows|indexSelect.{0,60}Assertion",
        note("a token or category is outside the embedding"),
        why=ROWS,
        fix=ENLARGE,
    ),
    said(
        "TW611",
        r"index\s+out\s+of\s+range\s+in\s+self|Assertion\s+.?srcIndex\s+<\s+srcSelectDimSize|indices\s+sequence"
        r"\s+length\s+is\s+longer\s+than\s+the\s+specified\s+maximum"
        r"\s+sequence\s+length\s+for\s+this\s+model\s+\((?P<length>\d+)\s+>\s+(?P<rows>\d+)\)",
        note("a sequence may be longer than the position table"),
        why=note("each position needs a row of the table"),
        fix=note("cut the sequences to the rows of the table, or make it longer"),
    ),
    said(
        "TW620",
        r"stack\s+expects\s+each\s+tensor\s+to\s+be\s+equal\s+size,\s+but\s+got\s+\[(?P<one>[\d,\s]*)\]\s+at\s+entry"
        r"\s+(?P<first>\d+)\s+and\s+\[(?P<other>[\d,\s]*)\]",
        note("the samples of a batch have different shapes: {shapes}", shapes="({one}), ({other})"),
        why=STACKED,
        fix=ONE_SIZE,
    ),
    said(
        "TW620",
        r"each\s+element\s+in\s+list\s+of\s+batch\s+should\s+be\s+of\s+equal\s+size|Trying\s+to\s+resize\s+storage"
        r"\s+that\s+is\s+not\s+resizable"
        r"|invalid\s+argument\s+0:\s+Sizes\s+of\s+tensors\s+must\s+match\s+except\s+in\s+dimension\s+0|Dimensions"
        r"\s+mismatch.{0,40}batch",
        note("the samples of a batch have different sizes"),
        why=STACKED,
        fix=ONE_SIZE,
    ),
    said(
        "TW621",
        COLLATE + r"NoneType",
        note("a sample is None (NoneType), which no batch can hold"),
        why=note("a function that ends without return gives None"),
        fix=note("return a sample in every case, or leave such samples out in __init__"),
        sure=True,
    ),
    said(
        "TW627",
        COLLATE + r"(?!NoneType)(?P<kind>[\w.]+)",
        note("a sample holds a {kind}, which the default collate function can't put into a batch", kind="{kind}"),
        why=COLLATED,
        fix=note("transforms.ToTensor() for images, a tensor or number for the rest; or a collate_fn"),
        sure=True,
    ),
    said(
        "TW627",
        r"batch\s+must\s+contain|default_collate|collate_fn.{0,80}KeyError|KeyError:\s+.{0,200}default_collate",
        note("a batch holds what can't be collated"),
        why=COLLATED,
    ),
    said(
        "TW622",
        r"object\s+of\s+type\s+.(?P<kind>\w+).\s+has\s+no\s+len\(\)|__len__\(\)\s+should\s+return\s+>=\s+0"
        r"|.(?P<value>\w+).\s+object\s+cannot\s+be\s+interpreted\s+as\s+an\s+integer"
        r"|Length\s+of\s+IterableDataset\s+\S+\s+was\s+reported\s+to\s+be\s+(?P<length>\d+)",
        note("__len__ of a data set is missing or wrong"),
        why=note("the length of a data set is a whole number (int), 0 or more"),
        fix=note("def __len__(self) one level further out, beside __init__"),
    ),
    said(
        "TW623",
        r"KeyError:\s+(?P<key>\d+)",
        note("no row has the label {key}: the table keeps the labels it had before", key="{key}"),
        why=note("a DataFrame indexed directly gives columns; rows by position are .iloc[...]"),
        fix="df.iloc[index]",
    ),
    said(
        "TW623",
        r"Subclasses\s+of\s+Dataset\s+should\s+implement\s+__getitem__|Caught\s+(?:Key|Index|FileNotFound)Error\s+in"
        r"\s+DataLoader|FileNotFoundError"
        r"|.(?P<kind>\w*[Dd]ata[Ss]et\w*).\s+object\s+(?:is\s+not\s+subscriptable|does\s+not\s+support\s+indexing)"
        r"|index\s+\d+\s+is\s+out\s+of\s+bounds\s+for\s+axis\s+0|single\s+positional\s+indexer\s+is\s+out-of-bounds"
        r"|None\s+of\s+\[.{0,200}are\s+in\s+the\s+\[(?:index|columns)",
        note("a data set can't give the sample that the loader asks for"),
        why=note("the loader asked for this sample; the fault lies in the data set, not in the loop"),
        fix=note("try data[{index}] alone", index="0"),
    ),
    said(
        "TW624",
        r"stride.{0,40}negative|negative\s+strides",
        note("an array is a view that reads its data backwards"),
        why=note("torch shares an array's memory and can't have negative strides; copy() writes it out forwards"),
        fix="array.copy()",
        sure=True,
    ),
    said(
        "TW624",
        r"can.t\s+convert\s+np\.ndarray\s+of\s+type\s+(?:numpy\.)?(?P<dtype>uint16|uint32|uint64|str_|bytes_"
        r"|datetime64|timedelta64|void)"
        r"|NumPy\s+array\s+is\s+not\s+writ[e]?able|given\s+numpy\s+array\s+(?:strides|has\s+byte\s+order)|must\s+be"
        r"\s+Tensor,\s+not\s+numpy\.ndarray"
        r"|.numpy\.ndarray.\s+object\s+has\s+no\s+attribute\s+.(?P<name>dim|unsqueeze|to|cuda|cpu|log_softmax|numel"
        r"|device|requires_grad|float|view\b|softmax)",
        note("a NumPy array is used where a tensor is needed, or is of a kind that torch can't take"),
        why=note("layers and functions of torch take tensors only"),
        fix=note("{code}, with {other} before it for other dtypes", code="torch.from_numpy(x)", other="x.astype(...)"),
    ),
    said(
        "TW625",
        r"can.t\s+convert\s+np\.ndarray\s+of\s+type\s+(?:numpy\.)?object",
        note("an array of Python objects (object) becomes no tensor"),
        why=note("its rows are of different lengths, or it holds text or None"),
        fix=note("pad them to one length: torch.nn.utils.rnn.pad_sequence; or {code}", code="array.astype(np.float32)"),
        sure=True,
    ),
    said(
        "TW625",
        r"expected\s+sequence\s+of\s+length\s+(?P<one>\d+)\s+at\s+dim\s+(?P<dim>\d+)\s+\(got\s+(?P<other>\d+)\)",
        note("the rows of a list have different lengths: {lengths}", lengths="{one}, {other}"),
        why=note("a tensor is a rectangle: all rows have one length"),
        fix=note("pad them to one length: torch.nn.utils.rnn.pad_sequence"),
        sure=True,
    ),
    said(
        "TW625",
        r"new\(\):\s+(?:invalid\s+data\s+type|data\s+must\s+be\s+a\s+sequence)\s+.?(?P<kind>\w+)|too\s+many"
        r"\s+dimensions\s+.(?P<other>\w+)"
        r"|[Cc]ould\s+not\s+infer\s+dtype\s+of\s+(?P<type>[\w.]+)|must\s+be\s+real\s+number,\s+not\s+(?P<value>\w+)"
        r"|setting\s+an\s+array\s+element\s+with\s+a\s+sequence"
        r"|could\s+not\s+convert\s+string\s+to\s+float|only\s+one\s+element\s+tensors\s+can\s+be"
        r"\s+converted\s+to\s+Python\s+scalars"
        r"|inhomogeneous\s+shape|must\s+be\s+Tensor,\s+not\s+list",
        note("a list or array holds text, None, or rows of different lengths, and becomes no tensor"),
        why=note("tensors hold numbers only"),
        fix=note("numbers instead of text: a dictionary from names to 0, 1, 2, ..."),
    ),
    said(
        "TW626",
        r"pic\s+should\s+be\s+(?:PIL\s+Image|Tensor)\s+or\s+ndarray\.\s+Got\s+<class\s+.(?P<kind>[\w.]+)",
        note("ToTensor gets a {kind}: it takes PIL images and arrays", kind="{kind}"),
        why=note("the transforms run from top to bottom: what is a tensor already needs no ToTensor"),
        fix=note("Resize and crops, then ToTensor, then Normalize"),
        sure=True,
    ),
    said(
        "TW626",
        r"[Ii]mg\s+should\s+be\s+(?:PIL\s+Image|Tensor\s+Image|numpy)[\w\s]*\.?\s+Got\s+<class\s+.(?P<kind>[\w.]+)"
        r"|[Tt]ensor\s+should\s+be\s+a\s+(?:torch\s+[Tt]ensor|tensor\s+image)\.?\s*(?:of\s+size)?.{0,40}|Input"
        r"\s+tensor\s+should\s+be\s+a\s+float\s+tensor"
        r"|Unexpected\s+type\s+<class\s+.(?P<image>[\w.]+).>|is\s+not\s+a\s+torch\s+image|object\s+has\s+no"
        r"\s+attribute\s+.(?:convert|getbands|_size)\b"
        r"|output\s+with\s+shape\s+\[1,\s+\d+,\s+\d+\]\s+doesn.t\s+match\s+the\s+broadcast\s+shape\s+\[3,\s+|object"
        r"\s+has\s+no\s+attribute\s+.(?:ndimension)\b",
        note("the image transforms stand in the wrong order, or get another kind of image"),
        why=note("Normalize takes tensors, with as many means as channels; older transforms take PIL images only"),
        fix=note(
            "Resize and crops, then ToTensor, then Normalize; {code} for grey images", code='image.convert("RGB")'
        ),
    ),
    said(
        "TW628",
        r"num_samples\s+should\s+be\s+a\s+positive\s+integer|num_samples=0|Found\s+0\s+(?:files|images)|couldn.t"
        r"\s+find\s+any\s+class\s+folder"
        r"|found\s+no\s+valid\s+file\s+for\s+the\s+classes",
        note("the data set has 0 samples"),
        why=note("a path, a pattern or a condition fits nothing"),
        fix=note("print len(dataset) and the folder it reads"),
        sure=True,
    ),
    said(
        "TW628",
        r"mutually\s+exclusive|expected\s+unspecified\s+(?P<word>\w+)\s+option|(?:prefetch_factor|timeout"
        r"|multiprocessing_context|persistent_workers).{0,60}"
        r"(?:num_workers|multiprocessing)|batch_size\s+should\s+be\s+a\s+positive\s+integer|Sum\s+of\s+input"
        r"\s+lengths\s+does\s+not\s+equal\s+the\s+length"
        r"|sampler\s+should\s+be\s+an\s+instance|num_workers\s+option\s+should\s+be\s+non-negative|batch_size=None",
        note("the DataLoader gets options that exclude each other, or values it can't take"),
        why=note("a sampler decides on the order, so shuffle is left out beside it"),
    ),
    said(
        "TW629",
        r"(?:too\s+many|not\s+enough)\s+values\s+to\s+unpack\s+\(expected\s+(?P<count>\d+)",
        note("a batch may be taken apart into {count} names, and have another number of parts", count="{count}"),
        why=GIVES_PARTS,
        fix=note("for number, (inputs, targets) in enumerate(loader) where enumerate is used"),
    ),
    said(
        "TW629",
        r"must\s+be\s+Tensor,\s+not\s+(?:dict|str|list|int|BatchEncoding|Batch)|invalid\s+combination\s+of"
        r"\s+arguments\s+-\s+got\s+\((?:int|str|dict|list),"
        r"|.(?:dict|list|tuple|str).\s+object\s+has\s+no\s+attribute\s+.(?:to|cuda|size|shape|float|view)\b|list"
        r"\s+indices\s+must\s+be\s+integers\s+or\s+slices,\s+not\s+str"
        r"|too\s+many\s+indices\s+for\s+tensor\s+of\s+dimension\s+0",
        note("the whole batch, or a key of it, may be used where a tensor of it is needed"),
        why=GIVES_PARTS,
        fix=note("print type(batch), and its keys or its length"),
    ),
    said(
        "TW630",
        r".(?P<kind>DataLoader).\s+object\s+(?:is\s+not\s+subscriptable|does\s+not\s+support\s+indexing|is\s+not\s+an"
        r"\s+iterator|is\s+not\s+callable)"
        r"|.(?P<other>\w*DataLoaderIter).\s+object\s+has\s+no\s+attribute\s+.next|.DataLoader.\s+object\s+has\s+no"
        r"\s+attribute"
        r"|.(?:\w*[Dd]ata[sS]et\w*|Subset).\s+object\s+is\s+not\s+(?:callable|an\s+iterator)|iter\(\)\s+returned"
        r"\s+non-iterator",
        note("a loader or data set is used like a list, an iterator or a function"),
        why=ITERATE,
        fix="next(iter(loader))",
        sure=True,
    ),
    said(
        "TW622",
        r"Size\s+mismatch\s+between\s+(?:tensors|datasets)",
        note("the parts of a data set have different numbers of samples"),
        why=note("row i of each part belongs to sample i: all must have the same number of rows"),
        fix=note("print the lengths; windows and shifted targets lose rows at the ends"),
    ),
    said(
        "TW628",
        r"(?P<name>\w+)\s+attribute\s+should\s+not\s+be\s+set\s+after\s+DataLoader\s+is\s+initialized",
        note("{name} of a DataLoader is changed after it was built", name="{name}"),
        why=note("the loader has made its samplers from it already"),
        fix=note("a new DataLoader with another {name}", name="{name}"),
        sure=True,
    ),
)
