"""From a request to the parts that answer it, and again where a part died before it had answered."""

import asyncio
import logging
from collections.abc import AsyncIterator
from threading import Lock
from typing import Any

from cachetools import TTLCache, cached
from ray import serve
from ray.exceptions import RayActorError, RayTaskError
from ray.serve.exceptions import BackPressureError, RayServeException
from ray.serve.handle import DeploymentHandle

from serve.errors import ApiError, bad_request, overloaded, unavailable
from serve.sight import AUTO, NOTHING, Sight

TRIES = 6
PAUSE_S = 2.0
"""Before a request that met a dying engine is put again; it doubles each time."""

log = logging.getLogger("ray.serve")


class Parts:
    """The deployments behind the ingress."""

    def __init__(self, vision: DeploymentHandle, engine: DeploymentHandle) -> None:
        self.vision, self.engine = vision, engine
        self.streaming = engine.options(stream=True)

    async def about(self) -> tuple[list[str], list[str]]:
        """The experts that are served now, and the labels that they learned."""
        found: tuple[list[str], list[str]] = await self._asked(self.vision.about)
        return found

    async def similar(self, data: bytes, limit: int) -> list[dict[str, Any]]:
        """Neighbours in the archive. Raises ApiError."""
        found: list[dict[str, Any]] = await self._asked(self.vision.similar, data, limit)
        return found

    async def preview(self, data: bytes) -> list[dict[str, Any]]:
        """What a file holds, as `serve.wire.Micrograph`s. Raises ApiError."""
        found: list[dict[str, Any]] = await self._asked(self.vision.preview, data)
        return found

    async def see(self, images: list[tuple[bytes, str]], question: str, expert: str | None) -> Sight:
        """What the tower sees, and who should answer. Raises ApiError."""
        if not images and expert in (None, AUTO):
            return NOTHING
        found: Sight = await self._asked(self.vision.see, images, question, expert)
        return found

    async def answer(self, request: dict[str, Any], sight: Sight) -> dict[str, Any]:
        """An answer as a whole. Raises ApiError."""
        found: dict[str, Any] = await self._asked(self.engine.whole, request, sight.adapter)
        return found

    async def stream(self, request: dict[str, Any], sight: Sight) -> AsyncIterator[list[str]]:
        """The events of an answer. Raises ApiError; an answer that was begun is never begun again."""
        for attempt in range(TRIES):
            begun = False
            try:
                async for piece in self.streaming.answer.remote(request, sight.adapter):
                    yield _checked(piece)
                    begun = True
                return
            except (RayActorError, RayServeException, RayTaskError) as error:
                await self._pause(error, attempt, begun)

    async def choice(self, request: dict[str, Any], sight: Sight, labels: list[str]) -> list[dict[str, Any]]:
        """Labels with their probabilities. Raises ApiError."""
        found = await self._asked(self.engine.choose, request, sight.adapter, labels, sight.label_temperature)
        scores: list[dict[str, Any]] = found["scores"]
        return scores

    async def _asked(self, method: Any, *arguments: Any) -> Any:
        for attempt in range(TRIES):
            try:
                return _checked(await method.remote(*arguments))
            except (RayActorError, RayServeException, RayTaskError) as error:
                await self._pause(error, attempt)

    async def _pause(self, error: Exception, attempt: int, begun: bool = False) -> None:
        """Wait for Serve to put a new replica in a dead one's place. Raises ApiError when that is no use."""
        if isinstance(error, BackPressureError):
            raise overloaded(PAUSE_S) from error
        if begun or attempt == TRIES - 1:
            raise unavailable() from error
        log.warning("asking again: %s", str(error).strip().splitlines()[-1])
        await asyncio.sleep(PAUSE_S * 2**attempt / 2)


def _checked(found: Any) -> Any:
    """What a part sent. Raises ApiError where that is the client's fault; anything else may pass."""
    if isinstance(found, ApiError):
        raise found
    if not (isinstance(found, dict) and "error" in found):
        return found
    error = found["error"]
    if int(error.get("code") or 500) < 500 or error.get("type") == "invalid_request_error":
        raise bad_request(str(error["message"]), error.get("param"))
    raise RayServeException(f"the engine failed: {error.get('message')}")


@cached(TTLCache(1, ttl=1), lock=Lock())
def all_healthy() -> bool:
    """Tower and engine are up. Serve's controller is asked once a second, however often probes come."""
    applications = serve.status().applications.values()
    return all(
        deployment.status.value == "HEALTHY"
        for application in applications
        for deployment in application.deployments.values()
    )
