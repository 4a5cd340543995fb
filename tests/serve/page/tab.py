"""A tab of the browser with the page in it, and what people do there."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from playwright.sync_api import Browser, Page, Route, expect

from tests.serve.page.samples import Sample

expect.set_options(timeout=20_000)

POLICY = "default-src 'self'; img-src 'self' data: blob:"
"""Under which the page has to work, whatever the endpoint sends."""


@contextmanager
def visit(browser: Browser, endpoint: str, script: str = "", **options: Any) -> Iterator[Page]:
    """A tab with the page, ready to be used; nothing may go wrong in it or leave for elsewhere."""
    home = endpoint.rstrip("/") + "/"
    wrong: list[str] = []

    def strict(route: Route) -> None:
        response = route.fetch()
        route.fulfill(response=response, headers=response.headers | {"content-security-policy": POLICY})

    context = browser.new_context(**options)
    context.set_default_timeout(20_000)
    page = context.new_page()
    page.route(home, strict)
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("console", lambda said: wrong.append(said.text) if "Security Policy" in said.text else None)
    page.on(
        "request", lambda asked: None if asked.url.startswith((home, "data:")) else wrong.append(asked.url)
    )
    if script:
        page.add_init_script(script)
    page.goto(home)
    try:
        yield page
    finally:
        context.close()
    assert wrong == []


def show(page: Page, sample: Sample) -> None:
    page.set_input_files("#file", sample.path)
    expect(page.get_by_role("img", name=sample.path.name)).to_be_visible()


def ask(page: Page, question: str) -> None:
    page.get_by_label("Question about the micrograph").fill(question)
    page.keyboard.press("Enter")


def refuse(
    page: Page, path: str, status: int, code: str, message: str, times: int = 1, **headers: str
) -> None:
    """Has the endpoint refuse the next requests, as it would."""
    error = {"error": {"message": message, "type": "any", "param": None, "code": code}}
    page.route(
        f"**{path}", lambda route: route.fulfill(status=status, headers=headers, json=error), times=times
    )
