"""The machine in words, and what this process took of it, for figures that are kept."""

import os
import platform
import resource
from pathlib import Path


def describe() -> str:
    """Its cores, their kind, its GPUs, its system and its Python."""
    import torch

    lines = Path("/proc/cpuinfo").read_text().splitlines()
    names = sorted({line.split(":")[1].strip() for line in lines if line.startswith("model name")})
    cores = len(os.sched_getaffinity(0))
    gpus = [torch.cuda.get_device_name(number) for number in range(torch.cuda.device_count())]
    parts = [f"{cores} cores of {', '.join(names)}", *gpus, platform.system()]
    return ", ".join([*parts, f"Python {platform.python_version()}"])


def peak_memory_mb() -> int:
    """The most that this process has held: of the GPU's memory where it uses one, else of the machine's."""
    import torch

    if torch.cuda.is_initialized():
        return round(torch.cuda.max_memory_allocated() / 2**20)
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
