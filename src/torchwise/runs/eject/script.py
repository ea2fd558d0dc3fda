"""The whole script: what it is, what it imports, and its sections."""

from torchwise.data.names import part_name
from torchwise.runs.eject.data_section import data_blocks
from torchwise.runs.eject.facts import Facts
from torchwise.runs.eject.literals import joined, noted
from torchwise.runs.eject.loop_section import loop_blocks
from torchwise.runs.eject.model_section import model_blocks
from torchwise.runs.eject.sample_section import sample_blocks
from torchwise.texts import tr


def script_lines(facts: Facts) -> list[str]:
    """The lines of the script."""
    blocks = [*data_blocks(facts), *sample_blocks(facts), *model_blocks(facts), *loop_blocks(facts)]
    body = joined(_settings(facts), *blocks)
    return [*_title(facts), "", *_imports(body), "", *body]


def _title(facts: Facts) -> list[str]:
    """The script's docstring."""
    sizes = tr(", ").join(f"{part_name(name)} {len(part):,}" for name, part in facts.plan.parts.items())
    version, threads = facts.torch_version, facts.about.get("threads")
    lines = [
        tr("Predict {target} by a network: the run {run} of torchwise as plain PyTorch.",
           target=repr(facts.schema.target.name), run=facts.folder.resolve().name),
        tr("Rows: {sizes}.", sizes=sizes),
        tr("With torch {version} on the CPU (threads: {threads}) the losses are those of the run, bit for bit.",
           version=version, threads=threads)
        if facts.is_on_cpu
        else tr("The run was on {device} with torch {version}: there the last digits may differ each time.",
                device=facts.about["device"], version=version),
    ]  # fmt: skip
    first, *others = (line.replace("\\", "/").replace('"', "'") for line in lines)
    return [f'"""{first}', "", *others, '"""']


def _imports(body: list[str]) -> list[str]:
    """The imports that the lines below need."""
    text = "\n".join(body)
    return [
        "import csv",
        *(["import math"] if "math." in text else []),
        *(["from datetime import datetime"] if "datetime." in text else []),
        "from pathlib import Path",
        "",
        "import torch",
        "from torch import nn",
        "from torch.utils.data import DataLoader, Dataset",
    ]


def _settings(facts: Facts) -> list[str]:
    """What holds for the whole script."""
    said = tr("other numbers of threads change the last digits")
    return [
        "FOLDER = Path(__file__).parent",
        f"SEED = {facts.options.seed}",
        f"EPOCHS = {facts.epochs}",
        noted(f"torch.set_num_threads({facts.about.get('threads', 1)})", said),
    ]
