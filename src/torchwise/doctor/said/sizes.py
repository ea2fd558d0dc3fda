"""What PyTorch says where the shapes of tensors don't fit each other (TW2xx: operations)."""

from torchwise.doctor.said import Said, said
from torchwise.texts import note

SIZES = r"size\s+of\s+tensor\s+a\s+\((?P<one>\d+)\)\s+must\s+match\s+the\s+size\s+of\s+tensor\s+b\s+\((?P<other>\d+)\)"
BROADCAST = note("two tensors don't broadcast: {one} meets {other}", one="{one}", other="{other}")
COUNTED = note(
    "counted from the last dimension, sizes must be equal or 1; here {one_size} meets {other_size}",
    one_size="{one}",
    other_size="{other}",
)
ODD = note("kernel, stride and padding must keep the size, or the shortcut must change it likewise")
RESIZE = note("interpolate one to the other's size, or pad the images to a multiple of 2 for each halving")

SAID: tuple[Said, ...] = (
    said(
        "TW209", SIZES, BROADCAST, why=COUNTED, fix=note("print both shapes; x.unsqueeze(...) puts in a dimension of 1")
    ),
    said(
        "TW219",
        SIZES + r"\s+at\s+non-singleton\s+dimension\s+[123]",
        note("at a skip connection {one} meets {other}: both ways must give one shape", one="{one}", other="{other}"),
        why=ODD,
        fix=RESIZE,
    ),
    said(
        "TW202",
        SIZES,
        note(
            "the loss may compare an output with a target of another shape: {one} meets {other}",
            one="{one}",
            other="{other}",
        ),
        why=note("{name} compares value by value: both must have the same shape", name=note("the loss")),
        fix=note("bring both to one shape"),
    ),
    said("TW211", SIZES, note("two batches of matrices don't fit: {one} meets {other}", one="{one}", other="{other}")),
    said(
        "TW209",
        r"[Ss]hape\s+mismatch:\s+objects\s+cannot\s+be\s+broadcast|not\s+broadcastable\s+to|inconsistent\s+tensor"
        r"\s+size,\s+expected"
        r"|The\s+broadcast\s+shape|Shapes?\s+.{0,40}(?:are|is)\s+not\s+broadcastable|operands\s+could\s+not\s+be"
        r"\s+broadcast\s+together"
        r"|condition.{0,40}to\s+broadcast",
        note("two tensors don't broadcast"),
        why=note("counted from the last dimension, sizes must be equal or 1"),
    ),
    said(
        "TW210",
        r"Sizes\s+of\s+tensors\s+must\s+match\s+except\s+in\s+dimension\s+(?P<dim>\d+)\.\s+(?:Expected\s+size"
        r"\s+(?P<one>\d+)\s+but\s+got\s+size\s+"
        r"(?P<other>\d+)\s+for\s+tensor\s+number\s+(?P<number>\d+)|Got\s+(?P<a>\d+)\s+and\s+(?P<b>\d+)\s+in"
        r"\s+dimension\s+(?P<at>\d+))",
        note("cat along dimension {dim} gets shapes that don't fit", dim="{dim}"),
        why=note("cat needs equal sizes in every dimension but {dim}", dim="{dim}"),
        fix=note("another dim, or bring the other dimensions to one size"),
    ),
    said(
        "TW219",
        r"Sizes\s+of\s+tensors\s+must\s+match\s+except\s+in\s+dimension\s+1\.\s+(?:Expected\s+size\s+(?P<one>\d+)"
        r"\s+but\s+got\s+size\s+(?P<other>\d+)"
        r"|Got\s+(?P<a>\d+)\s+and\s+(?P<b>\d+)\s+in\s+dimension\s+[23])",
        note("at a skip connection the maps have different sizes"),
        why=note("an odd size halved and doubled again is one smaller or larger"),
        fix=RESIZE,
    ),
    said(
        "TW210",
        r"stack\s+expects\s+(?:each|a\s+non-empty)\s*tensor(?:List|\s+to\s+be\s+equal\s+size,\s+but\s+got"
        r"\s+(?P<one>\[[\d,\s]*\])\s+at\s+entry\s+"
        r"(?P<first>\d+)\s+and\s+(?P<other>\[[\d,\s]*\])\s+at\s+entry\s+(?P<number>\d+))",
        note("stack gets tensors of different shapes: {one} and {other}", one="{one}", other="{other}"),
        why=note("stack makes a new dimension and needs exactly equal shapes"),
        fix=note("pad them to one length: torch.nn.utils.rnn.pad_sequence"),
    ),
    said(
        "TW210",
        r"Tensors\s+must\s+have\s+same\s+number\s+of\s+dimensions:\s+got\s+(?P<one>\d+)\s+and\s+(?P<other>\d+)",
        note("cat gets tensors with {one} and with {other} dimensions", one="{one}", other="{other}"),
        why=note("cat joins along a dimension that is there; stack makes a new one"),
        fix=note("x.unsqueeze(...) for the smaller one, or torch.stack"),
        sure=True,
    ),
    said(
        "TW210",
        r"zero-dimensional\s+tensor\s+.{0,30}cannot\s+be\s+concatenated|expected\s+a\s+non-empty\s+list\s+of\s+Tensors"
        r"|(?:cat|stack)\(\):\s+argument\s+.tensors.\s+.{0,20}must\s+be\s+tuple\s+of\s+Tensors,\s+not\s+(?P<kind>\w+)"
        r"|expected\s+Tensor\s+as\s+element\s+\d+\s+in\s+argument\s+0,\s+but\s+got\s+(?P<element>\w+)",
        note("cat or stack gets what it can't join"),
        why=note(
            "its first argument is a list or tuple of the tensors, with a dimension to join; stack makes a new one"
        ),
        fix="torch.stack(tensors)",
    ),
    said(
        "TW211",
        r"Expected\s+size\s+for\s+first\s+two\s+dimensions\s+of\s+batch2\s+tensor\s+to\s+be:"
        r"\s+\[(?P<wanted>[\d,\s]+)\]\s+but\s+got:\s+\[(?P<given>[\d,\s]+)",
        note(
            "batches of matrices don't fit: the right one must begin with ({wanted}), it has ({given})",
            wanted="{wanted}",
            given="{given}",
        ),
        why=note("the last dimension of the left must be the last but one of the right"),
        fix=note("y.transpose(-2, -1) where the right one is turned"),
        sure=True,
    ),
    said(
        "TW211",
        r"batch[12]\s+must\s+be\s+a\s+3D\s+tensor|[Ee]xpected\s+(?:3D|batch\d)\s+tensors?.{0,40}|self\s+must\s+be\s+a"
        r"\s+matrix|mat[12]\s+must\s+be\s+a\s+matrix"
        r"|(?:1D|2D)\s+tensors\s+expected,?\s+but\s+got|(?:vector|matrix)(?:\s+\S+)?\s+(?:and\s+\w+\s+)?expected,\s+got"
        r"|inconsistent\s+tensor\s+size,\s+expected\s+tensor\s+\[(?P<one>\d+)\]\s+and\s+src\s+\[(?P<other>\d+)\]|size"
        r"\s+mismatch,\s+got"
        r"|dot\s+:\s+expected\s+both\s+vectors|both\s+arguments\s+to\s+(?:matmul|linear)\s+need\s+to\s+be\s+at"
        r"\s+least\s+1D"
        r"|tensors?\s+must\s+be\s+2-?D|Incompatible\s+matrix\s+sizes|input\s+and\s+other\s+must\s+have",
        note("a product of two tensors can't be formed"),
        why=note("mm takes two matrices, bmm two batches of them, dot two vectors; matmul (@) takes all"),
        fix="x @ y",
    ),
    said(
        "TW212",
        r"shape\s+.?\[(?P<wanted>[-\d,\s]+)\].?\s+is\s+invalid\s+for\s+input\s+(?:of\s+size\s+(?P<count>\d+)|with"
        r"\s+(?P<elements>\d+))",
        note("a view to ({wanted}) doesn't fit the {count} values", wanted="{wanted}", count="{count}"),
        why=note("a view keeps all values, so the sizes must multiply to their number"),
        fix=note("x.flatten(1), or x.view(x.size(0), -1): the batch need not have the same size each time"),
    ),
    said(
        "TW207",
        r"shape\s+.?\[(?P<wanted>(?:-1|\d+),\s+\d+)\].?\s+is\s+invalid\s+for\s+input",
        note("a view with a fixed number of features doesn't fit"),
        why=note("a view with a fixed number of features takes samples apart where a sample has more values than that"),
        fix="x.flatten(1)",
    ),
    said(
        "TW212",
        r"unflatten:\s+Provided\s+sizes|only\s+one\s+dimension\s+can\s+be\s+inferred|cannot\s+reshape\s+tensor\s+of"
        r"\s+0\s+elements"
        r"|size\s+.{0,40}is\s+invalid\s+for\s+input\s+(?:with|of)|invalid\s+shape\s+dimension\s+-?\d",
        note("a tensor can't be brought to this shape"),
        why=note("a view keeps all values, so the sizes must multiply to their number"),
    ),
    said(
        "TW213",
        r"view\s+size\s+is\s+not\s+compatible\s+with\s+input\s+tensor.s\s+size\s+and\s+stride|input\s+is\s+not"
        r"\s+contiguous\s+at"
        r"|view\(\)\s+.{0,40}Call\s+\.contiguous\(\)",
        note("a tensor can't be viewed: its values don't lie in order"),
        why=note("view never copies, and after transpose, permute or slicing the values lie in another order"),
        fix=note("{code} in place of view, if the order of dimensions is the one you mean", code="x.reshape(...)"),
        sure=True,
    ),
    said(
        "TW218",
        r"Dimension\s+out\s+of\s+range\s+\(expected\s+to\s+be\s+in\s+range\s+of\s+\[(?P<low>-?\d+),"
        r"\s+(?P<high>-?\d+)\],\s+but\s+got\s+(?P<dim>-?\d+)\)",
        note(
            "an operation asks for dimension {dim}, the tensor has {low} to {high}",
            dim="{dim}",
            low="{low}",
            high="{high}",
        ),
        why=note("dimensions are counted from 0, or from the end with -1; a batch dimension may be missing"),
        fix=note("another dim, or x.unsqueeze(0) where the batch is missing"),
    ),
    said(
        "TW602",
        r"Dimension\s+out\s+of\s+range\s+\(expected\s+to\s+be\s+in\s+range\s+of\s+\[-1,\s+0\],\s+but\s+got\s+1\)",
        note("a loss may get the logits of one sample without a batch dimension"),
        why=note("the classes stand in dimension 1 of the logits"),
        fix="logits.unsqueeze(0)",
    ),
    said(
        "TW218",
        r"number\s+of\s+(?:dims|dimensions)\s+(?:don.t\s+match\s+in\s+permute|in\s+the\s+tensor\s+input\s+does\s+not"
        r"\s+match)|t\(\)\s+expects\s+a\s+tensor\s+with"
        r"|repeated\s+dim\s+in\s+permute|dim(?:ension)?\s+\S+\s+appears\s+multiple\s+times|duplicate\s+or\s+invalid"
        r"\s+(?:indices|dim)"
        r"|dimension\s+specified\s+as\s+\S+\s+but\s+tensor\s+has\s+no\s+dimensions|invalid\s+dimensions?\s+",
        note("an operation asks for a dimension that the tensor hasn't, or for one twice"),
        why=note("permute needs each dimension of the tensor once"),
        sure=True,
    ),
)
