"""The page's parser of server-sent events, in the browser, with streams that are cut at odd places."""

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from playwright.sync_api import Browser, Page, Route

PAGE = Path(__file__).parents[3] / "serve" / "page"
READ = """async (pieces) => {
  const { events } = await import("/sse.js");
  const body = new ReadableStream({
    start(controller) {
      for (const piece of pieces) controller.enqueue(new Uint8Array(piece));
      controller.close();
    },
  });
  const found = [];
  for await (const data of events(body)) found.push(data);
  return found;
}"""

lines = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r\n"), max_size=12)
streams = st.lists(st.lists(lines, min_size=1, max_size=3), max_size=4)
"""Events, each of some lines of data."""


@pytest.fixture(scope="module")
def tab(browser: Browser) -> Iterator[Page]:
    """A page that serves nothing but the page's own files."""

    def answer(route: Route) -> None:
        name = route.request.url.rpartition("/")[2]
        route.fulfill(path=PAGE / name) if name else route.fulfill(body="", content_type="text/html")

    page = browser.new_page()
    page.route("**/*", answer)
    page.goto("http://page.test/")
    yield page
    page.close()


def read(tab: Page, stream: bytes, cuts: list[int]) -> list[str]:
    """The data of the events of a stream that comes in pieces."""
    places = [0, *sorted({cut % (len(stream) + 1) for cut in cuts}), len(stream)]
    pieces = [list(stream[start:end]) for start, end in pairwise(places)]
    return tab.evaluate(READ, pieces)


@settings(max_examples=150, deadline=None)
@given(
    streams, st.sampled_from(["\n", "\r\n", "\r"]), st.booleans(), st.lists(st.integers(0, 500), max_size=12)
)
def test_events_come_whole_wherever_the_stream_is_cut(
    tab: Page, sent: list[list[str]], newline: str, commented: bool, cuts: list[int]
) -> None:
    comment = f": ping{newline}{newline}" if commented else ""
    events = [newline.join(f"data: {line}" for line in event) + newline * 2 for event in sent]
    stream = comment + comment.join(events)
    assert read(tab, stream.encode(), cuts) == ["\n".join(event) for event in sent]


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_a_stream_that_comes_byte_by_byte(tab: Page, newline: str) -> None:
    lines = ['data: {"text": "5 µm → 走査"}', "", "data:[DONE]", "", ""]
    stream = newline.join(lines).encode()
    assert read(tab, stream, list(range(len(stream)))) == ['{"text": "5 µm → 走査"}', "[DONE]"]


def test_what_is_no_data_is_passed_over_and_what_has_no_end_is_no_event(tab: Page) -> None:
    stream = b": ping\n\nevent: x\nid: 7\nretry: 3\n\ndata\n\ndata:  two\nxdata: no\n\ndata: cut"
    assert read(tab, stream, [3, 9]) == ["", " two"]
