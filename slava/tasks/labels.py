"""Label sets: the ten NFFA classes, or the user's own."""

from pathlib import Path

from slava.tasks.choices import MAX_LABELS

NFFA_LABELS = (
    "Porous sponge",
    "Patterned surface",
    "Particles",
    "Films and coated surface",
    "Powder",
    "Tips",
    "Nanowires",
    "Biological",
    "MEMS devices and electrodes",
    "Fibres",
)
"""The ten classes of the NFFA-Europe SEM set, in its order (Aversa et al. 2018, Scientific Data)."""


class LabelError(ValueError):
    """A label set that cannot be asked for."""


def read_labels(text: str) -> tuple[str, ...]:
    """The labels of `a,b,c`, or of a file with one label a line (`#` begins a comment).

    Raises LabelError: a file that is not there, fewer than two labels, more than MAX_LABELS, twins.
    """
    labels = _lines(Path(text)) if _names_a_file(text) else [part.strip() for part in text.split(",")]
    labels = [label for label in labels if label]
    if not 2 <= len(labels) <= MAX_LABELS:
        raise LabelError(f"--labels: needs 2 to {MAX_LABELS} labels, got {len(labels)} from {text!r}")
    twins = sorted({label for label in labels if labels.count(label) > 1})
    if twins:
        raise LabelError(f"--labels: given twice: {', '.join(twins)}")
    return tuple(labels)


def _names_a_file(text: str) -> bool:
    return "," not in text


def _lines(path: Path) -> list[str]:
    try:
        # "-sig": what Windows saves as UTF-8 begins with a mark, which is no part of the first label.
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except OSError as error:
        raise LabelError(
            f"--labels: cannot read {path} ({error.strerror}): give a file with one label a line, "
            "or the labels themselves with commas between them"
        ) from error
    except UnicodeDecodeError as error:
        raise LabelError(f"--labels: {path} is not UTF-8 text (byte {error.start})") from error
    return [line.split("#")[0].strip() for line in lines]
