"""Features of the tower."""

from pathlib import Path

import numpy as np
import pytest

from slava.evaluation import features
from slava.evaluation.features import picture, tower_features
from slava.model.encoder import VisionEncoder


def test_features_are_those_of_a_screening_and_kept(
    dataset: Path, tiny_checkpoint: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    uris = [str(path) for path in sorted(dataset.glob("*/*_0.png"))]
    found = tower_features(uris, tiny_checkpoint, tmp_path)
    tokens, pooled = VisionEncoder(tiny_checkpoint)([picture(uri, 224) for uri in uris])
    assert np.allclose(found.tokens, tokens, atol=1e-3)
    assert np.allclose(found.pooled, pooled, atol=1e-3)
    assert found.mean_patch.shape == (4, 24)
    monkeypatch.setattr(features, "VisionEncoder", None)
    assert (tower_features(uris, tiny_checkpoint, tmp_path).pooled == found.pooled).all()
