"""What PyTorch says about indices, parts and writing into tensors (TW221 to TW229)."""

from torchwise.doctor.said import Said, said
from torchwise.texts import note

OUTSIDE = note("positions are counted from 0: the last is {last}", last="{size} - 1")
INDEX = (
    r"index\s+(?P<worst>-?\d+)\s+is\s+out\s+of\s+bounds\s+for\s+dimension\s+(?P<dim>\d+)\s+with\s+size\s+(?P<size>\d+)"
)
INDEXED = note(
    "the index {worst} is outside of dimension {dim}, which has {size}", worst="{worst}", dim="{dim}", size="{size}"
)

SAID: tuple[Said, ...] = (
    said(
        "TW221",
        r"too\s+many\s+indices\s+for\s+(?:tensor|array)(?::\s+array\s+is\s+\d+-dimensional|\s+of\s+dimension"
        r"\s+(?P<rank>\d+))",
        note("there are more indices than the tensor has dimensions ({rank})", rank="{rank}"),
        why=note("each index is for one dimension"),
        fix=note("print x.shape before the line: a batch or channel dimension may be missing"),
    ),
    said("TW222", "RuntimeError: " + INDEX, INDEXED, why=OUTSIDE),
    said("TW221", INDEX, INDEXED, why=OUTSIDE),
    said("TW222", INDEX, INDEXED, why=OUTSIDE),
    said(
        "TW622",
        r"IndexError:\s+index\s+(?P<worst>\d+)\s+is\s+out\s+of\s+bounds\s+for\s+(?:dimension|axis)\s+0\s+with\s+size"
        r"\s+(?P<size>\d+)"
        r"|Caught\s+IndexError\s+in\s+DataLoader.{0,400}list\s+index\s+out\s+of\s+range",
        note("__len__ of a data set may count more samples than there are"),
        why=note("the loader asks a data set for len(data), and then for the samples 0 to len - 1"),
    ),
    said(
        "TW221",
        r"shape\s+of\s+the\s+mask\s+\[(?P<mask>[\d,\s]+)\]\s+at\s+index\s+(?P<dim>\d+)\s+does\s+not\s+match\s+the"
        r"\s+shape\s+of\s+the\s+indexed\s+tensor\s+"
        r"\[(?P<base>[\d,\s]+)\]",
        note("the mask {mask} is not of the tensor's shape, {base}", mask="({mask})", base="({base})"),
        why=note("a mask must have the very sizes of the dimensions that it stands for"),
        sure=True,
    ),
    said(
        "TW221",
        r"shape\s+mismatch:\s+indexing\s+tensors\s+could\s+not\s+be\s+broadcast|invalid\s+index\s+of\s+a\s+0-dim"
        r"\s+tensor|slice\(\)\s+cannot\s+be\s+applied\s+to\s+a\s+"
        r"0-dim|index\s+(?P<worst>-?\d+)\s+is\s+out\s+of\s+bounds\s+for\s+axis\s+(?P<dim>\d+)\s+with\s+size"
        r"\s+(?P<size>\d+)"
        r"|boolean\s+index\s+did\s+not\s+match\s+indexed\s+array|select\(\):\s+index\s+-?\d+\s+out\s+of\s+range"
        r"|select\(\)\s+cannot\s+be\s+applied\s+to\s+a\s+0-dim|index\s+is\s+out\s+of\s+bounds\s+for\s+dim",
        note("an index doesn't fit the tensor"),
        why=note("each index is for one dimension, and its positions are counted from 0"),
    ),
    said(
        "TW222",
        r"Size\s+does\s+not\s+match\s+at\s+dimension\s+(?P<dim>\d+)\s+expected\s+index\s+\[(?P<index>[\d,\s]+)\]\s+to"
        r"\s+be\s+(?:smaller|no\s+larger)\s+than\s+"
        r"(?:self|src)\s+\[(?P<base>[\d,\s]+)\]",
        note("the indices {index} don't fit the tensor {base}", index="({index})", base="({base})"),
        why=note("gather and scatter need an index that is no larger than the tensor in any other dimension"),
        sure=True,
    ),
    said(
        "TW222",
        r"Index\s+tensor\s+must\s+have\s+the\s+same\s+number\s+of\s+dimensions\s+as|Expected\s+index\s+\[.{0,30}\]"
        r"\s+to\s+be\s+smaller\s+than"
        r"|(?:gather|scatter|index_select|index_add|take_along_dim|index_copy)\w*\(\)(?::\s+|,\s+)(?!.{0,40}d(?:evice"
        r"|type))"
        r"|index\s+out\s+of\s+range\s+at\s+/|Class\s+values\s+must\s+be\s+(?:smaller\s+than\s+num_classes|non-negative)"
        r"|ScatterGatherKernel\.cu.{0,200}?Assertion\s+.{0,12}(?:idx_dim|index)",
        note("gather, scatter, one_hot or index_select gets indices that don't fit"),
        why=note("positions are counted from 0, and the index needs as many dimensions as the tensor"),
    ),
    said(
        "TW225",
        r"(?:not\s+enough|too\s+many)\s+values\s+to\s+unpack\s+\(expected\s+(?:at\s+least\s+)?(?P<wanted>\d+)(?:,"
        r"\s+got\s+(?P<count>\d+))?\)",
        note("there are {wanted} names for another number of parts ({count})", wanted="{wanted}", count="{count}"),
        why=note("a tensor is unpacked along its first dimension, a shape has one part for each dimension"),
        fix=note("print what is unpacked: its type, and its shape or length"),
    ),
    said(
        "TW225",
        r"split_with_sizes\s+expects\s+split_sizes\s+to\s+sum\s+exactly\s+to"
        r"\s+(?P<size>\d+).{0,80}?split_sizes\s?=\s?\[(?P<parts>[\d,\s]+)\]",
        note("the parts {parts} don't add up to {size}", parts="({parts})", size="{size}"),
        why=note("split takes the dimension apart without a rest"),
        sure=True,
    ),
    said(
        "TW226",
        r"einsum\(\):?\s+",
        note("the equation of einsum doesn't fit the shapes"),
        why=note("a letter is one size in all operands, and each dimension needs its letter"),
        sure=True,
    ),
    said(
        "TW229",
        r"expanded\s+size\s+of\s+the\s+tensor\s+\((?P<one>\d+)\)\s+must\s+match\s+the\s+existing\s+size"
        r"\s+\((?P<other>\d+)\)",
        note("what is written into a tensor may have another shape: {one} meets {other}", one="{one}", other="{other}"),
        why=note("what is written must have the sizes of the place, or 1"),
    ),
    said(
        "TW227",
        r"expanded\s+size\s+of\s+the\s+tensor\s+\((?P<one>-?\d+)\)|number\s+of\s+sizes\s+provided\s+\(\d+\)\s+must"
        r"\s+be\s+greater\s+or\s+equal"
        r"|Number\s+of\s+dimensions\s+of\s+repeat\s+dims\s+can\s+not\s+be\s+smaller|expand\(.{0,80}\):\s+the"
        r"\s+(?:requested\s+shape|number\s+of\s+sizes)",
        note("a tensor can't be expanded or repeated to this shape"),
        why=note("only a dimension of 1 can be expanded, and new dimensions stand in front"),
        fix=note("x.unsqueeze(...) before it, or x.repeat(...)"),
    ),
    said(
        "TW228",
        r"only\s+one\s+element\s+tensors\s+can\s+be\s+converted\s+to\s+Python\s+scalars|a\s+Tensor\s+with"
        r"\s+(?P<count>\d+)\s+elements\s+cannot\s+be\s+converted\s+to"
        r"|Boolean\s+value\s+of\s+(?:Tensor|Variable)s?\s+with\s+(?:more\s+than\s+one|no)\s+values?\s+is\s+ambiguous"
        r"|only\s+(?:integer\s+)?(?:size-1|tensors\s+of\s+a\s+single|one\s+element|0-dimensional)\s+(?:arrays|element"
        r"|tensors)?"
        r"|truth\s+value\s+of\s+an\s+array\s+with\s+more\s+than\s+one\s+element|unsupported\s+format\s+string"
        r"\s+passed\s+to\s+Tensor",
        note("one value is needed, and the tensor has several"),
        why=note("if, while, and, or, not, max() ask for one truth; .item(), int() and float() for one number"),
        fix=note(".any(), .all(), .mean() or .tolist(), as is meant"),
    ),
    said(
        "TW229",
        r"output\s+with\s+shape\s+\[(?P<one>[\d,\s]*)\]\s+doesn.t\s+match\s+the\s+broadcast\s+shape"
        r"\s+\[(?P<other>[\d,\s]*)\]",
        note(
            "an operation in place keeps the shape ({one}), the result would be ({other})", one="{one}", other="{other}"
        ),
        why=note("x += y writes into x: y may be smaller, but not larger"),
        fix="x = x + y",
    ),
    said(
        "TW229",
        r"shape\s+mismatch:\s+value\s+tensor\s+of\s+shape\s+\[(?P<value>[\d,\s]*)\]\s+cannot\s+be\s+broadcast\s+to"
        r"\s+indexing\s+result\s+of\s+shape\s+\[(?P<place>[\d,\s]*)\]"
        r"|[Cc]an't\s+(?:copy|assign).{0,60}size",
        note("a value of shape ({value}) is written into a place of shape ({place})", value="{value}", place="{place}"),
        why=note("what is written must have the sizes of the place, or 1"),
        sure=True,
    ),
    said(
        "TW610",
        r"[Pp]adding_idx\s+must\s+be\s+within\s+num_embeddings",
        note("padding_idx is outside the rows of the embedding"),
        why=note("the padding is one of the rows 0 to num_embeddings - 1"),
        fix=note("one row more, num_embeddings + 1, or another padding_idx"),
        sure=True,
    ),
    said(
        "TW601",
        r"Target\s+values\s+should\s+be\s+in\s+\[0,\s+(?P<last>\d+)\],\s+but\s+values\s+in\s+range\s+\[(?P<low>-?\d+),\s+(?P<high>-?\d+)\]",
        note(
            "the labels go from {low} to {high}, the loss knows the classes 0 to {last}",
            low="{low}",
            high="{high}",
            last="{last}",
        ),
        why=note("classes are counted from 0"),
        sure=True,
    ),
)
