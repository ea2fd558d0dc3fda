"""How PyTorch words that labels, targets, weights or indices don't fit."""

from torchwise.doctor.said import Said, said
from torchwise.texts import note

FROM_ZERO = note("CrossEntropyLoss and NLLLoss count the classes from 0 to the number of outputs - 1")
CLASSES_FIX = note("labels - 1 if they count from 1; else more outputs in the last layer, or ignore_index for a mark")
ROWS = note("nn.Embedding(n, d) has the rows 0 to n - 1")
ROWS_FIX = note("as many rows as the largest index + 1, padding and special tokens counted")
SHAPES = note("for logits (N, C, d1, ...) the labels are (N, d1, ...): class numbers, the classes in dimension 1")

SAID: tuple[Said, ...] = (
    said("TW601", r"Target (?P<bad>-?\d+) is out of bounds",
         note("a label is {bad}, which is no class of the outputs", bad="{bad}"), why=FROM_ZERO, fix=CLASSES_FIX, sure=True),
    said("TW601", r"(?i)assert\w*\W+(?:failed)?.*(?:cur_target|t >= 0 && t < n_classes|target_val)|target out of range"
         r"|`?t >= 0 && t < n_classes`?|nll_loss\w*.*assert",
         note("a label is no class of the outputs"), why=FROM_ZERO, fix=CLASSES_FIX),
    said("TW610", r"index out of range in self", note("an index is outside the embedding"), why=ROWS, fix=ROWS_FIX),
    said("TW611", r"index out of range in self",
         note("or a sequence is longer than a table of positions"), why=note("a table of n rows serves n positions"),
         fix=note("cut the sequence, or a larger table")),
    said("TW610", r"srcIndex < srcSelectDimSize|takes value (?P<bad>-?\d+) which is not in the valid range|indexSelect\w*.*[Aa]ssert"
         r"|index out of range: Tried to access index (?P<other>\d+)",
         note("an index is outside the embedding"), why=ROWS, fix=ROWS_FIX),
    said("TW610", r"Class values must be (?P<bad>smaller than num_classes|non-negative)",
         note("F.one_hot gets a class outside its num_classes"), why=note("classes are 0 to num_classes - 1"),
         fix="F.one_hot(labels, int(labels.max()) + 1)", sure=True),
    said("TW606", r"only batches of spatial targets supported \(3D tensors\) but got targets of (?:dimension: ?(?P<dims>\d+)|size)",
         note("the masks have {dims} dimensions, 3 are needed: (N, H, W)", dims="{dims}"), why=SHAPES, fix="masks.squeeze(1)", sure=True),
    said("TW606", r"(?:input and target batch or spatial sizes don't match: target \[(?P<target>[\dx, ]+)\],? input \[(?P<output>[\dx, ]+)\]"
         r"|size mismatch \(got input: \[?(?P<o>[\dx, ]+)\]?,? ?,? target: \[?(?P<t>[\dx, ]+)\]?)",
         note("logits and masks have other sizes"), why=SHAPES,
         fix='F.interpolate(logits, size=masks.shape[-2:], mode="bilinear")'),
    said("TW603", r"(?:0D or )?1D target tensor expected, multi-target not supported|multi-target not supported",
         note("the labels have a dimension too many: one-hot rows, or a column (N, 1)"), why=SHAPES,
         fix=note("labels.squeeze(1), or labels.argmax(1) of one-hot rows"), sure=True),
    said("TW603", r"Expected floating point type for target with class probabilities, got (?P<given>\w+)",
         note("labels of the logits' shape are {given}: one-hot rows", given="{given}"), why=SHAPES,
         fix=note("labels.argmax(1), or leave one_hot out"), sure=True),
    said("TW602", r"Expected input batch_size \((?P<output>\d+)\) to match target batch_size \((?P<target>\d+)\)",
         note("{output} rows of logits, {target} labels", output="{output}", target="{target}"), why=SHAPES,
         fix=note("flatten both or neither; x.flatten(1) keeps the batch where x.view(-1, features) does not"), sure=True),
    said("TW602", r"Expected target size \(?\[?(?P<wanted>[\d, ]+)[\])]?, got (?:torch\.Size\()?\[?(?P<target>[\d, ]+)",
         note("for these logits the labels would be ({wanted}), they are ({target})", wanted="{wanted}", target="{target}"),
         why=SHAPES, fix="logits.transpose(1, 2)", sure=True),
    said("TW602", r"dimension out of range.*nll_loss|size mismatch \(got input|(?:expected|invalid) .*target.*(?:size|dimension)",
         note("logits and labels don't fit"), why=SHAPES, fix="logits.transpose(1, 2)"),
    said("TW604", r"weight tensor should be defined either for all (?P<classes>\d+) classes or no classes but got weight tensor of "
         r"shape: \[(?P<count>[\d, ]+)\]",
         note("the loss has {count} weights for {classes} classes", count="{count}", classes="{classes}"),
         why=note("weight holds one number for each class"), fix=note("{classes} weights", classes="{classes}"), sure=True),
    said("TW604", r"weight tensor should be defined either for all|inconsistent weight size, expected (?P<classes>\d+) but got \[(?P<count>\d+)",
         note("the loss has another number of weights than classes"), why=note("weight holds one number for each class"),
         fix=note("one weight for each class"), sure=True),
    said("TW605", r"all elements of (?P<side>input|target) should be between 0 and 1|[Aa]ssertion `?\(?(?:input_val|target_val|x) >= (?:zero|0)",
         note("a binary cross-entropy gets values outside 0 to 1 ({side})", side="{side}"),
         why=note("BCELoss takes probabilities, as a sigmoid gives them, and labels 0 to 1"),
         fix="nn.BCEWithLogitsLoss()", sure=True),
    said("TW202", r"[Uu]sing a target size \(torch\.Size\(\[(?P<target>[\d, ]*)\]\)\) that is different to the input size "
         r"\(torch\.Size\(\[(?P<output>[\d, ]*)\]\)\)",
         note("the loss compares an output ({output}) with a target ({target})", output="{output}", target="{target}"),
         why=note("each output is compared with one target: both must have the same shape"),
         fix=note("output.squeeze(1), or target.unsqueeze(1)"), sure=True),
    said("TW202", r"Target size \(torch\.Size\(\[(?P<target>[\d, ]*)\]\)\) must be the same as input size "
         r"\(torch\.Size\(\[(?P<output>[\d, ]*)\]\)\)",
         note("the loss compares an output ({output}) with a target ({target})", output="{output}", target="{target}"),
         why=note("each output is compared with one target: both must have the same shape"),
         fix=note("output.squeeze(1), or target.unsqueeze(1)"), sure=True),
    said("TW202", r"margin_ranking_loss : All input tensors should|cosine_embedding_loss|inconsistent target size",
         note("the tensors of a loss have other shapes"), why=note("outputs and targets must have the shapes that the loss takes"),
         fix=note("bring both to one shape")),
)  # fmt: skip
