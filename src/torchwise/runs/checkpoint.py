"""Checkpoints: the whole State after an epoch, so that a training that was killed goes on to the same numbers.

A checkpoint is a folder epoch-000012: state.json, tensors.safetensors, and sha256.json over both. It is written under
another name, flushed to the disk and renamed, so that one which has its name is whole. The last two are kept.
"""

import hashlib
import json
import os
import random
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import safetensors.torch
import torch
from safetensors import SafetensorError
from torch import nn
from torch.utils.data import DataLoader

from torchwise.errors import Problem
from torchwise.files import fault_of, read_json, sync_folder
from torchwise.runs.packing import Unpackable, pack, unpack
from torchwise.texts import Text, note, tr
from torchwise.train.state import State

FOLDER = "state"
NUM_KEPT = 2
STATE, TENSORS, SUMS = "state.json", "tensors.safetensors", "sha256.json"


def save(state: State, folder: str | Path) -> None:
    """Write a checkpoint of the State into `folder`, and take away all but the last two.

    Raises Problem where the folder can't be written or the State can't be saved; older checkpoints stay whole.
    """
    tensors: dict[str, torch.Tensor] = {}
    try:
        packed = pack(_tree(state), tensors)
    except Unpackable as error:
        raise Problem(
            tr("the training cannot be saved: {place} is of type {kind}", place=error.place, kind=error.kind),
            why=tr("a checkpoint holds numbers, texts and tensors, and no code"),
            fix=tr("keep functions out of the state of the optimizer and the schedule"),
        ) from error
    path = Path(folder)
    temporary = None
    try:
        path.mkdir(parents=True, exist_ok=True)
        temporary = Path(tempfile.mkdtemp(prefix=".new-", dir=path))
        files = {STATE: json.dumps(packed).encode(), TENSORS: safetensors.torch.save(tensors)}
        files[SUMS] = json.dumps({name: hashlib.sha256(data).hexdigest() for name, data in files.items()}).encode()
        for name, data in files.items():
            _write(temporary / name, data)
        final = path / f"epoch-{state.epoch:06d}"
        shutil.rmtree(final, ignore_errors=True)
        os.replace(temporary, final)
        sync_folder(path)
    except OSError as error:
        raise fault_of(path, error) from error
    finally:
        if temporary is not None:
            shutil.rmtree(temporary, ignore_errors=True)
    for old in _checkpoints(path)[NUM_KEPT:]:
        shutil.rmtree(old, ignore_errors=True)


def check(state: State) -> Text | None:
    """What of the State can't be saved, as far as can be told before the first step; None if all can."""
    try:
        pack(_tree(state), {})
    except Unpackable as error:
        return note(
            "the training cannot be resumed if it is interrupted: {place} is of type {kind}, which cannot be saved",
            place=error.place,
            kind=error.kind,
        )
    return None


def restore(state: State, folder: str | Path) -> list[Text]:
    """Bring the State to where the newest whole checkpoint in `folder` was; the notes tell of damaged ones.

    A State without any checkpoint stays as it is. Raises Problem if none is whole, or it does not fit the Setup.
    """
    path = Path(folder)
    found = _checkpoints(path)
    faults: list[str] = []
    for checkpoint in found:
        fault = _fault(checkpoint)
        if fault is None:
            _restore_from(state, checkpoint)
            return [note("{fault}; the checkpoint before is used", fault=fault) for fault in faults]
        faults.append(tr("{path} is damaged: {fault}", path=checkpoint, fault=fault))
    if found:
        raise Problem(
            tr("no checkpoint in {folder} is whole", folder=path),
            why="\n".join(faults),
            fix=tr("train again from the start"),
        )
    return []


def _tree(state: State) -> dict[str, Any]:
    """All that changes while training."""
    setup = state.setup
    return {
        "epoch": state.epoch,
        "best_epoch": state.best_epoch,
        "best_loss": state.best_loss,
        "best_weights": state.best_weights,
        "model": setup.model.state_dict(),
        "loss": setup.loss.state_dict() if isinstance(setup.loss, nn.Module) else None,
        "optimizer": setup.optimizer.state_dict(),
        "schedule": None if setup.schedule is None else setup.schedule.state_dict(),
        "generators": {
            "torch": torch.get_rng_state(),
            "cuda": torch.cuda.get_rng_state_all() if torch.cuda.is_available() else [],
            "mps": torch.mps.get_rng_state() if torch.backends.mps.is_available() else None,
            "numpy": np.random.get_state(),
            "random": random.getstate(),
            "loaders": [generator.get_state() for generator in _generators(state)],
        },
    }


def _restore_from(state: State, checkpoint: Path) -> None:
    """Bring the State to where this whole checkpoint was."""
    setup = state.setup
    try:
        # Cloned: the file's tensors start at any byte, and unaligned ones take other kernels with other last bits.
        loaded = safetensors.torch.load_file(checkpoint / TENSORS)
        tree = unpack(read_json(checkpoint / STATE), {name: value.clone() for name, value in loaded.items()})
        setup.model.load_state_dict(tree["model"])
        if isinstance(setup.loss, nn.Module):
            setup.loss.load_state_dict(tree["loss"])
        setup.optimizer.load_state_dict(tree["optimizer"])
        if setup.schedule is not None:
            setup.schedule.load_state_dict(tree["schedule"])
        state.epoch, state.best_epoch, state.best_loss = tree["epoch"], tree["best_epoch"], tree["best_loss"]
        state.best_weights = {name: value.to(setup.device) for name, value in tree["best_weights"].items()}
        generators = tree["generators"]
        torch.set_rng_state(generators["torch"])
        if torch.cuda.is_available() and generators["cuda"]:
            torch.cuda.set_rng_state_all(generators["cuda"])
        if torch.backends.mps.is_available() and generators["mps"] is not None:
            torch.mps.set_rng_state(generators["mps"])
        np.random.set_state(generators["numpy"])
        version, numbers, gauss = generators["random"]
        random.setstate((version, tuple(numbers), gauss))
        for generator, saved in zip(_generators(state), generators["loaders"], strict=True):
            generator.set_state(saved)
    except (SafetensorError, RuntimeError, ValueError, KeyError, TypeError, AttributeError, OSError) as error:
        raise Problem(
            tr("{path} does not fit this training", path=checkpoint),
            why=str(error).strip(),
            fix=tr("resume with the model, the optimizer and the schedule it was started with, or train again"),
        ) from error


def _generators(state: State) -> Iterator[torch.Generator]:
    """The user's own generators in the data loaders, each once."""
    found: list[torch.Generator] = []
    for data in (state.setup.train, state.setup.valid):
        if isinstance(data, DataLoader):
            holders = (data, data.sampler, data.batch_sampler, getattr(data.batch_sampler, "sampler", None))
            for generator in (getattr(holder, "generator", None) for holder in holders):
                if isinstance(generator, torch.Generator) and not any(generator is other for other in found):
                    found.append(generator)
    yield from found


def _checkpoints(folder: Path) -> list[Path]:
    """The checkpoints in a folder, the newest first."""
    return sorted((path for path in folder.glob("epoch-[0-9]*") if path.is_dir()), reverse=True)


def _fault(checkpoint: Path) -> str | None:
    """What is wrong with the files of a checkpoint; None if they are as they were written."""
    try:
        sums = read_json(checkpoint / SUMS)
        for name in (STATE, TENSORS):
            if hashlib.sha256((checkpoint / name).read_bytes()).hexdigest() != sums[name]:
                return tr("{file} is not as it was written", file=name)
    except (Problem, OSError, KeyError, TypeError) as error:
        return error.what if isinstance(error, Problem) else str(error)
    return None


def _write(path: Path, data: bytes) -> None:
    """Write a file and flush it to the disk."""
    with open(path, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
