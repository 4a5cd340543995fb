"""A load test of the endpoint on this machine, and of bare vLLM with the same model and requests.

    python jobs/bench_serve.py                  # or: --model CHECKPOINT --clients 1 --clients 8 --requests 32

First in a closed loop, with 1 to 64 clients that wait for their answers; then, the endpoint alone, in an open
loop: arrivals as of many strangers, at half of, at and at twice the rate that it can take. Each request has
a micrograph of its own, so nothing is answered from a cache. Client and servers share the cores. The figures
and the machine go to `docs/bench_serve.json`.
"""

import asyncio
import json
import signal
import statistics
import sys
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Annotated, Any

from annotated_types import Ge, Gt, Le
from bench import deciding
from bench_requests import Route, chat, classify, classify_by_chat, views, word
from bench_vllm import bare_vllm, vllm_settings
from pydantic import BaseModel, ConfigDict

from serve.deployed import deployed
from slava import load, machine
from slava.cli import run
from slava.model.checkpoints import find_checkpoint

LOADS = (0.5, 1.0, 2.0)
"""Of the open loop, in shares of the capacity."""
NO_LIMIT = 10_000_000
CONTEXT = 2048
HOW = (
    "One client; text of a few words, one token of answer: no queue, and no call to tower and gate. For each "
    "request the client's time less the engine's own, which vLLM tells in the answer (`metrics`: queue, "
    "first token, generation); of these differences the median. What is left is HTTP, Ray Serve's handles, "
    "the endpoint's code, and vLLM's front end (template, tokens, the way to its engine's process). The last "
    "bare vLLM has too: `routing_p50_ms` is what the endpoint has more than that."
)


class BenchServeConfig(BaseModel):
    """Measure throughput, latency and goodput of the endpoint, and of bare vLLM beside it."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    model: str = "nano"
    """nano, or the directory of a checkpoint."""
    clients: list[Annotated[int, Ge(1)]] = [1, 2, 4, 8, 16, 32, 64]
    """Numbers of clients of the closed loop."""
    requests: Annotated[int, Ge(1)] = 16
    """For each number of clients; at least two a client."""
    answer_tokens: Annotated[int, Ge(1)] = 8
    """Of a chat's answer."""
    alone: Annotated[int, Ge(2)] = 40
    """Requests, one by one, that tell the overhead."""
    open_s: Annotated[float, Gt(0)] = 12.0
    """Seconds of an open loop that are measured, after those in which the endpoint fills."""
    within_s: Annotated[float, Gt(0)] = 15.0
    """Answers that take longer are not good ones."""
    max_in_flight: Annotated[int, Ge(1), Le(512)] = 64
    """Of the endpoint; more are refused, in the closed loop too. By default as many as its most clients."""
    haproxy: bool = False
    """The endpoint behind HAProxy, as docs/serve.md sets it up for a cluster."""
    seed: Annotated[int, Ge(0)] = 0
    """Of the micrographs and of the arrivals."""
    output: Path = Path("docs/bench_serve.json")
    """Where the figures are kept."""


def main(config: BenchServeConfig) -> int:
    """Load the endpoint, stop it, load bare vLLM."""
    signal.signal(signal.SIGTERM, _stop)
    checkpoint = str(find_checkpoint(config.model))
    with tempfile.TemporaryDirectory() as scratch:
        ours = of_endpoint(Path(scratch), checkpoint, config)
        theirs = of_vllm(Path(scratch), checkpoint, config)
    figures = {
        **ratios(ours, theirs),
        "overload": {"within_s": config.within_s, "loads": ours["open_loop"]},
        "overhead": {"how": HOW, "endpoint": ours["alone"], "vllm": theirs["alone"]},
        "closed_loop": {"endpoint": ours["closed_loop"], "vllm": theirs["closed_loop"]},
        "settings": {"endpoint": ours["settings"], "vllm": theirs["settings"]},
        **config.model_dump(include={"model", "answer_tokens", "haproxy", "seed"}),
        "machine": machine.describe(),
        "measured_at": datetime.now(UTC).isoformat(timespec="seconds"),
    }
    config.output.write_text(json.dumps(figures, indent=2) + "\n")
    print(table(figures), flush=True)
    return 0


def of_endpoint(folder: Path, checkpoint: str, config: BenchServeConfig) -> dict[str, Any]:
    """The endpoint's figures: closed loop, requests alone, open loop."""
    settings = {
        "experts": "none",  # bare vLLM has no gate
        "max_in_flight": config.max_in_flight,
        "max_context": CONTEXT,
        "requests_a_minute": NO_LIMIT,
        "timeout_s": load.PATIENCE_S,
        "open": True,  # on loopback, and behind HAProxy nobody is known to be local
    }
    uris = views(config.seed)
    say("the endpoint starts")
    with deployed(folder, settings | {"model": checkpoint}, config.haproxy) as running:
        url = running.url
        rows = closed(url, config, uris, {"classify": classify, "chat": chat(config.answer_tokens)})
        capacity = max(row["per_second"] for row in rows["classify"])
        return {
            "closed_loop": rows,
            "alone": alone(url, config.alone),
            "open_loop": [opened(url, config, uris, share, capacity) for share in LOADS],
            "settings": settings,
        }


def of_vllm(folder: Path, checkpoint: str, config: BenchServeConfig) -> dict[str, Any]:
    """Bare vLLM's: with the same micrographs in the same order."""
    settings = vllm_settings(CONTEXT)
    routes = {"classify": classify_by_chat(deciding(Path(checkpoint))), "chat": chat(config.answer_tokens)}
    say("bare vLLM starts")
    with bare_vllm(folder, settings | {"model": checkpoint}) as url:
        return {
            "closed_loop": closed(url, config, views(config.seed), routes),
            "alone": alone(url, config.alone),
            "settings": settings,
        }


def closed(
    url: str, config: BenchServeConfig, uris: Iterator[str], routes: dict[str, Route]
) -> dict[str, list[dict[str, Any]]]:
    """Throughput and latencies of each route, for each number of clients."""
    rows: dict[str, list[dict[str, Any]]] = {}
    for name, route in routes.items():
        first = map(route, islice(uris, 8))  # some things are compiled at their first use
        asyncio.run(load.closed_loop(url, first, clients=4))
        rows[name] = []
        for clients in config.clients:
            requests = list(map(route, islice(uris, max(config.requests, 2 * clients))))
            answers = asyncio.run(load.closed_loop(url, requests, clients))
            row = {"clients": clients, "per_second": round(load.throughput(answers), 3)}
            rows[name].append(row | load.percentiles(answers) | load.ends(answers))
            say(f"{name}: {rows[name][-1]}")
    return rows


def opened(
    url: str, config: BenchServeConfig, uris: Iterator[str], share: float, capacity: float
) -> dict[str, Any]:
    """Classifications that arrive at a share of the capacity; the time to fill the endpoint is left out."""
    rate, filled = share * capacity, config.max_in_flight / capacity
    end = filled + config.open_s
    times = load.poisson_times(rate, end, config.seed)
    answers = asyncio.run(load.open_loop(url, list(map(classify, islice(uris, len(times)))), times))
    late = [answer for answer in answers if answer.sent_s >= filled]
    row = {
        "load": share,
        "arrivals_per_second": round(rate, 3),
        "goodput_per_second": round(load.goodput(answers, filled, end, config.within_s), 3),
        **load.percentiles(late),
        **load.ends(late),
    }
    say(f"open loop: {row}")
    return row


def alone(url: str, count: int) -> dict[str, float]:
    """Medians in ms of requests that nothing hinders: the client's time, the engine's, and the rest."""
    requests = [word(index) for index in range(count)]
    answers = asyncio.run(load.closed_loop(url, requests, clients=1))
    whole = [1000 * answer.took_s for answer in answers]
    engine = [engine_ms(json.loads(answer.body)["metrics"]) for answer in answers]
    between = [took - inside for took, inside in zip(whole, engine, strict=True)]
    found = {"client": whole, "engine": engine, "overhead": between}
    row = {f"{name}_p50_ms": round(statistics.median(times), 2) for name, times in found.items()}
    say(f"alone: {row}")
    return row


def engine_ms(metrics: dict[str, float]) -> float:
    """The engine's own time for a request, from its queue to its last token."""
    return sum(metrics[part] for part in ("queue_time_ms", "time_to_first_token_ms", "generation_time_ms"))


def ratios(ours: dict[str, Any], theirs: dict[str, Any]) -> dict[str, Any]:
    """What the figures come to."""
    _, full, twice = (row["goodput_per_second"] for row in ours["open_loop"])
    endpoint_ms, vllm_ms = ours["alone"]["overhead_p50_ms"], theirs["alone"]["overhead_p50_ms"]
    return {
        "goodput_at_twice_the_capacity_to_capacity": round(twice / full, 3),
        "overhead_p50_ms": endpoint_ms,
        "routing_p50_ms": round(endpoint_ms - vllm_ms, 2),
        **{f"{figure}_to_vllm": _to_vllm(figure, ours, theirs) for figure in ("per_second", "p50_s")},
    }


def _to_vllm(figure: str, ours: dict[str, Any], theirs: dict[str, Any]) -> dict[str, dict[int, float]]:
    """Quotients by route and number of clients."""
    return {
        route: {
            mine["clients"]: round(mine[figure] / bare[figure], 3)
            for mine, bare in zip(rows, theirs["closed_loop"][route], strict=True)
        }
        for route, rows in ours["closed_loop"].items()
    }


def table(figures: dict[str, Any]) -> str:
    """The figures for a terminal."""
    lines = [f"{'':<10}{'':<10}{'clients':>8}{'/s':>9}{'p50 s':>9}{'p95 s':>9}{'p99 s':>9}"]
    for server, routes in figures["closed_loop"].items():
        for route, rows in routes.items():
            lines += [
                f"{server:<10}{route:<10}{row['clients']:>8}{_figures(row, 'per_second')}" for row in rows
            ]
    lines.append(f"{'':<10}{'':<10}{'arrive/s':>8}{'good/s':>9}{'p50 s':>9}{'p95 s':>9}{'p99 s':>9}  refused")
    for row in figures["overload"]["loads"]:
        cells = f"{row['arrivals_per_second']:>8.2f}{_figures(row, 'goodput_per_second')}{row['refused']:>9}"
        lines.append(f"{'open loop':<10}{row['load']:<10}{cells}")
    named = ("goodput_at_twice_the_capacity_to_capacity", "overhead_p50_ms", "routing_p50_ms")
    return "\n".join([*lines, *(f"{name:<45}{figures[name]:8.3f}" for name in named)])


def _figures(row: dict[str, Any], rate: str) -> str:
    return "".join(f"{row[name]:>9.3f}" for name in (rate, "p50_s", "p95_s", "p99_s"))


def say(text: str) -> None:
    """A line with the time of day."""
    print(f"{datetime.now():%H:%M:%S} {text}", flush=True)


def _stop(*_: Any) -> None:
    """Leave all blocks, and so stop what was started; a second SIGTERM does not disturb that."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    raise SystemExit(128 + signal.SIGTERM)


if __name__ == "__main__":
    sys.exit(run(BenchServeConfig, main, "jobs/bench_serve.py"))
