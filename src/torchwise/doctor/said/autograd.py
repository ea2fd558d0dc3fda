"""What PyTorch says about gradients and backward (TW5xx)."""

from torchwise.doctor.said import Said, said
from torchwise.texts import note

TWICE = r"[Tt]rying\s+to\s+backward\s+through\s+the\s+graph\s+a\s+second\s+time"
CHANGED = (
    r"one\s+of\s+the\s+variables\s+needed\s+for\s+gradient\s+computation\s+has\s+been\s+modified\s+by"
    r"\s+an\s+in-?place\s+operation"
)
AT = (
    r"(?::?\s+\[(?P<dtype>[\w.]+)\s+\[?(?P<shape>[\d,\s]*)\]?\](?:,\s+which\s+is\s+output\s+\d+\s+of"
    r"\s+(?P<operation>\w+)))"
)
VERSIONS = r"(?:.{0,20}is\s+at\s+version\s+(?P<version>\d+);\s+expected\s+version\s+(?P<expected>\d+))?"
NEEDS_VALUE = note("the forward pass kept this tensor for the gradient; the change overwrites what it kept")

SAID: tuple[Said, ...] = (
    said(
        "TW501",
        TWICE,
        note("backward comes to a part of the graph that an earlier backward has used up"),
        why=note("backward frees what the forward pass kept for it; each backward needs a forward pass of its own"),
        fix=note("run the forward pass anew for each backward, or give the first one retain_graph=True"),
    ),
    said(
        "TW502",
        TWICE,
        note("a hidden state may be carried over from the step before with the graph of that step"),
        why=note("backward runs on into that graph, which the backward of that step has freed"),
        fix=note("{code}  at the end of each step, behind backward", code="hidden = hidden.detach()"),
    ),
    said(
        "TW503",
        CHANGED + AT + VERSIONS,
        note(
            "a tensor of shape {shape} that the gradient of {operation} needs was changed in place",
            shape="({shape})",
            operation="{operation}",
        ),
        why=NEEDS_VALUE,
        fix=note(
            "find the change with torch.autograd.set_detect_anomaly(True), and write it without changing in place"
        ),
    ),
    said(
        "TW503",
        CHANGED,
        note("a tensor that backward needs was changed in place"),
        why=NEEDS_VALUE,
        fix=note(
            "find the change with torch.autograd.set_detect_anomaly(True), and write it without changing in place"
        ),
    ),
    said(
        "TW504",
        CHANGED + r"(?::\s+.{0,80}output\s+0\s+of\s+(?:TBackward|AsStridedBackward|AsStrided|ViewBackward"
        r"|TransposeBackward)\w*|)",
        note("the optimizer's step may lie between forward and backward, and have changed a weight"),
        why=note("the forward pass ran before, so its backward needs the weights as they were then"),
        fix=note("call optimizer.step() once, after the last backward; or run the forward pass anew for each loss"),
    ),
    said(
        "TW502",
        CHANGED,
        note("a hidden state may be carried over from the step before with the graph of that step"),
        why=note("the optimizer has changed the weights since, and the old graph needs them as they were"),
        fix=note("{code}  at the end of each step, behind backward", code="hidden = hidden.detach()"),
    ),
    said(
        "TW505",
        r"leaf\s+(?:Variable|Tensor|variable)s?\s+(?:that|which)\s+requires?\s+grad\s+(?:is\s+being|has\s+been)"
        r"\s+(?:used\s+in\s+an\s+in-?place\s+operation|moved\s+into\s+the\s+graph\s+interior)"
        r"|leaf\s+variable\s+has\s+been\s+moved\s+into\s+the\s+graph\s+interior|a\s+leaf\s+.{0,40}in-?place"
        r"\s+operation",
        note("a leaf that requires grad is changed in place"),
        why=note(
            "a leaf that requires grad can't be changed in place while gradients are recorded: its old value would "
            "be lost"
        ),
        fix=note(
            "with torch.no_grad():  around a change of weights; x = x.clone() before one that belongs to the model"
        ),
        sure=True,
    ),
    said(
        "TW506",
        r"element\s+(?P<number>\d+)\s+of\s+(?:tensors|variables|variables\s+tuple)\s+does\s+not\s+require\s+grad(?:"
        r"\s+and\s+does\s+not\s+have\s+a\s+grad_fn)?",
        note("the loss has no graph: no weight that requires grad was used for it"),
        why=note("backward follows the graph from the loss to the weights; there is none"),
        fix=note(
            "look for argmax, .item(), .detach(), .data, torch.tensor(...), NumPy, no_grad or frozen weights on the "
            "way to the loss"
        ),
        sure=True,
    ),
    said(
        "TW506",
        r"(?:there\s+are\s+no\s+graph\s+nodes\s+that\s+require\s+computing\s+gradients|does\s+not\s+require\s+grad"
        r"\s+and\s+does\s+not\s+have\s+a\s+grad_fn"
        r"|cannot\s+call\s+\.?backward\(?\)?\s+on\s+a\s+volatile|None\s+of\s+the\s+inputs\s+have\s+requires_grad=True)",
        note("the loss has no graph: no weight that requires grad was used for it"),
        why=note("backward follows the graph from the loss to the weights; there is none"),
    ),
    said(
        "TW507",
        r"grad\s+can\s+be\s+(?:implicitly\s+)?created\s+only\s+for\s+scalar\s+outputs|gradient\s+can\s+be"
        r"\s+implicitly\s+created\s+only\s+for\s+scalar"
        r"|backward\s+should\s+be\s+called\s+only\s+on\s+a\s+scalar",
        note("backward starts from one number, and the loss has several values"),
        why=note("the values must be brought to one number first, by a mean or a sum"),
        fix="loss.mean().backward()",
        sure=True,
    ),
    said(
        "TW507",
        r"Mismatch\s+in\s+shape:\s+grad_output\[(?P<number>\d+)\]\s+has\s+a\s+shape\s+of"
        r"\s+torch\.Size\(\[(?P<given>[\d,\s]*)\]\)\s+and\s+output\[\d+\]\s+has\s+a\s+"
        r"shape\s+of\s+torch\.Size\(\[(?P<wanted>[\d,\s]*)\]\)",
        note(
            "backward gets a gradient of shape ({given}) for an output of ({wanted})",
            given="{given}",
            wanted="{wanted}",
        ),
        why=note(
            "for several values autograd must be told how each of them counts; ones give the gradient of their sum"
        ),
        sure=True,
    ),
    said(
        "TW508",
        r"[Cc]an.t\s+call\s+numpy\(\)\s+on\s+(?:Tensor|Variable|a?\s*tensor)s?\s+that\s+requires?\s+grad",
        note("a tensor that requires grad is turned into a NumPy array"),
        why=note("NumPy knows no gradients; detach() gives the values without the graph"),
        fix="x.detach().numpy()",
        sure=True,
    ),
    said(
        "TW508",
        r"[Cc]onverting\s+a\s+tensor\s+(?:that|with)\s+requires_?grad=?(?:True)?\s+to\s+a\s+scalar",
        note("a tensor that requires grad is turned into a number"),
        why=note("NumPy knows no gradients; detach() gives the values without the graph"),
        fix="x.item()",
    ),
    said(
        "TW509",
        r"differentiated\s+(?:Tensors?|Variables?)(?:\s+at\s+index\s+(?P<index>\d+))?\s+appears\s+to\s+not\s+have"
        r"\s+been\s+used\s+in\s+the\s+graph"
        r"|One\s+of\s+the\s+differentiated\s+(?:Tensors|Variables)\s+(?:does\s+not|did\s+not)\s+require\s+grad",
        note("an input that the output does not depend on is asked for its gradient"),
        why=note("the gradient can be taken only for tensors that the output was made from"),
        fix=note("ask for the tensor that was really used, or allow_unused=True"),
        sure=True,
    ),
    said(
        "TW509",
        r".NoneType.\s+object\s+has\s+no\s+attribute\s+.(?P<name>data|zero_|norm|detach|abs|mean|clone|add_|grad|sum"
        r"|item|cpu|numpy|shape|clamp_)\b",
        note("a gradient may be None: .grad is there only for leaves, and only after backward"),
        why=note("gradients come into being with backward(); backward keeps gradients for leaves only"),
        fix=note("retain_grad() before backward for what is computed; loss.backward() before reading .grad"),
    ),
    said(
        "TW509",
        r"unsupported\s+operand\s+type\(s\)\s+for\s+.{1,4}:\s+.(?:float|int|Tensor|Parameter).\s+and\s+.NoneType",
        note("a gradient may be None: .grad is there only for leaves, and only after backward"),
        why=note("gradients come into being with backward(); backward keeps gradients for leaves only"),
        fix=note("retain_grad() before backward for what is computed; loss.backward() before reading .grad"),
    ),
    said(
        "TW510",
        r"[Oo]nly\s+(?:Tensors|Variables)\s+created\s+explicitly\s+by\s+the\s+user.{0,40}support\s+the\s+deepcopy"
        r"\s+protocol"
        r"|Cannot\s+serialize\s+tensor\s+which\s+requires_?grad|non-leaf\s+tensor.{0,60}(?:serializ|pickl)\w*"
        r"|autograd\s+does\s+not\s+support\s+crossing\s+process\s+boundaries",
        note("what is copied or pickled holds a tensor with a graph"),
        why=note("a copy can't take the graph along, so only leaves can be copied or pickled"),
        fix=note("detach() the tensor where it is kept"),
        sure=True,
    ),
    said(
        "TW511",
        r"function\s+(?P<name>\w+)\s+returned\s+an\s+incorrect\s+number\s+of\s+gradients\s+\(expected"
        r"\s+(?P<expected>\d+),\s+got\s+(?P<got>\d+)\)",
        note(
            "backward of {name} returns {got} gradients, its forward has {expected} inputs",
            name="{name}",
            got="{got}",
            expected="{expected}",
        ),
        why=note("one gradient for each input of forward, None where there is none"),
        sure=True,
    ),
    said(
        "TW511",
        r"[Ff]unction\s+(?P<name>\w+)\s+returned\s+an\s+invalid\s+gradient\s+at\s+index\s+(?P<index>\d+)\s+-\s+got"
        r"\s+\[?(?P<got>[^\]]*)\]?\s+but\s+expected\s+"
        r"(?:shape\s+compatible\s+with|type|device)\s*\[?(?P<expected>[\w.,\s]*)\]?",
        note(
            "gradient {index} of {name} is {got}, its input is {expected}",
            index="{index}",
            name="{name}",
            got="{got}",
            expected="{expected}",
        ),
        why=note("a gradient has the shape of its input; what forward broadcasts must be summed again"),
        sure=True,
    ),
    said(
        "TW511",
        r"Legacy\s+autograd\s+function\s+with\s+non-static\s+forward|save_for_backward\s+can\s+only\s+save"
        r"\s+(?:variables|tensors),\s+but\s+argument\s+(?P<index>\d+)\s+is"
        r"|(?P<name>\w+)\.forward:\s+expected\s+Tensor\s+or\s+tuple\s+of\s+Tensors|custom\s+autograd\.Function"
        r"|once_differentiable"
        r"|must\s+implement\s+(?:either\s+)?the\s+(?:forward|.backward|backward)|.(?P<other>\w+Backward).\s+object"
        r"\s+has\s+no\s+attribute"
        r"|object\s+of\s+.{0,30}Function\s+is\s+not\s+callable|(?:expected|returned).{0,40}Variable.{0,20}from"
        r"\s+(?:forward|backward)"
        r"|You\s+must\s+implement\s+the\s+forward\s+function\s+for\s+custom\s+autograd",
        note("a custom autograd.Function is written wrongly"),
        why=note("an autograd function has no objects: forward and backward get everything through ctx"),
        fix=note("@staticmethod on both, ctx as their first parameter, and the call by {code}", code="Name.apply(x)"),
        sure=True,
    ),
)
