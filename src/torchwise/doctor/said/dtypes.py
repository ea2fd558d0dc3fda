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
SAME_DTYPE = r"(?:mat1 and mat2|m1 and m2|self and \w+|both operands|Query, Key and Value|query, key,? and value)"
IN_PLACE = note("an in-place operation keeps the dtype of the tensor that it writes into")
WHOLE = r"(?:Long|Int|Short|Char|Byte|Bool|long long|long|int|short|unsigned char|signed char|bool)"

SAID: tuple[Said, ...] = (
    said(
        "TW403",
        r"expected (?:target dtype to be|scalar type) Long(?: or Byte,?)?,? but (?:got|found) (?P<given>\w+)",
        note("the class labels are {given}, the loss takes int64", given="{given}"),
        why=LABEL,
        fix="labels.long()",
    ),
    said(
        "TW403",
        r".nll_loss\w*. not implemented for .(?P<given>\w+)",
        note("the class labels are {given}, the loss takes int64", given="{given}"),
        why=LABEL,
        fix="labels.long()",
    ),
    said(
        "TW403",
        r"[Ee]xpected (?:object of )?(?:scalar )?type (?:torch\.(?:cuda\.)?)?Long(?:Tensor)? but (?:got|found) "
        r"(?:scalar )?type (?:torch\.(?:cuda\.)?)?(?P<given>\w+)",
        note("the class labels are {given}, the loss takes int64", given="{given}"),
        why=LABEL,
        fix="labels.long()",
    ),
    said(
        "TW404",
        r"result type (?:Float|Double|Half|BFloat16) can.t be cast to the desired output type (?P<wanted>Long|Int|Byte)"
        r"|Found dtype (?P<given>Long|Int|Double|Byte) but expected Float"
        r"|.(?:binary_cross_entropy|mse|smooth_l1|huber|l1)\w*. not implemented for .(?:Long|Int|Byte)",
        note("the loss computes with the target as a number and needs floats: the target may be integers"),
        why=note("backward can't put the gradient, a float, into integers"),
        fix="target.float()",
    ),
    said(
        "TW410",
        r"result type (?P<given>\w+) can.t be cast to the desired output type (?P<wanted>\w+)",
        note("a tensor is {wanted} and can't hold the {given} result", wanted="{wanted}", given="{given}"),
        why=IN_PLACE,
        fix=note("x = x + y in place of x += y, or x = x.float() before"),
    ),
    said(
        "TW405",
        r"[Ee]xpected (?:tensor|object).{0,80}?scalar types?:? Long(?:, Int)?;? but got (?:scalar type )?"
        r"(?:torch\.)?(?:cuda\.)?(?P<given>\w+?)(?:Tensor)? instead.{0,60}embedding",
        note("an embedding gets {given} values, it needs indices (int64)", given="{given}"),
        why=note(
            "an embedding looks up rows by their number: the numbers must be int64, even if the floats are whole"
        ),
        fix="tokens.long()",
        sure=True,
    ),
    said(
        "TW405",
        r"Expected (?:tensor|object).{0,60}argument #\d .(?:indices|index).|one_hot is only applicable to index tensor"
        r"|embedding.{0,60}(?:not implemented for|expected.{0,20}) .?(?:Float|Double)",
        note("an embedding or one_hot gets values that are not integers"),
        why=note(
            "an embedding looks up rows by their number: the numbers must be int64, even if the floats are whole"
        ),
        fix="tokens.long()",
    ),
    said(
        "TW402",
        r"expected scalar type (?P<built>Float|Double|Half|BFloat16) but found (?P<given>Long|Int|Short|Byte|Bool|Char)"
        r"\b",
        BY_LAYER,
        why=note("a layer computes in the dtype of its weights, {built}, and converts no integers", built="{built}"),
        fix="x.float()",
    ),
    said(
        "TW402",
        rf"(?:{SAME_DTYPE}).{{0,40}}same (?:data ?)?type,? but got:? (?P<given>{WHOLE}) (?:and|!=) (?P<built>\w+)",
        BY_LAYER,
        why=note("a layer computes in the dtype of its weights, {built}, and converts no integers", built="{built}"),
        fix="x.float()",
    ),
    said(
        "TW402",
        rf"Input type \((?:torch\.)?(?:cuda\.)?(?P<given>{WHOLE})(?:Tensor|Type)?\) and (?:weight|bias) type "
        r"\((?:torch\.)?(?:cuda\.)?(?P<built>\w+?)(?:Tensor|Type)?\)",
        BY_LAYER,
        why=note("a layer computes in the dtype of its weights, {built}, and converts no integers", built="{built}"),
        fix=note("{code}; images also divided by 255", code="x.float()"),
    ),
    said(
        "TW402",
        r".(?:batch_norm|addmm\w*|\w*conv\w*|\w*pool\w*|LayerNorm\w*|\w*upsample\w*|native_layer_norm|baddbmm\w*"
        r"|threshold\w*|GeluKernel\w*|mkldnn\w*|reflection\w*|native_batch_norm)\w*. not implemented for "
        rf".(?P<given>{WHOLE})\b",
        note("a layer gets {given} values, it computes with floats only", given="{given}"),
        why=note("fractions need a float dtype, and none is chosen for integers"),
        fix="x.float()",
    ),
    said(
        "TW401",
        r"expected scalar type (?P<built>Float|Double) but found (?P<given>Double|Float)\b",
        BY_LAYER,
        why=FROM_NUMPY,
        fix=note("{code} in the data set, or torch.tensor(..., dtype=torch.float32)", code="x.float()"),
    ),
    said(
        "TW401",
        rf"{SAME_DTYPE}.{{0,40}}same d(?:ata )?type,? but got:? (?P<one>[Dd]ouble|[Ff]loat) (?:and|!=) "
        r"(?P<other>[Dd]ouble|[Ff]loat)",
        TWO_DTYPES,
        why=FROM_NUMPY,
        fix="x.float()",
    ),
    said(
        "TW401",
        r"Input type \((?:torch\.)?(?:cuda\.)?(?P<given>[Dd]ouble|[Ff]loat)(?:Tensor)?\) and (?:weight|bias) type "
        r"\((?:torch\.)?(?:cuda\.)?(?P<built>[Dd]ouble|[Ff]loat)(?:Tensor)?\)(?<!\(torch\.FloatTensor\) and weight type"
        r" \(torch\.FloatTensor\))(?!.*cuda)",
        BY_LAYER,
        why=FROM_NUMPY,
        fix="x.float()",
    ),
    said(
        "TW401",
        r"input dtype \((?P<given>\S+)\) does not match weight dtype \((?P<built>\S+)\)"
        r"|Input and (?:hidden|parameter) tensors are not the same dtype, found input tensor with (?P<one>\w+) and "
        r"\w+ tensor with (?P<other>\w+)",
        note("the input and the weights of the layer have different dtypes"),
        why=FROM_NUMPY,
        fix="x.float()",
    ),
    said(
        "TW401",
        r"[Ee]xpected (?:object|tensor).{0,30}(?:scalar )?type (?:torch\.(?:cuda\.)?)?(?P<built>Float|Double)"
        r"(?:Tensor)?,? but (?:got|found) (?:scalar )?type (?:torch\.(?:cuda\.)?)?(?P<given>Float|Double)"
        r"|Found dtype (?:Double|Float) but expected (?:Float|Double)"
        r"|expected .{0,30}(?:Float|Double)Tensor.{0,40}(?:Float|Double)Tensor",
        note("float64 meets float32"),
        why=FROM_NUMPY,
        fix="x.float()",
    ),
    said(
        "TW406",
        r"(?:expected|same d|Input type|input dtype|Query|attn_bias|match).{0,80}?(?:\b|c10::)"
        r"(?P<given>Half|BFloat16|float16|bfloat16)(?:Tensor)?\b",
        note("half precision meets float32"),
        why=NO_CONVERSION,
        fix=note("with torch.autocast(...) around forward and loss, or model and input in one dtype"),
    ),
    said(
        "TW406",
        r".(?P<operation>\w+). not implemented for .(?P<given>Half|BFloat16)",
        note("{operation} is not defined for {given} here", operation="{operation}", given="{given}"),
        why=note("not every operation has a version for {given} on this device", given="{given}"),
        fix=note("{code} on the CPU, or torch.autocast on the GPU", code="model.float()"),
        sure=True,
    ),
    said(
        "TW407",
        r"(?:only supports boolean masks|expects? a bool(?:ean)? (?:mask|tensor)|expected (?:mask|condition|self|predicate)"
        r".{0,60}bool|where expected condition to be a boolean tensor|expected BoolTensor|masked_\w+.{0,40}(?:[Bb]ool|mask))"
        r".{0,80}?(?:(?:dtype|but got|got) (?:mask with dtype |a tensor with dtype |type )?(?P<given>[\w. ]+)|$)",
        note("a mask is not bool"),
        why=note("a mask holds true and false: torch.bool is taken, and nothing is converted"),
        fix="mask.bool()",
        sure=True,
    ),
    said(
        "TW407",
        r"(?:attn_mask|key_padding_mask|mask) (?:dtype )?.{0,40}(?:must|should|only).{0,40}(?:bool|float)",
        note("a mask is not bool"),
        why=note("a mask holds true and false: torch.bool is taken, and nothing is converted"),
        fix="mask.bool()",
    ),
    said(
        "TW408",
        r"(?P<operation>\w+)\(\): (?:could not infer output dtype|input dtype (?:must|should) be).{0,120}[Gg]ot:? "
        r"(?P<given>\w+)",
        note("{operation} of {given}: it needs floats", operation="{operation}", given="{given}"),
        why=note("{operation} gives fractions, and no float dtype is chosen for {given} by itself", operation="{operation}", given="{given}"),
        fix="x.float()",
        sure=True,
    ),
    said(
        "TW408",
        r"[Cc]an only calculate the (?P<operation>\w+) of floating.{0,40}Got (?P<given>\w+)"
        r"|(?P<other>\w+)\(?\)? only supports? floating.point",
        note("{operation} of {given}: it needs floats", operation="{operation}", given="{given}"),
        why=note("fractions need a float dtype, and none is chosen for integers"),
        fix="x.float()",
    ),
    said(
        "TW408",
        rf".(?P<operation>\w*(?:softmax|norm|exp|sqrt|log|sigmoid|std|var|mean)\w*). not implemented for .(?P<given>{WHOLE})"
        r"\b",
        note("{operation} of {given}: it needs floats", operation="{operation}", given="{given}"),
        why=note("fractions need a float dtype, and none is chosen for integers"),
        fix="x.float()",
    ),
    said(
        "TW409",
        rf"{SAME_DTYPE}.{{0,60}}same d(?:ata )?type,? but got:? (?:[\w.]+: )?(?P<one>[\w:.]+) (?:and|!=) (?P<other>[\w:.]+)",
        TWO_DTYPES,
        why=note("a product computes in one dtype and converts neither operand"),
        fix="y.to(x.dtype)",
    ),
    said(
        "TW409",
        r"expected (?:both vectors|m1 and m2|.{0,30}) to have (?:the )?same dtype,? but (?:found|got):? (?P<one>\w+) "
        r"(?:and|!=) (?P<other>\w+)|Index put requires the source and destination dtypes match, got (?P<a>\w+) for the "
        r"destination and (?P<b>\w+)|scatter\(\): Expected self\.dtype to be equal to src\.dtype"
        r"|(?:index_add|index_copy|index_fill|masked_scatter)\w*\(?\)?:.{0,60}(?:same (?:scalar |d)?type|dtype)"
        r"|expected scalar type (?P<c>\w+) but found (?P<d>\w+)",
        note("two tensors have different dtypes"),
        why=note("a product computes in one dtype and converts neither operand"),
        fix="y.to(x.dtype)",
    ),
    said(
        "TW411",
        r"tensors used as indices must be (?:long|int)|only integers, slices.{0,80}are valid indices"
        r"|(?:index|gather|scatter|index_select)\w*\(\): Expected dtype int(?:32/int)?64(?: for index)?",
        note("an index is not int64"),
        why=note(
            "an index counts positions, so it must be an integer tensor (int64), even if its values are whole"
        ),
        fix=note("{code}; // in place of / where it is computed", code="index.long()"),
        sure=True,
    ),
    said(
        "TW412",
        r"Subtraction, the `?-`? operator, with (?:a bool|two bool) tensors?",
        note("a tensor is bool, and booleans are not subtracted"),
        why=note(
            "~ inverts a boolean mask; to compute with zeros and ones it must be cast first, as by .float()"
        ),
        fix=note("~mask to invert it, or mask.float()"),
        sure=True,
    ),
    said(
        "TW412",
        r".(?P<operation>\w+). not implemented for .(?P<given>Complex\w+|Bool|UInt\w+|Float8\w+)"
        r"|(?P<other>\w+)(?:\(\))?:? (?:does not|doesn.t) support (?:complex|automatic differentiation for outputs with "
        r"complex|bool)|not (?:supported|implemented) for (?:complex|bool|the types?) ?\w*"
        r"|Can.t promote|value cannot be converted to type \w+ without overflow",
        note("an operation is not defined for complex, bool or such numbers"),
        why=note("true and false must be turned into numbers before they are computed with"),
        fix=note("x.float() for bool; x.abs() or x.real for complex numbers"),
    ),
    said(
        "TW413",
        r"[Oo]nly Tensors of floating point(?: and complex)? dtype can require gradients"
        r"|only floating.point (?:and complex )?.{0,30}can (?:require|have) grad"
        r"|isDifferentiableType",
        note("a gradient is asked for integers"),
        why=note(
            "a gradient belongs to values that can change a little: only float (and complex) tensors have one"
        ),
        fix=note("{code} before, or requires_grad=False for indices and counters", code="x.float()"),
        sure=True,
    ),
)
