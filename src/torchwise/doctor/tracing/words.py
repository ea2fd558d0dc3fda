"""Where a size comes from, in words."""

import ast

from torchwise.doctor.case import Case
from torchwise.doctor.syntax import call_name
from torchwise.doctor.tracing.blame import RANDOM
from torchwise.doctor.tracing.sizes import Origin
from torchwise.finding import Words
from torchwise.texts import note


def brief(text: str, most: int = 48) -> str:
    """Code in a sentence: on one line, and not too long."""
    text = " ".join(text.split())
    return text if len(text) <= most else text[: most - 3] + "..."


def story(case: Case, origin: Origin, name: str) -> Words:
    """Where a size comes from, in words."""
    if isinstance(origin.spot.node, ast.Constant) and origin.number is None:
        return ""  # a state that began as None
    place = f"{origin.spot.file.replace(chr(92), '/').rsplit('/', 1)[-1]}:{origin.spot.line}"
    if origin.layer is not None:
        label = case.path_of(origin.layer) or type(origin.layer).__name__
        if not origin.parameter:
            return note("the {size} of {name} comes from {layer}", size=origin.size, name=name, layer=label)
        return note(
            "the {size} of {name} is {parameter} of {layer}",
            size=origin.size, name=name, parameter=origin.parameter, layer=label,
        )  # fmt: skip
    if origin.is_input and call_name(origin.spot.node) in RANDOM:
        return note("the {size} of {name} came in with the data", size=origin.size, name=name)
    if origin.kind == "batch":
        return note("the {size} of {name} is the size of the batch", size=origin.size, name=name)
    spot = origin.number or origin.spot
    return note(
        "the {size} of {name} comes from {code} at {place}",
        size=origin.size, name=name, code=brief(spot.text), place=place,
    )  # fmt: skip


def sentences(*parts: Words) -> Words:
    """Several notes as one text."""
    kept = [part for part in parts if str(part)]
    if len(kept) < 2:
        return kept[0] if kept else ""
    return note("{first}; {rest}", first=kept[0], rest=sentences(*kept[1:]))
