"""How PyTorch words that dtypes don't fit: layers, labels, masks, indices, in-place results."""

from torchwise.doctor.said import Said, said
from torchwise.texts import note

FLOAT64 = note("float64 (Double) values meet float32 (Float) ones: {given} and {built}", given="{given}", built="{built}")
NUMPY = note("NumPy, pandas and batches of Python floats give float64, layers are built in float32; nothing is converted")
BYTES = note("{given} values go into a layer with {built} weights", given="{given}", built="{built}")
HALF = note("{given} meets {built}", given="{given}", built="{built}")
FLOATS_ONLY = note("a layer computes in the dtype of its weights and converts no integers")
LABELS = note("the class labels are {given}, the loss takes int64 (Long)", given="{given}")
LABELS_WHY = note("CrossEntropyLoss and NLLLoss take the number of a class, as int64; other dtypes are not converted")
LABELS_FIX = note("labels.long(), best in the Dataset")
NOT_BOOL = note("a mask of dtype {given} is used where a boolean one is needed", given="{given}")
MASK_WHY = note("masked_fill, where, & and attention take torch.bool")
MASK_FIX = note("mask.bool(), or a comparison such as mask == 0")
MIX = note("two tensors of different dtypes meet: {one} and {other}", one="{one}", other="{other}")
MIX_WHY = note("matrix products and writes by an index convert neither of the two")
MIX_FIX = note("bring one to the dtype of the other: x.to(y.dtype)")
INDEX = note("an index is no integer tensor")
INDEX_WHY = note("an index counts positions, so it must be int64; a mask must be torch.bool")

SHORT = r"(?:Int|Short|Char|Byte|Long|Bool|int|short|signed char|unsigned char|long|long long|bool)"
HALVES = r"(?:Half|BFloat16|c10::Half|c10::BFloat16|float16|bfloat16)"
SINGLE = r"(?:Float|float)"
PAIRS = (
    r"(?:Input type|mat1 and mat2|m1 and m2|same dtype|scalar type|RNN input dtype|same data ?type|"
    r"type torch\.|input type|type as weight)"
)

SAID: tuple[Said, ...] = (
    said("TW405", r"argument #1 'indices' to have.*scalar types?:? (?:Long|one of).*got (?:torch\.)?(?:cuda\.)?"
         r"(?P<given>\w*Tensor|CPU\w+Type|CUDA\w+Type)",
         note("an embedding gets indices of the type {given}", given="{given}"),
         why=note("an embedding looks up rows by their number, which must be int64"),
         fix=note("embedding(tokens.long()), best where the tokens are made"), sure=True),
    said("TW405", r"one_hot is only applicable to index tensor",
         note("F.one_hot gets a tensor that is not int64"), why=note("class numbers must be int64"),
         fix="F.one_hot(labels.long())", sure=True),
    said("TW403", r"nll_loss\w*(?:_2d_index|_kernel\w*|_out_frame)?\"? not implemented for '(?P<given>\w+)'", LABELS,
         why=LABELS_WHY, fix=LABELS_FIX, sure=True),
    said("TW403", r"expected target dtype to be Long or Byte, but got (?P<given>\w+)", LABELS, why=LABELS_WHY,
         fix=LABELS_FIX, sure=True),
    said("TW403", r"expected (?:scalar type|object of (?:scalar )?(?:data)?type) (?:torch\.)?(?:cuda\.)?Long(?:Tensor)? but "
         r"(?:got|found)(?: (?:scalar )?type)? (?:torch\.)?(?:cuda\.)?(?P<given>\w+)", LABELS, why=LABELS_WHY, fix=LABELS_FIX),
    said("TW403", r"(?i)expected object of scalar type Long but got scalar type (?P<given>\w+)", LABELS, why=LABELS_WHY,
         fix=LABELS_FIX),
    said("TW404", r"result type (?P<given>\w+) can't be cast to the desired output type (?P<built>Long|Int|Byte|long int)",
         note("the target of a loss such as BCE may be an integer tensor: {given} results can't become {built}",
              given="{given}", built="{built}"),
         why=note("losses that compare numbers need a float target"), fix=note("labels.float(), best in the Dataset")),
    said("TW404", r"Found dtype (?P<given>Long|Int|Byte|Short|Bool) but expected (?P<built>\w+)",
         note("the target of the loss is {given}, the output {built}", given="{given}", built="{built}"),
         why=note("losses that compare numbers need a float target"),
         fix=note("labels.float(), best in the Dataset"), sure=True),
    said("TW401", r"Found dtype (?P<given>Double) but expected (?P<built>\w+)",
         note("the target of the loss is float64 ({given}), the output {built}", given="{given}", built="{built}"),
         why=NUMPY, fix=note("targets.float(), best where the array becomes a tensor"), sure=True),
    said("TW410", r"result type (?P<given>\w+) can't be cast to the desired output type (?P<built>[\w ]+)",
         note("a {given} result doesn't fit into a {built} tensor", given="{given}", built="{built}"),
         why=note("an in-place operation (+=, /=, add_) keeps the dtype of the tensor that it writes into"),
         fix=note("x = x / 255 instead of x /= 255, or make the tensor with a float dtype")),
    said("TW410", r"[Cc]annot cast ufunc '(?P<name>\w+)' output from dtype\('(?P<given>\w+)'\) to dtype\('(?P<built>\w+)'\)",
         note("the {given} result of an in-place {name} doesn't fit into a {built} array",
              given="{given}", name="{name}", built="{built}"),
         why=note("an in-place operation keeps the dtype of the array"), fix="x = x / 255", sure=True),
    said("TW413", r"[Oo]nly Tensors of floating point (?:and complex )?dtype can require gradients",
         note("a gradient is asked for an integer tensor"),
         why=note("only values that can change a little have gradients"),
         fix=note("numbers with a decimal point, or dtype=torch.float32"), sure=True),
    said("TW407", r"masked_fill_? only supports boolean masks, but got mask with dtype (?P<given>[\w ]+)", NOT_BOOL,
         why=MASK_WHY, fix=MASK_FIX, sure=True),
    said("TW407", r"expected condition to be a boolean tensor, but got a tensor with dtype (?P<given>\w+)", NOT_BOOL,
         why=MASK_WHY, fix=MASK_FIX, sure=True),
    said("TW407", r"(?:masked_select|masked_fill_?|mask)\W.*[Ee]xpected (?:BoolTensor|object of scalar type Bool)"
         r"(?:.*?(?:got|found) (?:scalar type )?(?P<given>\w+))?", NOT_BOOL, why=MASK_WHY, fix=MASK_FIX),
    said("TW407", r"expected (?:scalar type|object of scalar type) Bool but (?:found|got)(?: scalar type)? (?P<given>\w+)", NOT_BOOL,
         why=MASK_WHY, fix=MASK_FIX),
    said("TW407", r"bitwise_(?:and|or|xor|not)\w*\"? not implemented for '(?P<given>\w+)'", NOT_BOOL, why=MASK_WHY, fix=MASK_FIX),
    said("TW407", r"~ \(operator\.invert\) is only implemented on integer and Boolean",
         note("~ is applied to a float tensor"), why=MASK_WHY, fix="~mask.bool()", sure=True),
    said("TW407", r"(?:only bool and floating types of \w*mask|[Ee]xpected attn_mask dtype to be bool.*?dtype: (?P<given>[\w ]+?) and)",
         NOT_BOOL, why=MASK_WHY, fix=MASK_FIX, sure=True),
    said("TW411", r"(?:tensors|arrays) used as indices must be", INDEX, why=INDEX_WHY, fix="index.long()", sure=True),
    said("TW411", r"(?:gather|scatter\w*|index_select|take|index_\w+)\(?\)?:? ?[Ee]xpected (?:dtype|a|object).*?(?:int|long|Long).*?for ind",
         INDEX, why=INDEX_WHY, fix="index.long()", sure=True),
    said("TW411", r"dtype of indices should be Long but got (?P<given>\w+)|only integers, slices .* are valid indices"
         r"|only integer tensors of a single element can be converted to an index",
         INDEX, why=INDEX_WHY, fix="index.long()"),
    said("TW408", r"(?i)could not infer output dtype.*got:? (?P<given>\w+)|can only calculate the mean of floating types\. got (?P<other>\w+)",
         note("a mean of integers or booleans"), why=note("fractions need a float dtype, and none is chosen for integers"),
         fix="x.float().mean()", sure=True),
    said("TW408", r"std and var only support floating|std_mean only support|nanmean\(\): expected|quantile\(\) input tensor must be"
         r"|linalg\.\w*norm: Expected a floating|\"\w*softmax\w*\" not implemented for '(?:Long|Int|Byte|Bool)'"
         r"|cdist only supports floating|[Cc]an only calculate the (?:std|var|norm)",
         note("a standard deviation, norm or softmax of integers"),
         why=note("fractions need a float dtype, and none is chosen for integers"), fix="x.float()", sure=True),
    said("TW412", r"Subtraction, the `-` operator, with (?:a|two) bool tensors? is not supported|numpy boolean (?:subtract|negative)"
         r"|Negation, the `-` operator, on a bool tensor",
         note("boolean tensors are subtracted"), why=note("~ inverts a boolean mask; numbers are made of it by .float()"),
         fix="~mask", sure=True),
    said("TW412", r"(?i)not implemented for '(?P<given>Complex\w+|UInt16|UInt32|UInt64|Bool)'|not supported for complex|complex (?:types|dtypes)"
         r"|real scalar outputs but got torch\.complex|does not support complex|(?P<other>Complex(?:Float|Double)|c10::complex)",
         note("an operation is not defined for this dtype"),
         why=note("complex numbers have no order, booleans no arithmetic, and the larger unsigned integers few operations"),
         fix=note("x.abs() or x.real of a complex tensor; .float() or .to(torch.int32) of the others")),
    said("TW406", rf"not implemented for '(?P<given>Half|BFloat16)'|[Ll]ow precision dtypes not supported\. Got (?P<other>\w+)",
         note("an operation has no version for half precision on this device"),
         why=note("float16 is made for GPUs; on the CPU some operations don't have it"),
         fix=note("model.float() on the CPU, or torch.autocast with bfloat16"), sure=True),
    said("TW406", rf"{PAIRS}.*?(?P<given>{HALVES})(?:Tensor)?\b.*?(?P<built>{SINGLE}|float32)", HALF,
         why=note("half precision is not converted outside of autocast"),
         fix=note("x.to(model's dtype), or the whole model in float32 under torch.autocast")),
    said("TW406", rf"{PAIRS}.*?(?P<given>{SINGLE}|float32)(?:Tensor)?\b.*?(?P<built>{HALVES})", HALF,
         why=note("half precision is not converted outside of autocast"),
         fix=note("x.half() or x.to(torch.bfloat16), like the weights")),
    said("TW402", rf"(?:Input type|input type|bias type|weight type).*?\(?(?:torch\.)?(?:cuda\.)?(?P<given>{SHORT})(?:Tensor)?\)?.*?"
         rf"(?:torch\.)?(?:cuda\.)?(?P<built>{SINGLE})", BYTES, why=FLOATS_ONLY,
         fix=note("images.float() / 255; token ids need an nn.Embedding first")),
    said("TW402", rf"mat1 and mat2 must have the same dtype, but got (?P<given>{SHORT}) and (?P<built>\w+)", BYTES,
         why=FLOATS_ONLY, fix=note("x.float()"), sure=True),
    said("TW402", rf"[Ee]xpected (?:scalar type|object of scalar type|m1 and m2) (?P<built>{SINGLE}) but (?:found|got)(?: scalar type)? (?P<given>{SHORT})",
         BYTES, why=FLOATS_ONLY, fix=note("x.float(); images.float() / 255")),
    said("TW402", r"not implemented for '(?P<given>Long|Int|Byte|Short|Char)'",
         note("{given} values go into an operation that needs floats", given="{given}"), why=FLOATS_ONLY, fix="x.float()"),
    said("TW401", r"mat1 and mat2 must have the same dtype, but got (?P<given>Double|Float) and (?P<built>Double|Float)", FLOAT64,
         why=NUMPY, fix=note("x.float() where the array becomes a tensor"), sure=True),
    said("TW401", r"RNN input dtype \(torch\.(?P<given>\w+)\) does not match weight dtype \(torch\.(?P<built>\w+)\)", FLOAT64,
         why=NUMPY, fix=note("x.float() where the array becomes a tensor"), sure=True),
    said("TW401", r"Input type (?=.*[Dd]ouble)\(?(?:torch\.)?(?:cuda\.)?(?P<given>[Dd]ouble|[Ff]loat)(?:Tensor)?\)? and (?:weight|bias) type "
         r"\(?(?:torch\.)?(?:cuda\.)?(?P<built>[Dd]ouble|[Ff]loat)(?:Tensor)?\)? should be the same", FLOAT64,
         why=NUMPY, fix=note("x.float() where the array becomes a tensor"), sure=True),
    said("TW401", r"[Ee]xpected (?:scalar type|object of (?:scalar )?type) (?:torch\.)?(?P<built>Float|Double)(?:Tensor)? but (?:found|got)"
         r"(?: (?:scalar )?type)? (?:torch\.)?(?P<given>Double|Float)(?:Tensor)?", FLOAT64, why=NUMPY,
         fix=note("x.float() where the array becomes a tensor")),
    said("TW401", r"mixed dtype \(CPU\)|(?i:expected m1 and m2 to have the same dtype), but got: (?P<given>double|float) != (?P<built>float|double)",
         note("float64 values meet float32 ones"), why=NUMPY, fix=note("x.float() where the array becomes a tensor")),
    said("TW409", r"(?:expected (?:m1 and m2|both vectors|query, key, and value|self and source)|must have (?:be )?the same (?:scalar type|dtype)"
         r"|same dtypes?|source and destination dtypes match|self\.dtype to be equal to src\.dtype)"
         r"(?:.*?(?:got|found)\W*(?P<one>\w+(?: int)?)(?:\W+(?:and|!=|for the destination and|for)\W+)(?P<other>\w+))?",
         MIX, why=MIX_WHY, fix=MIX_FIX),
)  # fmt: skip
