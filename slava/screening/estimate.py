"""A dry run: what a screening would do, and roughly how long it would take. Nothing is written."""

import math
import time
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from safetensors import safe_open

from slava.archives import Shard, ShardKind
from slava.results import changed_settings, open_output
from slava.screening.config import ScreenConfig
from slava.screening.counting import count_inputs
from slava.screening.done import SETTINGS, Done, find_done
from slava.screening.encoding import Encoder
from slava.screening.reading import Reader
from slava.screening.records import ERROR, Row, columns, context_of
from slava.screening.session import Session

SAMPLES = 8
START_SECONDS = 60
"""Ray and the engine, until the first micrograph reaches it."""
_LAYERS = "model.language_model.layers."
_TOWER = "model.vision_tower."


def estimate(config: ScreenConfig, labels: Sequence[str], shards: Sequence[Shard]) -> list[str]:
    """Lines for people. Raises ModelError when there is no such model."""
    session = Session.open(config, tuple(labels))
    changed = changed_settings(open_output(config.output), SETTINGS, session.settings(config))
    done = Done() if changed else find_done(open_output(config.output))
    total = count_inputs(shards)
    sample, seconds = _sample(config, session, shards)
    good = [row for row in sample if not row[ERROR]]
    lines = [
        "dry run         nothing is written",
        *_inputs(shards),
        f"all inputs      {_or_unknown(total)}{f', of which {config.limit} at most' if config.limit else ''}",
        f"task            {_task(config, labels)}",
        f"model           {config.model}: {session.checkpoint}",
        f"output          {config.output}: {_state(done, changed)}",
    ]
    if not good:
        return [
            *lines,
            f"estimate        none: of {len(sample)} inputs tried, none could be read and decoded",
        ]
    prompts = [session.prompt.prompt(context_of(row)) for row in good]
    left = None if total is None else max(total - len(done.keys), 0)
    left = None if left is None else min(left, config.limit or left)
    return [
        *lines,
        *_indented("example prompt", prompts[0]),
        *_time(config, session, left, seconds / len(sample), good, prompts),
    ]


def _inputs(shards: Sequence[Shard]) -> Iterator[str]:
    for kind in ShardKind:
        own = [shard for shard in shards if shard.kind is kind]
        if own and kind is ShardKind.FILES:
            yield f"loose files     {count_inputs(own)}"
        elif own:
            archives = len({shard.location for shard in own})
            yield f"{f'{kind} archives':15} {archives}, with {_or_unknown(count_inputs(own))} inputs"


def _or_unknown(count: int | None) -> str:
    return "an unknown number of" if count is None else str(count)


def _task(config: ScreenConfig, labels: Sequence[str]) -> str:
    if config.task == "classify":
        return f"classify, {len(labels)} labels: {', '.join(labels)}"
    return f"vqa: {config.question}" if config.task == "vqa" else "caption"


def _state(done: Done, changed: list[str] | None) -> str:
    if changed is None:
        return "no screening there yet"
    if changed:
        return (
            f"holds a screening with other settings ({', '.join(changed)}): "
            "this command would be refused; give another folder, or empty this one"
        )
    return f"resumed there, the settings agree; {len(done.keys)} inputs are done"


def _indented(name: str, text: str) -> list[str]:
    first, *rest = text.rstrip("\n").split("\n")
    return [f"{name:15} {first}", *(f"{'':15} {line}" for line in rest)]


def _sample(config: ScreenConfig, session: Session, shards: Sequence[Shard]) -> tuple[list[Row], float]:
    """Rows of a few inputs from all over the archive, and the seconds that reading and decoding took."""
    side = session.model_config.vision_config.image_size
    reader = Reader(side, session.prompt, config.context, config.own_context, Done())
    picked = shards[:: math.ceil(len(shards) / SAMPLES)]
    began = time.perf_counter()
    rows = [row for shard in picked for row in islice(reader.rows(shard), math.ceil(SAMPLES / len(picked)))]
    return rows[:SAMPLES], (time.perf_counter() - began) * min(1, SAMPLES / max(len(rows), 1))


def _time(
    config: ScreenConfig, session: Session, left: int | None, read: float, good: list[Row], prompts: list[str]
) -> list[str]:
    tower = _tower_seconds(session.checkpoint, good)
    prompted, written = _tokens(session, prompts)
    sizes = _parameters(session.checkpoint)
    patches = (
        session.model_config.vision_config.image_size // session.model_config.vision_config.patch_size
    ) ** 2
    rate = 2 * sizes[_TOWER] * patches / tower
    engine = 2 * sizes[_LAYERS] * (prompted + written) / rate
    each = (read + tower + engine) / config.engines
    measured = f"read and decode {_ms(read)}, vision tower {_ms(tower)} (measured, {len(good)} images)"
    tokens = f"{prompted:.0f} tokens of its own, {written:.0f} of answer"
    return [
        f"an image        {measured}; engine {_ms(engine)} ({tokens}, at the tower's {_gflops(rate)})",
        f"estimate        {_whole(left, each)}; rough, with {config.engines} engine(s)",
    ]


def _whole(left: int | None, each: float) -> str:
    start = f"{_minutes(START_SECONDS)} of start-up"
    if left is None:
        return f"{start}, then {_ms(each)} an image"
    return f"about {_minutes(START_SECONDS + left * each)} for {left} inputs, {start} included"


def _tower_seconds(checkpoint: Path, good: list[Row]) -> float:
    """Of one micrograph; the second of two passes, the first one warms up."""
    encoder = Encoder(str(checkpoint))
    batch = columns(good)
    encoder(batch)
    began = time.perf_counter()
    encoder(batch)
    return (time.perf_counter() - began) / len(good)


def _tokens(session: Session, prompts: list[str]) -> tuple[float, float]:
    """Tokens of a prompt from its image on, which no two micrographs share, and of an answer."""
    tokenizer: Any = session.tokenizer
    image = tokenizer.convert_ids_to_tokens(session.model_config.image_token_index)
    own = [prompt.rpartition(image)[2] for prompt in prompts]
    ids = [tokenizer(text, add_special_tokens=False).input_ids for text in own]
    choice = bool(session.question.labels)
    written = session.understand.deciding.steps if choice else session.question.max_tokens
    return session.model_config.image_tokens + sum(map(len, ids)) / len(ids), written


def _parameters(checkpoint: Path) -> dict[str, int]:
    """Of the tower and of the language model's layers, from the headers of the weights."""
    sizes = {_TOWER: 0, _LAYERS: 0}
    for path in checkpoint.glob("*.safetensors"):
        with safe_open(path, "pt") as file:
            for name in file.keys():  # noqa: SIM118 - safe_open is no mapping
                for prefix in sizes:
                    if name.startswith(prefix):
                        sizes[prefix] += math.prod(file.get_slice(name).get_shape())
    return sizes


def _gflops(rate: float) -> str:
    return f"{rate / 1e9:.0f} GFLOP/s"


def _ms(seconds: float) -> str:
    return f"{1000 * seconds:.0f} ms"


def _minutes(seconds: float) -> str:
    return f"{seconds / 3600:.1f} h" if seconds > 5400 else f"{math.ceil(seconds / 60)} min"
