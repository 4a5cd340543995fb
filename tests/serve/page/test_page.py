"""The page for engineers, in a real browser, against a running endpoint."""

import base64
import re

import pytest
from playwright.sync_api import Page, expect

from tests.serve.page.samples import Sample
from tests.serve.page.tab import ask, refuse, show

HAND_OVER = """([kind, name, content]) => {
  const bytes = Uint8Array.from(atob(content), (letter) => letter.charCodeAt(0));
  const carried = new DataTransfer();
  carried.items.add(new File([bytes], name));
  const event = kind === "paste"
    ? new ClipboardEvent("paste", { clipboardData: carried, bubbles: true, cancelable: true })
    : new DragEvent("drop", { dataTransfer: carried, bubbles: true, cancelable: true });
  document.querySelector("#question").dispatchEvent(event);
}"""


def test_a_tiff_is_shown_with_its_info_bar_and_settings(page: Page, samples: dict[str, Sample]) -> None:
    sample = samples["fei"]
    show(page, sample)
    picture = page.get_by_role("img", name=sample.path.name)
    assert picture.evaluate("image => image.naturalWidth") > 0
    bar, frame = page.locator(".info-bar").bounding_box(), picture.bounding_box()
    assert bar is not None
    assert frame is not None
    assert (bar["y"] - frame["y"]) / frame["height"] == pytest.approx(sample.bar_top, abs=0.02)
    assert bar["width"] == pytest.approx(frame["width"], rel=0.02)
    settings = page.get_by_label("Acquisition")
    expect(settings).to_contain_text("Acceleration voltage")
    expect(settings).to_contain_text("7 kV")
    expect(settings).to_contain_text(sample.facts.detector)


def test_a_picture_without_bar_and_settings_says_so(page: Page, samples: dict[str, Sample]) -> None:
    show(page, samples["bare"])
    expect(page.get_by_role("figure")).to_contain_text("no info bar found")
    expect(page.locator(".info-bar")).to_be_hidden()
    expect(page.get_by_label("Acquisition")).to_contain_text("no settings")


def test_every_page_of_a_tiff_can_be_seen(page: Page, samples: dict[str, Sample]) -> None:
    show(page, samples["pages"])
    caption = page.get_by_role("figure")
    expect(caption).to_contain_text("640 ×")
    page.get_by_label("Page").select_option("2 of 2")
    expect(caption).to_contain_text("160 ×")


@pytest.mark.parametrize("way", ["paste", "drop"])
def test_a_micrograph_may_be_pasted_and_dropped(page: Page, samples: dict[str, Sample], way: str) -> None:
    path = samples["fei"].path
    page.evaluate(HAND_OVER, [way, path.name, base64.b64encode(path.read_bytes()).decode()])
    expect(page.get_by_role("img", name=path.name)).to_be_visible()


def test_a_question_is_answered_and_tells_by_whom(page: Page, samples: dict[str, Sample]) -> None:
    show(page, samples["fei"])
    ask(page, "Describe this micrograph.")
    panel = page.locator("#ask")
    expect(panel.get_by_role("status")).to_contain_text("Answered in")
    expect(panel.get_by_role("log", name="Answer")).not_to_be_empty()
    expect(panel).to_contain_text("Answered by")
    routed = page.locator("#model option[value$=':auto']").count() > 0
    scores = panel.get_by_role("table", name="Gate scores").get_by_role("row")
    assert (scores.count() > 0) == routed
    expect(panel.get_by_role("button", name="Stop")).to_be_hidden()


def test_a_question_needs_a_micrograph(page: Page) -> None:
    ask(page, "What is this?")
    expect(page.locator("#micrograph .status")).to_have_text("Add a micrograph first.")
    expect(page.get_by_role("button", name="Choose a file")).to_be_focused()


def test_labels_are_tried_and_can_be_edited(page: Page, samples: dict[str, Sample]) -> None:
    show(page, samples["fei"])
    field = page.get_by_label("Classes to choose from")
    field.fill("wires, powder\nfilm\nwires\n")
    panel = page.locator("#classify")
    panel.get_by_role("button", name="Classify").click()
    expect(panel).to_contain_text(re.compile(r"calibrated confidence (> )?[01]\.\d\d"))
    rows = panel.get_by_role("table", name="Confidence of each class").get_by_role("row")
    expect(rows).to_have_count(3)
    shares = [float(text.split()[-1]) for text in rows.all_inner_texts()]
    assert shares == sorted(shares, reverse=True)
    expect(panel).to_contain_text("Answered by")
    panel.get_by_role("button", name="Edit these classes").click()
    assert sorted(field.input_value().split("\n")) == ["film", "powder", "wires"]
    expect(field).to_be_focused()


def test_without_labels_the_model_takes_its_own(page: Page, samples: dict[str, Sample]) -> None:
    show(page, samples["fei"])
    page.get_by_role("button", name="Classify").click()
    table = page.get_by_role("table", name="Confidence of each class")
    expect(table.first.get_by_role("row").nth(1)).to_be_visible()


def test_the_history_brings_back_question_answer_and_micrograph(
    page: Page, samples: dict[str, Sample]
) -> None:
    show(page, samples["fei"])
    ask(page, "Describe this micrograph.")
    expect(page.locator("#ask .status")).to_contain_text("Answered in")
    answer = page.get_by_role("log", name="Answer").inner_text()
    page.get_by_role("button", name="Classify").click()
    entries = page.get_by_role("listitem")
    expect(entries).to_have_count(2)
    show(page, samples["bare"])
    expect(page.get_by_role("log", name="Answer")).to_be_hidden()
    entries.filter(has_text="Describe this micrograph.").get_by_role("button").click()
    expect(page.get_by_role("img", name=samples["fei"].path.name)).to_be_visible()
    expect(page.get_by_role("log", name="Answer")).to_have_text(answer, use_inner_text=True)
    expect(page.locator("#ask")).to_contain_text("Answered by")
    expect(page.locator("#ask")).to_be_focused()
    entries.filter(has_text="Which class?").get_by_role("button").click()
    expect(page.locator("#classify")).to_contain_text("calibrated confidence")
    page.get_by_role("button", name="Clear").click()
    expect(page.locator("#history")).to_be_hidden()
    assert page.evaluate("sessionStorage.length + localStorage.length") == 0


def test_similar_micrographs_are_shown_with_their_place(page: Page, samples: dict[str, Sample]) -> None:
    found = {
        "image_id": "0",
        "uri": "s3://fab/lot-B.tar",
        "member": "W01/site7.tif",
        "page": 1,
        "label": "Powder",
        "confidence": 0.75,
        "score": 0.97,
        "thumbnail": "data:,",
    }
    page.route("**/v1/similar", lambda route: route.fulfill(json={"object": "list", "data": [found]}))
    show(page, samples["fei"])
    card = page.locator("#similar details")
    for text in ("0.97", "Powder", "0.75", "site7.tif · page 2"):
        expect(card).to_contain_text(text)
    card.locator("summary").click()
    expect(card.get_by_text("s3://fab/lot-B.tar › W01/site7.tif")).to_be_visible()


def test_without_an_archive_there_is_no_panel_for_it(page: Page, samples: dict[str, Sample]) -> None:
    refuse(page, "/v1/similar", 404, "no_archive", "There is no archive here.")
    with page.expect_response("**/v1/similar"):
        show(page, samples["fei"])
    expect(page.locator("#similar")).to_be_hidden()
    expect(page.locator("main .status.bad")).to_have_count(0)
