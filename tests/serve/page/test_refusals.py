"""What the page tells when the endpoint refuses, wants a key, or is gone."""

import re

from playwright.sync_api import Browser, Page, expect

from tests.serve.page.samples import Sample
from tests.serve.page.tab import ask, refuse, show, visit


def test_what_is_no_micrograph_ends_in_one_line(page: Page) -> None:
    page.set_input_files(
        "#file", {"name": "broken.tif", "mimeType": "image/tiff", "buffer": b"II*\0 not at all"}
    )
    line = page.locator("#micrograph .status.bad")
    expect(line).to_contain_text(re.compile(r"\w+ \w+"))
    expect(page.get_by_role("figure")).to_be_hidden()


def test_a_key_is_asked_for_when_the_endpoint_wants_one(
    endpoint: str, authorization: dict[str, str], browser: Browser
) -> None:
    key = authorization["authorization"].removeprefix("Bearer ")
    sent: list[str | None] = []
    with visit(browser, endpoint) as page:
        page.on("request", lambda asked: sent.append(asked.headers.get("authorization")))
        dialog = page.get_by_role("dialog", name="API key")
        expect(dialog).to_contain_text("No valid API key")
        page.keyboard.type("slava-wrong")
        with page.expect_response("**/v1/models"):
            page.keyboard.press("Enter")
        expect(dialog).to_be_visible()
        page.keyboard.type(key)
        page.keyboard.press("Enter")
        expect(page.get_by_label("Model", exact=True)).not_to_have_value("")
        expect(dialog).to_be_hidden()
        assert list(dict.fromkeys(filter(None, sent))) == ["Bearer slava-wrong", f"Bearer {key}"]
        assert page.evaluate("[Object.values(sessionStorage), localStorage.length]") == [[key], 0]
        expect(page.get_by_role("button", name="API key")).to_be_visible()


def test_who_has_no_key_reads_why_there_is_no_answer(page: Page, samples: dict[str, Sample]) -> None:
    refuse(page, "/v1/micrographs", 401, "no_key", "Send a key.")
    page.set_input_files("#file", samples["fei"].path)
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#micrograph .status.bad")).to_have_text("Send a key.")


def test_a_busy_endpoint_is_asked_again_when_it_said(page: Page, samples: dict[str, Sample]) -> None:
    show(page, samples["fei"])
    refuse(page, "/v1/chat/completions", 503, "overloaded", "All slots are taken.", **{"Retry-After": "2"})
    ask(page, "Describe this micrograph.")
    expect(page.locator("#ask .status")).to_have_text("All slots are taken. Trying again in 2 s.")
    expect(page.locator("#ask .status")).to_contain_text("Answered in")


def test_who_has_to_wait_long_is_told(page: Page, samples: dict[str, Sample]) -> None:
    show(page, samples["fei"])
    refuse(page, "/v1/classify", 429, "rate_limit", "Too many requests.", **{"Retry-After": "900"})
    page.get_by_role("button", name="Classify").click()
    line = page.locator("#classify .status.bad")
    expect(line).to_have_text("Too many requests. Try again in 900 s.")


def test_an_endpoint_that_is_gone_is_told(page: Page, samples: dict[str, Sample]) -> None:
    page.route("**/v1/micrographs", lambda route: route.abort("connectionrefused"))
    page.set_input_files("#file", samples["fei"].path)
    expect(page.locator("#micrograph .status.bad")).to_contain_text("cannot be reached")
