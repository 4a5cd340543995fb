"""Who may ask, and how often."""

import ipaddress
import time
from urllib.parse import urlsplit

from starlette.requests import HTTPConnection

from serve.config import ServeConfig
from serve.errors import ApiError
from serve.keys import KeyRing

ANYBODY = "anybody"
FORWARDED = ("forwarded", "x-forwarded-for", "x-real-ip")


class Access:
    """Admits a request by its key, or from this machine where there are no keys."""

    def __init__(self, config: ServeConfig) -> None:
        self.config = config
        self.keys = KeyRing(config.keys) if config.keys else None
        self.rate = Rate(config.requests_a_minute)

    def check(self, request: HTTPConnection) -> str:
        """The name of who asks. Raises ApiError 401, 403, 429."""
        self._check_origin(request)
        name = self._owner(request)
        self.rate.take(name)
        return name

    def _owner(self, request: HTTPConnection) -> str:
        if self.keys:
            scheme, _, key = request.headers.get("authorization", "").partition(" ")
            owner = self.keys.owner(key.strip()) if scheme.lower() == "bearer" else None
            if owner is None:
                raise ApiError(
                    401, "No valid API key: send it as `Authorization: Bearer KEY`.", "invalid_api_key"
                )
            return owner
        if not self.config.open and not _from_this_machine(request):
            raise ApiError(
                401,
                "This endpoint has no API keys, so it answers its own machine only. "
                "Its operator can make keys (`python -m serve.keys`) or open it (`open=true`).",
                "not_open",
            )
        return ANYBODY

    def _check_origin(self, request: HTTPConnection) -> None:
        """A foreign page in an engineer's browser must not ask with the engineer's rights."""
        origin = request.headers.get("origin")
        if origin is None or origin in self.config.origins:
            return
        if urlsplit(origin).netloc != request.headers.get("host"):
            raise ApiError(403, f"Pages of {origin!a} may not ask here.", "origin_not_allowed")


def _from_this_machine(request: HTTPConnection) -> bool:
    """Not by way of a proxy on this machine, and under a local name: names can be made to point here."""
    if request.client is None or any(name in request.headers for name in FORWARDED):
        return False
    host = urlsplit(f"//{request.headers.get('host', '')}").hostname or ""
    return _is_loopback(request.client.host) and (host == "localhost" or _is_loopback(host))


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


class Rate:
    """Requests a minute for each key: a bucket that fills steadily and holds ten seconds' worth."""

    def __init__(self, a_minute: int) -> None:
        self.a_second = a_minute / 60
        self.room = max(1.0, self.a_second * 10)
        self._left: dict[str, tuple[float, float]] = {}

    def take(self, name: str) -> None:
        """One request of this key's. Raises ApiError 429."""
        now = time.monotonic()
        left, then = self._left.get(name, (self.room, now))
        left = min(self.room, left + (now - then) * self.a_second)
        if left < 1:
            self._left[name] = (left, now)
            wait = (1 - left) / self.a_second
            raise ApiError(429, "Too many requests with this key.", "rate_limit_exceeded", None, wait)
        self._left[name] = (left - 1, now)
