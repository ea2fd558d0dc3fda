"""What PyTorch says about optimizers' steps, schedulers, scalers and values (TW018, TW7xx)."""

from torchwise.doctor.said import Said, said
from torchwise.texts import note

OPTIMIZERS = "Adam|AdamW|SGD|RMSprop|LBFGS|Adagrad|NAdam|RAdam"
SCALER_ORDER = note(
    "scaler.scale(loss).backward(), scaler.unscale_(optimizer), clipping, scaler.step(optimizer), scaler.update()"
)
NAN_SOURCE = note(
    "nan comes from an earlier step: a learning rate that is too high, a log or a division of 0, nan in the data"
)

SAID: tuple[Said, ...] = (
    said(
        "TW018",
        r"step\(\)\s+missing\s+1\s+required\s+positional\s+argument:\s+.closure|.NoneType.\s+object\s+is\s+not"
        r"\s+callable.{0,80}closure",
        note("LBFGS steps with a closure, and gets none"),
        why=note(
            "LBFGS computes the loss several times in a step, and needs a function for it: zero_grad, loss, "
            "backward, return loss"
        ),
        fix="optimizer.step(closure)",
        sure=True,
    ),
    said(
        "TW018",
        r"Invalid\s+(?P<name>learning\s+rate|lr|momentum\s+value|momentum|beta\s+parameter\s+at\s+index\s+\d|epsilon"
        r"\s+value|weight_decay\s+value):\s+(?P<value>\S+)"
        r"|Nesterov\s+momentum\s+requires",
        note("the optimizer gets {name} = {value}", name="{name}", value="{value}"),
        why=note("{name} must be a number that is not negative", name="{name}"),
        fix=note("another value for {name}", name="{name}"),
        sure=True,
    ),
    said(
        "TW018",
        r"(?P<kind>[\w.]+)\s+is\s+not\s+an\s+Optimizer|.<=.\s+not\s+supported\s+between\s+instances\s+of\s+.float."
        r"\s+and\s+.str"
        r"|\.(?:step|zero_grad)\(\)\s+missing\s+1\s+required\s+positional\s+argument:\s+.self"
        rf"|.(?:{OPTIMIZERS}|\w*LR|type).\s+object\s+(?:is\s+not\s+callable|has\s+no\s+attribute\s+.\w+)|step\(\)"
        rf"\s+got\s+an\s+unexpected",
        note("the optimizer or the scheduler is used wrongly"),
        why=note("a scheduler changes the learning rate of the optimizer that it is built with"),
        fix=note("optimizer = torch.optim.Adam(model.parameters(), lr=1e-3), then optimizer.step()"),
    ),
    said(
        "TW704",
        r"step\(\)\s+missing\s+1\s+required\s+positional\s+argument:\s+.metrics",
        note("ReduceLROnPlateau steps with the metric that it watches, and gets none"),
        why=note("it lowers the learning rate when this number no longer improves"),
        fix="scheduler.step(valid_loss)",
        sure=True,
    ),
    said(
        "TW704",
        r"Tried\s+to\s+step\s+(?P<step>\d+)\s+times\.\s+The\s+specified\s+number\s+of\s+total\s+steps\s+is"
        r"\s+(?P<total>\d+)",
        note("the scheduler is stepped {step} times, it was built for {total} steps", step="{step}", total="{total}"),
        why=note(
            "the total is epochs times batches where it steps after each batch, and epochs where after each epoch"
        ),
        fix=note("total_steps = epochs * len(loader), and as many calls of scheduler.step()"),
        sure=True,
    ),
    said(
        "TW704",
        r"lr_scheduler\.step\(\)`?\s+before\s+`?optimizer\.step|param\s+.initial_lr.\s+is\s+not\s+specified|[Yy]ou"
        r"\s+must\s+define\s+either\s+total_steps"
        r"|Expected\s+(?:positive\s+)?integer\s+(?:total_steps|epochs|steps_per_epoch|T_0)|[Ee]xpected\s+\d+"
        r"\s+(?:lr_lambdas|min_lrs|values)"
        r"|ReduceLROnPlateau.\s+object\s+has\s+no\s+attribute|momentum\s+must\s+be\s+within|cycle_momentum"
        r"|Sequential\s+Schedulers\s+expects|object\s+has\s+no\s+attribute\s+.get_last_lr",
        note("the learning-rate scheduler doesn't fit the way it is used"),
        why=note("a scheduler is built for one optimizer, and steps after it"),
        fix=note("optimizer.step() first, then scheduler.step()"),
    ),
    said(
        "TW701",
        r"No\s+inf\s+checks\s+were\s+recorded\s+for\s+this\s+optimizer",
        note("the scaler steps an optimizer for which no scaled gradients were found"),
        why=note("none of its parameters has a gradient: the loss doesn't depend on them, or backward came not before"),
        fix=SCALER_ORDER,
        sure=True,
    ),
    said(
        "TW701",
        r"unscale_\(\)\s+(?:has\s+already\s+been\s+called|is\s+being\s+called\s+after)|step\(\)\s+has\s+already"
        r"\s+been\s+called\s+since\s+the\s+last\s+update"
        r"|Attempting\s+to\s+unscale\s+FP16\s+gradients|_(?:scale|growth_tracker)\s+is\s+None",
        note("the gradient scaler is used in another order than it needs"),
        why=note("unscale_ once for each optimizer and step, and update() once at the end"),
        fix=SCALER_ORDER,
        sure=True,
    ),
    said(
        "TW702",
        r"(?:binary_cross_entropy|BCELoss|torch\.nn\.BCE\w*).{0,60}(?:are\s+|is\s+)?unsafe\s+to\s+autocast",
        note("autocast refuses binary cross entropy of probabilities"),
        why=note("in half precision a probability near 0 or 1 is rounded to it, and its logarithm is infinite"),
        fix=note("{code}, without the sigmoid at the end of the model", code="nn.BCEWithLogitsLoss()"),
        sure=True,
    ),
    said(
        "TW702",
        r"value\s+cannot\s+be\s+converted\s+to\s+type\s+(?:at::|c10::)?(?P<dtype>Half|BFloat16)\s+without\s+overflow"
        r"|overflow.{0,40}(?:[Hh]alf|float16|fp16)",
        note("a value is too large for half precision"),
        why=note("float16 ends at 65504"),
        fix=note("{code} for masks, or bfloat16", code="torch.finfo(x.dtype).min"),
        sure=True,
    ),
    said(
        "TW703",
        r"[Ff]unction\s+.(?P<name>\w+).\s+returned\s+nan\s+values\s+in\s+its\s+(?P<number>\d+)th\s+output",
        note("the gradient of {name} is nan", name="{name}"),
        why=NAN_SOURCE,
        fix=note("a smaller learning rate, an epsilon in log, sqrt and divisions, and a look for nan in the data"),
        sure=True,
    ),
    said(
        "TW703",
        r"total\s+norm\s+(?:of\s+order\s+(?P<order>\S+)\s+)?for\s+gradients\s+from\s+.{0,4}parameters.{0,4}\s+is"
        r"\s+non-finite",
        note("the gradients are not finite"),
        why=NAN_SOURCE,
        fix=note("a smaller learning rate, an epsilon in log, sqrt and divisions, and a look for nan in the data"),
        sure=True,
    ),
    said(
        "TW703",
        r"(?:invalid\s+values?|probability\s+tensor\s+contains).{0,200}?\bnan\b|Input\s+contains\s+NaN|[Ii]nput"
        r"\s+contains\s+infinity|Loss\s+is\s+(?:nan|inf)",
        note("a value is nan or infinite where it can't be"),
        why=NAN_SOURCE,
        fix=note("a smaller learning rate, an epsilon in log, sqrt and divisions, and a look for nan in the data"),
    ),
    said(
        "TW705",
        r"Expected\s+parameter\s+(?P<name>\w+)\s+\(.{0,60}?\)\s+of\s+distribution\s+(?P<kind>\w+)\(.{0,200}?\)\s+to"
        r"\s+satisfy\s+the\s+constraint\s+(?P<rule>\w+(?:\([^)]*\))?)"
        r"|The\s+parameter\s+(?P<other>\w+)\s+has\s+invalid\s+values|The\s+value\s+argument\s+must\s+be\s+within"
        r"\s+the\s+support",
        note("{kind} gets values of {name} that can't be: {rule}", kind="{kind}", name="{name}", rule="{rule}"),
        why=note("a scale is positive, a probability from 0 to 1; the output of a layer is any number"),
        fix=note("F.softplus(x) + 1e-6 for a scale, or logits= in place of probs="),
    ),
    said(
        "TW705",
        r"probability\s+tensor\s+contains\s+either\s+.?inf|invalid\s+multinomial\s+distribution|cannot\s+sample"
        r"\s+n_sample\s*>|prob_dist"
        r"|normal\s+expects\s+(?:all\s+elements\s+of\s+)?std|Assertion\s+.{0,20}(?:sum\s+>\s+accZero|probability|0"
        r"\s+<=\s+p4|val\s+>=\s+zero)|(?:MultinomialKernel|Distribution\w*)\.cu"
        r"|[Ee]xpected\s+p_in\s+>=\s+0|must\s+be\s+non-negative,\s+but\s+(?:got|found)|replacement=False",
        note("a distribution or a sampler gets impossible parameters"),
        why=note("a scale is positive, a probability from 0 to 1; the output of a layer is any number"),
        fix=note("softmax before multinomial, and no nan or negative values"),
    ),
    said(
        "TW018",
        r"(?P<kind>\w+)\s+does\s+not\s+support\s+sparse\s+gradients|add\(sparse,\s+dense\)\s+is\s+not\s+supported|weight_decay\s+option\s+is"
        r"\s+not\s+compatible\s+with\s+sparse",
        note("the optimizer gets sparse gradients, which it can't take"),
        why=note(
            "nn.Embedding(..., sparse=True) gives gradients that only SGD without weight decay, SparseAdam and Adagrad take"
        ),
        fix=note("sparse=False in the embedding, or torch.optim.SparseAdam for it"),
        sure=True,
    ),
    said(
        "TW018",
        r"Muon\s+only\s+supports\s+2D\s+parameters.{0,60}size:?\s+\S*?(?P<shape>[\[(][\d,\s]+[\])])",
        note("Muon gets a parameter of the shape {shape}; it takes matrices only", shape="{shape}"),
        why=note("it makes each update orthogonal, which a bias or a norm's weight can't be"),
        fix=note("Muon for the parameters with p.ndim == 2, AdamW for the rest"),
        sure=True,
    ),
    said(
        "TW010",
        r"LBFGS\s+doesn.t\s+support\s+per-parameter\s+options",
        note("LBFGS gets several groups of parameters"),
        why=note("it sees all parameters as one long vector"),
        fix="torch.optim.LBFGS(model.parameters())",
        sure=True,
    ),
    said(
        "TW704",
        r"(?P<kind>SequentialLR|ChainedScheduler)\s+does\s+not\s+support\s+`?ReduceLROnPlateau",
        note("{kind} gets a ReduceLROnPlateau", kind="{kind}"),
        why=note("it steps its schedulers without a value, and ReduceLROnPlateau needs the one that it watches"),
        fix=note("step both by hand, first the one, then the other"),
        sure=True,
    ),
    said(
        "TW704",
        r"(?P<name>\w+)\s+must\s+have\s+the\s+same\s+length\s+as\s+optimizer\.param_groups\.\s+\w+\s+has\s+(?P<given>\d+)\s+values,"
        r"\s+param_groups\s+has\s+(?P<groups>\d+)",
        note(
            "{name} has {given} values, the optimizer {count} parameter groups",
            name="{name}",
            given="{given}",
            count="{groups}",
        ),
        why=note("one value for all groups, or one for each"),
        sure=True,
    ),
    said(
        "TW705",
        r"(?P<names>Either\s+.{3,60}|Exactly\s+one\s+of\s+.{3,80}?)\s+(?:must|may)\s+be\s+specified",
        note("a distribution gets no parameter, or two that say the same"),
        why=note("probs and logits, or the kinds of a covariance, are two ways to say one thing"),
        fix=note("exactly one of them"),
        sure=True,
    ),
)
