"""One run of a screening: the model, the prompts, and the rows on their way to the disk."""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from slava import tasks
from slava.archives import Shard
from slava.model.checkpoints import ModelError, find_checkpoint, weights_digest
from slava.model.labelling import spellings
from slava.mope.expert_set import ExpertSet, experts_directory
from slava.mope.manifest import ExpertError
from slava.mope.question_features import question_features
from slava.quantization.cache import quantized
from slava.results import Output
from slava.screening.asking import Ask, Understand
from slava.screening.config import ScreenConfig
from slava.screening.done import Done
from slava.screening.progress import Progress
from slava.screening.prompting import PromptText
from slava.screening.reading import Reader
from slava.screening.routing import Router
from slava.screening.writing import ResultWriter


@dataclass(frozen=True)
class Session:
    """What a screening asks, and of which model."""

    checkpoint: Path
    digest: str
    question: tasks.Question
    prompt: PromptText
    understand: Understand
    tokenizer: Any
    model_config: Any
    router: Router | None

    @classmethod
    def open(cls, config: ScreenConfig, labels: tuple[str, ...]) -> "Session":
        """Find the model and its experts, and prepare the prompts. Raises ModelError and ExpertError."""
        from transformers import AutoConfig, AutoProcessor

        from slava.model import configuration

        configuration.register()
        base = find_checkpoint(config.model)
        checkpoint = base if config.quantization == "none" else quantized(base, config.quantization)
        try:
            processor = AutoProcessor.from_pretrained(checkpoint)
            model_config = AutoConfig.from_pretrained(checkpoint)
        except (OSError, ValueError) as error:  # what transformers raises for files that are missing or odd
            why = str(error).partition("\n")[0]
            raise ModelError(f"--model {config.model}: {checkpoint} is no whole checkpoint: {why}") from error
        question = question_of(config, labels)
        tokenizer = processor.tokenizer
        spelled = spellings(tokenizer, question.labels)
        prompt = PromptText.of(question, processor)
        router = find_router(config, base, question, model_config, tokenizer)
        temperature = router.experts.manifest.label_temperature if router else model_config.label_temperature
        understand = Understand(question, spelled, tokenizer.eos_token_id, temperature)
        digest = weights_digest(checkpoint)
        return cls(checkpoint, digest, question, prompt, understand, tokenizer, model_config, router)

    def settings(self, config: ScreenConfig) -> dict[str, object]:
        """What must not change between runs into the same output."""
        asked: dict[str, object] = {"task": config.task, "prompt": self.prompt.plain}
        asked["labels"] = list(self.question.labels)
        asked |= {"context": config.context, "own_context": config.own_context, "model": self.digest}
        return {**asked, "experts": self.router and self.router.experts.digest, "expert": config.expert}

    def run(
        self,
        config: ScreenConfig,
        shards: list[Shard],
        finished: Done,
        output: Output,
        run_id: str,
        progress: Progress,
    ) -> int:
        """Screen, and write as rows come; the number of inputs, those that were done before included."""
        from slava.screening.pipeline import screened

        model = self.model_config
        size = (model.image_tokens, model.text_config.hidden_size)
        side = model.vision_config.image_size
        reader = Reader(side, self.prompt, config.context, config.own_context, finished)
        ask = Ask(self.prompt, self.question, size, self.understand.deciding)
        inputs = set(finished.keys)
        left = finished.left(shards)
        if not left:  # no engine for a folder in which nothing is new
            return len(inputs)
        batches = screened(config, self.checkpoint, left, reader, ask, self.understand, self.router)
        with ResultWriter(output, run_id, self._common(config)) as writer:
            for record in writer.take(batches, progress):
                inputs.add(finished.key(record["uri"], record["member"]))
        return len(inputs)

    def _common(self, config: ScreenConfig) -> dict[str, Any]:
        digest = hashlib.sha256(json.dumps([self.prompt.plain, config.context]).encode()).hexdigest()
        common = {"task": config.task, "model": config.model, "model_digest": self.digest}
        return {**common, "prompt_digest": digest}


def find_router(
    config: ScreenConfig,
    base: Path,
    question: tasks.Question,
    model_config: Any,
    tokenizer: Any,
) -> Router | None:
    """The experts that the configuration names, or the own ones of `base`; None for that alone.

    `base` is the checkpoint before any quantization: experts belong to it.

    Raises ExpertError: a name is never passed over in favour of the base.
    """
    directory = experts_directory(config.experts, base)
    if directory is None:
        if config.expert:
            raise ExpertError(f"--expert {config.expert}: {config.model} has no experts; give --experts DIR")
        return None
    experts = ExpertSet.open(directory, weights_digest(base), model_config.text_config)
    if config.expert:
        experts.pinned(config.expert)
    tokens = tokenizer(question.text, add_special_tokens=False).input_ids
    return Router(experts, question_features(base, tokens), config.expert)


def question_of(config: ScreenConfig, labels: tuple[str, ...]) -> tasks.Question:
    """The question that a configuration asks of every micrograph."""
    if config.task == "classify":
        return tasks.classify(labels)
    return tasks.caption() if config.task == "caption" else tasks.vqa(config.question or "")
