"""An expert's counts on NFFA micrographs, as questions with their answers.

    python -m slava.datasets.nffa_counts --folder ../nffa --output runs/counts.jsonl
    python jobs/evaluate.py --task vqa --references runs/counts.jsonl --split all --output runs/counts

The folder holds `counts_CLASS.csv` (columns `image,count`) and the images in `cropped/CLASS/`.
"""

import csv
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict

from slava.cli import UsageError, run
from slava.datasets.example import DatasetError
from slava.datasets.splits import image_id


class CountsConfig(BaseModel):
    """Write counts as conversations, one JSON object a line."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    folder: Path
    """With `counts_CLASS.csv` and `cropped/CLASS/`."""
    output: Path
    """The file to write."""


def nffa_counts(folder: Path) -> Iterator[dict[str, Any]]:
    """A LLaVA-style conversation for each counted image. Raises DatasetError."""
    tables = sorted(folder.glob("counts_*.csv"))
    if not tables:
        raise DatasetError(f"{folder}: no counts_CLASS.csv there")
    for table in tables:
        label = table.stem.removeprefix("counts_")
        with table.open(newline="", encoding="utf-8") as file:
            for row in csv.DictReader(file):
                path = (folder / "cropped" / label / row["image"]).resolve()
                if not path.is_file():
                    raise DatasetError(f"{path}: counted in {table.name}, but not there")
                yield _conversation(path, f"How many {label.lower()} are visible?", row["count"])


def _conversation(path: Path, question: str, answer: str) -> dict[str, Any]:
    turns = [{"from": "human", "value": f"<image>\n{question}"}, {"from": "gpt", "value": answer}]
    return {"image": str(path), "image_id": image_id(str(path)), "conversations": turns}


def write(config: CountsConfig) -> int:
    """Write them."""
    try:
        lines = [json.dumps(conversation) + "\n" for conversation in nffa_counts(config.folder)]
    except DatasetError as error:
        raise UsageError(f"--folder: {error}") from error
    config.output.write_text("".join(lines), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(run(CountsConfig, write, "python -m slava.datasets.nffa_counts"))
