"""One fine-tuning, from the user's folder to a set of experts."""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from slava import tasks
from slava.archives import list_shards
from slava.finetuning.config import FinetuneConfig
from slava.finetuning.curriculum import Curriculum
from slava.finetuning.features import FeatureStore, FeatureWriter
from slava.finetuning.job import Job
from slava.finetuning.journal import Follower
from slava.finetuning.samples import DataError, Lessons, read_lessons
from slava.model.checkpoints import find_checkpoint, weights_digest
from slava.mope.expert_set import ExpertSet
from slava.mope.manifest import MANIFEST, Manifest, read_manifest
from slava.results import changed_settings, dead_letters_table, open_output, write_settings
from slava.screening.done import done_of
from slava.screening.progress import Progress
from slava.screening.prompting import PromptText
from slava.screening.reading import Reader

SETTINGS, CHECKPOINTS = "finetuning.json", "checkpoints"
FREE = {"output", "num_workers", "checkpoint_steps", "max_restarts"}
"""Settings that may change from one start to the next of the same training."""


@dataclass(frozen=True)
class Session:
    """What is trained, on what, and where it is kept."""

    config: FinetuneConfig
    checkpoint: Path
    digest: str
    lessons: Lessons
    extended: ExpertSet | None
    output: Path

    @classmethod
    def open(cls, config: FinetuneConfig) -> "Session":
        """Check everything that can be wrong before the work begins.

        Raises DataError, DatasetError, ModelError, ExpertError.
        """
        from transformers import AutoConfig

        from slava.model import configuration

        configuration.register()
        lessons = read_lessons(*config.data)
        checkpoint = find_checkpoint(config.model)
        digest = weights_digest(checkpoint)
        output = Path(config.output).expanduser().absolute()
        extended = None
        if config.extend:
            text_config = AutoConfig.from_pretrained(checkpoint).text_config
            extended = ExpertSet.open(Path(config.extend).expanduser().absolute(), digest, text_config)
            if config.add_expert in extended.names:
                raise DataError(f"--add-expert {config.add_expert}: {config.extend} has one of that name")
            # Adapters can be mixed only if all have the same scale.
            config = config.model_copy(update={"scale": extended.manifest.scale})
        output.mkdir(parents=True, exist_ok=True)
        return cls(config, checkpoint, digest, lessons, extended, output)

    @property
    def folder(self) -> Path:
        """Of what the training works with."""
        return self.output / "training"

    @property
    def job(self) -> Job:
        """What training and export work on."""
        return Job(self.config, self.checkpoint, self.digest, self.folder)

    @property
    def begun(self) -> bool:
        """Whether it has trained; what it learns from is then settled."""
        return (self.folder / CHECKPOINTS).is_dir()

    def finished(self) -> Manifest | None:
        """The experts, if an earlier run has written them."""
        return read_manifest(self.output) if (self.output / MANIFEST).is_file() else None

    def claim(self) -> list[str]:
        """Mark the output as this training's; the settings in which one that has begun there differs."""
        told = hashlib.sha256(repr(self.lessons).encode()).hexdigest()
        settings = self.config.model_dump(exclude=FREE) | {"digest": self.digest, "samples": told}
        output = open_output(str(self.output))
        changed = changed_settings(output, SETTINGS, settings) or []
        # Until it trains, data may be mended; but features are of one model.
        if self.begun or "digest" in changed:
            return changed
        write_settings(output, SETTINGS, settings)
        return []

    def look(self) -> Curriculum:
        """Compute the features that are not there yet, and plan the training. Raises DataError."""
        from slava.finetuning.preparing import CURRICULUM, write_plan

        if self.begun:
            return Curriculum.load(self.folder / CURRICULUM)
        store = self.folder / "features"
        self._compute(store)
        config = self.config
        seen = FeatureStore(store).seen()
        curriculum = Curriculum.of(self.lessons, seen, config.held_out, config.seed)
        write_plan(config, self.checkpoint, self.folder, curriculum)
        return curriculum

    def _compute(self, store: Path) -> None:
        from transformers import AutoConfig, AutoProcessor

        from slava.finetuning.distributed import look_at

        model = AutoConfig.from_pretrained(self.checkpoint)
        prompt = PromptText.of(tasks.caption(), AutoProcessor.from_pretrained(self.checkpoint))
        done = done_of(row for row, _, _ in FeatureStore(store).rows())
        if all(done.has(uri, None) for uri in self.lessons.images):
            return
        reader = Reader(model.vision_config.image_size, prompt, None, True, done)
        progress = Progress(len(self.lessons.images) - len(done.keys))
        lost = []
        with FeatureWriter(store, (model.image_tokens, model.text_config.hidden_size)) as writer:
            for record, tokens, pooled in look_at(self.checkpoint, list_shards(self._inputs()), reader):
                progress.add(1, failed="code" in record)
                if "code" in record:
                    lost.append(record)
                else:
                    writer.add(record, tokens, pooled)
        self._write_dead_letters(lost)

    def _inputs(self) -> list[str]:
        """A folder as a whole, with what describes its images; and the images that are told of elsewhere."""
        folders = [path for path in (Path(one).expanduser() for one in self.config.data) if path.is_dir()]
        inside = {sample.uri for sample in self.lessons.samples if sample.label}
        return [*map(str, folders), *(image for image in self.lessons.images if image not in inside)]

    def _write_dead_letters(self, lost: list[dict[str, Any]]) -> None:
        if lost:
            folder = self.output / "dead_letters"
            folder.mkdir(exist_ok=True)
            pq.write_table(dead_letters_table(lost), folder / "features.parquet")
            print(f"{len(lost)} inputs could not be read: {folder}", flush=True)

    def train(self) -> Manifest:
        """Train, then write the experts. Raises TrainingError."""
        from slava.finetuning.distributed import export, train
        from slava.finetuning.exporting import LAST, extend

        with Follower(self.folder / "losses.jsonl"):
            kept = train(self.config, self.checkpoint, self.folder)
        (self.folder / LAST).write_text(str(kept.relative_to(self.folder)))
        if self.extended is None:
            manifest = export(self.job, kept, self.output)
        else:
            alone = self.folder / "expert"
            export(self.job, kept, alone)
            manifest = extend(self.extended, alone, self.output, self.config)
        return manifest

    def write_smaller(self) -> Manifest:
        """Write the experts of a finished training at the smaller rank that the configuration asks for.

        Raises DataError for a set that was extended: its old experts were trained elsewhere.
        """
        from slava.finetuning.distributed import export
        from slava.finetuning.exporting import LAST

        if self.extended:
            raise DataError("--rank: only a set that was trained in one go can be written at a smaller rank")
        kept = self.folder / (self.folder / LAST).read_text()
        return export(self.job, kept, self.output / f"rank-{self.config.rank}")
