"""The deployment that speaks HTTP: OpenAI's API, sLAVA's own calls, and the page."""

import asyncio
import json
import time
import uuid
from collections.abc import AsyncIterator
from contextlib import AbstractContextManager, AsyncExitStack
from typing import TypeVar

from fastapi import FastAPI, Request
from pydantic import BaseModel, ValidationError
from ray import serve
from ray.serve.handle import DeploymentHandle
from starlette.responses import JSONResponse, Response

from serve import conversation, wire
from serve.access import Access
from serve.config import ServeConfig
from serve.errors import ApiError, bad_request, too_late, unknown_model
from serve.fetching import Fetcher
from serve.metrics import Call, Meters, exposition
from serve.names import NAME
from serve.pages import card, page
from serve.parts import Parts, all_healthy
from serve.shapes import install, openapi_body
from serve.sight import AUTO
from serve.slots import Slots
from serve.streams import HeldStream
from slava import tasks

LAST_EVENT = "data: [DONE]"
api = FastAPI(title="sLAVA", version="1", docs_url=None, redoc_url=None)
install(api)
Asked = TypeVar("Asked", bound=BaseModel)


@serve.ingress(api)
class Ingress:
    """Checks, admits, and passes on; it holds no model."""

    def __init__(self, config: ServeConfig, vision: DeploymentHandle, engine: DeploymentHandle) -> None:
        self.config = config
        self.parts = Parts(vision, engine)
        self.access, self.slots, self.meters = Access(config), Slots(config.max_in_flight), Meters()
        self.images = Fetcher(config.image_hosts, config.max_body_mb << 20)

    @api.post("/v1/chat/completions", openapi_extra=openapi_body(wire.ChatRequest))
    async def chat(self, request: Request) -> Response:
        """Answer a conversation about micrographs."""
        async with AsyncExitStack() as held:
            call = held.enter_context(self._call("chat", request))
            asked = await self._read(request, wire.ChatRequest)
            images = await self.images.read(conversation.images_of(asked), self.config.max_images)
            expert = conversation.expert_of(asked.model)
            async with asyncio.timeout(self.config.timeout_s):
                with call.stage("see"):
                    sight = await self.parts.see(images, conversation.question_of(asked), expert)
                call.route(sight.route)
                engine_request = conversation.engine_request(asked, sight, self.config)
                headers = {"x-slava-expert": sight.route["expert"] or "none"}
                if not asked.stream:
                    answer = await self.parts.answer(engine_request, sight)
                    call.done()
                    return JSONResponse(answer | {"slava": sight.route}, headers=headers)
                pieces = self.parts.stream(engine_request, sight)
                first = await anext(pieces)
            first[0] = conversation.with_route(first[0], sight.route)
            return HeldStream(self._stream(first, pieces, call), held.pop_all(), headers)

    async def _stream(
        self, first: list[str], pieces: AsyncIterator[list[str]], call: Call
    ) -> AsyncIterator[str]:
        piece: list[str] | None = first
        try:
            async with asyncio.timeout(self.config.timeout_s):
                while piece is not None:
                    if piece[-1].strip() == LAST_EVENT:
                        call.done()  # clients go away without waiting for the end of the body
                    yield "".join(piece)
                    piece = await anext(pieces, None)
        except (ApiError, TimeoutError) as error:
            told = error if isinstance(error, ApiError) else too_late()
            call.failed(told)
            yield f"data: {json.dumps(told.body())}\n\n"

    @api.post("/v1/classify", openapi_extra=openapi_body(wire.ClassifyRequest))
    async def classify(self, request: Request) -> Response:
        """Which of the labels do the micrographs show?"""
        with self._call("classify", request) as call:
            asked = await self._read(request, wire.ClassifyRequest)
            uris = [(uri, f"images[{index}]") for index, uri in enumerate(asked.images)]
            images = await self.images.read(uris, self.config.max_images)
            async with asyncio.timeout(self.config.timeout_s):
                known = asked.labels or (await self.parts.about())[1] or list(tasks.NFFA_LABELS)
                question = tasks.classify(conversation.distinct(known))
                expert = conversation.expert_of(asked.model)
                with call.stage("see"):
                    sight = await self.parts.see(images, question.text, expert)
                call.route(sight.route)
                choosing = conversation.choice_request(question, asked.context, sight)
                scores = await self.parts.choice(choosing, sight, known)
            call.done()
            return JSONResponse(
                {
                    "id": f"classify-{uuid.uuid4().hex}",
                    "object": "classification",
                    "created": int(time.time()),
                    "model": asked.model,
                    "label": scores[0]["label"],
                    "confidence": scores[0]["score"],
                    "scores": scores,
                    **sight.route,
                }
            )

    @api.post("/v1/similar", openapi_extra=openapi_body(wire.SimilarRequest))
    async def similar(self, request: Request) -> Response:
        """The nearest micrographs of the archive."""
        with self._call("similar", request) as call:
            asked = await self._read(request, wire.SimilarRequest)
            [(data, _)] = await self.images.read([(asked.image, "image")], 1)
            found = await self.parts.similar(data, asked.limit)
            call.done()
            return JSONResponse({"object": "list", "data": found})

    @api.post("/v1/micrographs", openapi_extra=openapi_body(wire.MicrographRequest))
    async def micrographs(self, request: Request) -> Response:
        """What a file holds: its pages, their info bars and settings, and previews."""
        with self._call("micrographs", request) as call:
            asked = await self._read(request, wire.MicrographRequest)
            [(data, _)] = await self.images.read([(asked.image, "image")], 1)
            found = await self.parts.preview(data)
            call.done()
            return JSONResponse({"object": "list", "data": found})

    @api.get("/v1/models")
    async def models(self, request: Request) -> Response:
        """The base, what the gate chooses, and each expert."""
        self.access.check(request)
        return JSONResponse({"object": "list", "data": [card(name) for name in await self._models()]})

    @api.get("/v1/models/{model}")
    async def model(self, model: str, request: Request) -> Response:
        """One of them."""
        self.access.check(request)
        known = await self._models()
        if model not in known:
            raise unknown_model(model, known)
        return JSONResponse(card(model))

    @api.get("/health")
    async def health(self) -> dict[str, str]:
        """This replica lives."""
        return {"status": "ok"}

    @api.get("/ready")
    async def ready(self) -> Response:
        """Tower and engine answer."""
        ready = await asyncio.to_thread(all_healthy)
        return JSONResponse({"status": "ready" if ready else "starting"}, 200 if ready else 503)

    @api.get("/metrics")
    async def metrics(self, request: Request) -> Response:
        """Prometheus: `slava_*`, vLLM's and Ray's own, of all nodes."""
        self.access.check(request)
        return Response(await exposition(), media_type="text/plain; version=0.0.4")

    @api.get("/", include_in_schema=False)
    async def index(self) -> Response:
        """The page for engineers."""
        return page("index.html")

    @api.get("/page/{name}", include_in_schema=False)
    async def page_part(self, name: str) -> Response:
        """Its parts."""
        return page(name)

    def _call(self, route: str, request: Request) -> AbstractContextManager[Call]:
        """Admit a request, hold a place for it, and tell of its end in log and figures. Raises ApiError."""
        return self.meters.call(route, request, self.access, self.slots)

    async def _read(self, request: Request, kind: type[Asked]) -> Asked:
        """The body as it should be. Raises ApiError 400 and 413."""
        body = bytearray()
        most = self.config.max_body_mb << 20
        async for part in request.stream():
            body += part
            if len(body) > most:
                raise ApiError(413, f"The body is over {self.config.max_body_mb} MB.", "too_large")
        try:
            return await asyncio.to_thread(kind.model_validate_json, bytes(body))
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False)[0]
            where = ".".join(map(str, first["loc"])) or None
            raise bad_request(f"{where or 'body'}: {first['msg']}", where) from error

    async def _models(self) -> list[str]:
        experts, _ = await self.parts.about()
        return [NAME, *([f"{NAME}:{AUTO}"] if experts else []), *(f"{NAME}:{name}" for name in experts)]
