"""Second stage: the vision tower, once a micrograph."""

import json
import time
from pathlib import Path
from typing import Any

import numpy as np

from slava.screening.records import ERROR


class Encoder:
    """Turns the pixels of a batch into image tokens; rows that failed pass through."""

    def __init__(self, checkpoint: str) -> None:
        # Here, not above: five seconds of imports, which the driver and the readers would wait for as well.
        from slava.model.encoder import VisionEncoder

        self.vision = VisionEncoder(Path(checkpoint))
        self.side = int(self.vision.config.vision_config.image_size)

    def __call__(self, batch: dict[str, Any]) -> dict[str, Any]:
        """Same rows; `payload` is now the image tokens [T, H], and `pooled` the features [P], in float32."""
        rows = [index for index, error in enumerate(batch[ERROR]) if not error]
        record, payload = list(batch["record"]), list(batch["payload"])
        pooled = [b""] * len(record)
        if rows:
            began = time.perf_counter()
            tokens, features = self.vision([self._picture(payload[index]) for index in rows])
            seconds = (time.perf_counter() - began) / len(rows)
            for index, encoded, whole in zip(rows, tokens.numpy(), features.numpy(), strict=True):
                payload[index], pooled[index] = encoded.tobytes(), whole.tobytes()
                record[index] = _timed(record[index], seconds)
        return {**batch, "record": record, "payload": payload, "pooled": pooled}

    def _picture(self, pixels: bytes) -> Any:
        return np.frombuffer(pixels, np.uint8).reshape(self.side, self.side, 3)


def _timed(record: str, seconds: float) -> str:
    content = json.loads(record)
    content["timings"]["encode_s"] = seconds
    return json.dumps(content)
