"""The report is one safe, readable file."""

import re
from html.parser import HTMLParser

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from slava.report import Samples, pick_samples, render_html, summarize
from slava.report.page import _STYLE
from slava.report.samples import Failure, Sample

VOID = {"meta", "link", "img", "wbr", "line", "rect"}
LOADING = {"src", "srcset", "href", "action", "data", "poster", "background", "style"}


class Page(HTMLParser):
    """Checks that tags nest, and collects what a browser would act on."""

    def __init__(self, html):
        super().__init__(convert_charrefs=True)
        self.open, self.tags, self.attributes, self.text = [], [], [], []
        self.feed(html)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += attrs
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        if tag not in VOID:
            assert self.open.pop() == tag

    def handle_startendtag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += attrs

    def handle_data(self, data):
        self.text.append(data)

    def assert_safe(self):
        assert {"script", "iframe", "object", "embed", "base", "form", "b-a-d"}.isdisjoint(self.tags)
        for name, value in self.attributes:
            assert not name.startswith("on")
            if name in LOADING - {"style"}:
                assert value.startswith(("#", "data:")), value
            if name == "style":
                assert re.fullmatch(r"width:[0-9.]+%", value)


def page(output, run):
    return render_html(summarize(output, run), pick_samples(output, run.task))


@pytest.mark.parametrize(
    ("inputs", "told"), [(None, "images"), (4, "of 4 inputs"), (3, "of 4 pages in 3 inputs")]
)
def test_files_of_several_pages_are_told_apart_from_pages(make_rows, write_output, run, inputs, told):
    html = page(write_output(make_rows(4)), run.model_copy(update={"inputs": inputs}))
    assert f'<dt>Screened</dt><dd>4</dd>\n<dd class="note">{told}</dd>' in html


@pytest.mark.parametrize("task", ["classify", "caption", "vqa"])
def test_each_task_has_a_page(make_rows, make_dead_letters, write_output, run, task):
    run = run.model_copy(update={"task": task, "question": "Any cracks?"})
    html = page(write_output(make_rows(200, task), make_dead_letters(9)), run)
    parsed = Page(html)
    parsed.assert_safe()
    assert parsed.tags.count("img") == 48
    text = " ".join(parsed.text)
    assert "Any cracks?" in text
    assert ("Porous_" in text) == (task == "classify")
    assert ("text 7" in text) == (task != "classify")
    assert "The file has no content." in text


@pytest.mark.parametrize("dead", [0, 5])
@pytest.mark.parametrize("task", ["classify", "caption"])
def test_a_run_without_results_has_a_page(make_dead_letters, write_output, run, task, dead):
    html = page(write_output(dead_letters=make_dead_letters(dead)), run.model_copy(update={"task": task}))
    Page(html).assert_safe()
    assert "Do not rely on this run" in html


def test_nothing_comes_from_outside(make_rows, make_dead_letters, write_output, run):
    html = page(write_output(make_rows(50), make_dead_letters(3)), run)
    assert "default-src 'none'" in html
    assert not re.search(r"https?:|url\(|@import|//[a-z]", re.sub(r"base64,[^\"]*", "", html))


HOSTILE = st.one_of(
    st.text(st.characters(codec=None, exclude_categories=())),
    st.sampled_from(
        [
            "<script>alert(1)</script>",
            '"><img src=x onerror=alert(1)>',
            "' onmouseover='alert(1)",
            "</style><b-a-d>",
            "{{ 7 * 7 }}{% raw %}",
            "&lt;script&gt;",
            "a\0b\x1b[31m\u202egnp.exe",
            "z" * 100_000,
            "\ud800",
        ]
    ),
)


@pytest.fixture
def summary(make_rows, make_dead_letters, write_output, run):
    return summarize(write_output(make_rows(20), make_dead_letters(2)), run)


@pytest.mark.parametrize("task", ["classify", "vqa"])
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None)
@given(text=HOSTILE)
def test_hostile_strings_show_and_do_nothing(summary, task, text):
    scores = [{"label": text, "score": 0.5}] * 2
    names = {"uri": text, "member": text, "image_id": text, "text": text, "context": text}
    sample = Sample(**names, label=text, confidence=0.5, scores=scores, expert=text, detector=text)
    figures = next(iter(summary.labels.values()))
    facts = dict.fromkeys(
        ["run_id", "question", "model", "model_digest", "command", "machine", "output"], text
    )
    changes = {
        **facts,
        "task": task,
        "labels": {text: figures},
        "experts": {text: 1},
        "warnings": (text,),
        "dead_letters_by_code": {text: 1},
    }
    failures = {text: [Failure(text, text, 3, text)]}
    html = render_html(summary.model_copy(update=changes), Samples({text: [sample]}, failures))
    Page(html).assert_safe()
    assert len(html) < 100_000
    assert not re.search("[\0-\x08\x0b-\x1f\x7f\u202a-\u202e\u2066-\u2069\ud800-\udfff]", html)


def test_a_script_in_a_file_name_is_shown_as_text(summary):
    sample = Sample(uri="<script>alert(1)</script>", label="Tips")
    html = render_html(summary, Samples({"Tips": [sample]}))
    assert "&lt;script&gt;alert(1)&lt;" in html
    assert "no thumbnail" in html


def luminance(colour):
    parts = [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize("ground", ["page", "card"])
def test_the_contrast_is_enough_for_wcag_aa(scheme, ground):
    blocks = re.findall(r":root \{(.*?)\}", _STYLE, re.DOTALL)
    colours = dict(re.findall(r"--(\w+): (#[0-9a-f]{6});", blocks[scheme]))
    for name in ("ink", "soft", "link", "good", "warn", "bad", "bar"):
        bright, dark = sorted([luminance(colours[name]), luminance(colours[ground])], reverse=True)
        assert (bright + 0.05) / (dark + 0.05) >= (3 if name == "bar" else 4.5), name
