"""How the page shows an answer while it comes, and one that breaks off."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.serve.page.samples import Sample
from tests.serve.page.tab import ask, show, visit

HELD = """
const real = window.fetch;
window.fetch = (url, init) => {
  if (!String(url).endsWith("chat/completions")) return real(url, init);
  const body = new ReadableStream({
    start(controller) {
      window.send = (text) => controller.enqueue(new TextEncoder().encode(text));
      window.end = () => controller.close();
      window.lose = () => controller.error(new TypeError("network error"));
      init.signal.addEventListener("abort", () => controller.error(init.signal.reason));
    },
  });
  return Promise.resolve(new Response(body));
};
"""
"""Answers that come when the test says so: `send(text)`, `end()`, `lose()`."""


SEND = """async (text) => {
  while (!window.send) await new Promise(requestAnimationFrame);
  window.send(text);
}"""


@pytest.fixture
def held(endpoint: str, authorization: dict[str, str], browser: Browser) -> Iterator[Page]:
    """With answers that come when the test says so."""
    options = {"reduced_motion": "reduce", "extra_http_headers": authorization}
    with visit(browser, endpoint, HELD, **options) as page:
        expect(page.get_by_label("Model", exact=True)).not_to_have_value("")
        yield page


def send(page: Page, *chunks: dict[str, Any]) -> None:
    for chunk in chunks:
        page.evaluate(SEND, f"data: {json.dumps({'choices': []} | chunk)}\n\n")


def said(text: str) -> dict[str, Any]:
    return {"choices": [{"index": 0, "delta": {"content": text}, "finish_reason": None}]}


def test_the_answer_is_shown_as_it_comes_and_can_be_stopped(held: Page, samples: dict[str, Sample]) -> None:
    show(held, samples["fei"])
    ask(held, "Describe this micrograph.")
    stop = held.locator("#ask").get_by_role("button", name="Stop")
    answer = held.get_by_role("log", name="Answer")
    expect(held.get_by_role("status").filter(has_text="Waiting for the first word")).to_be_visible()
    send(held, said("Thin "))
    expect(answer).to_have_text("Thin")
    send(held, said("<b>wires</b>"))
    expect(answer).to_have_text("Thin <b>wires</b>")
    stop.click()
    expect(held.get_by_text("Stopped.")).to_be_visible()
    expect(stop).to_be_hidden()
    expect(held.get_by_role("button", name="Ask")).to_be_focused()
    expect(held.get_by_role("listitem").filter(has_text="Thin <b>wires</b>")).to_be_visible()


def test_a_mixture_of_experts_and_the_gates_scores_are_told(held: Page, samples: dict[str, Sample]) -> None:
    show(held, samples["fei"])
    ask(held, "Describe this micrograph.")
    gate = [{"expert": f"tool{k}", "score": 0.5 / 2**k} for k in range(10)]
    send(held, {"slava": {"expert": "tool0:0.75+tool1:0.25", "gate": gate, "micrographs": [{}, {}]}})
    panel = held.locator("#ask .route")
    expect(panel).to_contain_text("tool0 75\u00a0% + tool1 25\u00a0%, from 2 pages")
    expect(panel.get_by_role("row").first).to_contain_text("0.50")
    expect(panel.locator(".chosen")).to_have_count(2)
    expect(panel.get_by_text("2 more")).to_be_visible()


BREAKS = {
    "error": (
        'send(`data: {"error": {"message": "The engine was restarted."}}\n\n`)',
        "The engine was restarted.",
    ),
    "end": ("end()", "The answer broke off"),
    "loss": ("lose()", "The answer broke off"),
}


@pytest.mark.parametrize(("end", "told"), BREAKS.values(), ids=BREAKS)
def test_an_answer_that_breaks_off_says_so(
    held: Page, samples: dict[str, Sample], end: str, told: str
) -> None:
    show(held, samples["fei"])
    ask(held, "Describe this micrograph.")
    send(held, said("Thin"))
    expect(held.get_by_role("log", name="Answer")).to_have_text("Thin")
    held.evaluate(end)
    expect(held.locator("#ask .status.bad")).to_contain_text(told)
    expect(held.get_by_role("log", name="Answer")).to_have_text("Thin")


def test_nothing_blinks_for_who_wants_no_motion(held: Page, samples: dict[str, Sample]) -> None:
    caret = "getComputedStyle(document.querySelector('.answer'), '::after').animationName"
    show(held, samples["fei"])
    ask(held, "Describe this micrograph.")
    send(held, said("Thin"))
    assert held.evaluate(caret) == "none"
    held.emulate_media(reduced_motion="no-preference")
    assert held.evaluate(caret) == "blink"
