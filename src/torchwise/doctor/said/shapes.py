"""What PyTorch says where a layer gets a tensor of another shape than it was built for (TW2xx: layers)."""

from torchwise.doctor.said import Said, said
from torchwise.texts import note

LINEAR = note("the linear layer gets {given} features, it was built for {built}", given="{given}", built="{built}")
LAST_IS_IN = note("the last dimension must be in_features")
NEW_LINEAR = note("{code}, or the shape before it", code="nn.Linear({given}, ...)")
CHANNELS = note("the convolution gets {given} channels, it was built for {built}", given="{given}", built="{built}")
DIMENSIONS = note("a layer gets {given} dimensions; it takes {wanted}", given="{given}", wanted="{wanted}")
ONE_SAMPLE = note(
    "{code} for one sample without a batch dimension, or for images without channels", code="x.unsqueeze(0)"
)
FEATURES = note("a layer gets {given} features, it was built for {built}", given="{given}", built="{built}")
MATS = r"shapes\s+cannot\s+be\s+multiplied\s+\((?P<rows>\d+)x(?P<given>\d+)\s+and\s+(?P<built>\d+)x(?P<columns>\d+)\)"
OLD_MATS = (
    r"size\s+mismatch,?\s+m1:\s+\[(?P<rows>\d+)\s+x\s+(?P<given>\d+)\],\s+m2:\s+\[(?P<built>\d+)\s+x"
    r"\s+(?P<columns>\d+)\]"
)
WEIGHT = (
    r"weight\s+of\s+size\s+\[\d+,\s+(?P<built>\d+)[^\]]*\],\s+expected\s+input\s?\[(?P<input>[\d,\s]+)\]\s+to\s+have\s+"
)
GOT = r"\d+\s+channels,\s+but\s+got\s+(?P<given>\d+)\s+channels"

SAID: tuple[Said, ...] = (
    said("TW201", MATS, LINEAR, why=LAST_IS_IN, fix=NEW_LINEAR),
    said("TW201", OLD_MATS, LINEAR, why=LAST_IS_IN, fix=NEW_LINEAR),
    said(
        "TW201",
        r"mat1\s+dim\s+1\s+must\s+match\s+mat2\s+dim\s+0|size\s+mismatch,\s+got\s+(?P<rows>\d+),"
        r"\s+\d+x(?P<built>\d+),\s?(?P<given>\d+)"
        r"|mat1\s+and\s+mat2\s+shapes\s+cannot\s+be\s+multiplied",
        note("the linear layer gets other features than it was built for"),
        why=LAST_IS_IN,
        fix=note("print x.shape before the layer: its last number is in_features"),
    ),
    said(
        "TW211",
        r"mat1\s+and\s+mat2\s+shapes\s+cannot\s+be\s+multiplied(?:\s+\((?P<left>\d+x\d+)\s+and\s+(?P<right>\d+x\d+)\))?"
        r"|size\s+mismatch,?\s+m1:\s+\[[\d\sx]+\],\s+m2:\s+\[[\d\sx]+\]|mat1\s+dim\s+1\s+must\s+match\s+mat2\s+dim\s+0",
        note("a product of two tensors can't be formed"),
        why=note("the last dimension of the left must be the last but one of the right"),
        fix=note("y.transpose(-2, -1) where the right one is turned"),
    ),
    said(
        "TW207",
        r"mat1\s+and\s+mat2\s+shapes\s+cannot\s+be\s+multiplied|size\s+mismatch,?\s+m1:\s+\[",
        note("flatten may be missing before the linear layer, or take the batch dimension too"),
        why=note("flatten(1) keeps the first dimension, the samples"),
        fix=note("x.flatten(1) before the linear layer"),
    ),
    said(
        "TW216",
        MATS,
        note("attention may get other features than embed_dim"),
        fix=note("a query of embed_dim features"),
    ),
    said(
        "TW208",
        r"weight\s+of\s+size\s+\[\d+,\s+(?P<built>\d+),\s+\d+,\s+\d+\],\s+expected\s+input\s?\[\d+,\s+(?P<given>\d+),"
        r"\s+\d+,\s+(?P=built)\]\s+",
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
        r"Given\s+groups=\d+,\s+weight\s+of\s+size\s+(?P<weight>\S+?\])?.{0,40}expected\s+input.{0,60}channels"
        r"|Given\s+groups=\d+,\s+weight\[.{0,40}so\s+expected\s+input",
        note("the convolution gets other channels than it was built for"),
        why=note("dimension {dim} must be in_channels", dim="1"),
    ),
    said(
        "TW204",
        r"weight\s+of\s+size\s+\[\d+,\s+(?P<built>1|3),\s+\d+,\s+\d+\],\s+expected\s+input\s?\[1,\s+(?P<given>\d+),"
        r"\s+\d+,\s+\d+\]\s+",
        note(
            "the channel or the batch dimension may be missing: {given} samples are taken for channels", given="{given}"
        ),
        why=note("the layer takes (N, C, H, W); three dimensions alone are one sample"),
        fix="x.unsqueeze(1)",
    ),
    said(
        "TW223",
        r"Given\s+transposed=1,\s+weight\s+of\s+size\s+\[(?P<built>\d+)[^\]]*\],\s+expected\s+input\s?\[[\d,\s]+\]"
        r"\s+to\s+have\s+" + GOT,
        note(
            "the transposed convolution gets {given} channels, it was built for {built}",
            given="{given}",
            built="{built}",
        ),
        why=note("dimension {dim} must be in_channels", dim="1"),
        fix="in_channels={given}",
        sure=True,
    ),
    said(
        "TW223",
        r"requested\s+an\s+output\s+size\s+of\s+(?P<wanted>[\[(][^\])]*[\])]),\s+but\s+valid\s+sizes\s+range"
        r"|output_?padding\s+must\s+be\s+(?:smaller|at\s+least)|output\s+padding\s+must\s+be\s+smaller\s+than"
        r"\s+either\s+stride\s+or\s+dilation",
        note("the transposed convolution can't give the size that is wanted"),
        why=note("output_padding must be smaller than the stride; it chooses among the sizes that fit"),
        fix=note("another output_padding, or interpolate to the size of the target"),
        sure=True,
    ),
    said(
        "TW204",
        r"[Ee]xpected\s+(?P<wanted>\d)-dimensional\s+input\s+for\s+\d-dimensional\s+weight.{0,60}?but\s+got"
        r"\s+(?P<given>\d)-dimensional",
        DIMENSIONS,
        why=note("a layer counts the dimensions: batch and channels come first"),
        fix=ONE_SAMPLE,
        sure=True,
    ),
    said(
        "TW204",
        r"Expected\s+(?P<wanted>\d)D\s+\(unbatched\)\s+or\s+\dD\s+\(batched\)\s+input\s+to\s+(?P<layer>\w+),\s+but"
        r"\s+got\s+input\s+of\s+size:\s+"
        r"(?P<given>\[[\d,\s]+\])",
        note(
            "{layer} gets the shape {given}; it takes (N, C, ...) or one sample (C, ...)",
            layer="{layer}",
            given="{given}",
        ),
        why=note("a layer counts the dimensions: batch and channels come first"),
        fix=ONE_SAMPLE,
        sure=True,
    ),
    said(
        "TW204",
        r"expected\s+(?P<wanted>\dD(?:,?\s+or\s+\dD)*)(?:\s+\(unbatched\))?.{0,30}?\s+input\s+\(got\s+(?P<given>\d)D"
        r"\s+input\)"
        r"|(?P<layer>LSTM|GRU|RNN):\s+Expected\s+input\s+to\s+be\s+(?P<a>[\w\s-]+?),?\s+(?:but\s+)?got\s+(?P<b>[\w-]+)"
        r"|input\s+must\s+have\s+(?P<c>\d)\s+dimensions,\s+got\s+(?P<d>\d)|non-empty\s+\dD\s+or\s+\dD\s+.{0,40}tensor"
        r"\s+expected"
        r"|only\s+supports\s+\dD.{0,60}tensors?|expected.{0,20}[34]D.{0,30}(?:tensor|input)|For\s+(?:un)?batched"
        r"\s+\d-D\s+input"
        r"|[Ee]xpected\s+input\s+to\s+be\s+\dD.{0,40}",
        note("a layer gets another number of dimensions than it takes"),
        why=note("a layer counts the dimensions: batch and channels come first"),
        fix=ONE_SAMPLE,
    ),
    said(
        "TW205",
        r"running_(?:mean|var)\s+should\s+contain\s+(?P<given>\d+)\s+elements\s+not\s+(?P<built>\d+)",
        note("batch norm gets {given} features, it was built for {built}", given="{given}", built="{built}"),
        why=note("it counts dimension 1 of its input"),
        fix="nn.BatchNorm2d({given})",
        sure=True,
    ),
    said(
        "TW205",
        r"normalized_shape=\[(?P<built>[\d,\s]+)\],\s+expected\s+input\s+with\s+shape\s+\[.{0,30}?\],\s+but\s+got"
        r"\s+input\s+of\s+size\s?\[(?:[\d,\s]+,\s+)?"
        r"(?P<given>\d+)\]",
        note("LayerNorm gets {given} features, it was built for {built}", given="{given}", built="{built}"),
        why=note("it wants {built} as the last dimensions of its input", built="{built}"),
        fix="nn.LayerNorm({given})",
        sure=True,
    ),
    said(
        "TW205",
        r"Expected\s+(?:weight|bias)\s+to\s+be\s+a\s+vector\s+of\s+size\s+equal\s+to\s+the\s+number\s+of\s+channels"
        r"\s+in\s+input,\s+but\s+got\s+"
        r"(?:weight|bias)\s+of\s+shape\s+\[(?P<built>\d+)\]\s+and\s+input\s+of\s+shape\s+\[\d+,\s+(?P<given>\d+)",
        FEATURES,
        why=note("it counts dimension 1 of its input"),
        sure=True,
    ),
    said(
        "TW206",
        r"Given\s+input\s+size:\s+\((?P<given>[\dx]+)\)\.?\s+Calculated\s+output\s+size:\s+\((?P<made>[-\dx]+)\)",
        note("nothing is left of the image: {given} becomes {made}", given="{given}", made="{made}"),
        why=note("each pooling or stride makes the maps smaller, until the kernel is larger than they are"),
        fix=note("larger images, or fewer pooling layers"),
        sure=True,
    ),
    said(
        "TW206",
        r"padded\s+input\s+size(?:\s+per\s+channel)?:?\s+\((?P<size>[\d\sx]+)\)\.?\s+Kernel\s+size:"
        r"\s+\((?P<kernel>[\d\sx]+)\)",
        note("the kernel is {kernel}, but only {size} is left of the image", kernel="{kernel}", size="{size}"),
        why=note("each pooling or stride makes the maps smaller, until the kernel is larger than they are"),
        fix=note("larger images, a smaller kernel, or fewer pooling layers"),
        sure=True,
    ),
    said(
        "TW206",
        r"[Oo]utput\s+size\s+is\s+too\s+small|[Kk]ernel\s+size\s+can.t\s+be\s+greater\s+than|[Pp]adding\s+size"
        r"\s+should\s+be\s+less\s+than\s+the\s+"
        r"corresponding\s+input|pad\s+should\s+be\s+(?:at\s+most|smaller\s+than)(?:\s+or\s+equal\s+to)?\s+half",
        note("nothing is left of the image"),
        why=note("each pooling or stride makes the maps smaller, until the kernel is larger than they are"),
        fix=note("larger images, a smaller kernel, or fewer pooling layers"),
    ),
    said(
        "TW220",
        r"Expected\s+more\s+than\s+1\s+(?:value\s+per\s+channel|spatial\s+element)\s+when\s+training,\s+got\s+input"
        r"\s+size\s+"
        r"(?:torch\.Size\()?\[(?P<shape>[\d,\s]+)\]",
        note("{layer} gets one value for each channel, {shape}", layer="batch norm", shape="({shape})"),
        why=note(
            "in train mode batch norm takes the variance from the batch; for predictions it must use the stored one"
        ),
        fix=note("drop_last=True in the DataLoader, and model.eval() for predictions"),
        sure=True,
    ),
    said(
        "TW224",
        r"groups=(?P<groups>\d+),\s+expected\s+weight\s+to\s+be\s+divisible\s+by\s+\d+\s+at\s+dimension\s+0,\s+but"
        r"\s+got\s+weight\s+of\s+size\s+"
        r"\[(?P<channels>\d+)|num_channels\s+must\s+be\s+divisible\s+by\s+num_groups|(?:in|out)_channels\s+must\s+be"
        r"\s+divisible\s+by\s+groups"
        r"|[Ee]xpected\s+number\s+of\s+channels\s+in\s+input\s+to\s+be\s+divisible\s+by\s+num_groups"
        r"|expects\s+its\s+input's\s+.?channel.?\s+dimension\s+to\s+be\s+divisible\s+by\s+the\s+square\s+of"
        r"\s+upscale_factor",
        note("the groups don't divide the channels"),
        why=note("each group takes as many channels as the others"),
        fix=note("a number of channels that the groups divide, or groups=1"),
        sure=True,
    ),
    said(
        "TW204",
        r"at\s+least\s+(?:one|two|1|2)[- ]dimension|must\s+have\s+at\s+least\s+2\s+dimensions|2\s+or\s+more\s+dimensions|fewer\s+than"
        r"\s+2\s+dimensions|must\s+be\s+1\s+or\s+2\s+dim|Supports\s+1D\s+or\s+2D|expected\s+a\s+matrix|must\s+be\s+1\s+dimension"
        r"|batches\s+of\s+square\s+matrices|unbatched\s+2D\s+or\s+batched\s+3D|expected\s+a\s+tensor\s+with\s+\d+\s+dimensions"
        r"|same\s+number\s+of\s+spatial\s+dimensions|affine\s+matrices\s+of\s+shape|grid\s+to\s+have\s+size\s+\d\s+in\s+last"
        r"|expected\s+to\s+be\s+2-dimensional|should\s+be\s+a?\s*1d\s+sequence|input\s+tensor\s+is\s+a\s+Tensor\s+of\s+dimension\s+0"
        r"|expected\s+a\s+1D\s+(?:or\s+2D\s+)?(?:window\s+)?tensor|1-d\s+non-negative\s+integral|boxes\s+to\s+be\s+a\s+tensor\s+of\s+shape|individual\s+images,\s+not\s+batches",
        note("a function gets a tensor of another shape than it takes"),
        why=note("it takes a fixed number of dimensions, each with its meaning"),
    ),
    said(
        "TW211",
        r"must\s+have\s+the\s+same\s+number\s+of\s+columns\.\s+X1:\s+(?P<one>\d+)\s+X2:\s+(?P<other>\d+)|contracted\s+dimensions\s+need\s+to"
        r"\s+match,\s+but\s+first\s+has\s+size\s+(?P<a>\d+)|Incompatible\s+shapes\s+of\s+A\s+and\s+B|input\s+batch\s+dimensions\s+do\s+not\s+match",
        note("two matrices don't fit each other"),
        why=note("what is summed over or compared must have the same length in both"),
    ),
    said(
        "TW224",
        r"[Hh]alving\s+dimension\s+must\s+be\s+even.{0,30}is\s+size\s+(?P<size>\d+)|Number\s+of\s+channels\s+must\s+be\s+divisible"
        r"|divisible\s+by\s+downscale_factor|divisible\s+by\s+the\s+product\s+of\s+kernel_size|must\s+be\s+divisible\s+by\s+\d+\s+to"
        r"\s+view|not\s+divisible\s+by|shape\s+indivisible\s+by",
        note("a size can't be divided as the layer does it"),
        why=note("the parts must be equally large, so the size is a multiple of their number"),
    ),
    said(
        "TW206",
        r"kernel\s+size\s+should\s+be\s+greater\s+than\s+zero|calculated\s+shape\s+of\s+the\s+array\s+of\s+sliding\s+blocks"
        r"|maximum\s+size\s+for\s+tensor\s+at\s+dimension\s+(?P<dim>-?\d+)\s+is\s+(?P<most>\d+)\s+but\s+size\s+is\s+(?P<size>\d+)"
        r"|narrow\(\):\s+length\s+must\s+be\s+non-negative",
        note("the window is larger than what it runs over, or nothing"),
        why=note("a window, with its padding, must fit into the size at least once"),
        fix=note("a smaller window, or longer data"),
    ),
    said(
        "TW205",
        r"Mismatch\s+of\s+parameter\s+numbers\s+and\s+input\s+channel\s+size\..{0,30}=\s+(?P<built>\d+)\s+and\s+channel\s+size\s+="
        r"\s+(?P<given>\d+)",
        note("PReLU gets {given} channels, it was built for {built}", given="{given}", built="{built}"),
        why=note("it has one slope for each channel, in dimension 1, or one for all"),
        fix="nn.PReLU({given})",
        sure=True,
    ),
    said(
        "TW209",
        r"expected\s+grid\s+and\s+input\s+to\s+have\s+same\s+batch\s+size|shape\s+of\s+indices\s+to\s+be\s+same\s+as\s+that\s+of\s+the"
        r"\s+input|size\s+in\s+the\s+mapped\s+dimension|not\s+broadcastable\s+with\s+batch_shape|component_distribution\.batch_shape",
        note("two tensors don't fit each other"),
        why=note("counted from the last dimension, sizes must be equal or 1"),
    ),
    said(
        "TW229",
        r"only\s+supports\s+a\s+0-dimensional\s+value\s+tensor|elements\s+of\s+source\s+<\s+number\s+of\s+ones\s+in\s+mask|assign\s+a\s+gradient"
        r"\s+of\s+size",
        note("the values don't fit the places that they are written to"),
        why=note("masked_fill takes one number; other writing needs a value for each place"),
    ),
    said(
        "TW202",
        r"var\s+is\s+of\s+incorrect\s+size",
        note("the variance has another shape than the output"),
        why=note("each output has one variance, or all of a sample share one"),
        sure=True,
    ),
)
