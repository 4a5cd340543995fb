"""The `vllm.platform_plugins` entry point: vLLM's CPU platform with our multi-LoRA.

`VLLM_TARGET_DEVICE=cpu` makes vLLM ask no plugin, and `VLLM_PLUGINS=slava` only the model's.
"""

from vllm.platforms import cpu_platform_plugin
from vllm.platforms.cpu import CpuPlatform


class LoraCpuPlatform(CpuPlatform):  # type: ignore[misc]
    """vLLM's own, but for the class that applies adapters to a batch."""

    @classmethod
    def get_punica_wrapper(cls) -> str:
        return "slava.vllm.cpu_lora.GroupedPunicaWrapper"


def activate() -> str | None:
    """Our platform's qualified name where vLLM would take its plain CPU platform; None on a GPU."""
    if cpu_platform_plugin() != f"{CpuPlatform.__module__}.{CpuPlatform.__qualname__}":
        return None
    return f"{LoraCpuPlatform.__module__}.{LoraCpuPlatform.__qualname__}"
