"""Data generation: the classes alone, with what the measuring teacher says, and what its filters leave.

All variants learn for the same number of steps, and are asked the same: the classes of the images kept
aside, and the teacher's questions about them.
"""

import numpy as np

from slava.ablations.material import Material
from slava.finetuning.samples import Lessons, Sample
from slava.results import open_output
from slava.teacher.resuming import rows

VARIANTS: dict[str, tuple[str, ...]] = {
    "labels only": (),
    "labels + measuring teacher": ("conversations", "rejected"),
    "labels + measuring teacher + filters": ("conversations",),
}
"""The teacher's tables that are learned from; without the filters nothing would have been rejected."""


def run(material: Material, variant: str, seed: int) -> dict[str, float]:
    """One training on classes and some of the teacher's triples, measured."""
    from slava.ablations.tuning import classes, figures, seen, train
    from slava.finetuning.curriculum import Curriculum
    from slava.finetuning.measuring import language_loss

    def taught(tables: tuple[str, ...], seed: int) -> Curriculum:
        lessons = Lessons(draw(triples(material, tables), material.config.triples, seed), ())
        return Curriculum.of(lessons, seen(material), material.config.held_out, 0)

    labels = classes(material)
    more = taught(VARIANTS[variant], seed).train if VARIANTS[variant] else ()
    trained = train(material, Curriculum(labels.train + more, labels.held_out, labels.labels), seed, {})
    asked = taught(("conversations",), 0).held_out
    loss = language_loss(trained.mixture, trained.feeder, asked)
    return {**figures(trained), "teacher_loss": loss, "triples": len(more)}


def triples(material: Material, tables: tuple[str, ...]) -> list[Sample]:
    """What the teacher says of all images, in these tables."""
    output = open_output(str(material.instructions))
    found = (row for table in tables for row in rows(output, table, ["image", "member", "conversations"]))
    return [
        Sample(row["image"], row["member"], asked["value"].removeprefix("<image>\n"), told["value"], None)
        for row in found
        for asked, told in [row["conversations"]]
    ]


def draw(samples: list[Sample], each: int, seed: int) -> tuple[Sample, ...]:
    """At most so many of each image, drawn by the seed."""
    by_image: dict[str, list[Sample]] = {}
    for sample in sorted(samples, key=lambda sample: (sample.uri, sample.question, sample.answer)):
        by_image.setdefault(sample.uri, []).append(sample)
    rng = np.random.default_rng(seed)
    return tuple(found[place] for found in by_image.values() for place in rng.permutation(len(found))[:each])
