import subprocess
import sys
from importlib.metadata import entry_points

import pytest


def test_vllm_finds_the_plugin():
    (found,) = entry_points(group="vllm.general_plugins", name="slava")
    assert found.value == "slava.vllm.plugin:register"


@pytest.mark.slow
def test_registering_twice_changes_nothing():
    code = (
        "from vllm import ModelRegistry; from transformers import AutoConfig\n"
        "from slava.vllm.plugin import register\n"
        "register(); before = set(ModelRegistry.get_supported_archs()); register()\n"
        "assert set(ModelRegistry.get_supported_archs()) == before\n"
        "assert 'SlavaForConditionalGeneration' in before\n"
        "assert AutoConfig.for_model('slava').model_type == 'slava'\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
