"""What the ingress shows: the page's files, model cards, neighbours."""

import time
from pathlib import Path
from typing import Any

from starlette.responses import FileResponse, Response

from serve.errors import ApiError
from serve.names import NAME

PAGE = Path(__file__).with_name("page")
STARTED = int(time.time())
HEADERS = {
    "Content-Security-Policy": "default-src 'self'; img-src 'self' data: blob:; "
    "frame-ancestors 'none'; base-uri 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-cache",
}


def page(name: str) -> Response:
    """A file of the page. Raises ApiError 404."""
    if name not in {path.name for path in PAGE.iterdir()}:
        raise ApiError(404, "There is no such page.", "not_found")
    return FileResponse(PAGE / name, headers=HEADERS)


def card(name: str) -> dict[str, Any]:
    """OpenAI's description of a model."""
    return {"id": name, "object": "model", "created": STARTED, "owned_by": NAME}
