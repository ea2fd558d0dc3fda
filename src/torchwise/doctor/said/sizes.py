"""What PyTorch says where the shapes of tensors don't fit each other (TW2xx: operations)."""

from torchwise.doctor.said import Said, said
from torchwise.texts import note

SIZES = r"size of tensor a \((?P<one>\d+)\) must match the size of tensor b \((?P<other>\d+)\)"
BROADCAST = note("two tensors don't broadcast: {one} meets {other}", one="{one}", other="{other}")
COUNTED = note("counted from the last dimension, sizes must be equal or 1; here {one_size} meets {other_size}", one_size="{one}", other_size="{other}")
OUTSIDE = note("positions are counted from 0: the last is {last}", last="{size} - 1")
INDEX = r"index (?P<worst>-?\d+) is out of bounds for dimension (?P<dim>\d+) with size (?P<size>\d+)"
INDEXED = note("the index {worst} is outside of dimension {dim}, which has {size}", worst="{worst}", dim="{dim}", size="{size}")
ODD = note("kernel, stride and padding must keep the size, or the shortcut must change it likewise")
RESIZE = note("interpolate one to the other's size, or pad the images to a multiple of 2 for each halving")

SAID: tuple[Said, ...] = (
    said("TW209", SIZES, BROADCAST, why=COUNTED, fix=note("print both shapes; x.unsqueeze(...) puts in a dimension of 1")),
    said(
        "TW219",
        SIZES + r" at non-singleton dimension [123]",
        note("at a skip connection {one} meets {other}: both ways must give one shape", one="{one}", other="{other}"),
        why=ODD,
        fix=RESIZE,
    ),
    said(
        "TW202",
        SIZES,
        note("the loss may compare an output with a target of another shape: {one} meets {other}", one="{one}", other="{other}"),
        why=note("{name} compares value by value: both must have the same shape", name="the loss"),
        fix=note("bring both to one shape"),
    ),
    said("TW211", SIZES, note("two batches of matrices don't fit: {one} meets {other}", one="{one}", other="{other}")),
    said(
        "TW209",
        r"[Ss]hape mismatch: objects cannot be broadcast|not broadcastable to|inconsistent tensor size, expected"
        r"|The broadcast shape|Shapes? .{0,40}(?:are|is) not broadcastable|operands could not be broadcast together"
        r"|condition.{0,40}to broadcast",
        note("two tensors don't broadcast"),
        why=note("counted from the last dimension, sizes must be equal or 1"),
    ),
    said(
        "TW210",
        r"Sizes of tensors must match except in dimension (?P<dim>\d+)\. (?:Expected size (?P<one>\d+) but got size "
        r"(?P<other>\d+) for tensor number (?P<number>\d+)|Got (?P<a>\d+) and (?P<b>\d+) in dimension (?P<at>\d+))",
        note("cat along dimension {dim} gets shapes that don't fit", dim="{dim}"),
        why=note("cat needs equal sizes in every dimension but {dim}", dim="{dim}"),
        fix=note("another dim, or bring the other dimensions to one size"),
        sure=True,
    ),
    said(
        "TW219",
        r"Sizes of tensors must match except in dimension 1\. (?:Expected size (?P<one>\d+) but got size (?P<other>\d+)"
        r"|Got (?P<a>\d+) and (?P<b>\d+) in dimension [23])",
        note("at a skip connection the maps have different sizes"),
        why=note("an odd size halved and doubled again is one smaller or larger"),
        fix=RESIZE,
    ),
    said(
        "TW210",
        r"stack expects (?:each|a non-empty) ?tensor(?:List| to be equal size, but got (?P<one>\[[\d, ]*\]) at entry "
        r"(?P<first>\d+) and (?P<other>\[[\d, ]*\]) at entry (?P<number>\d+))",
        note("stack gets tensors of different shapes: {one} and {other}", one="{one}", other="{other}"),
        why=note("stack makes a new dimension and needs exactly equal shapes"),
        fix=note("pad them to one length: torch.nn.utils.rnn.pad_sequence"),
    ),
    said(
        "TW210",
        r"Tensors must have same number of dimensions: got (?P<one>\d+) and (?P<other>\d+)",
        note("cat gets tensors with {one} and with {other} dimensions", one="{one}", other="{other}"),
        why=note("cat joins along a dimension that is there; stack makes a new one"),
        fix=note("x.unsqueeze(...) for the smaller one, or torch.stack"),
        sure=True,
    ),
    said(
        "TW210",
        r"zero-dimensional tensor .{0,30}cannot be concatenated|expected a non-empty list of Tensors"
        r"|(?:cat|stack)\(\): argument .tensors. .{0,20}must be tuple of Tensors, not (?P<kind>\w+)"
        r"|expected Tensor as element \d+ in argument 0, but got (?P<element>\w+)",
        note("cat or stack gets what it can't join"),
        why=note("its first argument is a list or tuple of the tensors, with a dimension to join; stack makes a new one"),
        fix="torch.stack(tensors)",
    ),
    said(
        "TW211",
        r"Expected size for first two dimensions of batch2 tensor to be: \[(?P<wanted>[\d, ]+)\] but got: \[(?P<given>[\d, ]+)",
        note("batches of matrices don't fit: the right one must begin with ({wanted}), it has ({given})", wanted="{wanted}", given="{given}"),
        why=note("the last dimension of the left must be the last but one of the right"),
        fix=note("y.transpose(-2, -1) where the right one is turned"),
        sure=True,
    ),
    said(
        "TW211",
        r"batch[12] must be a 3D tensor|[Ee]xpected (?:3D|batch\d) tensors?.{0,40}|self must be a matrix|mat[12] must be a matrix"
        r"|(?:1D|2D) tensors expected,? but got|(?:vector|matrix)(?: \S+)? (?:and \w+ )?expected, got"
        r"|inconsistent tensor size, expected tensor \[(?P<one>\d+)\] and src \[(?P<other>\d+)\]|size mismatch, got"
        r"|dot : expected both vectors|both arguments to (?:matmul|linear) need to be at least 1D"
        r"|tensors? must be 2-?D|Incompatible matrix sizes|input and other must have",
        note("a product of two tensors can't be formed"),
        why=note("mm takes two matrices, bmm two batches of them, dot two vectors; matmul (@) takes all"),
        fix="x @ y",
    ),
    said(
        "TW212",
        r"shape .?\[(?P<wanted>[-\d, ]+)\].? is invalid for input (?:of size (?P<count>\d+)|with (?P<elements>\d+))",
        note("a view to ({wanted}) doesn't fit the {count} values", wanted="{wanted}", count="{count}"),
        why=note("a view keeps all values, so the sizes must multiply to their number"),
        fix=note("x.flatten(1), or x.view(x.size(0), -1): the batch need not have the same size each time"),
    ),
    said(
        "TW207",
        r"shape .?\[(?P<wanted>(?:-1|\d+), \d+)\].? is invalid for input",
        note("a view with a fixed number of features doesn't fit"),
        why=note("a view with a fixed number of features takes samples apart where a sample has more values than that"),
        fix="x.flatten(1)",
    ),
    said(
        "TW212",
        r"unflatten: Provided sizes|only one dimension can be inferred|cannot reshape tensor of 0 elements"
        r"|size .{0,40}is invalid for input (?:with|of)|invalid shape dimension -?\d",
        note("a tensor can't be brought to this shape"),
        why=note("a view keeps all values, so the sizes must multiply to their number"),
    ),
    said(
        "TW213",
        r"view size is not compatible with input tensor.s size and stride|input is not contiguous at"
        r"|view\(\) .{0,40}Call \.contiguous\(\)",
        note("a tensor can't be viewed: its values don't lie in order"),
        why=note("view never copies, and after transpose, permute or slicing the values lie in another order"),
        fix=note("{code} in place of view, if the order of dimensions is the one you mean", code="x.reshape(...)"),
        sure=True,
    ),
    said(
        "TW218",
        r"Dimension out of range \(expected to be in range of \[(?P<low>-?\d+), (?P<high>-?\d+)\], but got (?P<dim>-?\d+)\)",
        note("an operation asks for dimension {dim}, the tensor has {low} to {high}", dim="{dim}", low="{low}", high="{high}"),
        why=note("dimensions are counted from 0, or from the end with -1; a batch dimension may be missing"),
        fix=note("another dim, or x.unsqueeze(0) where the batch is missing"),
        sure=True,
    ),
    said(
        "TW602",
        r"Dimension out of range \(expected to be in range of \[-1, 0\], but got 1\)",
        note("a loss may get the logits of one sample without a batch dimension"),
        why=note("the classes stand in dimension 1 of the logits"),
        fix="logits.unsqueeze(0)",
    ),
    said(
        "TW218",
        r"number of (?:dims|dimensions) (?:don.t match in permute|in the tensor input does not match)|t\(\) expects a tensor with"
        r"|repeated dim in permute|dim(?:ension)? \S+ appears multiple times|duplicate or invalid (?:indices|dim)"
        r"|dimension specified as \S+ but tensor has no dimensions|invalid dimensions? ",
        note("an operation asks for a dimension that the tensor hasn't, or for one twice"),
        why=note("permute needs each dimension of the tensor once"),
        sure=True,
    ),
    said(
        "TW221",
        r"too many indices for (?:tensor|array)(?:: array is \d+-dimensional| of dimension (?P<rank>\d+))",
        note("there are more indices than the tensor has dimensions ({rank})", rank="{rank}"),
        why=note("each index is for one dimension"),
        fix=note("print x.shape before the line: a batch or channel dimension may be missing"),
        sure=True,
    ),
    said("TW222", "RuntimeError: " + INDEX, INDEXED, why=OUTSIDE),
    said("TW221", INDEX, INDEXED, why=OUTSIDE),
    said("TW222", INDEX, INDEXED, why=OUTSIDE),
    said(
        "TW622",
        r"IndexError: index (?P<worst>\d+) is out of bounds for (?:dimension|axis) 0 with size (?P<size>\d+)"
        r"|IndexError: list index out of range",
        note("__len__ of a data set may count more samples than there are"),
        why=note("the loader asks a data set for len(data), and then for the samples 0 to len - 1"),
    ),
    said(
        "TW221",
        r"shape of the mask \[(?P<mask>[\d, ]+)\] at index (?P<dim>\d+) does not match the shape of the indexed tensor "
        r"\[(?P<base>[\d, ]+)\]",
        note("the mask {mask} is not of the tensor's shape, {base}", mask="({mask})", base="({base})"),
        why=note("a mask must have the very sizes of the dimensions that it stands for"),
        sure=True,
    ),
    said(
        "TW221",
        r"shape mismatch: indexing tensors could not be broadcast|invalid index of a 0-dim tensor|slice\(\) cannot be applied to a "
        r"0-dim|index (?P<worst>-?\d+) is out of bounds for axis (?P<dim>\d+) with size (?P<size>\d+)"
        r"|boolean index did not match indexed array|select\(\): index -?\d+ out of range"
        r"|select\(\) cannot be applied to a 0-dim|index is out of bounds for dim",
        note("an index doesn't fit the tensor"),
        why=note("each index is for one dimension, and its positions are counted from 0"),
    ),
    said(
        "TW222",
        r"Size does not match at dimension (?P<dim>\d+) expected index \[(?P<index>[\d, ]+)\] to be (?:smaller|no larger) than "
        r"(?:self|src) \[(?P<base>[\d, ]+)\]",
        note("the indices {index} don't fit the tensor {base}", index="({index})", base="({base})"),
        why=note("gather and scatter need an index that is no larger than the tensor in any other dimension"),
        sure=True,
    ),
    said(
        "TW222",
        r"Index tensor must have the same number of dimensions as|Expected index \[.{0,30}\] to be smaller than"
        r"|(?:gather|scatter|index_select|index_add|take_along_dim|index_copy)\w*\(\)(?:: |, )(?!.{0,40}d(?:evice|type))"
        r"|index out of range at /|Class values must be (?:smaller than num_classes|non-negative)"
        r"|ScatterGatherKernel\.cu.{0,200}?Assertion .{0,12}(?:idx_dim|index)",
        note("gather, scatter, one_hot or index_select gets indices that don't fit"),
        why=note("positions are counted from 0, and the index needs as many dimensions as the tensor"),
    ),
    said(
        "TW225",
        r"(?:not enough|too many) values to unpack \(expected (?:at least )?(?P<wanted>\d+)(?:, got (?P<count>\d+))?\)",
        note("there are {wanted} names for another number of parts ({count})", wanted="{wanted}", count="{count}"),
        why=note("a tensor is unpacked along its first dimension, a shape has one part for each dimension"),
        fix=note("print what is unpacked: its type, and its shape or length"),
    ),
    said(
        "TW225",
        r"split_with_sizes expects split_sizes to sum exactly to (?P<size>\d+).{0,80}?split_sizes\s?=\s?\[(?P<parts>[\d, ]+)\]",
        note("the parts {parts} don't add up to {size}", parts="({parts})", size="{size}"),
        why=note("split takes the dimension apart without a rest"),
        sure=True,
    ),
    said(
        "TW226",
        r"einsum\(\):? ",
        note("the equation of einsum doesn't fit the shapes"),
        why=note("a letter is one size in all operands, and each dimension needs its letter"),
        sure=True,
    ),
    said(
        "TW229",
        r"expanded size of the tensor \((?P<one>\d+)\) must match the existing size \((?P<other>\d+)\)",
        note("what is written into a tensor may have another shape: {one} meets {other}", one="{one}", other="{other}"),
        why=note("what is written must have the sizes of the place, or 1"),
    ),
    said(
        "TW227",
        r"expanded size of the tensor \((?P<one>-?\d+)\)|number of sizes provided \(\d+\) must be greater or equal"
        r"|Number of dimensions of repeat dims can not be smaller|expand\(.{0,80}\): the (?:requested shape|number of sizes)",
        note("a tensor can't be expanded or repeated to this shape"),
        why=note("only a dimension of 1 can be expanded, and new dimensions stand in front"),
        fix=note("x.unsqueeze(...) before it, or x.repeat(...)"),
    ),
    said(
        "TW228",
        r"only one element tensors can be converted to Python scalars|a Tensor with (?P<count>\d+) elements cannot be converted to"
        r"|Boolean value of (?:Tensor|Variable)s? with (?:more than one|no) values? is ambiguous"
        r"|only (?:integer )?(?:size-1|tensors of a single|one element|0-dimensional) (?:arrays|element|tensors)?"
        r"|truth value of an array with more than one element|unsupported format string passed to Tensor",
        note("one value is needed, and the tensor has several"),
        why=note("if, while, and, or, not, max() ask for one truth; .item(), int() and float() for one number"),
        fix=note(".any(), .all(), .mean() or .tolist(), as is meant"),
    ),
    said(
        "TW229",
        r"output with shape \[(?P<one>[\d, ]*)\] doesn.t match the broadcast shape \[(?P<other>[\d, ]*)\]",
        note("an operation in place keeps the shape ({one}), the result would be ({other})", one="{one}", other="{other}"),
        why=note("x += y writes into x: y may be smaller, but not larger"),
        fix="x = x + y",
        sure=True,
    ),
    said(
        "TW229",
        r"shape mismatch: value tensor of shape \[(?P<value>[\d, ]*)\] cannot be broadcast to indexing result of shape \[(?P<place>[\d, ]*)\]"
        r"|[Cc]an't (?:copy|assign).{0,60}size",
        note("a value of shape ({value}) is written into a place of shape ({place})", value="{value}", place="{place}"),
        why=note("what is written must have the sizes of the place, or 1"),
        sure=True,
    ),
)
