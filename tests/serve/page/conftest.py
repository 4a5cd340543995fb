"""Debian's Chromium, and a tab with the page."""

import os
import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.serve.page.samples import Sample, written
from tests.serve.page.tab import visit


# Its event loop is at home in the thread as long as it runs, and keeps asyncio out: so for a module only.
@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium without a window; skips where there is none."""
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.skip("there is no `chromium` on the path (Debian: apt install chromium)")
    sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=chromium, args=sandbox)
        yield running
        running.close()


@pytest.fixture(scope="session")
def samples(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Sample]:
    """By what they hold: `fei`, `pages`, `bare`."""
    return written(tmp_path_factory.mktemp("micrographs"))


@pytest.fixture
def page(endpoint: str, authorization: dict[str, str], browser: Browser) -> Iterator[Page]:
    """The page on a desk's screen, ready to be used."""
    desk = {"width": 1280, "height": 900}
    with visit(browser, endpoint, viewport=desk, extra_http_headers=authorization) as page:
        expect(page.get_by_label("Model", exact=True)).not_to_have_value("")
        yield page
