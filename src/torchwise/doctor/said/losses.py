"""What PyTorch says about losses, their targets and labels (TW017, TW202, TW60x)."""

from torchwise.doctor.said import Said, said
from torchwise.texts import note

SAME_SHAPE = note("{name} compares value by value: both must have the same shape", name=note("the loss"))
FROM_ZERO = note("the classes are counted from 0, so the largest label is one less than the outputs")
OUT_OF_RANGE = note("more outputs, labels - 1 where they count from 1, or ignore_index for a mark such as -1 or 255")
PROBABILITIES = note("the output of a layer is a logit of any size; a sigmoid makes a number between 0 and 1 of it")
WITH_LOGITS = note("{code} for logits; labels are 0 or 1", code="nn.BCEWithLogitsLoss()")
CLASS_DIMENSION = note("the classes stand in dimension 1 of the logits, the labels have no such dimension")

SAID: tuple[Said, ...] = (
    said(
        "TW017",
        r"[Bb]oolean\s+value\s+of\s+(?:Tensor|Variable)s?\s+with\s+more\s+than\s+one\s+value\s+is\s+ambiguous",
        note("a loss class may get output and target where it takes its options: nn.MSELoss(output, target)"),
        why=note("a loss is built once with its options, and called with output and target"),
        fix="nn.MSELoss()(output, target)",
    ),
    said(
        "TW017",
        r"(?:forward|\w*_loss|cross_entropy)\(\)\s+missing\s+\d+\s+required\s+positional\s+arguments?:.{0,20}"
        r"\s+.(?:target|labels|input).",
        note("the loss is called without its target"),
        why=note("a loss compares output and target"),
        fix="criterion(output, target)",
    ),
    said(
        "TW017",
        r".(?P<kind>\w*Loss).\s+object\s+has\s+no\s+attribute\s+.(?P<name>\w+)|unsupported\s+operand"
        r"\s+type.{0,40}Loss\b"
        r"|must\s+be\s+Tensor,\s+not\s+\w*Loss\b|float\(\)\s+argument\s+must\s+be\s+.{0,40}not\s+.\w*Loss",
        note("a loss is built where it should be computed"),
        why=note(
            "a loss is built once, {kind}(), and what was built is called with output and target",
            kind="nn.CrossEntropyLoss",
        ),
        fix="nn.CrossEntropyLoss()(output, target)",
    ),
    said(
        "TW202",
        r"[Tt]arget\s+size\s+\((?:torch\.Size\()?\[(?P<target>[\d,\s]*)\]\)?\)\s+(?:must\s+be\s+the\s+same\s+as|that"
        r"\s+is\s+different\s+to\s+the)\s+input\s+size\s+"
        r"\((?:torch\.Size\()?\[(?P<output>[\d,\s]*)\]",
        note(
            "the loss compares an output of {output} with a target of {target}",
            output="({output})",
            target="({target})",
        ),
        why=SAME_SHAPE,
        fix=note("{code} or {other}, until both have one shape", code="output.squeeze(1)", other="target.unsqueeze(1)"),
        sure=True,
    ),
    said(
        "TW202",
        r"[Tt]arget\s+and\s+input\s+must\s+have\s+the\s+same\s+number\s+of\s+elements|input\s+and\s+target"
        r"\s+(?:shapes|batch\s+or\s+spatial\s+sizes)\s+(?:do\s+not|don.t)\s+match"
        r"|(?:kl_div|mse_loss|smooth_l1_loss|huber_loss).{0,40}(?:size|shape)s?"
        r"|margin_ranking_loss.{0,80}|does\s+not\s+support\s+broadcasting|inconsistent\s+target\s+size:"
        r"\s+(?P<given>\[[\d,\s]+\])"
        r"|cosine_embedding_loss.{0,40}|The\s+size\s+of\s+log_probs",
        note("the loss compares an output with a target of another shape"),
        why=SAME_SHAPE,
        fix=note("bring both to one shape"),
    ),
    said(
        "TW601",
        r"Target\s+(?P<bad>-?\d+)\s+is\s+out\s+of\s+bounds",
        note("a label is {bad}, and the model has no such output", bad="{bad}"),
        why=FROM_ZERO,
        fix=OUT_OF_RANGE,
        sure=True,
    ),
    said(
        "TW601",
        r"(?:Loss\.cu|NLLCriterion|nll_loss|ClassNLL|NLLLoss|Loss2?d?\.cu).{0,200}?Assertion\s+.{0,6}(?:cur_target|t"
        r"|target\w*)\s+>=\s+0"
        r"|Assertion\s+.?(?:cur_target|t)\s+>=\s+0\s+&&\s+(?:cur_target|t)\s+<\s+n_classes"
        r"|Assertion\s+.?target_val(?:ue)?\s+>=\s+(?:zero|0)\s+&&.{0,30}n_classes",
        note("a label is outside of the model's outputs"),
        why=FROM_ZERO,
        fix=OUT_OF_RANGE,
        sure=True,
    ),
    said(
        "TW602",
        r"Expected\s+input\s+batch_size\s+\((?P<one>\d+)\)\s+to\s+match\s+target\s+batch_size\s+\((?P<other>\d+)\)",
        note("the loss gets {rows} rows of outputs for {labels} labels", rows="{one}", labels="{other}"),
        why=note("a view or flatten in the model may take samples apart or together"),
        fix=note("x.flatten(1) in the model keeps the samples; a sequence's outputs and labels are flattened both"),
    ),
    said(
        "TW207",
        r"Expected\s+input\s+batch_size\s+\((?P<one>\d+)\)\s+to\s+match\s+target\s+batch_size\s+\((?P<other>\d+)\)",
        note(
            "a view with a fixed number of features may have changed {other} samples to {one} rows",
            other="{other}",
            one="{one}",
        ),
        why=note("a view with a fixed number of features takes samples apart where a sample has more values than that"),
        fix="x.flatten(1)",
    ),
    said(
        "TW603",
        r"multi-target\s+not\s+supported|[Ee]xpected\s+(?:floating\s+point|a\s+floating).{0,30}target\s+with\s+class"
        r"\s+probabilities",
        note("the labels have more than one number for each sample: one-hot, or a column (N, 1)"),
        why=note("labels are one class number each, of the shape (N,) and dtype int64, not a row of zeros and ones"),
        fix=note("{code} for one-hot labels, {other} for a column", code="labels.argmax(1)", other="labels.squeeze(1)"),
    ),
    said(
        "TW602",
        r"multi-target\s+not\s+supported|[Ee]xpected\s+floating\s+point\s+type\s+for\s+target\s+with\s+class"
        r"\s+probabilities,\s+got\s+(?P<given>\w+)",
        note("the shapes of logits and labels don't fit"),
        why=CLASS_DIMENSION,
        fix="labels.squeeze(1)",
    ),
    said(
        "TW606",
        r"only\s+batches\s+of\s+spatial\s+targets\s+supported\s+\(\w+\s+tensors\)\s+but\s+got\s+targets\s+of"
        r"\s+(?:dimension|size):?\s*:?\s*(?P<rank>[\d\[\],\sx]+)"
        r"|[Ee]xpected\s+(?:a\s+)?target.{0,20}spatial",
        note(
            "the masks have a dimension too many or too few ({rank}): they hold a class number for each pixel",
            rank="{rank}",
        ),
        why=note("for logits (N, C, H, W) the masks are (N, H, W), without channels, int64"),
        fix=note("{code}; one-hot masks: {other}", code="masks.squeeze(1).long()", other="masks.argmax(1)"),
        sure=True,
    ),
    said(
        "TW606",
        r"size\s+mismatch\s+\(got\s+input:\s+\[(?P<output>\d+,\s+\d+,\s+[\d,\s]+)\]\s*,?\s*target:"
        r"\s+\[(?P<target>[\d,\s]+)\]"
        r"|input\s+and\s+target\s+batch\s+or\s+spatial\s+sizes\s+don.t\s+match:\s+target\s+\[(?P<a>[\dx\s]+)\],"
        r"\s+input\s+\[(?P<b>[\dx\s]+)\]",
        note("the masks are of another size than the logits"),
        why=note("for logits (N, C, H, W) the masks are (N, H, W), without channels, int64"),
        fix=note("F.interpolate(logits, size=masks.shape[-2:]) before the loss"),
        sure=True,
    ),
    said(
        "TW602",
        r"Expected\s+target\s+size\s+\[?\(?(?P<wanted>\d+(?:,\s+\d+)?)[\])],\s+got"
        r"\s+(?:torch\.Size\()?\[(?P<given>[\d,\s]+)\]",
        note("for these logits the labels are ({wanted}), they are ({given})", wanted="{wanted}", given="{given}"),
        why=CLASS_DIMENSION,
        fix=note("logits.transpose(1, 2) where the classes are the last dimension"),
        sure=True,
    ),
    said(
        "TW602",
        r"size\s+mismatch\s+\(got\s+input:\s+\[(?P<output>[\d,\s]+)\]\s*,?\s*target:\s+\[(?P<target>[\d,\s]+)\]|input"
        r"\s+tensor\s+should\s+be\s+1D\s+or\s+2D",
        note("the shapes of logits ({output}) and labels ({target}) don't fit", output="{output}", target="{target}"),
        why=CLASS_DIMENSION,
    ),
    said(
        "TW606",
        r"Expected\s+target\s+size\s+\[?\(?\d+,\s+\d+,\s+\d+[\])],\s+got\s+(?:torch\.Size\()?\[\d+,\s+\d+,\s+\d+",
        note("the masks may be of another size than the logits"),
        why=note("for logits (N, C, H, W) the masks are (N, H, W), without channels, int64"),
        fix=note("F.interpolate(logits, size=masks.shape[-2:]) before the loss"),
    ),
    said(
        "TW602",
        r"Expected\s+target\s+size\s+\[?\(?(?P<wanted>\d+(?:,\s+\d+)*)[\])],\s+got"
        r"\s+(?:torch\.Size\()?\[(?P<given>[\d,\s]+)\]",
        note("for these logits the labels are ({wanted}), they are ({given})", wanted="{wanted}", given="{given}"),
        why=CLASS_DIMENSION,
    ),
    said(
        "TW604",
        r"weight\s+tensor\s+should\s+be\s+defined\s+either\s+for\s+all\s+(?P<wanted>\d+)(?:\s+or\s+no)?\s+classes(?:"
        r"\s+or\s+no\s+classes)?,?\s+"
        r"(?:but\s+got\s+weight\s+tensor\s+)?of\s+shape:?\s+\[?(?P<count>\d+)|weight\s+tensor\s+should\s+be\s+defined"
        r"\s+either\s+for\s+all\s+(?P<classes>\d+)",
        note(
            "the class weights have {count} numbers, the output has {wanted} classes",
            count="{count}",
            wanted="{wanted}",
        ),
        why=note(
            '{name} is one number for each class; for one each sample: reduction="none", then multiply', name="weight"
        ),
        fix=note("{wanted} numbers", wanted="{wanted}"),
        sure=True,
    ),
    said(
        "TW605",
        r"all\s+elements\s+of\s+(?P<name>input|target)\s+should\s+be\s+between\s+0\s+and\s+1",
        note("binary cross entropy takes numbers from 0 to 1, and its {name} holds others", name="{name}"),
        why=PROBABILITIES,
        fix=WITH_LOGITS,
        sure=True,
    ),
    said(
        "TW605",
        r"Assertion\s+.{0,60}(?:input_val|target_val|x)\s+>=\s*(?:zero|0\.?)\s*&&\s*\(?(?:input_val|target_val|x)"
        r"\s+<=\s*(?:one|1\.?)"
        r"|Assertion\s+.?input\s+>=\s+0\.\s+&&\s+input\s+<=\s+1\.",
        note("binary cross entropy takes numbers from 0 to 1, and gets others"),
        why=PROBABILITIES,
        fix=WITH_LOGITS,
        sure=True,
    ),
)
