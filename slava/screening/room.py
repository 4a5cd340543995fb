"""What each stage takes of a node, and whether a machine has room for all of them."""

from collections.abc import Mapping

from slava.cli import UsageError
from slava.screening.config import ScreenConfig

Resources = Mapping[str, float]

ENCODE: dict[str, Resources] = {"cpu": {"CPU": 0.5}, "cuda": {"CPU": 0.5, "GPU": 0.1}}
"""Of a worker that runs the vision tower, by what it computes on."""
ENGINE: dict[str, Resources] = {"cpu": {"CPU": 0.5}, "cuda": {"CPU": 0.5, "GPU": 0.9}}
"""Of an engine. It is given more cores than these (`engine_environment`)."""
READ_CPUS = 0.4
"""Of a reader that is a stage of its own."""


def reads_apart(device: str, encoders: int, limit: int | None) -> bool:
    """Whether readers are a stage of their own; else the encoder reads for itself, one process less.

    A reader that takes as much as an encoder is made one stage with it by Ray Data. Several encoders must
    not: such a stage takes as many shards at a time as it takes micrographs, so that the first got all.
    """
    return device == "cuda" or encoders > 1 or limit is not None


def check_room(config: ScreenConfig, device: str, there: Resources) -> None:
    """Raises UsageError where the workers asked for do not fit: the last would be waited for for ever."""
    encoders, engines = config.encoders, config.engines
    for name, has in (("CPU", "cores"), ("GPU", "GPUs")):
        wanted = encoders * ENCODE[device].get(name, 0) + engines * ENGINE[device].get(name, 0)
        if name == "CPU" and reads_apart(device, encoders, config.limit):
            wanted += READ_CPUS
        if round(wanted, 3) > there.get(name, 0):
            raise UsageError(
                f"--encoders {encoders} and --engines {engines}: they want {wanted:.2g} {has}, and this "
                f"machine has {there.get(name, 0):g}"
            )
