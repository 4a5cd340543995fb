"""Whether service computes what training does: a screening's labels beside those of the training's mixture.

    python jobs/finetune.py --data FOLDER --output runs/experts
    python jobs/screen.py --input FOLDER --experts runs/experts --output runs/screened
    python jobs/agreement.py --experts runs/experts --screened runs/screened --output docs/agreement.json

The screening went through vLLM, with one composed adapter a micrograph. Here the same micrographs go
through transformers, with all experts in the model and the gate's weights on them (slava.mope.layers).
"""

import json
import sys
from pathlib import Path
from typing import Annotated, Any

from annotated_types import Ge
from pydantic import BaseModel, ConfigDict

from slava import machine
from slava.cli import UsageError, run
from slava.results import open_output, read_results


class AgreementConfig(BaseModel):
    """Compare the labels of a screening with those of the mixture as it was trained."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    experts: Path
    """The folder that jobs/finetune.py wrote, with what it trained on."""
    screened: str
    """Output of a screening of the same images with these experts."""
    count: Annotated[int, Ge(1)] = 200
    """Micrographs to compare, those kept aside first."""
    output: Path
    """JSON file for the figures."""


def main(config: AgreementConfig) -> int:
    """Compare, and write the figures."""
    batches = read_results(
        open_output(config.screened), ["image_id", "label", "confidence", "expert", "scores"]
    )
    rows = {row["image_id"]: row for batch in batches for row in batch.to_pylist()}
    if not any(row["expert"] for row in rows.values()):
        raise UsageError(f"--screened {config.screened}: holds no results with experts")
    figures = _compare(config, rows)
    figures["machine"] = machine.describe()
    config.output.write_text(json.dumps(figures, indent=2) + "\n")
    print(json.dumps(figures))
    return 0


def _compare(config: AgreementConfig, rows: dict[str, dict[str, Any]]) -> dict[str, Any]:
    from slava.finetuning.exporting import open_trained
    from slava.finetuning.measuring import label_scores

    mixture, feeder, temperature = open_trained(config.experts)
    curriculum = feeder.curriculum
    items = [item for item in (*curriculum.held_out, *curriculum.train) if item.image_id in rows][
        : config.count
    ]
    if not items:
        raise UsageError(f"--screened {config.screened}: none of its images is of the training's data")
    probabilities = (label_scores(mixture, feeder, items, curriculum.labels) / temperature).softmax(-1)
    screened = [rows[item.image_id] for item in items]
    found = [curriculum.labels[int(place)] for place in probabilities.argmax(-1)]
    agree = [label == row["label"] for label, row in zip(found, screened, strict=True)]
    places = [curriculum.labels.index(row["label"]) for row in screened]
    confidence = [float(row[place]) for row, place in zip(probabilities, places, strict=True)]
    return {
        "micrographs": len(items),
        "mixtures": len({row["expert"] for row in screened}),
        "agreement": sum(agree) / len(items),
        "largest_difference_of_confidence": max(
            abs(ours - row["confidence"]) for ours, row in zip(confidence, screened, strict=True)
        ),
    }


if __name__ == "__main__":
    sys.exit(run(AgreementConfig, main, "jobs/agreement.py"))
