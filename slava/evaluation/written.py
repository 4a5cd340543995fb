"""Scores of captions and answers against their references."""

from collections.abc import Mapping, Sequence

from slava.evaluation.answers import Answer
from slava.evaluation.leaks import gives_away
from slava.evaluation.references import Reference
from slava.evaluation.summary import MISTAKES, Entry, Mistake
from slava.evaluation.texts import text_figures, word_overlap


def written_entry(
    name: str, model: str, references: Sequence[Reference], answers: Mapping[str, Answer]
) -> Entry | None:
    """The row of a model's texts about the references' images; None where none was answered.

    An image is refused where the question, or its context, names its class.
    """
    answered = [asked for asked in references if asked.image_id in answers]
    kept = [asked for asked in answered if not _leaks(asked, answers[asked.image_id])]
    if not kept:
        return None
    pairs = [(answers[asked.image_id].text, asked.answer) for asked in kept]
    said, expected = zip(*pairs, strict=True)
    worst = sorted(range(len(kept)), key=lambda place: word_overlap(*pairs[place]))[:MISTAKES]
    return Entry(
        name=name,
        model=model,
        labelled=0,
        images=len(kept),
        unanswered=len(references) - len(answered),
        refused=len(answered) - len(kept),
        figures=text_figures(said, expected),
        mistakes=[_mistake(kept[place], answers[kept[place].image_id]) for place in worst],
    )


def _leaks(asked: Reference, answer: Answer) -> bool:
    if not asked.label:
        return False
    return gives_away(asked.label, asked.question) or gives_away(asked.label, answer.context)


def _mistake(asked: Reference, answer: Answer) -> Mistake:
    return Mistake(uri=asked.image, expected=asked.answer, answered=answer.text, thumbnail=answer.thumbnail)
