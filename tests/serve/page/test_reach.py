"""The page by keyboard, on a phone, and in the dark."""

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.serve.page.samples import Sample
from tests.serve.page.tab import ask, show, visit

FOCUS = """() => {
  const element = document.activeElement, style = getComputedStyle(element);
  const name = element.labels?.[0]?.textContent ?? element.textContent;
  return [name.trim(), style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2];
}"""


def tab_to(page: Page, name: str) -> None:
    """Tabs on until what has this name has the focus; each stop on the way has to be seen."""
    for _ in range(30):
        page.keyboard.press("Tab")
        at, visible = page.evaluate(FOCUS)
        assert visible, f"nobody sees that the focus is at {at!r}"
        if at.startswith(name):
            return
    pytest.fail(f"{name!r} cannot be reached by keyboard")


def test_everything_works_by_keyboard(page: Page, samples: dict[str, Sample]) -> None:
    # Said before the first key: asked for at the moment of the key, the chooser may open before it is caught.
    page.on("filechooser", lambda chooser: chooser.set_files(samples["fei"].path))
    tab_to(page, "Model")
    tab_to(page, "Choose a file")
    page.keyboard.press("Enter")
    expect(page.get_by_role("img", name=samples["fei"].path.name)).to_be_visible()
    tab_to(page, "Question about the micrograph")
    page.keyboard.type("What is")
    page.keyboard.press("Shift+Enter")
    page.keyboard.type("this?")
    tab_to(page, "Ask")
    page.keyboard.press("Enter")
    expect(page.locator("#ask .status")).to_contain_text("Answered in")
    tab_to(page, "Classes to choose from")
    page.keyboard.type("wires\nfilm")
    tab_to(page, "Classify")
    page.keyboard.press("Space")
    expect(page.locator("#classify .status")).to_contain_text("Classified in")
    tab_to(page, "Clear")
    tab_to(page, "Which of 2 classes?")
    tab_to(page, "What is")
    page.keyboard.press("Enter")
    expect(page.locator("#ask")).to_be_focused()


def test_a_phone_needs_no_sideways_scrolling(
    endpoint: str, authorization: dict[str, str], browser: Browser, samples: dict[str, Sample]
) -> None:
    width = "document.documentElement.scrollWidth"
    phone = {"viewport": {"width": 360, "height": 740}, "is_mobile": True, "has_touch": True}
    with visit(browser, endpoint, extra_http_headers=authorization, **phone) as page:
        assert page.evaluate(width) == 360
        show(page, samples["pages"])
        ask(page, "Unbroken" * 40)
        expect(page.locator("#ask .status")).to_contain_text("Answered in")
        page.get_by_label("Classes to choose from").fill(f"{'Long_label' * 12}\nfilm")
        page.get_by_role("button", name="Classify").click()
        expect(page.locator("#classify .status")).to_contain_text("Classified in")
        assert page.evaluate(width) == 360


def test_the_page_is_dark_where_the_reader_wants_it(page: Page) -> None:
    page.emulate_media(color_scheme="dark")
    ink, paper = page.evaluate(
        "[getComputedStyle(document.body).color, getComputedStyle(document.body).backgroundColor]"
    )
    assert sum(map(int, re.findall(r"\d+", ink))) > 600 > 100 > sum(map(int, re.findall(r"\d+", paper)))
