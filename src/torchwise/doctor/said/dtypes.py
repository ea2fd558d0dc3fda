"""What PyTorch says about the dtypes of tensors (TW4xx)."""

from torchwise.doctor.said import Said, said
from torchwise.texts import note

FROM_NUMPY = note(
    "a layer computes in the dtype of its weights and converts nothing; NumPy, pandas and lists of Python floats "
    "in a batch give float64"
)
LABEL = note("a label is the number of a class, as int64 (torch.long); other dtypes are not converted")
NO_CONVERSION = note("a layer computes in the dtype of its weights and converts nothing outside of autocast")
BY_LAYER = note("the layer gets {given} values, its weights are {built}", given="{given}", built="{built}")
TWO_DTYPES = note("one tensor is {given}, another is {wanted}", given="{one}", wanted="{other}")
SAME_DTYPE = (
    r"(?:mat1\s+and\s+mat2|m1\s+and\s+m2|self\s+and\s+\w+|both\s+operands|Query,\s+Key\s+and\s+Value"
    r"|query,\s+key,?\s+and\s+value)"
)
IN_PLACE = note("an in-place operation keeps the dtype of the tensor that it writes into")
WHOLE = r"(?:Long|Int|Short|Char|Byte|Bool|long\s+long|long|int|short|unsigned\s+char|signed\s+char|bool)"

SAID: tuple[Said, ...] = (
    said(
        "TW403",
        r"expected\s+(?:target\s+dtype\s+to\s+be|scalar\s+type)\s+Long(?:\s+or\s+Byte,?)?,?\s+but\s+(?:got|found)"
        r"\s+(?P<given>\w+)",
        note("the class labels are {given}, the loss takes int64", given="{given}"),
        why=LABEL,
        fix="labels.long()",
    ),
    said(
        "TW403",
        r".nll_loss\w*.\s+not\s+implemented\s+for\s+.(?P<given>\w+)",
        note("the class labels are {given}, the loss takes int64", given="{given}"),
        why=LABEL,
        fix="labels.long()",
    ),
    said(
        "TW403",
        r"[Ee]xpected\s+(?:object\s+of\s+)?(?:scalar\s+)?type\s+(?:Variable\[)?(?:torch\.(?:cuda\.)?)?Long(?:Tensor)?"
        r"\]?\s+but\s+(?:got|found)"
        r"\s+(?:scalar\s+)?type\s+(?:Variable\[)?(?:torch\.(?:cuda\.)?)?(?P<given>\w+)",
        note("the class labels are {given}, the loss takes int64", given="{given}"),
        why=LABEL,
        fix="labels.long()",
    ),
    said(
        "TW404",
        r"result\s+type\s+(?:Float|Double|Half|BFloat16)\s+can.t\s+be\s+cast\s+to\s+the\s+desired\s+output\s+type"
        r"\s+(?P<wanted>Long|Int|Byte)"
        r"|Found\s+dtype\s+(?P<given>Long|Int|Double|Byte)\s+but\s+expected\s+Float"
        r"|.(?:binary_cross_entropy|mse|smooth_l1|huber|l1)\w*.\s+not\s+implemented\s+for\s+.(?:Long|Int|Byte)",
        note("the loss computes with the target as a number and needs floats: the target may be integers"),
        why=note("backward can't put the gradient, a float, into integers"),
        fix="target.float()",
    ),
    said(
        "TW410",
        r"result\s+type\s+(?P<given>\w+)\s+can.t\s+be\s+cast\s+to\s+the\s+desired\s+output\s+type\s+(?P<wanted>\w+)",
        note("a tensor is {wanted} and can't hold the {given} result", wanted="{wanted}", given="{given}"),
        why=IN_PLACE,
        fix=note("x = x + y in place of x += y, or x = x.float() before"),
    ),
    said(
        "TW405",
        r"[Ee]xpected\s+(?:tensor|object).{0,80}?scalar\s+types?:?\s+Long(?:,\s+Int)?;?\s+but\s+got\s+(?:scalar"
        r"\s+type\s+)?"
        r"(?:torch\.)?(?:cuda\.)?(?P<given>\w+?)(?:Tensor)?\s+instead.{0,60}embedding",
        note("an embedding gets {given} values, it needs indices (int64)", given="{given}"),
        why=note("an embedding looks up rows by their number: the numbers must be int64, even if the floats are whole"),
        fix="tokens.long()",
        sure=True,
    ),
    said(
        "TW405",
        r"Expected\s+(?:tensor|object).{0,60}argument\s+#\d\s+.(?:indices|index).|one_hot\s+is\s+only\s+applicable"
        r"\s+to\s+index\s+tensor"
        r"|embedding.{0,60}(?:not\s+implemented\s+for|expected.{0,20})\s+.?(?:Float|Double)",
        note("an embedding or one_hot gets values that are not integers"),
        why=note("an embedding looks up rows by their number: the numbers must be int64, even if the floats are whole"),
        fix="tokens.long()",
    ),
    said(
        "TW402",
        r"expected\s+scalar\s+type\s+(?P<built>Float|Double|Half|BFloat16)\s+but\s+found\s+(?P<given>Long|Int|Short"
        r"|Byte|Bool|Char)"
        r"\b",
        BY_LAYER,
        why=note("a layer computes in the dtype of its weights, {built}, and converts no integers", built="{built}"),
        fix="x.float()",
    ),
    said(
        "TW402",
        rf"(?:{SAME_DTYPE}).{{0,40}}same\s+d(?:ata\s*)?type,?\s+but\s+got:?\s+(?P<given>{WHOLE})\s+(?:and|!=)"
        rf"\s+(?P<built>\w+)",
        BY_LAYER,
        why=note("a layer computes in the dtype of its weights, {built}, and converts no integers", built="{built}"),
        fix="x.float()",
    ),
    said(
        "TW402",
        rf"Input\s+type\s+\((?:torch\.)?(?:cuda\.)?(?P<given>{WHOLE})(?:Tensor|Type)?\)\s+and\s+(?:weight|bias)"
        rf"\s+type\s+"
        r"\((?:torch\.)?(?:cuda\.)?(?P<built>\w+?)(?:Tensor|Type)?\)",
        BY_LAYER,
        why=note("a layer computes in the dtype of its weights, {built}, and converts no integers", built="{built}"),
        fix=note("{code}; images also divided by 255", code="x.float()"),
    ),
    said(
        "TW402",
        r".(?:batch_norm|addmm\w*|\w*conv\w*|\w*pool\w*|LayerNorm\w*|\w*upsample\w*|native_layer_norm|baddbmm\w*"
        r"|threshold\w*|GeluKernel\w*|mkldnn\w*|reflection\w*|native_batch_norm)\w*.\s+not\s+implemented\s+for\s+"
        rf".(?P<given>{WHOLE})\b",
        note("a layer gets {given} values, it computes with floats only", given="{given}"),
        why=note("fractions need a float dtype, and none is chosen for integers"),
        fix="x.float()",
    ),
    said(
        "TW401",
        r"expected\s+scalar\s+type\s+(?P<built>Float|Double)\s+but\s+found\s+(?P<given>Double|Float)\b",
        BY_LAYER,
        why=FROM_NUMPY,
        fix=note("{code} in the data set, or torch.tensor(..., dtype=torch.float32)", code="x.float()"),
    ),
    said(
        "TW401",
        rf"{SAME_DTYPE}.{{0,40}}same\s+d(?:ata\s+)?type,?\s+but\s+got:?\s+(?P<one>[Dd]ouble|[Ff]loat)\s+(?:and|!=)\s+"
        r"(?P<other>[Dd]ouble|[Ff]loat)",
        TWO_DTYPES,
        why=FROM_NUMPY,
        fix="x.float()",
    ),
    said(
        "TW401",
        r"Input\s+type\s+\((?:torch\.)?(?:cuda\.)?(?P<given>double|Double(?=Tensor)|float(?=.*double)"
        r"|Float(?=.*Double))"
        r"(?:Tensor)?\)\s+and\s+(?:weight|bias)\s+type\s+\((?:torch\.)?(?:cuda\.)?(?P<built>[Dd]ouble|[Ff]loat)",
        BY_LAYER,
        why=FROM_NUMPY,
        fix="x.float()",
    ),
    said(
        "TW401",
        r"input\s+dtype\s+\((?P<given>\S+)\)\s+does\s+not\s+match\s+weight\s+dtype\s+\((?P<built>\S+)\)"
        r"|Input\s+and\s+(?:hidden|parameter)\s+tensors\s+are\s+not\s+the\s+same\s+dtype,\s+found\s+input\s+tensor"
        r"\s+with\s+(?P<one>\w+)\s+and\s+"
        r"\w+\s+tensor\s+with\s+(?P<other>\w+)",
        note("the input and the weights of the layer have different dtypes"),
        why=FROM_NUMPY,
        fix="x.float()",
    ),
    said(
        "TW401",
        r"[Ee]xpected\s+(?:object|tensor).{0,30}(?:scalar\s+)?type\s+(?:torch\.(?:cuda\.)?)?(?P<built>Float|Double)"
        r"(?:Tensor)?,?\s+but\s+(?:got|found)\s+(?:scalar\s+)?type\s+(?:torch\.(?:cuda\.)?)?(?P<given>Float|Double)"
        r"|Found\s+dtype\s+(?:Double|Float)\s+but\s+expected\s+(?:Float|Double)"
        r"|expected\s+.{0,30}(?:Float|Double)Tensor.{0,40}(?:Float|Double)Tensor",
        note("float64 meets float32"),
        why=FROM_NUMPY,
        fix="x.float()",
    ),
    said(
        "TW406",
        r"(?:expected|same\s+d|Input\s+type|input\s+dtype|Query|attn_bias|match).{0,80}?(?:\b|c10::)"
        r"(?P<given>Half|BFloat16|float16|bfloat16)(?:Tensor)?\b",
        note("half precision meets float32"),
        why=NO_CONVERSION,
        fix=note("with torch.autocast(...) around forward and loss, or model and input in one dtype"),
    ),
    said(
        "TW406",
        r".(?P<operation>\w+).\s+not\s+implemented\s+for\s+.(?P<given>Half|BFloat16)",
        note("{operation} is not defined for {given} here", operation="{operation}", given="{given}"),
        why=note("not every operation has a version for {given} on this device", given="{given}"),
        fix=note("{code} on the CPU, or torch.autocast on the GPU", code="model.float()"),
        sure=True,
    ),
    said(
        "TW407",
        r"only\s+supports\s+boolean\s+masks|expects?\s+a\s+bool(?:ean)?\s+(?:mask|tensor)|expected\s+BoolTensor"
        r"|expected\s+(?:mask|condition|self|predicate).{0,60}bool(?:ean|\b)|dtype\s+of\s+mask\s+must\s+be\s+bool",
        note("a mask is not bool"),
        why=note("a mask holds true and false: torch.bool is taken, and nothing is converted"),
        fix="mask.bool()",
        sure=True,
    ),
    said(
        "TW407",
        r"(?:attn_mask|key_padding_mask|mask)\s+(?:dtype\s+)?.{0,40}(?:must|should|only).{0,40}(?:bool|float)",
        note("a mask is not bool"),
        why=note("a mask holds true and false: torch.bool is taken, and nothing is converted"),
        fix="mask.bool()",
    ),
    said(
        "TW408",
        r"(?P<operation>\w+)\(\):\s+(?:could\s+not\s+infer\s+output\s+dtype|input\s+dtype\s+(?:must|should)"
        r"\s+be).{0,120}[Gg]ot:?\s+"
        r"(?P<given>\w+)",
        note("{operation} of {given}: it needs floats", operation="{operation}", given="{given}"),
        why=note(
            "{operation} gives fractions, and no float dtype is chosen for {given} by itself",
            operation="{operation}",
            given="{given}",
        ),
        fix="x.float()",
        sure=True,
    ),
    said(
        "TW408",
        r"[Cc]an\s+only\s+calculate\s+the\s+(?P<operation>\w+)\s+of\s+floating.{0,40}Got\s+(?P<given>\w+)"
        r"|(?P<other>\w+)\(?\)?\s+only\s+supports?\s+floating.point",
        note("{operation} of {given}: it needs floats", operation="{operation}", given="{given}"),
        why=note("fractions need a float dtype, and none is chosen for integers"),
        fix="x.float()",
    ),
    said(
        "TW408",
        rf".(?P<operation>\w*(?:softmax|norm|exp|sqrt|log|sigmoid|std|var|mean)\w*).\s+not\s+implemented\s+for"
        rf"\s+.(?P<given>{WHOLE})"
        r"\b",
        note("{operation} of {given}: it needs floats", operation="{operation}", given="{given}"),
        why=note("fractions need a float dtype, and none is chosen for integers"),
        fix="x.float()",
    ),
    said(
        "TW409",
        rf"{SAME_DTYPE}.{{0,60}}same\s+d(?:ata\s+)?type,?\s+but\s+got:?\s+(?:[\w.]+:\s+)?(?P<one>[\w:.]+)\s+(?:and"
        rf"|!=)\s+(?P<other>[\w:.]+)",
        TWO_DTYPES,
        why=note("a product computes in one dtype and converts neither operand"),
        fix="y.to(x.dtype)",
    ),
    said(
        "TW409",
        r"expected\s+(?:both\s+vectors|m1\s+and\s+m2|.{0,30})\s+to\s+have\s+(?:the\s+)?same\s+dtype,?\s+but"
        r"\s+(?:found|got):?\s+(?P<one>\w+)\s+"
        r"(?:and|!=)\s+(?P<other>\w+)|Index\s+put\s+requires\s+the\s+source\s+and\s+destination\s+dtypes\s+match,"
        r"\s+got\s+(?P<a>\w+)\s+for\s+the\s+"
        r"destination\s+and\s+(?P<b>\w+)|scatter\(\):\s+Expected\s+self\.dtype\s+to\s+be\s+equal\s+to\s+src\.dtype"
        r"|(?:index_add|index_copy|index_fill|masked_scatter)\w*\(?\)?:.{0,60}(?:same\s+(?:scalar\s+|d)?type|dtype)"
        r"|expected\s+scalar\s+type\s+(?P<c>\w+)\s+but\s+found\s+(?P<d>\w+)",
        note("two tensors have different dtypes"),
        why=note("a product computes in one dtype and converts neither operand"),
        fix="y.to(x.dtype)",
    ),
    said(
        "TW411",
        r"tensors\s+used\s+as\s+indices\s+must\s+be\s+(?:long|int)|only\s+integers,\s+slices.{0,80}are\s+valid"
        r"\s+indices"
        r"|(?:index|gather|scatter|index_select)\w*\(\):\s+Expected\s+dtype\s+int(?:32/int)?64(?:\s+for\s+index)?",
        note("an index is not int64"),
        why=note("an index counts positions, so it must be an integer tensor (int64), even if its values are whole"),
        fix=note("{code}; // in place of / where it is computed", code="index.long()"),
        sure=True,
    ),
    said(
        "TW412",
        r"Subtraction,\s+the\s+`?-`?\s+operator,\s+with\s+(?:a\s+bool|two\s+bool)\s+tensors?",
        note("a tensor is bool, and booleans are not subtracted"),
        why=note("~ inverts a boolean mask; to compute with zeros and ones it must be cast first, as by .float()"),
        fix=note("~mask to invert it, or mask.float()"),
        sure=True,
    ),
    said(
        "TW412",
        r".(?P<operation>\w+).\s+not\s+implemented\s+for\s+.(?P<given>Complex\w+|Bool|UInt\w+|Float8\w+)"
        r"|(?P<other>\w+)(?:\(\))?:?\s+(?:does\s+not|doesn.t)\s+support\s+(?:complex|automatic\s+differentiation"
        r"\s+for\s+outputs\s+with\s+"
        r"complex|bool)|not\s+(?:supported|implemented)\s+for\s+(?:complex|bool|the\s+types?)\s*\w*"
        r"|Can.t\s+promote|value\s+cannot\s+be\s+converted\s+to\s+type\s+\w+\s+without\s+overflow",
        note("an operation is not defined for complex, bool or such numbers"),
        why=note("true and false must be turned into numbers before they are computed with"),
        fix=note("x.float() for bool; x.abs() or x.real for complex numbers"),
    ),
    said(
        "TW413",
        r"[Oo]nly\s+Tensors\s+of\s+floating\s+point(?:\s+and\s+complex)?\s+dtype\s+can\s+require\s+gradients"
        r"|only\s+floating.point\s+(?:and\s+complex\s+)?.{0,30}can\s+(?:require|have)\s+grad"
        r"|isDifferentiableType",
        note("a gradient is asked for integers"),
        why=note("a gradient belongs to values that can change a little: only float (and complex) tensors have one"),
        fix=note("{code} before, or requires_grad=False for indices and counters", code="x.float()"),
        sure=True,
    ),
)
