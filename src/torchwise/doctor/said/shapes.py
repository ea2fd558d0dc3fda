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
)
