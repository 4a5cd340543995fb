"""The deployment that sees: decoding, the vision tower in batches, and the gate.

It scales by itself, and what it has seen lately it remembers, so that the tower runs once a micrograph
however many questions are asked about it.
"""

import asyncio
import base64
import io
from dataclasses import asdict
from typing import Any

import numpy as np
import torch
from cachetools import LRUCache
from numpy.typing import NDArray
from ray import serve
from torch import Tensor
from transformers import AutoProcessor

from serve.archive import ServedArchive
from serve.config import ServeConfig
from serve.errors import ApiError, bad_request, unknown_model
from serve.experts import ServedExperts
from serve.images import Picture, jpeg_uri, pictures, previews
from serve.names import served_checkpoint
from serve.sight import AUTO, Seen, Sight
from slava.model.checkpoints import find_checkpoint, weights_digest
from slava.model.encoder import VisionEncoder
from slava.mope.expert_set import Mixture, experts_directory
from slava.mope.manifest import ExpertError
from slava.mope.question_features import question_features

REMEMBERED = 512
"""Micrographs whose tokens are kept (37 kB each in nano)."""


class Vision:
    """Tower and gate of one model."""

    def __init__(self, config: ServeConfig, max_rank: int) -> None:
        self.config = config
        self.checkpoint = find_checkpoint(config.model)
        self.encoder = VisionEncoder(self.checkpoint)
        self.side = int(self.encoder.config.vision_config.image_size)
        self.tokenizer = AutoProcessor.from_pretrained(self.checkpoint).tokenizer
        self.remembered: LRUCache[str, Seen] = LRUCache(REMEMBERED)
        directory = experts_directory(config.experts, self.checkpoint)
        text_config = self.encoder.config.text_config
        self.experts = (
            ServedExperts.of(directory, self.checkpoint, text_config, max_rank) if directory else None
        )
        digest = weights_digest(served_checkpoint(config))
        self.archive = ServedArchive(config.archive, digest) if config.archive else None
        self.encode.set_max_batch_size(config.tower_batch)
        self.encode.set_batch_wait_timeout_s(config.tower_wait_s)

    def about(self) -> tuple[list[str], list[str]]:
        """The experts that are served now, and the labels that they learned."""
        if not self.experts:
            return [], []
        self.experts.refresh()
        return self.experts.current.names, list(self.experts.current.manifest.labels)

    async def see(self, images: list[tuple[bytes, str]], question: str, expert: str | None) -> Any:
        """Look at some files, each with its place in the request; a Sight, or the ApiError that it came to.

        `expert` is a name, `auto` for the gate's choice, or None for the base.
        """
        try:
            found = await asyncio.gather(*(self._pictures(data, where) for data, where in images))
            shown = [picture for pages in found for picture in pages]
            self._check_count(len(shown))
            seen = await asyncio.gather(*(self._seen(picture) for picture in shown))
            # In a thread: a mixture that never occurred is composed, which takes some tenths of a second.
            mixture, gate = await asyncio.to_thread(self._route, seen, question, expert)
        except ApiError as error:
            return error
        told = [picture.described for picture in shown]
        route = {"expert": mixture.name if mixture else None, "gate": gate, "micrographs": told}
        tokens = iter([one.tokens for one in seen])
        by_file = [[next(tokens) for _ in pages] for pages in found]
        return Sight(by_file, self._adapter(mixture), self._temperature(mixture), route)

    async def similar(self, data: bytes, limit: int) -> Any:
        """The micrographs of the archive that look most like a file's first, or the ApiError it came to."""
        if self.archive is None:
            return ApiError(404, "This endpoint has no archive (`archive=OUTPUT`).", "no_archive")
        try:
            first, *_ = await self._pictures(data, "image")
            features = (await self._seen(first)).pooled
        except ApiError as error:
            return error
        found = await asyncio.to_thread(self.archive.nearest, features, limit)
        # Features that point apart are told as 0.
        return [
            asdict(row) | {"thumbnail": jpeg_uri(row.thumbnail), "score": max(0.0, row.score)}
            for row in found
        ]

    async def preview(self, data: bytes) -> Any:
        """What a file holds, as `serve.wire.Micrograph`s, or the ApiError that it came to."""
        try:
            return await asyncio.to_thread(previews, data, "image", self.config.max_pixels)
        except ApiError as error:
            return error

    async def _pictures(self, data: bytes, where: str) -> list[Picture]:
        return await asyncio.to_thread(pictures, data, where, self.side, self.config.max_pixels)

    async def _seen(self, picture: Picture) -> Seen:
        key = picture.described["image_id"]
        if key not in self.remembered:
            self.remembered[key] = await self.encode(picture.pixels)
        return self.remembered[key]

    @serve.batch  # type: ignore[untyped-decorator]
    async def encode(self, batch: list[NDArray[np.uint8]]) -> list[Seen]:
        """The tower, on the micrographs that came within a moment."""
        tokens, pooled = await asyncio.to_thread(self.encoder, batch)
        pairs = zip(tokens.numpy(), pooled.numpy(), strict=True)
        return [Seen(_as_npy(found), features) for found, features in pairs]

    def _adapter(self, mixture: Mixture | None) -> tuple[str, str] | None:
        """Named by its content too: an expert that was trained anew is another one to the engine's caches."""
        return (f"slava:{mixture.name}@{mixture.digest[:8]}", str(mixture.directory)) if mixture else None

    def _temperature(self, mixture: Mixture | None) -> float:
        if mixture and self.experts:
            return self.experts.current.manifest.label_temperature
        return float(self.encoder.config.label_temperature)

    def _check_count(self, shown: int) -> None:
        if shown > self.config.max_images:
            raise bad_request(
                f"{shown} micrographs, pages counted; at most {self.config.max_images} a request."
            )

    def _route(
        self, seen: list[Seen], question: str, expert: str | None
    ) -> tuple[Mixture | None, list[dict[str, Any]]]:
        """What answers, and the gate's scores. Raises ApiError 404 for an expert that there is not."""
        known, _ = self.about()
        if not self.experts or expert is None:
            if expert not in (None, AUTO):
                raise unknown_model(f"slava:{expert}", ["slava"])
            return None, []
        if expert != AUTO:
            try:
                return self.experts.mixture(expert), self._scores(seen, question)
            except ExpertError as error:
                names = ["slava", "slava:auto", *(f"slava:{name}" for name in known)]
                raise unknown_model(f"slava:{expert}", names) from error
        probabilities_E = self._probabilities(seen, question)
        weights_BE = self.experts.gate.service_weights(probabilities_E.unsqueeze(0))
        return self.experts.current.mixture(weights_BE[0].tolist()), self._scores(seen, question)

    def _scores(self, seen: list[Seen], question: str) -> list[dict[str, Any]]:
        if not seen or not self.experts:
            return []
        shares = self._probabilities(seen, question).tolist()
        pairs = sorted(zip(self.experts.current.names, shares, strict=True), key=lambda pair: -pair[1])
        return [{"expert": name, "score": share} for name, share in pairs]

    @torch.inference_mode()
    def _probabilities(self, seen: list[Seen], question: str) -> Tensor:
        """The gate's [E] for the mean of the micrographs: they are views of one sample."""
        assert self.experts
        pooled_P = torch.from_numpy(np.mean([one.pooled for one in seen], axis=0))
        tokens = self.tokenizer(question, add_special_tokens=False).input_ids or [self.tokenizer.eos_token_id]
        asked_H = question_features(self.checkpoint, tokens)
        probabilities: Tensor = self.experts.gate(torch.cat([pooled_P, asked_H]).unsqueeze(0))[0]
        return probabilities


def _as_npy(tokens_TH: NDArray[np.float32]) -> str:
    file = io.BytesIO()
    np.save(file, tokens_TH, allow_pickle=False)
    return base64.b64encode(file.getvalue()).decode()
