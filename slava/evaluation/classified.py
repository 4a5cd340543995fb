"""Scores of a screening's labels against the truth."""

from collections.abc import Mapping

import numpy as np

from slava.evaluation.answers import Answer
from slava.evaluation.labelled import LabelledImages
from slava.evaluation.leaks import gives_away
from slava.evaluation.predictions import Predictions
from slava.evaluation.summary import Entry, classification_entry


def classified_entry(
    name: str, model: str, images: LabelledImages, answers: Mapping[str, Answer], labelled: int = 0
) -> Entry | None:
    """The row of a screening with the task classify; None where it answered nothing that counts.

    An image is refused where its context names its class. That the question lists all classes is fair.
    """
    answered = [place for place, found in enumerate(images.image_ids) if found in answers]
    kept = [place for place in answered if not _leaks(images, place, answers)]
    if not kept:
        return None
    scored = images[kept]
    scores = [answers[found].scores for found in scored.image_ids]
    rows = np.array([[score[label] for label in images.labels] for score in scores])
    return classification_entry(
        name,
        model,
        Predictions(images.labels, scored.truth, rows[None] / rows.sum(1, keepdims=True)),
        scored.uris,
        labelled,
        unanswered=len(images) - len(answered),
        refused=len(answered) - len(kept),
    )


def _leaks(images: LabelledImages, place: int, answers: Mapping[str, Answer]) -> bool:
    label = images.labels[images.truth[place]]
    return gives_away(label, answers[images.image_ids[place]].context)
