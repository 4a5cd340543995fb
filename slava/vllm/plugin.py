"""The `vllm.general_plugins` entry point: vLLM calls it in each of its processes, more than once."""


def register() -> None:
    """Make vLLM know sLAVA's configuration and model, and mend its kernels on CPU; idempotent."""
    from vllm import ModelRegistry
    from vllm.platforms import current_platform

    from slava.model import configuration

    configuration.register()
    ModelRegistry.register_model(
        "SlavaForConditionalGeneration", "slava.vllm.model:SlavaForConditionalGeneration"
    )
    if current_platform.is_cpu():
        from slava.vllm import cpu_quantization

        cpu_quantization.register()
