"""What the model is asked, and what its answers mean: the same in training, screening and service."""

from slava.tasks.choices import END, MAX_LABELS, Deciding, Spelling, branchings, deciding, rank
from slava.tasks.labels import NFFA_LABELS, LabelError, read_labels
from slava.tasks.prompts import CAPTION_TOKENS, Question, caption, classify, vqa

__all__ = [
    "CAPTION_TOKENS",
    "END",
    "MAX_LABELS",
    "NFFA_LABELS",
    "Deciding",
    "LabelError",
    "Question",
    "Spelling",
    "branchings",
    "caption",
    "classify",
    "deciding",
    "rank",
    "read_labels",
    "vqa",
]
