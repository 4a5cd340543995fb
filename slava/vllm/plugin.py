"""The `vllm.general_plugins` entry point: vLLM calls it in each of its processes, more than once."""


def register() -> None:
    """Make vLLM know sLAVA's configuration and model; idempotent."""
    from vllm import ModelRegistry

    from slava.model import configuration

    configuration.register()
    ModelRegistry.register_model(
        "SlavaForConditionalGeneration", "slava.vllm.model:SlavaForConditionalGeneration"
    )
