"""What the model is asked, and what its answers mean: the same in training, screening and service."""

from slava.tasks.choices import MAX_LABELS, OPTIONS, rank
from slava.tasks.labels import NFFA_LABELS, LabelError, read_labels
from slava.tasks.prompts import Question, caption, classify, vqa

__all__ = [
    "MAX_LABELS",
    "NFFA_LABELS",
    "OPTIONS",
    "LabelError",
    "Question",
    "caption",
    "classify",
    "rank",
    "read_labels",
    "vqa",
]
