"""What PyTorch says where a layer gets a tensor of another shape than it was built for (TW2xx: layers)."""

from torchwise.doctor.said import Said, said
from torchwise.texts import note

LINEAR = note("the linear layer gets {given} features, it was built for {built}", given="{given}", built="{built}")
LAST_IS_IN = note("the last dimension must be in_features")
NEW_LINEAR = note("{code}, or the shape before it", code="nn.Linear({given}, ...)")
CHANNELS = note("the convolution gets {given} channels, it was built for {built}", given="{given}", built="{built}")
DIMENSIONS = note("a layer gets {given} dimensions; it takes {wanted}", given="{given}", wanted="{wanted}")
ONE_SAMPLE = note("{code} for one sample without a batch dimension, or for images without channels", code="x.unsqueeze(0)")
FEATURES = note("a layer gets {given} features, it was built for {built}", given="{given}", built="{built}")
MATS = r"shapes cannot be multiplied \((?P<rows>\d+)x(?P<given>\d+) and (?P<built>\d+)x(?P<columns>\d+)\)"
OLD_MATS = r"size mismatch,? m1: \[(?P<rows>\d+) x (?P<given>\d+)\], m2: \[(?P<built>\d+) x (?P<columns>\d+)\]"
WEIGHT = r"weight of size \[\d+, (?P<built>\d+)[^\]]*\], expected input\s?\[(?P<input>[\d, ]+)\] to have "
GOT = r"\d+ channels, but got (?P<given>\d+) channels"

SAID: tuple[Said, ...] = (
    said("TW201", MATS, LINEAR, why=LAST_IS_IN, fix=NEW_LINEAR),
    said("TW201", OLD_MATS, LINEAR, why=LAST_IS_IN, fix=NEW_LINEAR),
    said(
        "TW201",
        r"mat1 dim 1 must match mat2 dim 0|size mismatch, got (?P<rows>\d+), \d+x(?P<built>\d+),\s?(?P<given>\d+)"
        r"|mat1 and mat2 shapes cannot be multiplied",
        note("the linear layer gets other features than it was built for"),
        why=LAST_IS_IN,
        fix=note("print x.shape before the layer: its last number is in_features"),
    ),
    said(
        "TW211",
        r"mat1 and mat2 shapes cannot be multiplied(?: \((?P<left>\d+x\d+) and (?P<right>\d+x\d+)\))?"
        r"|size mismatch,? m1: \[[\d x]+\], m2: \[[\d x]+\]|mat1 dim 1 must match mat2 dim 0",
        note("a product of two tensors can't be formed"),
        why=note("the last dimension of the left must be the last but one of the right"),
        fix=note("y.transpose(-2, -1) where the right one is turned"),
    ),
    said(
        "TW207",
        r"mat1 and mat2 shapes cannot be multiplied|size mismatch,? m1: \[",
        note("flatten may be missing before the linear layer, or take the batch dimension too"),
        why=note("flatten(1) keeps the first dimension, the samples"),
        fix=note("x.flatten(1) before the linear layer"),
    ),
    said("TW216", MATS, note("attention may get other features than embed_dim"), fix=note("a query of embed_dim features")),
    said(
        "TW208",
        r"weight of size \[\d+, (?P<built>\d+), \d+, \d+\], expected input\s?\[\d+, (?P<given>\d+), \d+, (?P=built)\] ",
        note("an image has its {built} channels as the last dimension", built="{built}"),
        why=note("PyTorch's layers take the channels before height and width: {order}", order="(N, C, H, W)"),
        fix="x.permute(0, 3, 1, 2)",
    ),
    said(
        "TW203",
        WEIGHT + GOT,
        CHANNELS,
        why=note("dimension {dim} must be in_channels", dim="1"),
        fix=note("{code}, or images of {built} channels", code="in_channels={given}", built="{built}"),
    ),
    said(
        "TW203",
        r"Given groups=\d+, weight of size (?P<weight>\S+?\])?.{0,40}expected input.{0,60}channels"
        r"|Given groups=\d+, weight\[.{0,40}so expected input",
        note("the convolution gets other channels than it was built for"),
        why=note("dimension {dim} must be in_channels", dim="1"),
    ),
    said(
        "TW204",
        r"weight of size \[\d+, (?P<built>1|3), \d+, \d+\], expected input\s?\[1, (?P<given>\d+), \d+, \d+\] ",
        note("the channel or the batch dimension may be missing: {given} samples are taken for channels", given="{given}"),
        why=note("the layer takes (N, C, H, W); three dimensions alone are one sample"),
        fix="x.unsqueeze(1)",
    ),
    said(
        "TW223",
        r"Given transposed=1, weight of size \[(?P<built>\d+)[^\]]*\], expected input\s?\[[\d, ]+\] to have " + GOT,
        note("the transposed convolution gets {given} channels, it was built for {built}", given="{given}", built="{built}"),
        why=note("dimension {dim} must be in_channels", dim="1"),
        fix="in_channels={given}",
        sure=True,
    ),
    said(
        "TW223",
        r"requested an output size of (?P<wanted>\S+?), but valid sizes range from (?P<low>[^()]+|\S+) to"
        r"|output_?padding must be (?:smaller|at least)|output padding must be smaller than either stride or dilation",
        note("the transposed convolution can't give the size that is wanted"),
        why=note("output_padding must be smaller than the stride; it chooses among the sizes that fit"),
        fix=note("another output_padding, or interpolate to the size of the target"),
        sure=True,
    ),
    said(
        "TW204",
        r"[Ee]xpected (?P<wanted>\d)-dimensional input for \d-dimensional weight.{0,60}?but got (?P<given>\d)-dimensional",
        DIMENSIONS,
        why=note("a layer counts the dimensions: batch and channels come first"),
        fix=ONE_SAMPLE,
        sure=True,
    ),
    said(
        "TW204",
        r"Expected (?P<wanted>\d)D \(unbatched\) or \dD \(batched\) input to (?P<layer>\w+), but got input of size: "
        r"(?P<given>\[[\d, ]+\])",
        note("{layer} gets the shape {given}; it takes (N, C, ...) or one sample (C, ...)", layer="{layer}", given="{given}"),
        why=note("a layer counts the dimensions: batch and channels come first"),
        fix=ONE_SAMPLE,
        sure=True,
    ),
    said(
        "TW204",
        r"expected (?P<wanted>\dD(?:,? or \dD)*)(?: \(unbatched\))?.{0,30}? input \(got (?P<given>\d)D input\)"
        r"|(?P<layer>LSTM|GRU|RNN): Expected input to be (?P<a>[\w -]+?),? (?:but )?got (?P<b>[\w-]+)"
        r"|input must have (?P<c>\d) dimensions, got (?P<d>\d)|non-empty \dD or \dD .{0,40}tensor expected"
        r"|only supports \dD.{0,60}tensors?|expected.{0,20}[34]D.{0,30}(?:tensor|input)|For (?:un)?batched \d-D input"
        r"|[Ee]xpected input to be \dD.{0,40}",
        note("a layer gets another number of dimensions than it takes"),
        why=note("a layer counts the dimensions: batch and channels come first"),
        fix=ONE_SAMPLE,
    ),
    said(
        "TW205",
        r"running_(?:mean|var) should contain (?P<given>\d+) elements not (?P<built>\d+)",
        note("batch norm gets {given} features, it was built for {built}", given="{given}", built="{built}"),
        why=note("it counts dimension 1 of its input"),
        fix="nn.BatchNorm2d({given})",
        sure=True,
    ),
    said(
        "TW205",
        r"normalized_shape=\[(?P<built>[\d, ]+)\], expected input with shape \[.{0,30}?\], but got input of size\s?\[(?:[\d, ]+, )?"
        r"(?P<given>\d+)\]",
        note("LayerNorm gets {given} features, it was built for {built}", given="{given}", built="{built}"),
        why=note("it wants {built} as the last dimensions of its input", built="{built}"),
        fix="nn.LayerNorm({given})",
        sure=True,
    ),
    said(
        "TW205",
        r"Expected (?:weight|bias) to be a vector of size equal to the number of channels in input, but got "
        r"(?:weight|bias) of shape \[(?P<built>\d+)\] and input of shape \[\d+, (?P<given>\d+)",
        FEATURES,
        why=note("it counts dimension 1 of its input"),
        sure=True,
    ),
    said(
        "TW206",
        r"Given input size: \((?P<given>[\dx]+)\)\.? Calculated output size: \((?P<made>[-\dx]+)\)",
        note("nothing is left of the image: {given} becomes {made}", given="{given}", made="{made}"),
        why=note("each pooling or stride makes the maps smaller, until the kernel is larger than they are"),
        fix=note("larger images, or fewer pooling layers"),
        sure=True,
    ),
    said(
        "TW206",
        r"padded input size(?: per channel)?:? \((?P<size>[\d x]+)\)\.? Kernel size: \((?P<kernel>[\d x]+)\)",
        note("the kernel is {kernel}, but only {size} is left of the image", kernel="{kernel}", size="{size}"),
        why=note("each pooling or stride makes the maps smaller, until the kernel is larger than they are"),
        fix=note("larger images, a smaller kernel, or fewer pooling layers"),
        sure=True,
    ),
    said(
        "TW206",
        r"[Oo]utput size is too small|[Kk]ernel size can.t be greater than|[Pp]adding size should be less than the "
        r"corresponding input|pad should be (?:at most|smaller than)(?: or equal to)? half",
        note("nothing is left of the image"),
        why=note("each pooling or stride makes the maps smaller, until the kernel is larger than they are"),
        fix=note("larger images, a smaller kernel, or fewer pooling layers"),
    ),
    said(
        "TW214",
        r"input\.size\(-1\) must be equal to input_size\. Expected (?P<built>\d+), got (?P<given>\d+)",
        note("the recurrent layer gets {given} features at each step, it was built for {built}", given="{given}", built="{built}"),
        why=note("the last dimension of the input must be input_size ({size})", size="{built}"),
        fix=note("{code}, or transpose what has batch, time and features in another order", code="input_size={given}"),
        sure=True,
    ),
    said(
        "TW214",
        r"input has inconsistent input_size: got (?P<given>\d+),? expected (?P<built>\d+)",
        note("the recurrent layer gets {given} features at each step, it was built for {built}", given="{given}", built="{built}"),
        why=note("the last dimension of the input must be input_size ({size})", size="{built}"),
        sure=True,
    ),
    said(
        "TW215",
        r"Expected hidden(?:\[\d\])? size [\[(](?P<wanted>[\d, ]+)[\])], got [\[(](?P<given>[\d, ]+)[\])]",
        note("the hidden state must be ({wanted}), it is ({given})", wanted="{wanted}", given="{given}"),
        why=note("a state is (layers * directions, batch, hidden size)"),
        fix=note("make the state from this batch: torch.zeros({wanted}); or leave it out", wanted="{wanted}"),
        sure=True,
    ),
    said(
        "TW215",
        r"For (?:un)?batched (?P<a>\d-D) input, hx(?: and cx)? should also be (?P<b>\d-D)"
        r"|[Ii]nput batch size (?P<one>\d+) doesn.t match hidden(?:\[\d\])? batch size (?P<other>\d+)"
        r"|hidden\S* has inconsistent hidden_size|rnn: hx is not contiguous|expects? (?:cell|hidden) state",
        note("the hidden state doesn't fit the batch"),
        why=note("a state is (layers * directions, batch, hidden size)"),
        fix=note("make the state from this batch, or leave it out: it begins with zeros"),
    ),
    said(
        "TW216",
        r"shape of (?:the )?(?:\dD )?(?:attn_mask|key_padding_mask) is (?:torch\.Size\()?[\[(](?P<given>[\d, ]+)[\])]\)?, "
        r"but should be \(?(?P<wanted>[\d, ]+)\)?",
        note("the mask of the attention must be ({wanted}), it is ({given})", wanted="{wanted}", given="{given}"),
        why=note("a mask of (batch, length) says which keys are padding"),
        sure=True,
    ),
    said(
        "TW216",
        r"was expecting embedding dimension of (?P<built>\d+), but got (?P<given>\d+)",
        note("attention gets {given} features, it was built for {built}", given="{given}", built="{built}"),
        why=note("the last dimension of the query must be embed_dim"),
        fix="nn.MultiheadAttention({given}, ...)",
        sure=True,
    ),
    said(
        "TW216",
        r"(?:expecting key_padding_mask|key.s sequence (?:length )?and batch|the (?:batch number|feature number) of src and "
        r"tgt must be equal|the feature number of src and tgt|key shape .{0,60} does not match value shape|size of the "
        r"\dD attn_mask is not correct|Mask shape should match|expected (?:the )?(?:key|query|src|tgt).{0,40}to be "
        r"\d-?D|`?(?:attn_mask|key_padding_mask)`?'?s? (?:dimension|shape|size))",
        note("attention gets a query, key, value or mask of another shape"),
        why=note("with batch_first=True a sequence is (batch, time, features)"),
    ),
    said(
        "TW217",
        r"embed_dim must be divisible by num_heads|hidden size \(?(?P<features>\d+)\)? is not a multiple of the number of "
        r"attention heads \(?(?P<heads>\d+)",
        note("the number of heads doesn't divide the features"),
        why=note("each head gets features / heads, a whole number"),
        fix=note("a number of heads that divides embed_dim"),
        sure=True,
    ),
    said(
        "TW220",
        r"Expected more than 1 (?:value per channel|spatial element) when training, got input size "
        r"(?:torch\.Size\()?\[(?P<shape>[\d, ]+)\]",
        note("{layer} gets one value for each channel, {shape}", layer="batch norm", shape="({shape})"),
        why=note(
            "in train mode batch norm takes the variance from the batch; for predictions it must use the stored one"
        ),
        fix=note("drop_last=True in the DataLoader, and model.eval() for predictions"),
        sure=True,
    ),
    said(
        "TW224",
        r"groups=(?P<groups>\d+), expected weight to be divisible by \d+ at dimension 0, but got weight of size "
        r"\[(?P<channels>\d+)|num_channels must be divisible by num_groups|(?:in|out)_channels must be divisible by groups"
        r"|[Ee]xpected number of channels in input to be divisible by num_groups"
        r"|expects its input's .?channel.? dimension to be divisible by the square of upscale_factor",
        note("the groups don't divide the channels"),
        why=note("each group takes as many channels as the others"),
        fix=note("a number of channels that the groups divide, or groups=1"),
        sure=True,
    ),
)
