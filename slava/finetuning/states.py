"""A training's state: all that is needed to go on as if it had never stopped.

    trainable.safetensors    experts, gate, matching head
    optimizer.safetensors    Adam's moments
    state.json               the step, and the losses so far

Order, ranks and negatives are functions of seed and step (slava.finetuning.curriculum), so that no
random state needs to be kept.
"""

import json
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from torch.distributed.checkpoint.state_dict import (
    StateDictOptions,
    get_model_state_dict,
    get_optimizer_state_dict,
    set_model_state_dict,
    set_optimizer_state_dict,
)

TRAINABLE, OPTIMIZER, STATE = "trainable.safetensors", "optimizer.safetensors", "state.json"

_WHOLE = StateDictOptions(full_state_dict=True, ignore_frozen_params=True)
"""On every worker: with `cpu_offload` all but the first would get nothing."""


class StateError(ValueError):
    """A state that cannot be gone on from: a file is missing, or was cut short."""


def save_state(directory: Path, model: nn.Module, optimizer: torch.optim.Optimizer, progress: Any) -> None:
    """Write the state; every worker must call it, the first one writes."""
    tensors = trainable(model)
    moments: Any = get_optimizer_state_dict(model, optimizer, options=_WHOLE)["state"]
    if torch.distributed.is_initialized() and torch.distributed.get_rank():
        return
    save_file(tensors, directory / TRAINABLE)
    flat = {f"{name}/{key}": value for name, kept in moments.items() for key, value in kept.items()}
    save_file({name: value.cpu().contiguous() for name, value in flat.items()}, directory / OPTIMIZER)
    (directory / STATE).write_text(json.dumps(progress) + "\n")


def load_state(directory: Path, model: nn.Module, optimizer: torch.optim.Optimizer) -> Any:
    """Put model and optimizer where they were; what was kept of the progress. Raises StateError."""
    tensors: dict[str, Any] = dict(read_trainable(directory))
    flat = _read(directory / OPTIMIZER)
    progress = read_progress(directory)
    options = StateDictOptions(full_state_dict=True, strict=False)
    set_model_state_dict(model, tensors, options=options)
    whole: Any = get_optimizer_state_dict(model, optimizer, options=_WHOLE)
    state: dict[str, dict[str, Tensor]] = {}
    for name, value in flat.items():
        parameter, _, key = name.rpartition("/")
        state.setdefault(parameter, {})[key] = value
    whole["state"] = state
    set_optimizer_state_dict(model, optimizer, whole, options=options)
    return progress


def trainable(model: nn.Module) -> dict[str, Tensor]:
    """Everything that is trained, whole, in float32, on the CPU."""
    names = {
        name.replace("module.", "", 1) for name, value in model.named_parameters() if value.requires_grad
    }
    state: dict[str, Any] = get_model_state_dict(model, options=_WHOLE)
    return {name: value.cpu().contiguous() for name, value in state.items() if name in names}


def read_trainable(directory: Path) -> dict[str, Tensor]:
    """The trained tensors of a checkpoint. Raises StateError."""
    return _read(directory / TRAINABLE)


def read_progress(directory: Path) -> Any:
    """What was kept of the progress. Raises StateError."""
    try:
        return json.loads((directory / STATE).read_text())
    except (OSError, ValueError) as error:
        raise _damaged(directory / STATE, error) from error


def check_state(directory: Path) -> None:
    """Whether the state is whole, by its files' headers. Raises StateError."""
    for name in (TRAINABLE, OPTIMIZER):
        try:
            with safe_open(directory / name, framework="pt"):
                pass
        except (OSError, SafetensorError) as error:
            raise _damaged(directory / name, error) from error
    read_progress(directory)


def _read(path: Path) -> dict[str, Tensor]:
    try:
        tensors: dict[str, Tensor] = load_file(path)
    except (OSError, SafetensorError) as error:
        raise _damaged(path, error) from error
    return tensors


def _damaged(path: Path, error: Exception) -> StateError:
    return StateError(f"{path}: the checkpoint is damaged ({error})")
