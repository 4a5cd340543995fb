"""The deployment that answers: `ray.serve.llm`'s vLLM server, with an adapter a request.

Experts do not go through Serve's own multiplexing: that sends all requests of one adapter to one replica
(ray#65691), wants them on S3, and knows no mixtures. An adapter of nano is a few MB on a disk that all
replicas see; each reads it when it is first asked for.
"""

import re
from collections.abc import AsyncIterator, Iterator
from typing import Any

from pydantic import ValidationError
from ray.serve.llm import LLMConfig, LLMServer
from transformers import AutoProcessor

from serve.config import ServeConfig
from serve.errors import bad_request
from serve.names import NAME, served_checkpoint
from slava import tasks
from slava.model import configuration
from slava.model.labelling import spellings
from slava.screening.asking import choosing
from slava.screening.prompting import PromptText
from slava.vllm.engine import ExpertSlots, engine_environment, engine_kwargs

TOKEN_ID = re.compile(r"token_id:(\d+)")
CHAT = {
    "chat_template_content_format": "openai",
    # An answer tells how long it queued and was written: what else it took is ours (jobs/bench_serve.py).
    "enable_per_request_metrics": True,
    # A small model fills an answer that must be JSON with blanks, where it may.
    "structured_outputs_config": {"backend": "xgrammar", "disable_any_whitespace": True},
}
STREAM_EVERY_MS = 30
"""Words of a stream leave together: one message each would cost more than writing them (ray#52745)."""


class ExpertServer(LLMServer):  # type: ignore[misc]
    """One vLLM engine, and as many adapters as are asked for."""

    async def __init__(  # type: ignore[misc]  # Serve waits for it
        self, llm_config: LLMConfig, config: ServeConfig
    ) -> None:
        checkpoint = served_checkpoint(config)  # nano is assembled on each node that has not got it
        configuration.register()
        processor = AutoProcessor.from_pretrained(checkpoint)
        self.tokenizer = processor.tokenizer
        self.specials = PromptText.of(tasks.caption(), processor).specials
        await super().__init__(llm_config, engine_cls=_engine_class(llm_config))

    async def answer(
        self, request: dict[str, Any], adapter: tuple[str, str] | None
    ) -> AsyncIterator[dict[str, Any] | list[str]]:
        """A chat completion: one answer (or `{"error": ...}`) as a dictionary, or a stream of SSE events."""
        from vllm.entrypoints.openai.chat_completion.protocol import ChatCompletionRequest

        request["messages"] = [self._clean(message) for message in request["messages"]]
        request["model"] = adapter[0] if adapter else NAME
        try:
            asked = ChatCompletionRequest.model_validate(request)
        except ValidationError as error:
            yield bad_request(str(error.errors()[0]["msg"])).body()
            return
        if adapter:
            await self._load(*adapter)
        async for piece in await self.chat(asked):
            for found in _sorted_out(piece):
                yield found

    async def whole(self, request: dict[str, Any], adapter: tuple[str, str] | None) -> dict[str, Any]:
        """A chat completion that is not streamed, or `{"error": ...}`."""
        answer = await anext(aiter(self.answer(request, adapter)))
        assert isinstance(answer, dict)  # not a stream
        return answer

    async def choose(
        self, request: dict[str, Any], adapter: tuple[str, str] | None, labels: list[str], temperature: float
    ) -> dict[str, Any]:
        """Labels with their calibrated probabilities, the most probable first, or `{"error": ...}`."""
        spelled = spellings(self.tokenizer, tuple(labels))
        options = choosing(labels, tasks.deciding(spelled, self.tokenizer.eos_token_id))
        options |= {"logprobs": True, "return_tokens_as_token_ids": True}
        answer = await self.whole(request | options, adapter)
        if "error" in answer:
            return answer
        steps = answer["choices"][0]["logprobs"]["content"]
        ranked = tasks.rank(spelled, self._seen(steps), temperature)
        return {"scores": [{"label": label, "score": score} for label, score in ranked]}

    def _clean(self, message: dict[str, Any]) -> dict[str, Any]:
        """Text that cannot break out of its turn: special tokens in it would be read as such."""
        parts = [
            {**part, "text": self._without_specials(part["text"])} if part["type"] == "text" else part
            for part in message["content"]
        ]
        return {**message, "content": parts}

    def _without_specials(self, text: str) -> str:
        for special in self.specials:
            text = text.replace(special, " ")
        return text

    def _seen(self, steps: list[dict[str, Any]]) -> dict[tasks.Spelling, dict[int, float]]:
        """Log-probabilities after each beginning that the engine went through."""
        seen: dict[tasks.Spelling, dict[int, float]] = {}
        written: list[int] = []
        for step in steps:
            seen[tuple(written)] = {
                self._name(found["token"]): found["logprob"] for found in step["top_logprobs"]
            }
            written.append(_token(step["token"]))
        return seen

    def _name(self, token: str) -> int:
        found = _token(token)
        return tasks.END if found == self.tokenizer.eos_token_id else found

    async def _load(self, name: str, directory: str) -> None:
        """Make the engine know an adapter."""
        from vllm.entrypoints.serve.lora.protocol import LoadLoRAAdapterRequest

        models = self.engine._oai_models
        if name in models.lora_requests:
            return
        loaded = await models.load_lora_adapter(LoadLoRAAdapterRequest(lora_name=name, lora_path=directory))
        if name not in models.lora_requests:  # beside another request for it, that one's loading counts
            raise RuntimeError(f"vLLM does not take the adapter {name} in {directory}: {loaded}")


def _engine_class(llm_config: LLMConfig) -> Any:
    """None: what `ray.serve.llm` takes by itself."""
    if llm_config.accelerator_config is None:
        return None
    from serve.cpu_engine import CPUEngine

    return CPUEngine


def _sorted_out(piece: Any) -> Iterator[dict[str, Any] | list[str]]:
    """Events together, anything else as a dictionary: in a stream an error comes in a batch of events."""
    found = piece if isinstance(piece, list) else [piece]
    if events := [event for event in found if isinstance(event, str)]:
        yield events
    yield from (other.model_dump(mode="json") for other in found if not isinstance(other, str))


def _token(text: str) -> int:
    found = TOKEN_ID.fullmatch(text)
    assert found, text
    return int(found[1])


def llm_config(config: ServeConfig, device: str, slots: ExpertSlots | None) -> LLMConfig:
    """The engine's settings for `ray.serve.llm`."""
    on_gpu = device == "cuda"
    kwargs = engine_kwargs(config.max_context, device=device, experts=slots)
    # ray.serve.llm picks the executor itself.
    del kwargs["distributed_executor_backend"]
    return LLMConfig(
        model_loading_config={"model_id": NAME, "model_source": str(served_checkpoint(config))},
        engine_kwargs={**kwargs, **CHAT},
        accelerator_config=None if on_gpu else {"kind": "cpu"},
        placement_group_config={"bundles": [{"CPU": 0.5, "GPU": 1} if on_gpu else {"CPU": 0.5}]},
        deployment_config={
            "autoscaling_config": {"min_replicas": 1, "max_replicas": config.max_engines},
            "max_ongoing_requests": 2 * config.max_in_flight,
            "ray_actor_options": {"num_cpus": 0.25},
            "graceful_shutdown_timeout_s": config.timeout_s,
            "health_check_period_s": 5,
        },
        runtime_env={"env_vars": engine_environment(1, device)},
        experimental_configs={"stream_batching_interval_ms": STREAM_EVERY_MS},
        log_engine_metrics=True,
    )
