"""Let a teacher write questions and answers about micrographs, to fine-tune on.

    python jobs/generate.py --input ARCHIVE --output data/first --labels-from folder
    OPENAI_API_KEY=... python jobs/generate.py --input ARCHIVE --output data/second \\
        --teacher https://llm.fab.example/v1 --teacher-model some-vlm --max-tokens 2000000
    python jobs/finetune.py --data data/first/conversations.parquet ...

The same command again resumes, and asks nothing twice. Exit status: 0, also when the budget was spent;
1 when more than --max-error-rate of the inputs failed, or a worker died again and again; 2 for a usage error.
"""

import hashlib
import os
import shlex
import sys
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from slava import clusters
from slava.archives import InputError, Shard, list_shards
from slava.cli import UsageError, run
from slava.results import ClaimError, Output, claim, open_output
from slava.screening.counting import count_inputs
from slava.screening.done import clear_dead_letters
from slava.screening.progress import Progress
from slava.screening.records import ERROR
from slava.teacher import measuring_teacher
from slava.teacher.config import GenerateConfig
from slava.teacher.exporting import export
from slava.teacher.http.budget import Limits, Prices
from slava.teacher.http.prompts import PromptError, Prompts
from slava.teacher.http.requests import RequestBuilder
from slava.teacher.http.session import Asking
from slava.teacher.labels import Labels, LabelTableError
from slava.teacher.marking import Marker
from slava.teacher.reading import Reader
from slava.teacher.report import RunInfo, Summary, write_report
from slava.teacher.resuming import SETTINGS, Past, look_back
from slava.teacher.writing import Writer

READ_CPUS, WAIT_CPUS = 0.75, 0.1
"""Of a stage that measures, and of those that wait: all of them fit on one core."""
BATCHES_AT_ONCE = 4
"""As many as Ray Data gives an asynchronous stage; answers of all of them are written before a run stops."""


@dataclass(frozen=True)
class Plan:
    """All that was checked before anything starts."""

    shards: list[Shard]
    output: Output
    labels: Labels
    requests: RequestBuilder | None
    """None: the measuring teacher."""
    origin: dict[str, str]
    """`teacher` and `prompt_digest`, as every row says."""


def main(config: GenerateConfig) -> int:
    """Check everything, generate, report."""
    plan = _checked(config)
    try:
        claim(plan.output, SETTINGS, _settings(config, plan))
        past = look_back(plan.output)
        clear_dead_letters(plan.output)
    except ClaimError as error:
        raise UsageError(str(error)) from error
    except OSError as error:
        raise UsageError(f"--output {config.output}: {error}") from error
    started = datetime.now(UTC)
    run_id = f"{started:%Y%m%dT%H%M%S}-{uuid.uuid4().hex[:6]}"
    stopped, failures = _generate(config, plan, past, run_id)
    export(plan.output)
    facts = RunInfo(
        run_id=run_id,
        teacher=plan.origin["teacher"],
        prompt_digest=plan.origin["prompt_digest"],
        command=shlex.join(["python", *sys.argv]),
        started_at=started,
        finished_at=datetime.now(UTC),
        stopped_at_budget=stopped,
    )
    summary = write_report(plan.output, facts, _prices(config))
    print(_table(summary, config.output), flush=True)
    answered = sum(count for status, count in summary.images.items() if status != "failed")
    return 1 if failures > config.max_error_rate * max(failures + answered, 1) else 0


def _checked(config: GenerateConfig) -> Plan:
    """Everything that can be wrong before Ray starts. Raises UsageError."""
    origin = {"teacher": measuring_teacher.NAME, "prompt_digest": measuring_teacher.phrases_digest()}
    requests = None
    try:
        if config.has_endpoint:
            prompts = Prompts.read(config.prompts)
            requests = RequestBuilder(
                prompts,
                str(config.teacher_model),
                config.max_answer_tokens,
                config.triples,
                config.image_side,
            )
            requests.check()
            host = urlsplit(config.teacher).hostname
            origin = {"teacher": f"{config.teacher_model} at {host}", "prompt_digest": prompts.digest}
        labels = Labels.read(config.labels_from)
        return Plan(list_shards(config.input), open_output(config.output), labels, requests, origin)
    except (InputError, LabelTableError, PromptError) as error:
        raise UsageError(str(error)) from error
    except ValueError as error:  # Arrow's errors are ValueErrors
        raise UsageError(f"--output {config.output}: {error}") from error


def _settings(config: GenerateConfig, plan: Plan) -> dict[str, Any]:
    """What must not change between runs into the same output."""
    asked = {"triples": config.triples, "image_side": config.image_side} if plan.requests else {}
    digest = hashlib.sha256(repr(plan.labels).encode()).hexdigest()
    return {**plan.origin, "labels": digest, "split": config.side and list(config.side), **asked}


def _generate(config: GenerateConfig, plan: Plan, past: Past, run_id: str) -> tuple[bool, int]:
    """Write as rows come; whether the budget ended it, and how many inputs failed."""
    total = count_inputs(plan.shards)
    print(
        f"{total or 'unknown many'} inputs, {len(past.done)} done before; {plan.origin['teacher']}",
        flush=True,
    )
    left = max(total - len(past.done), 0) if total is not None and not config.side else None
    progress = Progress(None if left is None else min(left, config.limit or left))
    writer = Writer(plan.output, run_id, plan.origin)
    marker = Marker(writer, past)
    try:
        for rows in _batches(config, plan, past):
            for row in rows:
                marker.mark(row)
            progress.add(len(rows), failed=sum(bool(row[ERROR]) for row in rows))
            if marker.unaffordable >= BATCHES_AT_ONCE * config.concurrency:
                break
    finally:
        writer.flush()
    return marker.stopped, marker.failures


def _batches(config: GenerateConfig, plan: Plan, past: Past) -> Iterator[list[dict[str, Any]]]:
    """Rows as they come out of reader and teacher, on Ray Data."""
    import ray

    clusters.connect()
    clusters.stream_blocks()
    shards = [{"shard": shard.to_json()} for shard in plan.shards]
    data = ray.data.from_items(shards, override_num_blocks=len(shards))
    reader = Reader(plan.labels, frozenset(past.done), plan.requests, config.side)
    data = data.map_batches(reader, batch_size=1, num_cpus=READ_CPUS)
    if config.limit:
        data = data.limit(config.limit)
    return _asked(data, config, past) if config.has_endpoint else clusters.batches(data)


def _asked(data: Any, config: GenerateConfig, past: Past) -> Iterator[list[dict[str, Any]]]:
    """The rows with the endpoint's answers, through ray.data.llm's HTTP processor."""
    from ray.data.llm import HttpRequestProcessorConfig, Processor, build_processor

    size = config.concurrency
    processor = build_processor(
        # One worker: it waits and does not compute, and alone it can keep to the budget.
        HttpRequestProcessorConfig(
            url=config.url,
            batch_size=size,
            concurrency=1,
            session_factory=_asking(config, past),
            http_request_stage={"num_cpus": WAIT_CPUS},
        )
    )
    column = Processor.DATA_COLUMN
    data = data.map_batches(_as_column, fn_args=[column], batch_size=size, num_cpus=WAIT_CPUS)
    for stage in processor.stages.values():
        settings = stage.get_dataset_map_batches_kwargs(size, column)
        data = data.map_batches_internal(stage.fn, **settings, max_task_retries=clusters.RETRIES)
    for batch in clusters.batches(data):
        yield [row[column] for row in batch]


def _asking(config: GenerateConfig, past: Past) -> Asking:
    return Asking(
        key=os.environ.get(config.api_key_env),
        concurrency=config.concurrency,
        retries=config.retries,
        timeout_s=config.timeout_s,
        wait_s=config.retry_wait_s,
        limits=Limits(config.max_tokens, config.max_cost),
        prices=_prices(config),
        spent=past.usage,
    )


def _as_column(batch: dict[str, Any], column: str) -> dict[str, Any]:
    """Rows as Ray's stage takes them: dictionaries in one column."""
    return {column: [dict(zip(batch, values, strict=True)) for values in zip(*batch.values(), strict=True)]}


def _prices(config: GenerateConfig) -> Prices:
    return Prices(config.price_prompt, config.price_answer)


def _table(summary: Summary, output: str) -> str:
    lines = [
        f"taught       {summary.taught:8,}   {100 * summary.yield_share:.1f} % of what was written",
        *(f"  {facet:<11}{count:8,}" for facet, count in summary.facets.items()),
        f"filtered out {sum(summary.rejected.values()):8,}",
        *(f"  {reason:<11}{count:8,}" for reason, count in summary.rejected.items()),
        f"failed       {sum(summary.dead_letters.values()):8,}",
        f"requests     {summary.requests:8,}   {summary.prompt_tokens + summary.answer_tokens:,} tokens, "
        f"cost {summary.cost:.2f}",
    ]
    if summary.stopped_at_budget:
        lines.append("! stopped: the budget is spent; the same command with a larger one goes on")
    return "\n".join([*lines, f"report  {output.rstrip('/')}/report.html"])


if __name__ == "__main__":
    sys.exit(run(GenerateConfig, main, "jobs/generate.py"))
