"""How PyTorch words that dtypes don't fit outside of layers: masks, indices, products, in-place results."""

from torchwise.doctor.said import Said, said
from torchwise.texts import note

MASK_WHY = note("a mask holds true and false: masked_fill, where, & and attention take torch.bool")
MASK_FIX = note("mask.bool(), or a comparison such as mask == 0")
INDEX_WHY = note("an index counts positions, so it must be int64; a mask must be torch.bool")
MIX_WHY = note("matrix products and attention convert neither operand")

SAID: tuple[Said, ...] = (
    said(
        "TW407",
        r"~\s+\(operator\.invert\)\s+is\s+only\s+implemented\s+on\s+integer\s+and\s+Boolean",
        note("~ is applied to a float tensor"),
        why=MASK_WHY,
        fix="~mask.bool()",
        sure=True,
    ),
    said(
        "TW407",
        r"only\s+bool\s+and\s+floating\s+types\s+of\s+(?P<name>\w*mask)\s+are\s+supported"
        r"|Expected\s+attn_mask\s+dtype\s+to\s+be\s+bool",
        note("a mask of attention is an integer tensor"),
        why=MASK_WHY,
        fix=MASK_FIX,
        sure=True,
    ),
    said(
        "TW407",
        r"bitwise_(?:and|or|xor|not)\w*.?\s+not\s+implemented\s+for\s+.(?P<given>\w+)"
        r"|expected\s+(?:object\s+of\s+)?scalar\s+type\s+Bool\s+but\s+(?:found|got)(?:\s+scalar\s+type)?\s+(?P<other>\w+)",
        note("a mask is no boolean tensor"),
        why=MASK_WHY,
        fix=MASK_FIX,
        sure=True,
    ),
    said(
        "TW408",
        r"linalg\.\w*norm:\s+Expected\s+a\s+floating\s+point\s+or\s+complex\s+tensor\s+as\s+input\.\s+Got\s+(?P<given>\w+)",
        note("a norm of {given} values", given="{given}"),
        why=note("fractions need a float dtype, and none is chosen for integers"),
        fix="x.float()",
        sure=True,
    ),
    said(
        "TW409",
        r"(?:m1\s+and\s+m2|query,\s+key,\s+and\s+value)\s+to\s+have\s+the\s+same\s+dtype,?\s+but\s+got:?\s+"
        r"(?:query\.dtype:\s+)?(?P<one>\w+(?:\s+int)?)\s+(?:!=|key\.dtype:)\s+(?P<other>\w+(?:\s+int)?)",
        note("{one} meets {other} in a product", one="{one}", other="{other}"),
        why=MIX_WHY,
        fix="y.to(x.dtype)",
        sure=True,
    ),
    said(
        "TW410",
        r"[Cc]annot\s+cast\s+ufunc\s+'(?P<name>\w+)'\s+output\s+from\s+dtype\('(?P<given>\w+)'\)\s+to\s+dtype\('(?P<built>\w+)'\)",
        note("the {given} result of an in-place {name} doesn't fit into a {built} array",
             given="{given}", name="{name}", built="{built}"),
        why=note("an in-place operation keeps the dtype of the array"),
        fix="x = x / 255",
        sure=True,
    ),
    said(
        "TW411",
        r"(?:index_select|gather|scatter\w*|take)\(\):\s+Expected\s+(?:dtype|a\s+long)|dtype\s+of\s+indices\s+should\s+be\s+Long"
        r"|only\s+integer\s+tensors\s+of\s+a\s+single\s+element\s+can\s+be\s+converted\s+to\s+an\s+index"
        r"|arrays\s+used\s+as\s+indices\s+must\s+be\s+of\s+integer",
        note("an index is no integer tensor"),
        why=INDEX_WHY,
        fix="index.long()",
    ),
    said(
        "TW412",
        r"(?P<given>Complex(?:Float|Double)|c10::complex)|real\s+scalar\s+outputs\s+but\s+got\s+torch\.complex",
        note("complex numbers go where real ones are needed"),
        why=note("complex numbers have no order and no real loss: their size is .abs(), their real part .real"),
        fix=note("x.abs() or x.real, best right behind the FFT"),
        sure=True,
    ),
    said(
        "TW401",
        r"mixed\s+dtype\s+\(CPU\)|input\s+must\s+have\s+the\s+type\s+torch\.(?P<built>\w+),\s+got\s+type\s+torch\.(?P<given>\w+)",
        note("the input has another dtype than the layer: often float64 from NumPy"),
        why=note("NumPy, pandas and batches of Python floats give float64, layers are built in float32"),
        fix=note("x.float() where the array becomes a tensor"),
    ),
    said(
        "TW610",
        r"Class\s+values\s+must\s+be\s+(?P<bad>smaller\s+than\s+num_classes|non-negative)",
        note("F.one_hot gets a class outside of its num_classes"),
        why=note("classes are 0 to num_classes - 1"),
        fix="F.one_hot(labels, int(labels.max()) + 1)",
    ),
    said(
        "TW101",
        r"same\s+device,\s+but\s+got\s+(?P<name>\w+)\s+is\s+on\s+(?P<one>\S+),\s+different\s+from\s+other\s+tensors\s+on\s+(?P<other>\S+)",
        note("{name} is on {one}, the others on {other}", name="{name}", one="{one}", other="{other}"),
        why=note("an operation needs all its tensors on one device, and moves none by itself"),
        fix=note("x = x.to(device) for every tensor of the batch; model.to(device) for every module"),
    ),
    said(
        "TW412",
        r"istft\s+requires\s+a\s+complex-valued|expects\s+a\s+real\s+input\s+tensor,\s+but\s+got\s+Complex"
        r"|only\s+floating-point\s+types\s+are\s+supported\s+as\s+the\s+default",
        note("real and complex numbers, or whole numbers, are mixed up"),
        why=note("rfft takes real numbers, and istft the complex ones of stft(..., return_complex=True)"),
    ),
)  # fmt: skip
