"""The machine in words, for figures that are kept."""

import os
import platform
from pathlib import Path


def describe() -> str:
    """Its cores, their kind, its system and its Python."""
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    names = sorted({line.split(":")[1].strip() for line in lines if line.startswith("model name")})
    cores = len(os.sched_getaffinity(0))
    return f"{cores} cores of {', '.join(names)}, {platform.system()}, Python {platform.python_version()}"
