"""What PyTorch says about losses, their targets and labels (TW017, TW202, TW60x)."""

from torchwise.doctor.said import Said, said
from torchwise.texts import note

SAME_SHAPE = note("{name} compares value by value: both must have the same shape", name="the loss")
FROM_ZERO = note("the classes are counted from 0, so the largest label is one less than the outputs")
OUT_OF_RANGE = note("more outputs, labels - 1 where they count from 1, or ignore_index for a mark such as -1 or 255")
PROBABILITIES = note("the output of a layer is a logit of any size; a sigmoid makes a number between 0 and 1 of it")
WITH_LOGITS = note("{code} for logits; labels are 0 or 1", code="nn.BCEWithLogitsLoss()")
CLASS_DIMENSION = note("the classes stand in dimension 1 of the logits, the labels have no such dimension")

SAID: tuple[Said, ...] = (
    said(
        "TW017",
        r"[Bb]oolean value of (?:Tensor|Variable)s? with more than one value is ambiguous",
        note("a loss class may get output and target where it takes its options: nn.MSELoss(output, target)"),
        why=note("a loss is built once with its options, and called with output and target"),
        fix="nn.MSELoss()(output, target)",
    ),
    said(
        "TW017",
        r"(?:forward|\w*_loss|cross_entropy)\(\) missing \d+ required positional arguments?:.{0,20} .(?:target|labels|input).",
        note("the loss is called without its target"),
        why=note("a loss compares output and target"),
        fix="criterion(output, target)",
    ),
    said(
        "TW017",
        r".(?P<kind>\w*Loss). object has no attribute .(?P<name>\w+)|unsupported operand type.{0,40}Loss\b"
        r"|must be Tensor, not \w*Loss\b|float\(\) argument must be .{0,40}not .\w*Loss",
        note("a loss is built where it should be computed"),
        why=note("a loss is built once, {kind}(), and what was built is called with output and target", kind="nn.CrossEntropyLoss"),
        fix="nn.CrossEntropyLoss()(output, target)",
    ),
    said(
        "TW202",
        r"[Tt]arget size \((?:torch\.Size\()?\[(?P<target>[\d, ]*)\]\)?\) (?:must be the same as|that is different to the) input size "
        r"\((?:torch\.Size\()?\[(?P<output>[\d, ]*)\]",
        note("the loss compares an output of {output} with a target of {target}", output="({output})", target="({target})"),
        why=SAME_SHAPE,
        fix=note("{code} or {other}, until both have one shape", code="output.squeeze(1)", other="target.unsqueeze(1)"),
        sure=True,
    ),
    said(
        "TW202",
        r"[Tt]arget and input must have the same number of elements|input and target (?:shapes|batch or spatial sizes) (?:do not|don.t) match"
        r"|(?:kl_div|mse_loss|smooth_l1_loss|huber_loss).{0,40}(?:size|shape)s?"
        r"|margin_ranking_loss.{0,80}|does not support broadcasting|inconsistent target size: (?P<given>\[[\d, ]+\])"
        r"|cosine_embedding_loss.{0,40}|The size of log_probs",
        note("the loss compares an output with a target of another shape"),
        why=SAME_SHAPE,
        fix=note("bring both to one shape"),
    ),
    said(
        "TW601",
        r"Target (?P<bad>-?\d+) is out of bounds",
        note("a label is {bad}, and the model has no such output", bad="{bad}"),
        why=FROM_ZERO,
        fix=OUT_OF_RANGE,
        sure=True,
    ),
    said(
        "TW601",
        r"(?:Loss\.cu|NLLCriterion|nll_loss|ClassNLL|NLLLoss|Loss2?d?\.cu).{0,200}?Assertion .{0,6}(?:cur_target|t|target\w*) >= 0"
        r"|Assertion .?(?:cur_target|t) >= 0 && (?:cur_target|t) < n_classes|multi-target not supported at.{0,40}ClassNLL"
        r"|Assertion .?target_val(?:ue)? >= (?:zero|0) &&.{0,30}n_classes",
        note("a label is outside of the model's outputs"),
        why=FROM_ZERO,
        fix=OUT_OF_RANGE,
        sure=True,
    ),
    said(
        "TW602",
        r"Expected input batch_size \((?P<one>\d+)\) to match target batch_size \((?P<other>\d+)\)",
        note("the loss gets {rows} rows of outputs for {labels} labels", rows="{one}", labels="{other}"),
        why=note("a view or flatten in the model may take samples apart or together"),
        fix=note("x.flatten(1) in the model keeps the samples; a sequence's outputs and labels are flattened both"),
        sure=True,
    ),
    said(
        "TW207",
        r"Expected input batch_size \((?P<one>\d+)\) to match target batch_size \((?P<other>\d+)\)",
        note("a view with a fixed number of features may have changed {other} samples to {one} rows", other="{other}", one="{one}"),
        why=note("a view with a fixed number of features takes samples apart where a sample has more values than that"),
        fix="x.flatten(1)",
    ),
    said(
        "TW603",
        r"multi-target not supported|[Ee]xpected (?:floating point|a floating).{0,30}target with class probabilities",
        note("the labels have more than one number for each sample: one-hot, or a column (N, 1)"),
        why=note("labels are one class number each, of the shape (N,) and dtype int64, not a row of zeros and ones"),
        fix=note("{code} for one-hot labels, {other} for a column", code="labels.argmax(1)", other="labels.squeeze(1)"),
    ),
    said(
        "TW602",
        r"multi-target not supported|[Ee]xpected floating point type for target with class probabilities, got (?P<given>\w+)",
        note("the shapes of logits and labels don't fit"),
        why=CLASS_DIMENSION,
        fix="labels.squeeze(1)",
    ),
    said(
        "TW606",
        r"only batches of spatial targets supported \(\w+ tensors\) but got targets of (?:dimension|size):? ?:? ?(?P<rank>[\d\[\], x]+)"
        r"|[Ee]xpected (?:a )?target.{0,20}spatial",
        note("the masks have a dimension too many or too few ({rank}): they hold a class number for each pixel", rank="{rank}"),
        why=note("for logits (N, C, H, W) the masks are (N, H, W), without channels, int64"),
        fix=note("{code}; one-hot masks: {other}", code="masks.squeeze(1).long()", other="masks.argmax(1)"),
        sure=True,
    ),
    said(
        "TW606",
        r"size mismatch \(got input: \[(?P<output>\d+, \d+, [\d, ]+)\] ?,? ?target: \[(?P<target>[\d, ]+)\]"
        r"|input and target batch or spatial sizes don.t match: target \[(?P<a>[\dx ]+)\], input \[(?P<b>[\dx ]+)\]",
        note("the masks are of another size than the logits"),
        why=note("for logits (N, C, H, W) the masks are (N, H, W), without channels, int64"),
        fix=note("F.interpolate(logits, size=masks.shape[-2:]) before the loss"),
        sure=True,
    ),
    said(
        "TW602",
        r"Expected target size \[?\(?(?P<wanted>[\d, ]+)[\])], got (?:torch\.Size\()?\[(?P<given>[\d, ]+)\]",
        note("for these logits the labels are ({wanted}), they are ({given})", wanted="{wanted}", given="{given}"),
        why=CLASS_DIMENSION,
        fix=note("logits.transpose(1, 2) where the classes are the last dimension"),
        sure=True,
    ),
    said(
        "TW602",
        r"size mismatch \(got input: \[(?P<output>[\d, ]+)\] ?,? ?target: \[(?P<target>[\d, ]+)\]|input tensor should be 1D or 2D",
        note("the shapes of logits ({output}) and labels ({target}) don't fit", output="{output}", target="{target}"),
        why=CLASS_DIMENSION,
    ),
    said(
        "TW606",
        r"Expected target size \[?\(?\d+, \d+, \d+[\])], got (?:torch\.Size\()?\[\d+, \d+, \d+",
        note("the masks may be of another size than the logits"),
        why=note("for logits (N, C, H, W) the masks are (N, H, W), without channels, int64"),
        fix=note("F.interpolate(logits, size=masks.shape[-2:]) before the loss"),
    ),
    said(
        "TW604",
        r"weight tensor should be defined either for all (?P<wanted>\d+)(?: or no)? classes(?: or no classes)?,? "
        r"(?:but got weight tensor )?of shape:? \[?(?P<count>\d+)|weight tensor should be defined either for all (?P<classes>\d+)",
        note("the class weights have {count} numbers, the output has {wanted} classes", count="{count}", wanted="{wanted}"),
        why=note("{name} is one number for each class; for one each sample: reduction=\"none\", then multiply", name="weight"),
        fix=note("{wanted} numbers", wanted="{wanted}"),
        sure=True,
    ),
    said(
        "TW605",
        r"all elements of (?P<name>input|target) should be between 0 and 1",
        note("binary cross entropy takes numbers from 0 to 1, and its {name} holds others", name="{name}"),
        why=PROBABILITIES,
        fix=WITH_LOGITS,
        sure=True,
    ),
    said(
        "TW605",
        r"Assertion .{0,60}(?:input_val|target_val|x) >= ?(?:zero|0\.?) ?&& ?\(?(?:input_val|target_val|x) <= ?(?:one|1\.?)"
        r"|Assertion .?input >= 0\. && input <= 1\.",
        note("binary cross entropy takes numbers from 0 to 1, and gets others"),
        why=PROBABILITIES,
        fix=WITH_LOGITS,
        sure=True,
    ),
)
