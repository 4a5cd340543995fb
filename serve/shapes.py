"""The API's manners: every error in OpenAI's shape, and the shapes of bodies in the OpenAPI document."""

import logging
from typing import Any

from fastapi import FastAPI, Request
from pydantic import BaseModel
from starlette.exceptions import HTTPException
from starlette.responses import Response

from serve.errors import ApiError, too_late

log = logging.getLogger("ray.serve")


def install(api: FastAPI) -> None:
    """Make all errors of an API alike; what went wrong inside is logged, and not told."""

    @api.exception_handler(ApiError)
    async def told(_: Request, error: ApiError) -> Response:
        return error.response()

    @api.exception_handler(HTTPException)
    async def plain(_: Request, error: HTTPException) -> Response:
        code = {404: "not_found", 405: "method_not_allowed"}.get(error.status_code, "invalid_request")
        response = ApiError(error.status_code, f"{error.detail}.", code).response()
        response.headers.update(error.headers or {})
        return response

    @api.exception_handler(TimeoutError)
    async def late(_: Request, error: TimeoutError) -> Response:
        return too_late().response()

    @api.exception_handler(Exception)
    async def inside(_: Request, error: Exception) -> Response:
        log.error("a request failed inside", exc_info=error)
        return ApiError(500, "Something failed inside; the log has it.", "internal_error").response()


def openapi_body(kind: type[BaseModel]) -> dict[str, Any]:
    """The request body of a route that reads it by itself, for the OpenAPI document."""
    schema = kind.model_json_schema(by_alias=True)
    definitions = schema.pop("$defs", {})
    inlined = _inlined(schema, definitions)
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": inlined}}}}


def _inlined(schema: Any, definitions: dict[str, Any]) -> Any:
    """Without references, which would point into another document."""
    if isinstance(schema, list):
        return [_inlined(item, definitions) for item in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        return _inlined(definitions[schema["$ref"].rpartition("/")[2]], definitions)
    return {key: _inlined(value, definitions) for key, value in schema.items() if key != "discriminator"}
