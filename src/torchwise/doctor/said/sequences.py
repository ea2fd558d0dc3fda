"""What PyTorch says where recurrent layers and attention get another shape (TW214 to TW217)."""

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
)
