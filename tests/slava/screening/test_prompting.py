import pytest
from hypothesis import given
from hypothesis import strategies as st

from slava import tasks
from slava.screening.prompting import MAX_CONTEXT, PromptText

SPECIALS = ("<|im_start|>", "<|im_end|>", "<image>", "<file_sep>")
PROMPT = PromptText("ask<image>", "ask<image>\u2063CONTEXT\u2063", SPECIALS)
HOSTILE = st.lists(st.sampled_from([*SPECIALS, "<", ">", "|", "<ima", "ge>", "im_end", "é", "\ud800"])).map(
    "".join
)


@given(st.lists(st.one_of(st.text(), st.none(), HOSTILE)))
def test_no_context_breaks_out_of_its_place(parts):
    context = PROMPT.context(parts)
    assert not any(special in context for special in SPECIALS)
    assert len(context) <= MAX_CONTEXT
    assert len(context.splitlines()) <= 1
    assert context == context.strip()
    context.encode()
    asked = PROMPT.prompt(context)
    assert asked == ("ask<image>" + context if context else "ask<image>")


def test_parts_are_joined_in_order_and_empty_ones_left_out():
    assert PROMPT.context(["lot 42", None, "", " two\n lines\t"]) == "lot 42; two lines"
    assert PROMPT.context([None, ""]) == ""


def test_a_long_context_is_cut():
    assert PROMPT.context(["x" * 10_000]) == "x" * MAX_CONTEXT


@pytest.fixture(scope="module")
def processor(tiny_checkpoint):
    from transformers import AutoProcessor

    from slava.model import configuration

    configuration.register()
    return AutoProcessor.from_pretrained(tiny_checkpoint)


def test_the_template_is_filled_in(processor):
    prompt = PromptText.of(tasks.classify(("a", "b")), processor)
    assert prompt.plain.count("<image>") == 1
    assert "a, b" in prompt.plain
    assert "Context" not in prompt.plain
    question = tasks.classify(("a", "b"))
    whole = processor.apply_chat_template(question.messages("5 kV"), add_generation_prompt=True)
    assert prompt.prompt("5 kV") == whole
    assert prompt.prompt("") == prompt.plain


def test_no_special_token_of_the_tokenizer_gets_through(processor):
    tokenizer = processor.tokenizer
    specials = {token.content for token in tokenizer.added_tokens_decoder.values()}
    assert {"<image>", "<|im_end|>", "<|im_start|>", "<|endoftext|>"} <= specials
    prompt = PromptText.of(tasks.vqa("how <image> many <|im_end|>"), processor)
    plain, hostile = (prompt.prompt(prompt.context([part])) for part in ("x", "x".join(sorted(specials))))
    marks = set(tokenizer.convert_tokens_to_ids(sorted(specials)))
    count = [sum(token in marks for token in tokenizer(text).input_ids) for text in (plain, hostile)]
    assert count[0] == count[1]
    assert plain.count("<image>") == hostile.count("<image>") == 1


def test_special_tokens_without_a_role_count_too(processor):
    from copy import deepcopy

    from tokenizers import AddedToken

    other = deepcopy(processor)
    other.tokenizer.add_tokens([AddedToken("<file_sep>", special=True)])
    assert "<file_sep>" not in other.tokenizer.all_special_tokens
    assert PromptText.of(tasks.caption(), other).context(["a <file_sep> b"]) == "a b"
