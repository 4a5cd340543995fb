"""Errors as OpenAI's clients read them: a status, and `{"error": {message, type, param, code}}`."""

import math
from typing import Any

from starlette.responses import JSONResponse


class ApiError(Exception):
    """What a client is told when it gets no answer; crosses from one deployment to another as a value."""

    def __init__(
        self,
        status: int,
        message: str,
        code: str,
        param: str | None = None,
        retry_after_s: float | None = None,
    ) -> None:
        super().__init__(status, message, code, param, retry_after_s)
        self.status, self.message, self.code, self.param = status, message, code, param
        self.retry_after_s = retry_after_s

    @property
    def kind(self) -> str:
        """OpenAI's word for this family of errors."""
        names = {401: "authentication_error", 404: "not_found_error", 429: "rate_limit_error"}
        return names.get(self.status, "invalid_request_error" if self.status < 500 else "server_error")

    def body(self) -> dict[str, Any]:
        """The error as JSON."""
        told = {"message": self.message, "type": self.kind, "param": self.param, "code": self.code}
        return {"error": told}

    def response(self) -> JSONResponse:
        """The error as an HTTP response."""
        headers = {}
        if self.status == 401:
            headers["WWW-Authenticate"] = "Bearer"
        if self.retry_after_s is not None:
            headers["Retry-After"] = str(max(1, math.ceil(self.retry_after_s)))
        return JSONResponse(self.body(), status_code=self.status, headers=headers)


def bad_request(message: str, param: str | None = None, code: str = "invalid_value") -> ApiError:
    """400: the request itself is at fault."""
    return ApiError(400, message, code, param)


def unknown_model(model: str, known: list[str]) -> ApiError:
    """404: no such model or expert."""
    return ApiError(
        404,
        f"The model {model!a} does not exist here; there are {', '.join(known)}.",
        "model_not_found",
        "model",
    )


def overloaded(retry_after_s: float) -> ApiError:
    """503: as much as can be done is being done."""
    return ApiError(503, "All slots are taken; ask again later.", "overloaded", retry_after_s=retry_after_s)


def unavailable() -> ApiError:
    """503: a part of the endpoint is (re)starting."""
    return ApiError(
        503, "The model is starting or was restarted; ask again later.", "unavailable", retry_after_s=5
    )


def too_late() -> ApiError:
    """504: the answer was not there in time."""
    return ApiError(504, "The answer took too long.", "timeout")
