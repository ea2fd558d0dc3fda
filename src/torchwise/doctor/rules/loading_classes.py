"""What a file needs of the machine and of the program: the device of its tensors, the classes of its objects."""

import ast
import re
from collections.abc import Iterator

import torch

from torchwise.doctor.case import Case
from torchwise.doctor.layers import rewritten
from torchwise.doctor.objects.definitions import nearest
from torchwise.doctor.objects.saved import saves
from torchwise.doctor.past.writing import before, with_keyword
from torchwise.doctor.rules.loading import load_frame, load_spot
from torchwise.doctor.syntax import call_name, keyword_of
from torchwise.finding import Finding, Mend, Words
from torchwise.texts import note


def device_is_missing(case: Case) -> Iterator[Finding]:
    """TW805: the file's tensors are of a device that this machine hasn't."""
    call = load_spot(case)
    if load_frame(case) is None or call is None or not isinstance(case.error, RuntimeError | AssertionError):
        return
    found = re.search(r"deserialize object on (?:a )?(?P<device>\w+)(?: device)?(?: (?P<index>\d+))?", case.text)
    if found is None and not re.search(
        r"CUDA.*(?:not available|not compiled|no NVIDIA)|torch\.cuda\.is_available", case.text
    ):
        return
    device = (found["device"] if found else "CUDA").upper()
    has = torch.cuda.device_count()
    what = note("the file's tensors are on {device}, which this machine hasn't", device=device)
    if found and found["index"] is not None and device == "CUDA":
        what = note(
            "the file's tensors are on cuda:{index}, this machine has {count} GPUs", index=found["index"], count=has
        )
    assert isinstance(call.node, ast.Call), "loads are calls"
    given = keyword_of(call.node, "map_location")
    change = with_keyword(call, "map_location", '"cpu"')
    if isinstance(given, ast.Name | ast.Attribute):
        born = case.flow.born(call.at(given, ()))
        if isinstance(born.node, ast.Constant):
            change = rewritten(born, born.node, '"cpu"')
    why = note("without map_location torch.load puts each tensor where it was when it was saved")
    yield case.finding("TW805", what, why=why, fix=change.text, mend=change.mend)


def class_is_missing(case: Case) -> Iterator[Finding]:
    """TW809: the file holds an object whose class can't be found where it was."""
    call = load_spot(case)
    if call is None or not isinstance(case.error, AttributeError | ModuleNotFoundError | ImportError):
        return
    if load_frame(case) is None and not (call_name(call.node) in ("load", "loads") and "pickle" in call.text):
        return
    found = re.search(r"get attribute '(?P<name>[\w.]+)' on <module '(?P<module>[\w.]+)'", case.text)
    name, module = (found["name"], found["module"]) if found else ("", "")
    if isinstance(case.error, ModuleNotFoundError):
        module = case.error.name or ""
    if not module:
        return
    why = note(
        "a pickled object keeps only the name of its class; the class must be there under this name when it is read"
    )
    what: Words = note(
        "the file needs the class {name} of the module {module}, which has none", name=name, module=module
    )
    if not name:
        what = note("the file holds an object of a class of the module {module}, which isn't there", module=module)
    for source in case.flow.sites.sources:
        for node in ast.walk(source.tree):
            if isinstance(node, ast.ClassDef) and name and nearest(name, [node.name], 0.6) and node.name != name:
                mend = Mend(file=source.file, line=node.lineno, old=f"class {node.name}", new=f"class {name}")
                yield case.finding("TW809", what, why=why, fix=f"class {name}", mend=mend)
                break
    saved = [item for item in saves(case) if "state_dict" not in item.text]
    fix = note("save only model.state_dict(), and build the model in code before load_state_dict")
    if saved:
        yield case.finding("TW809", what, why=why, fix=fix, mend=saved[0], sure=False)
    line = f"from ... import {name}" if name and module == "__main__" else f'sys.modules["{module}"] = ...'
    change = before(call, line)
    yield case.finding("TW809", what, why=why, fix=change.text, mend=call, sure=False)


RULES = (device_is_missing, class_is_missing)
