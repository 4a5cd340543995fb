"""The paper's three ablations on nano: losses, data generation, sampling of few-shot examples.

    python jobs/ablate.py --output runs/ablations
    python jobs/ablate.py --output runs/steel --data FOLDER_OF_CLASS_FOLDERS --study few-shot

Ray Tune runs each variant with each seed, a core (or GPU) each. What is done is kept in OUTPUT/trials, so
the same command again goes on, and a larger --seeds adds to it. Writes ablations.json, and for each study a
table (STUDY.md) and a picture (STUDY.png). Exit status: 0; 1 where a trial failed; 2 for a usage error.
"""

import hashlib
import json
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from slava import machine
from slava.ablations.config import AblateConfig, StudyName
from slava.cli import UsageError, run
from slava.results import ClaimError, claim, open_output

if TYPE_CHECKING:
    from slava.ablations.material import Material
    from slava.ablations.trials import Trial

SETTINGS = "settings.json"
FREE = {"output", "study", "seeds", "shots"}
"""Settings that may change from one start to the next into the same output."""


def main(config: AblateConfig) -> int:
    """Check everything, try what is missing, and tell of each study."""
    from slava.datasets import DatasetError
    from slava.finetuning.samples import DataError
    from slava.model.checkpoints import ModelError

    try:
        material = _material(config)
        claim(open_output(str(material.config.output)), SETTINGS, settings(material))
        prepare(material)
    except (ClaimError, DataError, DatasetError, ModelError) as error:
        raise UsageError(str(error)) from error
    failures = [failure for study in config.study for failure in try_missing(material, study)]
    for failure in failures:
        print(f"jobs/ablate.py: {failure}", file=sys.stderr)
    if failures:
        return 1
    tell(config, material.config.output)
    return 0


def _material(config: AblateConfig) -> "Material":
    """With absolute paths: Tune's workers have working folders of their own."""
    from slava.ablations.drawing import draw
    from slava.ablations.material import Material
    from slava.model.checkpoints import find_checkpoint

    output = config.output.expanduser().absolute()
    folder = output / "work"
    checkpoint = find_checkpoint(config.model)
    folder.mkdir(parents=True, exist_ok=True)
    if config.data is None:
        draw(folder / "drawn", config.count)
    data = folder / "drawn" if config.data is None else config.data.expanduser().absolute()
    return Material(config.model_copy(update={"output": output}), data, checkpoint, folder)


def settings(material: "Material") -> dict[str, Any]:
    """What all trials in one output have in common."""
    from slava.model.checkpoints import weights_digest

    told = hashlib.sha256(repr(material.lessons).encode()).hexdigest()
    free = material.config.model_dump(mode="json", exclude=FREE)
    return free | {"data": told, "model": weights_digest(material.checkpoint)}


def prepare(material: "Material") -> None:
    """What the trials of the wanted studies share: features, and the teacher's words. Raises DatasetError."""
    from slava.ablations import few_shot
    from slava.ablations.training import keep_features
    from slava.processes import alone

    studies = material.config.study
    if "few-shot" in studies:
        few_shot.divided(material)
    alone(keep_features, material.lessons.images, material.checkpoint, material.folder)
    if "data" in studies:
        _teach(material)


def _teach(material: "Material") -> None:
    from generate import main as generate

    from slava.teacher.config import GenerateConfig

    told = GenerateConfig(input=[str(material.data)], output=str(material.instructions), labels_from="folder")
    if generate(told):
        raise UsageError(f"{material.data}: too many images could not be read; see {material.instructions}")


def try_missing(material: "Material", study: StudyName) -> list[str]:
    """Run the trials that are not kept yet, through Ray Tune; what went wrong, a line each."""
    from ray import tune

    from slava import clusters
    from slava.ablations.trials import wanted

    output = material.config.output
    trials = wanted(material.config, study)
    missing = [trial for trial in trials if not trial.path(output).is_file()]
    if not missing:
        return []
    print(f"{study}: {len(missing)} of {len(trials)} trials to do", flush=True)
    clusters.connect()
    resources = {"cpu": 1, "gpu": 1 if clusters.device() == "cuda" else 0}
    tuner = tune.Tuner(
        tune.with_resources(tune.with_parameters(attempt, material=material), resources),
        param_space={"trial": tune.grid_search([asdict(trial) for trial in missing])},
        tune_config=tune.TuneConfig(reuse_actors=True),
        run_config=tune.RunConfig(
            name=study, storage_path=str(material.folder / "tune"), verbose=0, callbacks=[_teller(study)]
        ),
    )
    return [f"{study}: {str(error).strip().splitlines()[-1]}" for error in tuner.fit().errors]


def _teller(study: StudyName) -> Any:
    """A line for each trial that is done: Tune's own tables would be long."""
    from ray import tune

    from slava.ablations.studies import STUDIES

    name, metric = next(iter(STUDIES[study].metrics.items()))

    class Teller(tune.Callback):  # type: ignore[misc]
        def on_trial_complete(self, iteration: int, trials: list[Any], trial: Any, **_: Any) -> None:
            told, value = trial.config["trial"], trial.last_result[name]
            print(f"{study}: {told['variant']}, seed {told['seed']}: {metric.title} {value:.3f}", flush=True)

    return Teller()


def attempt(told: dict[str, Any], material: "Material") -> None:
    """One trial, in a worker of Tune's."""
    from ray import tune

    from slava.ablations.studies import STUDIES
    from slava.ablations.trials import Trial

    began, trial = time.perf_counter(), Trial(**told["trial"])
    found = STUDIES[trial.study].run(material, trial.variant, trial.seed)
    figures = {name: round(value, 6) for name, value in found.items()}
    replace(trial, figures=figures, seconds=round(time.perf_counter() - began, 1)).keep(
        material.config.output
    )
    tune.report(figures)


def tell(config: AblateConfig, output: Path) -> None:
    """Write all that is known: every trial, and a table and a picture of each study."""
    from slava.ablations.pictures import draw
    from slava.ablations.studies import STUDIES
    from slava.ablations.tables import table
    from slava.ablations.trials import done, wanted

    kept: dict[StudyName, Sequence[Trial]] = {study: done(wanted(config, study), output) for study in STUDIES}
    for study, trials in kept.items():
        if trials:
            told = table(trials, STUDIES[study].metrics)
            (output / f"{study}.md").write_text(told)
            draw(STUDIES[study], trials, output / f"{study}.png")
            print(f"{STUDIES[study].title}\n{told}", flush=True)
    everything = {
        "settings": json.loads((output / SETTINGS).read_text()),
        "machine": machine.describe(),
        "studies": {study: [asdict(trial) for trial in trials] for study, trials in kept.items()},
    }
    (output / "ablations.json").write_text(json.dumps(everything, indent=2) + "\n")


if __name__ == "__main__":
    sys.exit(run(AblateConfig, main, "jobs/ablate.py"))
