"""What a screening answered, by image."""

from dataclasses import dataclass

from slava.results import Output, read_results


@dataclass(frozen=True)
class Answer:
    """The answer about one image."""

    text: str
    scores: dict[str, float]
    """Probability of each label; none unless the task is classify."""
    context: str | None
    """The auxiliary text that stood in its prompt."""
    thumbnail: bytes
    """A JPEG of what the model saw."""


def read_answers(output: Output) -> dict[str, Answer]:
    """The answers by image_id; that of a file's later pages ends in `#page`."""
    columns = ["image_id", "text", "scores", "context", "thumbnail"]
    rows = [row for batch in read_results(output, columns) for row in batch.to_pylist()]
    return {
        row["image_id"]: Answer(row["text"], _scores(row["scores"]), row["context"], row["thumbnail"])
        for row in rows
    }


def _scores(scores: list[dict[str, object]] | None) -> dict[str, float]:
    return {str(score["label"]): float(str(score["score"])) for score in scores or ()}
