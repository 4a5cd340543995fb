"""What the endpoint tells of itself: figures for Prometheus, and a line of JSON for each request."""

import asyncio
import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import ray
from prometheus_client.exposition import generate_latest
from prometheus_client.metrics_core import Metric
from prometheus_client.parser import text_string_to_metric_families
from ray.util.metrics import Counter, Gauge, Histogram
from starlette.requests import Request

from serve.access import Access
from serve.errors import ApiError
from serve.slots import Slots

SECONDS = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120]
log = logging.getLogger("ray.serve")


class Meters:
    """The figures of one replica of the ingress."""

    def __init__(self) -> None:
        self.requests = Counter(
            "slava_requests_total", "Requests by their end.", tag_keys=("route", "outcome", "expert")
        )
        self.seconds = Histogram(
            "slava_seconds", "Time a stage took, in seconds.", boundaries=SECONDS, tag_keys=("route", "stage")
        )
        self.in_flight = Gauge("slava_in_flight", "Requests that are being worked on.")

    @contextmanager
    def call(self, route: str, request: Request, access: Access, slots: Slots) -> Iterator["Call"]:
        """Admit a request and hold a place for it. Raises ApiError."""
        call = Call(self, route)
        try:
            call.owner = access.check(request)
            with slots.one():
                self.in_flight.set(slots.taken)
                yield call
        except ApiError as error:
            call.failed(error)
            raise
        except TimeoutError:
            call.outcome = "timeout"
            raise
        finally:
            self.in_flight.set(slots.taken)
            call.tell()


class Call:
    """One request on its way through the endpoint."""

    def __init__(self, meters: Meters, route: str) -> None:
        self.meters, self.name = meters, route
        self.owner: str | None = None
        self.outcome = "aborted"
        """What it stays where the client goes away."""
        self.told: dict[str, Any] = {}
        self.began = time.monotonic()

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Measure a part of it."""
        began = time.monotonic()
        yield
        self._observe(name, time.monotonic() - began)

    def route(self, route: dict[str, Any]) -> None:
        """Note who answers about what."""
        images = [micrograph["image_id"] for micrograph in route["micrographs"]]
        self.told |= {"expert": route["expert"], "image_ids": images}

    def done(self) -> None:
        """It was answered."""
        self.outcome = "ok"

    def failed(self, error: ApiError) -> None:
        """It was not."""
        self.outcome = error.code

    def tell(self) -> None:
        """Count it, and log a line; neither question nor answer is in it."""
        seconds = time.monotonic() - self.began
        tags = {"route": self.name, "outcome": self.outcome, "expert": self.told.get("expert") or "none"}
        self.meters.requests.inc(tags=tags)
        self._observe("whole", seconds)
        fields = {"owner": self.owner, "seconds": round(seconds, 4), **tags, **self.told}
        log.info("%s %s", self.name, self.outcome, extra=fields)

    def _observe(self, stage: str, seconds: float) -> None:
        self.meters.seconds.observe(seconds, tags={"route": self.name, "stage": stage})


async def exposition() -> bytes:
    """The figures of all nodes' agents as one page; `ray_` is taken off the names of ours and vLLM's."""
    pages = [
        f"http://{node['NodeManagerAddress']}:{node['MetricsExportPort']}/metrics"
        for node in await asyncio.to_thread(ray.nodes)
        if node["Alive"] and node["MetricsExportPort"]
    ]
    async with httpx.AsyncClient(trust_env=False, timeout=10) as client:
        found = await asyncio.gather(*(client.get(page) for page in pages))
    families: dict[str, Metric] = {}
    for page in found:
        for family in text_string_to_metric_families(page.text):
            known = families.setdefault(family.name, family)
            if known is not family:
                known.samples.extend(family.samples)
    return generate_latest(_Collected([_renamed(family) for family in families.values()]))


class _Collected:
    """Metric families in the form that `generate_latest` takes them."""

    def __init__(self, families: list[Metric]) -> None:
        self.families = families

    def collect(self) -> list[Metric]:
        return self.families


def _renamed(family: Metric) -> Metric:
    if not family.name.startswith(("ray_slava_", "ray_vllm_")):
        return family
    family.name = family.name.removeprefix("ray_")
    family.samples = [sample._replace(name=sample.name.removeprefix("ray_")) for sample in family.samples]
    return family
