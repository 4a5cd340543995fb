"""Few-shot: which examples, and how many, for the prototype head on the tower's features."""

from typing import get_args

import numpy as np
from numpy.typing import NDArray

from slava.ablations.config import AblateConfig
from slava.ablations.material import Material
from slava.datasets import DatasetError, class_folders
from slava.evaluation.classification import calibration_error, in_top_k, macro_f1
from slava.evaluation.few_shot import draws, head_predictions
from slava.evaluation.labelled import Divided, LabelledImages, divide, labelled_images
from slava.evaluation.shots import Sampling

SAMPLINGS: tuple[Sampling, ...] = get_args(Sampling)


def variants(config: AblateConfig) -> list[str]:
    """Each sampling with each number of examples a class."""
    return [f"{sampling}, {shots}" for sampling in SAMPLINGS for shots in sorted(config.shots)]


def divided(material: Material) -> Divided:
    """The images kept aside, and the pool of examples. Raises DatasetError where that is too small."""
    data = divide(labelled_images(class_folders(material.data)), material.config.held_out, 0, False, None)
    least, most = (
        np.bincount(data.pool.truth, minlength=len(data.pool.labels)).min(),
        max(material.config.shots),
    )
    if least < most:
        raise DatasetError(f"--shots {most}: a class has only {least} images that are not held out")
    if not len(data.scored):
        raise DatasetError(f"{material.data}: no image fell into the held-out share; raise --held-out")
    return data


def run(material: Material, variant: str, seed: int) -> dict[str, float]:
    """The head on several draws of examples, judged on the images kept aside."""
    data = divided(material)
    pool, queries = features(material, data.pool), features(material, data.scored)
    sampling, shots = _read(variant)
    shown = draws(sampling, pool, data.pool.truth, queries, shots, material.config.episodes, seed)
    labels, truth = data.scored.labels, data.scored.truth
    found = head_predictions(labels, pool, data.pool.truth, queries, truth, shown)
    flat, true = found.flat_probabilities, found.flat_truth
    return {
        "top_1": float(in_top_k(flat, true, 1).mean()),
        "macro_f1": macro_f1(flat, true),
        "calibration_error": calibration_error(flat, true),
        "labelled": len(data.pool) if sampling == "similar" else shown[0].shape[1],
    }


def features(material: Material, images: LabelledImages) -> NDArray[np.float32]:
    """The tower's mean patch [N, D] of these images; of all images it is computed once."""
    from slava.evaluation.features import tower_features

    uris = material.lessons.images
    rows = tower_features(uris, material.checkpoint, material.folder / "tower").mean_patch
    places = {uri: place for place, uri in enumerate(uris)}
    return rows[[places[uri] for uri in images.uris]]


def _read(variant: str) -> tuple[Sampling, int]:
    name, _, shots = variant.partition(", ")
    return next(sampling for sampling in SAMPLINGS if sampling == name), int(shots)
