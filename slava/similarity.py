"""The micrographs of a screened archive that look most like another one, by the vision tower's features."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.functional import normalize

from slava.results import Output, open_output
from slava.results.output import Place, fetch_rows, locate_results

_COLUMNS = ["image_id", "uri", "member", "page", "label", "confidence", "thumbnail"]
_ROWS_A_BLOCK = 1024


class ArchiveError(ValueError):
    """An archive in which nothing can be looked for; the message says what to give instead."""


@dataclass(frozen=True)
class Neighbour:
    """One row of the archive's results; the fields but the last are those of the schema."""

    image_id: str
    uri: str
    member: str | None
    page: int
    label: str | None
    confidence: float | None
    thumbnail: bytes
    score: float
    """Cosine similarity to what was asked for, -1 to 1."""


@dataclass(frozen=True, eq=False)
class Archive:
    """The output of a screening, by features: in memory are two bytes for each of a row's D dimensions.

    It stays as it was when it was opened; rows that are written later are found when it is opened anew.
    """

    output: Output
    places: list[Place]
    """[N] where the rows lie; all else of a row stays on the disk until it is shown."""
    directions_ND: Tensor
    """The features, standardized, each row of length 1, in half precision.

    All micrographs share a large part of their raw features: between two of NEU-SDD's the cosine is 0.78 in
    the mean, whatever they show. Without that part, and with no dimension louder than another, it is 0.00,
    and 0.986 of the five nearest are of the same class against 0.984 (with all twelve blocks of nano's
    tower, of which it keeps eight, 0.951 against 0.932).
    """
    mean_D: Tensor
    spread_D: Tensor
    """Of the features over the archive, in double precision."""
    left_out: int
    """Rows without features, which are never found: an earlier version wrote them."""

    @classmethod
    def open(cls, uri: str, model_digest: str) -> "Archive":
        """Read the features under the `--output` of a screening by the model with this digest.

        Raises ArchiveError where there are no rows or no features, or rows of another model;
        pyarrow.ArrowInvalid, a ValueError too, for a scheme that Arrow does not know.
        """
        output = open_output(uri)
        rows, places = 0, list[Place]()
        features = bytearray()  # grows where it lies: joined at the end, they would be in memory twice
        for start, batch in locate_results(output, ["model_digest", "features"]):
            _check_model(uri, batch["model_digest"], model_digest)
            rows += batch.num_rows
            known = np.flatnonzero(batch["features"].is_valid())
            places += [Place(start.file, start.row + int(row)) for row in known]
            features += batch["features"].drop_null().flatten().to_numpy().tobytes()
        _check_features(uri, rows, len(places))
        features_ND = torch.frombuffer(features, dtype=torch.float16).view(len(places), -1)
        mean_D, spread_D = _standardize(features_ND)
        return cls(output, places, features_ND, mean_D, spread_D, rows - len(places))

    def __len__(self) -> int:
        return len(self.places)

    def nearest(self, features_D: NDArray[np.float32], limit: int) -> list[Neighbour]:
        """The rows most like a micrograph, the best first; that micrograph itself too if it is among them.

        `features_D` are its raw features, as `slava.model.encoder.VisionEncoder` gives them.
        """
        asked_D = normalize((torch.tensor(features_D) - self.mean_D) / self.spread_D, dim=0).float()
        blocks = self.directions_ND.split(_ROWS_A_BLOCK)
        scores_N = torch.cat([block.float() @ asked_D for block in blocks]).clamp(-1, 1)
        found = scores_N.topk(min(limit, len(self)))
        places = [self.places[row] for row in found.indices.tolist()]
        rows = fetch_rows(self.output, places, _COLUMNS)
        scores = zip(places, found.values.tolist(), strict=True)
        return [Neighbour(**rows[place], score=score) for place, score in scores]


def _standardize(features_ND: Tensor) -> tuple[Tensor, Tensor]:
    """Make directions of features, in place; the mean and spread [D] that they had."""
    blocks = features_ND.split(_ROWS_A_BLOCK)
    sums_D = torch.stack([block.double().sum(0) for block in blocks])
    mean_D = sums_D.sum(0) / len(features_ND)
    squares_D = torch.stack([(block - mean_D).square().sum(0) for block in blocks])
    spread_D = (squares_D.sum(0) / len(features_ND)).sqrt()
    spread_D[spread_D == 0] = 1  # the same in all rows: it tells nothing, but must not divide
    for block in blocks:
        block.copy_(normalize((block - mean_D) / spread_D))
    return mean_D, spread_D


def _check_model(uri: str, digests: pa.Array, expected: str) -> None:
    others = [digest for digest in digests.unique().to_pylist() if digest != expected]
    if others:
        raise ArchiveError(
            f"archive {uri}: another model made rows of it ({str(others[0])[:12]}, here {expected[:12]}), "
            "and features of two cannot be compared: screen it with this model, into a folder of its own"
        )


def _check_features(uri: str, rows: int, known: int) -> None:
    if not rows:
        raise ArchiveError(f"archive {uri}: no results there: give the --output of a screening")
    if not known:
        raise ArchiveError(
            f"archive {uri}: an earlier version screened it, without features: screen it into another folder"
        )
