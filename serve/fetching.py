"""The images of a request; those by address only from hosts that the operator named, and never from inside.

The host is resolved once, every address that it has must be a public one, and that address is what is
connected to: a name that changes its mind between check and use (DNS rebinding) gains nothing. No redirect
is followed, no proxy or cookie used, and no more is read than an image may have.
"""

import asyncio
import ipaddress
import socket
from collections.abc import Callable
from urllib.parse import urlsplit

import httpx

from serve.errors import ApiError, bad_request
from serve.images import read_data_uri

TIMEOUT_S = 15.0

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


def is_public(address: Address) -> bool:
    """Neither this machine nor a private, link-local, multicast or reserved network."""
    mapped = getattr(address, "ipv4_mapped", None)
    return (mapped or address).is_global and not address.is_multicast


class Fetcher:
    """Reads images from the hosts of an allow list."""

    def __init__(
        self, hosts: tuple[str, ...], most_bytes: int, admits: Callable[[Address], bool] = is_public
    ) -> None:
        self.hosts = {host.lower() for host in hosts}
        self.most_bytes = most_bytes
        self.admits = admits

    async def read(self, images: list[tuple[str, str]], most: int) -> list[tuple[bytes, str]]:
        """The bytes of data URIs and addresses, each with its place in the request. Raises ApiError."""
        if len(images) > most:
            raise bad_request(f"{len(images)} images; at most {most} a request.", images[most][1])
        return [(await self._one(uri, where), where) for uri, where in images]

    async def _one(self, uri: str, where: str) -> bytes:
        if uri[:5].lower() == "data:":
            return await asyncio.to_thread(read_data_uri, uri, where)
        return await self.fetch(uri, where)

    async def fetch(self, url: str, where: str) -> bytes:
        """The bytes at an address. Raises ApiError 400."""
        try:
            parts = urlsplit(url)
            host, port = (parts.hostname or "").lower(), parts.port
        except ValueError as error:
            raise bad_request("The image's address cannot be read.", where) from error
        if parts.scheme not in ("http", "https") or host not in self.hosts or parts.username:
            raise bad_request(
                "Images must be in the request, as `data:image/png;base64,...`; "
                "addresses are fetched only from hosts that the operator named.",
                where,
            )
        port = port or (443 if parts.scheme == "https" else 80)
        address = await self._resolved(host, port, where)
        literal = f"[{address}]" if address.version == 6 else str(address)
        path = f"{parts.path or '/'}{f'?{parts.query}' if parts.query else ''}"
        try:
            return await self._read(f"{parts.scheme}://{literal}:{port}{path}", host, port, where)
        except httpx.HTTPError as error:
            raise bad_request(f"The image could not be fetched from {host}.", where) from error

    async def _resolved(self, host: str, port: int, where: str) -> Address:
        try:
            found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except OSError as error:
            raise bad_request(f"The host {host} has no address.", where) from error
        addresses = [ipaddress.ip_address(entry[4][0]) for entry in found]
        if not addresses or not all(self.admits(address) for address in addresses):
            raise bad_request(f"The host {host} is not on the public network.", where)
        return addresses[0]

    async def _read(self, url: str, host: str, port: int, where: str) -> bytes:
        body = bytearray()
        headers = {"host": host if port in (80, 443) else f"{host}:{port}"}
        # The name that the certificate must be for; the connection goes to the address that was checked.
        named = {"sni_hostname": host}
        async with (
            httpx.AsyncClient(trust_env=False, timeout=TIMEOUT_S) as client,
            client.stream("GET", url, headers=headers, extensions=named) as answer,
        ):
            if answer.status_code != 200:
                raise bad_request(f"{host} answered {answer.status_code} for the image.", where)
            async for part in answer.aiter_bytes():
                body += part
                if len(body) > self.most_bytes:
                    raise ApiError(413, f"The image is over {self.most_bytes >> 20} MB.", "too_large", where)
        return bytes(body)
