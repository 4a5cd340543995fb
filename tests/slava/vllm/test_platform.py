import subprocess
import sys
from importlib.metadata import entry_points

import pytest

from slava.model import hardware

OURS = "slava.vllm.platform.LoraCpuPlatform slava.vllm.cpu_lora.GroupedPunicaWrapper"
CODE = (
    "from vllm.platforms import current_platform as platform\n"
    "kind = type(platform)\n"
    "print(kind.__module__ + '.' + kind.__qualname__, platform.get_punica_wrapper())"
)


def _python(code):
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout.splitlines()[-1]


def test_vllm_finds_the_plugin():
    (found,) = entry_points(group="vllm.platform_plugins", name="slava_cpu")
    assert found.value == "slava.vllm.platform:activate"


@pytest.mark.slow
@pytest.mark.skipif(hardware.device() != "cpu", reason="on a GPU the plugin steps aside")
def test_vllm_takes_our_platform_and_its_class():
    assert _python(CODE) == OURS


@pytest.mark.slow
@pytest.mark.parametrize("other", [None, "vllm.platforms.zen_cpu.ZenCpuPlatform"])
def test_steps_aside_where_vllm_would_not_take_its_plain_cpu_platform(other):
    """As on a GPU, and where AMD's own CPU platform is installed."""
    code = (
        "from slava.vllm import platform\n"
        f"platform.cpu_platform_plugin = lambda: {other!r}\n"
        "print(platform.activate())"
    )
    assert _python(code) == "None"
