"""The GPU, the driver and the builds of the libraries: what was asked for and is not there, or doesn't fit together."""

import ast
import re
from collections.abc import Iterator

import torch

from torchwise.doctor.case import Case
from torchwise.doctor.frames import Frame
from torchwise.doctor.layers import Change
from torchwise.doctor.objects.backwards import search_back
from torchwise.doctor.objects.changes import name_of_file
from torchwise.doctor.spots import Spot
from torchwise.doctor.syntax import call_name
from torchwise.doctor.tracing.rewriting import replaced
from torchwise.finding import Finding, Words
from torchwise.texts import note

ABSENT = re.compile(
    r"not compiled with (?P<build>CUDA|MPS|XPU)|[Ff]ound no NVIDIA driver|[Nn]o CUDA GPUs|invalid device ordinal|MPS backend"
    r"|not linked with support for (?P<linked>\w+)|no CUDA-capable device|Invalid device string: '?(?P<string>[^']+)"
    r"|device type at start of device string: (?P<word>\w+)|[Ii]nvalid device id|Cannot access accelerator device"
)
TOO_OLD = re.compile(
    r"driver .*too old|driver version is insufficient|no kernel image|not compatible with the current PyTorch|unsupported toolchain"
    r"|forward compatibility was attempted|cuDNN version incompatib|sm_\d+ is not compatible"
)
NO_DRIVER = re.compile(r"driver version is insufficient")  # what CUDA says too where there is no driver at all
PAIRED = re.compile(
    r"torchvision::|torchaudio::|torchtext::|operator \w+::\w+ does not exist|undefined symbol|custom C\+\+ ops|compiled with different CUDA"
    r"|different major versions|Could not load this library.*torch|libtorch\w*\.so|Failed to load (?:PyTorch|image Python) .*extension"
)
ASSERTED = re.compile(r"device-side assert")
FORKED = re.compile(
    r"[Cc]annot re-initialize (?:CUDA|XPU|\w+) in forked subprocess|initialization error.*fork|fork.* CUDA"
)
CPU_OR = {"cuda": '"cuda" if torch.cuda.is_available() else "cpu"', "mps": '"mps" if torch.backends.mps.is_available() else "cpu"',
          "xpu": '"xpu" if torch.xpu.is_available() else "cpu"'}  # fmt: skip
FLAGS = re.compile(r"cuda|gpu|device|accelerat", re.I)


def device_is_not_there(case: Case) -> Iterator[Finding]:
    """TW901: CUDA, MPS or a GPU of a number that this machine hasn't."""
    match = ABSENT.search(case.text) or (None if has_driver() else NO_DRIVER.search(case.text))
    if (
        match is None
        or "deserialize" in case.text
        or not isinstance(case.error, AssertionError | RuntimeError | ValueError)
    ):
        return
    named = match.groupdict()
    word = named.get("word") or named.get("string") or ""
    kind = (
        "mps"
        if re.search(r"\bMPS\b|\bmps\b", case.text.splitlines()[0]) and not word
        else "xpu"
        if "XPU" in case.text
        else "cuda"
    )
    spot = _asked_for(case)
    asked = spot.node.value if spot is not None and isinstance(spot.node, ast.Constant) else kind
    shown = asked if isinstance(asked, str) else kind
    what = note("the program asks for {device}, which isn't there", device=shown)
    why = _reason(case, kind, word)
    if spot is None:
        yield case.finding("TW901", what, why=why, fix=CPU_OR[kind])
        return
    change = _written(spot, kind, word, case)
    frame = case.frame
    if frame is not None and (spot.line, spot.file) != (frame.line, frame.file):
        why = note("{why}; it is written at {place}", why=why, place=name_of_file(spot))
    yield case.finding("TW901", what, why=why, fix=change.text, mend=change.mend)


def has_driver() -> bool:
    """Whether an NVIDIA driver that works is there."""
    return torch.cuda.is_available()


def _reason(case: Case, kind: str, word: str) -> Words:
    if word:
        return note("{word} is no device; devices are cpu, cuda, cuda:0, mps and the like", word=word)
    if "ordinal" in case.text or "device id" in case.text:
        return note("GPUs are counted from 0, and this machine has fewer")
    if kind == "cuda":
        if "not compiled" in case.text:
            return note("this build of PyTorch is the one for the CPU: it was not compiled with CUDA")
        return note(
            "cuda needs an NVIDIA GPU with its driver; there is none here, or it is hidden by CUDA_VISIBLE_DEVICES"
        )
    return (
        note("mps needs a Mac with an Apple GPU and a build of PyTorch for it")
        if kind == "mps"
        else note("{kind} is not there", kind=kind)
    )


def _asked_for(case: Case) -> Spot | None:
    """The "cuda" in the code that the failing line got its device from; the flag or the line where there is none."""
    for frame in reversed(case.user):
        if frame.node is None:
            continue
        start = case.spot(frame.node, frame)
        found = search_back(case.flow, start, _is_device)
        if found is None:
            found = _by_condition(case, frame)
        if found is not None:
            return found
        if any(isinstance(n, ast.Call) and call_name(n) in ("cuda", "mps", "set_device") for n in ast.walk(frame.node)):
            return start
    return None


def _is_device(spot: Spot) -> bool:
    """Whether an expression is the name of a device that is meant as one, and not compared."""
    node = spot.node
    if not isinstance(node, ast.Constant) or not isinstance(node.value, str):
        return False
    parent = spot.source.parents.get(node)
    called = call_name(parent) if isinstance(parent, ast.Call) else ""
    if isinstance(parent, ast.Compare) or called == "startswith" or (called == "get" and parent.args[0] is node):  # type: ignore[union-attr]
        return False
    if isinstance(parent, ast.IfExp) and parent.body is node and "is_available" in spot.source.text(parent.test):
        return False
    return bool(re.fullmatch(r"(cuda|mps|xpu|gpu)(:\d+)?", node.value, re.I))


def _by_condition(case: Case, frame: Frame) -> Spot | None:
    """The flag on which `.cuda()` depends: `if args.cuda:`, `if config["device"] == "cuda":`."""
    assert frame.source is not None and frame.node is not None, "frames of the user's have both"
    here = frame.source.parents.get(frame.node)
    while here is not None and not isinstance(here, ast.FunctionDef):
        if isinstance(here, ast.If | ast.IfExp) and FLAGS.search(frame.source.text(here.test)):
            test = case.spot(here.test, frame)
            found = search_back(case.flow, test, _is_device)
            return found or search_back(
                case.flow, test, lambda s: isinstance(s.node, ast.Constant) and s.node.value is True
            )
        here = frame.source.parents.get(here)
    return None


def _written(spot: Spot, kind: str, word: str, case: Case) -> Change:
    """The device by what the machine has."""
    node = spot.node
    parent = spot.source.parents.get(node)
    least = parent if isinstance(parent, ast.keyword | ast.Assign) else None
    if isinstance(node, ast.Constant) and node.value is True:
        return replaced(spot, node, "torch.cuda.is_available()", least=least)
    if isinstance(parent, ast.IfExp) and "is_available" in spot.source.text(parent.test):  # the branches are exchanged
        return replaced(spot, parent, CPU_OR[kind])
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        base = "cuda" if node.value.lower().startswith("gpu") else node.value.partition(":")[0].lower()
        new = CPU_OR.get(base, CPU_OR["cuda"])
        if "ordinal" in case.text and ":" in node.value:
            new = f'"{base}:0"'
        return replaced(spot, node, new, least=least)
    text = " ".join(spot.text.split())
    new = re.sub(r"\.(cuda|mps)\(\)", '.to("cuda" if torch.cuda.is_available() else "cpu")', text)
    return replaced(spot, node, new if new != text else CPU_OR[kind])


def driver_does_not_fit(case: Case) -> Iterator[Finding]:
    """TW902: the driver is too old, or the build has no programs for this GPU."""
    match = TOO_OLD.search(case.text)
    if (
        match is None
        or (NO_DRIVER.search(case.text) and not has_driver())
        or not isinstance(case.error, RuntimeError | AssertionError)
    ):
        return
    if "kernel image" in case.text or "sm_" in case.text or "not compatible" in case.text:
        what = note("this build of PyTorch has no programs for this GPU")
        why = note("each build is made for certain generations of GPUs; this one is older or newer than they are")
        fix = note("install the build for your GPU: choose its CUDA version on pytorch.org")
    else:
        what = note("the NVIDIA driver is too old for this build of PyTorch")
        why = note("a build with a certain CUDA needs a driver of that age or newer")
        fix = note("update the driver, or install a build with an older CUDA")
    yield case.finding("TW902", what, why=why, fix=fix)


def builds_do_not_fit(case: Case) -> Iterator[Finding]:
    """TW903: torchvision or torchaudio was built for another torch."""
    if not isinstance(case.error, RuntimeError | OSError | ImportError | AttributeError) or not PAIRED.search(
        case.text
    ):
        return
    name = next(
        (
            n
            for n in ("torchvision", "torchaudio", "torchtext")
            if n in case.text or any(n in f.file for f in case.frames)
        ),
        "",
    )
    if not name:
        return
    what = note("{name} was built for another torch than {version}", name=name, version=torch.__version__)
    why = note("its operators are compiled for one version of torch, and can't be registered with another")
    yield case.finding("TW903", what, why=why, fix=f"pip install --upgrade --force-reinstall torch {name}")


def assert_on_the_gpu(case: Case) -> Iterator[Finding]:
    """TW909: a check failed on the GPU, some lines before."""
    if not isinstance(case.error, RuntimeError) or not ASSERTED.search(case.text):
        return
    what = note(
        "a check failed on the GPU at this line or an earlier one: almost always an index or a label out of range"
    )
    why = note(
        "the GPU works behind the program, so the line of the traceback is not the cause; after it every CUDA call fails"
    )
    fix = note("run it once on the CPU, or with CUDA_LAUNCH_BLOCKING=1: then the line is the right one")
    yield case.finding("TW909", what, why=why, fix=fix, sure=True, seen=())


def gpu_in_a_forked_process(case: Case) -> Iterator[Finding]:
    """TW910: a worker that was forked touches CUDA."""
    if not isinstance(case.error, RuntimeError) or not FORKED.search(case.text):
        return
    frame = next(
        (f for f in reversed(case.user) if f.function in ("__getitem__", "__call__", "collate_fn")), case.frame
    )
    what = note(
        "a worker process, made by fork, uses CUDA: {code}", code=" ".join(frame.text.split()) if frame else "?"
    )
    why = note("a process that has used CUDA can't hand it on to its forks; workers make CPU tensors")
    mend = case.spot(case.frame.node) if case.frame is not None and case.frame.node is not None else None
    yield case.finding(
        "TW910", what, why=why, mend=mend, fix=note("move the batch in the training loop: x = x.to(device)")
    )
    yield case.finding("TW910", what, fix='multiprocessing_context="spawn"', sure=False)


RULES = (device_is_not_there, driver_does_not_fit, builds_do_not_fit, assert_on_the_gpu, gpu_in_a_forked_process)
