"""Score models on a data set, through the engine that users get, and compare them.

    python jobs/evaluate.py --dataset ../neu-sdd --layout neu-sdd --output runs/neu --shots 5 --baselines
    python jobs/evaluate.py --dataset sem --layout sem --output runs/sem --model nano --model runs/tuned
    python jobs/evaluate.py --task vqa --references runs/teacher/train.jsonl --output runs/vqa

The images that are scored are the held-out share, by a hash of their content (slava/datasets/splits.py).
Exit status: 0; 2 for a usage error.
"""

import hashlib
import re
import shlex
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from screen import screen

from slava.archives import InputError, Shard
from slava.cli import UsageError, run
from slava.datasets import DatasetError, read_dataset
from slava.evaluation.answers import Answer, read_answers
from slava.evaluation.config import Contender, EvaluateConfig
from slava.evaluation.labelled import Divided, divide, labelled_images, shards_of
from slava.evaluation.references import Reference, captions, frequent_questions, of_split, read_references
from slava.evaluation.summary import Entry, Evaluation
from slava.results import ClaimError, open_output
from slava.screening.config import ScreenConfig

if TYPE_CHECKING:
    from slava.evaluation.learned import Laboratory


def main(config: EvaluateConfig) -> int:
    """Screen, score, compare."""
    from slava.evaluation.page import comparison_table, write_evaluation
    from slava.model.checkpoints import ModelError
    from slava.mope.manifest import ExpertError

    try:
        _look_at_contenders(config)
        found = _classification(config) if config.task == "classify" else _writing(config)
    except (DatasetError, InputError, ModelError, ExpertError, ClaimError) as error:
        raise UsageError(str(error)) from error
    write_evaluation(found, Path(config.output))
    print(comparison_table(found), end="")
    print(f"report  {Path(config.output) / 'report.html'}", flush=True)
    return 0


def _look_at_contenders(config: EvaluateConfig) -> None:
    """All are there, before the first is asked. Raises ModelError, ExpertError."""
    from slava.model.checkpoints import find_checkpoint
    from slava.mope.expert_set import experts_directory
    from slava.mope.manifest import read_manifest

    for one in config.contenders():
        experts = experts_directory(one.experts, find_checkpoint(one.model))
        if experts:
            read_manifest(experts)


def _classification(config: EvaluateConfig) -> Evaluation:
    images = labelled_images(read_dataset(config.dataset or "", config.layout))
    data = divide(images, config.held_out, config.seed, config.split == "all", config.limit)
    if not len(data.scored):
        raise UsageError(
            f"--dataset {config.dataset}: no image fell into the held-out share; use --split all"
        )
    print(f"{len(data.scored)} images to score, {len(data.pool)} to learn from", flush=True)
    entries = [entry for one in config.contenders() for entry in _classified(config, one, data)]
    return _evaluation(config, str(config.dataset), images.labels, entries)


def _classified(config: EvaluateConfig, contender: Contender, data: Divided) -> Iterator[Entry]:
    from slava.evaluation.classified import classified_entry
    from slava.evaluation.learned import Laboratory
    from slava.model.checkpoints import find_checkpoint

    shards = shards_of(data.scored.uris)
    method = "zero-shot" if contender.experts in (None, "none") else "fine-tuned"
    answers = _screened(config, contender, method, data.scored.labels, shards)
    yield from _known(classified_entry(method, contender.name, data.scored, answers))
    if contender.experts or not (config.shots or config.baselines):
        return  # experts change nothing in the tower
    cache = Path(config.output) / "features"
    laboratory = Laboratory(config, contender.name, data, find_checkpoint(contender.model), cache)
    if config.in_context:
        yield from _in_context(config, contender, data, shards, laboratory)
    if config.shots:
        yield from laboratory.heads()
    if config.baselines and contender == config.contenders()[0]:
        yield from laboratory.baselines()


def _in_context(
    config: EvaluateConfig,
    contender: Contender,
    data: Divided,
    shards: list[Shard],
    laboratory: "Laboratory",
) -> Iterator[Entry]:
    """One draw of each sampling, in the prompt."""
    from slava.evaluation.classified import classified_entry
    from slava.evaluation.in_context import Examples, screen_in_context

    for sampling in config.sampling:
        name = f"in context, {config.shots} a class, {sampling}"
        shown = laboratory.shown(sampling, episodes=1)[0]
        examples = Examples.of(data, laboratory.pool.tokens, shown)
        settings = _screening(config, contender, name, context=None, own_context=False)
        with _ray():
            screen_in_context(settings, data.scored.labels, shards, open_output(settings.output), examples)
        answers = read_answers(open_output(settings.output))
        labelled = len(data.pool) if sampling == "similar" else shown.shape[1]
        yield from _known(classified_entry(name, contender.name, data.scored, answers, labelled))


def _writing(config: EvaluateConfig) -> Evaluation:
    """Captions, or the answers to the most frequent questions; each question is a screening of its own."""
    everything = config.split == "all"
    references = read_references(Path(config.references or ""))
    references = of_split(references, config.held_out, config.seed, everything, config.limit)
    if config.task == "caption":
        asked = {"caption": captions(references)}
    else:
        questions = frequent_questions(references, config.questions)
        asked = {text: [one for one in references if one.question == text] for text in questions}
    if not any(asked.values()):
        raise UsageError(f"--references {config.references}: no {config.task} reference of the chosen split")
    entries = [
        entry
        for question, some in asked.items()
        for contender in config.contenders()
        for entry in _written(config, contender, question, some)
    ]
    return _evaluation(config, str(config.references), (), entries)


def _written(
    config: EvaluateConfig, contender: Contender, question: str, references: list[Reference]
) -> Iterator[Entry]:
    from slava.evaluation.written import written_entry

    answers = _screened(config, contender, question, (), shards_of([asked.image for asked in references]))
    yield from _known(written_entry(question, contender.name, references, answers))


def _screened(
    config: EvaluateConfig, contender: Contender, name: str, labels: tuple[str, ...], shards: list[Shard]
) -> dict[str, Answer]:
    """What jobs/screen.py answers about these inputs."""
    settings = _screening(config, contender, name, context=config.context, own_context=config.own_context)
    output = open_output(settings.output)
    with _ray():
        screen(settings, labels, shards, output)
    return read_answers(output)


def _screening(
    config: EvaluateConfig, contender: Contender, name: str, context: str | None, own_context: bool
) -> ScreenConfig:
    place = Path(config.output) / "screenings" / _folder(contender.name) / _folder(name)
    return ScreenConfig(
        input=[str(config.dataset or config.references)],
        output=str(place),
        task=config.task,
        question=name if config.task == "vqa" else None,
        model=contender.model,
        experts=contender.experts,
        context=context,
        own_context=own_context,
    )


@contextmanager
def _ray() -> Iterator[None]:
    """Each screening connects to Ray anew."""
    import ray

    try:
        yield
    finally:
        ray.shutdown()


def _known(entry: Entry | None) -> Iterator[Entry]:
    if entry is None:
        print("nothing that counts was answered; see the screening's report", flush=True)
    else:
        print(f"{entry.model}: {entry.name}: done", flush=True)
        yield entry


def _folder(name: str) -> str:
    """A folder's name for a model or question, readable and its own."""
    readable = re.sub(r"\W+", "-", name.rpartition("/")[2])[:40]
    return f"{readable}-{hashlib.sha256(name.encode()).hexdigest()[:6]}"


def _evaluation(
    config: EvaluateConfig, data: str, labels: tuple[str, ...], entries: list[Entry]
) -> Evaluation:
    share_of = f"the held-out {config.held_out:.3g} by content hash, seed {config.seed}"
    return Evaluation(
        task=config.task,
        data=data,
        split=share_of if config.split == "held_out" else "all images",
        labels=labels,
        command=shlex.join(["python", *sys.argv]),
        entries=entries,
    )


if __name__ == "__main__":
    sys.exit(run(EvaluateConfig, main, "jobs/evaluate.py"))
