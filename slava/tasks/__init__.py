"""What the model is asked, and what its answers mean: the same in training, screening and service."""

from slava.tasks.choices import END, MAX_LABELS, Spelling, branchings, deciding_tokens, rank
from slava.tasks.labels import NFFA_LABELS, LabelError, read_labels
from slava.tasks.prompts import CAPTION_TOKENS, Question, caption, classify, vqa

__all__ = [
    "CAPTION_TOKENS",
    "END",
    "MAX_LABELS",
    "NFFA_LABELS",
    "LabelError",
    "Question",
    "Spelling",
    "branchings",
    "caption",
    "classify",
    "deciding_tokens",
    "rank",
    "read_labels",
    "vqa",
]
