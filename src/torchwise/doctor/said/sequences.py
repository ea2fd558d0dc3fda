"""What PyTorch says where recurrent layers and attention get another shape (TW214 to TW217), or lengths of other sequences (TW230)."""

from torchwise.doctor.said import Said, said
from torchwise.texts import note

SAID: tuple[Said, ...] = (
    said(
        "TW214",
        r"input\.size\(-1\)\s+must\s+be\s+equal\s+to\s+input_size\.\s+Expected\s+(?P<built>\d+),\s+got"
        r"\s+(?P<given>\d+)",
        note(
            "the recurrent layer gets {given} features at each step, it was built for {built}",
            given="{given}",
            built="{built}",
        ),
        why=note("the last dimension of the input must be input_size ({size})", size="{built}"),
        fix=note("{code}, or transpose what has batch, time and features in another order", code="input_size={given}"),
        sure=True,
    ),
    said(
        "TW214",
        r"input\s+has\s+inconsistent\s+input_size:\s+got\s+(?P<given>\d+),?\s+expected\s+(?P<built>\d+)",
        note(
            "the recurrent layer gets {given} features at each step, it was built for {built}",
            given="{given}",
            built="{built}",
        ),
        why=note("the last dimension of the input must be input_size ({size})", size="{built}"),
        sure=True,
    ),
    said(
        "TW215",
        r"Expected\s+hidden(?:\[\d\])?\s+size\s+[\[(](?P<wanted>[\d,\s]+)[\])],\s+got\s+[\[(](?P<given>[\d,\s]+)[\])]",
        note("the hidden state must be ({wanted}), it is ({given})", wanted="{wanted}", given="{given}"),
        why=note("a state is (layers * directions, batch, hidden size)"),
        fix=note("make the state from this batch: torch.zeros({wanted}); or leave it out", wanted="{wanted}"),
        sure=True,
    ),
    said(
        "TW215",
        r"For\s+(?:un)?batched\s+(?P<a>\d-D)\s+input,\s+hx(?:\s+and\s+cx)?\s+should\s+also\s+be\s+(?P<b>\d-D)"
        r"|[Ii]nput\s+batch\s+size\s+(?P<one>\d+)\s+doesn.t\s+match\s+hidden(?:\[\d\])?\s+batch\s+size\s+(?P<other>\d+)"
        r"|hidden\S*\s+has\s+inconsistent\s+hidden_size|rnn:\s+hx\s+is\s+not\s+contiguous|expects?\s+(?:cell|hidden)"
        r"\s+state",
        note("the hidden state doesn't fit the batch"),
        why=note("a state is (layers * directions, batch, hidden size)"),
        fix=note("make the state from this batch, or leave it out: it begins with zeros"),
    ),
    said(
        "TW216",
        r"shape\s+of\s+(?:the\s+)?(?:\dD\s+)?(?:attn_mask|key_padding_mask)\s+is"
        r"\s+(?:torch\.Size\()?[\[(](?P<given>[\d,\s]+)[\])]\)?,\s+"
        r"but\s+should\s+be\s+\(?(?P<wanted>[\d,\s]+)\)?",
        note("the mask of the attention must be ({wanted}), it is ({given})", wanted="{wanted}", given="{given}"),
        why=note("a mask of (batch, length) says which keys are padding"),
        sure=True,
    ),
    said(
        "TW216",
        r"was\s+expecting\s+embedding\s+dimension\s+of\s+(?P<built>\d+),\s+but\s+got\s+(?P<given>\d+)",
        note("attention gets {given} features, it was built for {built}", given="{given}", built="{built}"),
        why=note("the last dimension of the query must be embed_dim"),
        fix="nn.MultiheadAttention({given}, ...)",
        sure=True,
    ),
    said(
        "TW216",
        r"(?:expecting\s+key_padding_mask|key.s\s+sequence\s+(?:length\s+)?and\s+batch|the\s+(?:batch\s+number"
        r"|feature\s+number)\s+of\s+src\s+and\s+"
        r"tgt\s+must\s+be\s+equal|the\s+feature\s+number\s+of\s+src\s+and\s+tgt|key\s+shape\s+.{0,60}\s+does\s+not"
        r"\s+match\s+value\s+shape|size\s+of\s+the\s+"
        r"\dD\s+attn_mask\s+is\s+not\s+correct|Mask\s+shape\s+should\s+match|expected\s+(?:the\s+)?(?:key|query|src"
        r"|tgt).{0,40}to\s+be\s+"
        r"\d-?D|`?(?:attn_mask|key_padding_mask)`?'?s?\s+(?:dimension|shape|size))",
        note("attention gets a query, key, value or mask of another shape"),
        why=note("with batch_first=True a sequence is (batch, time, features)"),
    ),
    said(
        "TW217",
        r"embed_dim\s+must\s+be\s+divisible\s+by\s+num_heads|hidden\s+size\s+\(?(?P<features>\d+)\)?\s+is\s+not\s+a"
        r"\s+multiple\s+of\s+the\s+number\s+of\s+"
        r"attention\s+heads\s+\(?(?P<heads>\d+)",
        note("the number of heads doesn't divide the features"),
        why=note("each head gets features / heads, a whole number"),
        fix=note("a number of heads that divides embed_dim"),
        sure=True,
    ),
    said(
        "TW230",
        r"Expected\s+input_lengths\s+to\s+have\s+value\s+at\s+most\s+(?P<steps>\d+),\s+but\s+got\s+value\s+(?P<length>\d+)",
        note(
            "an input length is {length}, the log-probabilities have {steps} steps", length="{length}", steps="{steps}"
        ),
        why=note("the lengths count the steps of the model's output: strides and pooling have shortened the time"),
        fix=note("shorten the lengths as the network shortens the time, by // for each stride"),
        sure=True,
    ),
    said(
        "TW230",
        r"size\s+at\s+least\s+(?P<length>\d+)\s+at\s+dimension\s+1,\s+but\s+got\s+size\s+(?P<size>\d+)\s+for\s+argument\s+#\d"
        r"\s+'targets'|targets\s+\(size\s+\d+\).{0,20}target_lengths",
        note("a target length is {length}, the targets hold {size} at most", length="{length}", size="{size}"),
        why=note("target_lengths says how many of a row's labels are meant, the padding not counted"),
        fix=note("count the lengths from the same sequences that were padded"),
    ),
    said(
        "TW230",
        r"(?P<name>input|target)_lengths\s+must\s+be\s+of\s+size\s+batch_size|(?:input|target)_lengths\s+must\s+be\s+integral",
        note("the lengths of the CTC loss don't fit the batch"),
        why=note("log_probs is (time, batch, classes), and each sequence of the batch has one length, a whole number"),
        fix="log_probs.permute(1, 0, 2)",
    ),
    said(
        "TW230",
        r"Length\s+of\s+all\s+samples\s+has\s+to\s+be\s+greater\s+than\s+0",
        note("a sequence of the batch has the length 0"),
        why=note("a recurrent layer can't run over nothing"),
        fix=note("leave empty sequences out, or lengths.clamp(min=1)"),
        sure=True,
    ),
    said(
        "TW230",
        r"Expected\s+`len\(lengths\)`\s+to\s+be\s+equal\s+to\s+batch_size,\s+but\s+got\s+(?P<given>\d+)"
        r"\s+\(batch_size=(?P<batch>\d+)\)",
        note("there are {given} lengths for a batch of {batch}", given="{given}", batch="{batch}"),
        why=note("without batch_first=True the batch is dimension 1, with it dimension 0"),
        fix=note("batch_first as the tensor is laid out, one length for each sequence"),
    ),
    said(
        "TW230",
        r"Expected\s+total_length\s+to\s+be\s+at\s+least.{0,60}total_length=(?P<total>\d+)\s+and\s+max\s+sequence\s+length"
        r"\s+being\s+(?P<longest>\d+)",
        note("total_length is {total}, the longest sequence has {longest} steps", total="{total}", longest="{longest}"),
        why=note("padding can't cut a sequence"),
        fix=note("total_length={longest} or more, or cut the sequences before", longest="{longest}"),
        sure=True,
    ),
    said(
        "TW230",
        r"offsets\[0\]\s+has\s+to\s+be\s+0|offsets\[-1\]\s+can\s*not\s+be\s+greater\s+than\s+input|offsets\s+has\s+to\s+be\s+"
        r"(?:a\s+1D\s+Tensor|None)|repeats\s+must\s+have\s+the\s+same\s+size|If\s+per_sample_weights.{0,60}same\s+shape"
        r"|weights\s+should\s+be\s+1-d\s+and\s+have\s+the\s+same\s+length",
        note("the offsets, counts or weights don't fit the sequence that they are for"),
        why=note("offsets say where each bag begins, the first at 0; counts and weights go with the values one by one"),
        fix=note("for a batch of rows of one length (2 dimensions) no offsets, for one long row offsets=..."),
    ),
    said(
        "TW214",
        r"lengths`?\s+array\s+(?:must\s+be|has\s+to\s+be)\s+sorted\s+in\s+decreasing",
        note("the lengths are not sorted"),
        why=note("packing takes the longest sequence first, unless it may sort them itself"),
        fix="enforce_sorted=False",
        sure=True,
    ),
)
