"""What Slack refuses in a message and in a view as a whole."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.limits import Refusal, check_message, check_view
from tests.sandbox.parts import Part, assert_refused, modal, mrkdwn, plain, posted, question, section


def test_a_message_has_at_most_50_blocks_and_a_view_100() -> None:
    divider = {"type": "divider"}
    assert posted(*[divider] * 50) is None
    assert_refused(posted(*[divider] * 51), "invalid_blocks", "no more than 50 items allowed [json-pointer:/blocks]")
    assert check_view(modal(*[divider] * 100)) is None
    assert_refused(
        check_view(modal(*[divider] * 101)),
        "invalid_arguments",
        "no more than 100 items allowed [json-pointer:/view/blocks]",
    )


def test_a_message_needs_a_text_or_something_else_to_show() -> None:
    assert check_message({"blocks": [section()]}) is None
    assert check_message({"attachments": [{"text": "words"}]}) is None
    nothing: list[Part] = [{}, {"text": ""}, {"text": "  \n"}, {"text": None, "blocks": []}, {"blocks": "[]"}]
    for empty in nothing:
        assert check_message(empty) == Refusal("no_text", [])


def test_a_posted_text_may_be_longer_than_an_updated_one() -> None:
    assert check_message({"text": "x" * 40_000}) is None
    assert check_message({"text": "x" * 40_001}) == Refusal("msg_too_long", [])
    assert check_message({"text": "x" * 4_000}, updates=True) is None
    assert check_message({"text": "x" * 4_001}, updates=True) == Refusal("msg_too_long", [])


def test_all_blocks_together_may_not_be_longer_than_slack_takes() -> None:
    four = [section(text=mrkdwn("x" * 3000))] * 4
    assert posted(*four, section(text=mrkdwn("x" * 1200))) is None
    assert posted(*four, section(text=mrkdwn("x" * 1201))) == Refusal("msg_blocks_too_long", [])


def test_blocks_may_come_as_json_text() -> None:
    assert check_message({"blocks": json.dumps([section()])}) is None
    assert_refused(
        check_message({"blocks": json.dumps([section(text=mrkdwn("x" * 3001))])}),
        "invalid_blocks",
        "must be less than 3001 characters [json-pointer:/blocks/0/text/text]",
    )


@pytest.mark.parametrize("blocks", ["[{", "{}", "words", {"type": "section"}, 7, "[" * 100_000])
def test_blocks_that_are_no_list_are_refused(blocks: object) -> None:
    assert check_message({"text": "words", "blocks": blocks}) == Refusal("invalid_blocks_format", [])


def test_a_text_that_is_no_string_is_refused() -> None:
    assert_refused(check_message({"text": ["words"]}), "invalid_arguments", "must be a string [json-pointer:/text]")


def test_metadata_has_a_type_and_a_payload() -> None:
    sound = {"event_type": "handoff_offered", "event_payload": {"id": "7"}}
    assert check_message({"text": "words", "metadata": sound}) is None
    assert check_message({"text": "words", "metadata": json.dumps(sound)}) is None
    assert check_message({"text": "words", "metadata": "words"}) == Refusal("invalid_metadata_format", [])
    assert_refused(
        check_message({"text": "words", "metadata": {"event_type": "offered"}}),
        "invalid_metadata_schema",
        "missing required field: event_payload [json-pointer:/metadata]",
    )
    assert_refused(
        check_message({"text": "words", "metadata": {**sound, "event_payload": []}}),
        "invalid_metadata_schema",
        "must provide an object [json-pointer:/metadata/event_payload]",
    )


@pytest.mark.parametrize(
    ("field", "most"),
    [
        ("title", 24),
        ("submit", 24),
        ("close", 24),
        ("private_metadata", 3000),
        ("callback_id", 255),
        ("external_id", 255),
    ],
)
def test_the_fields_of_a_modal_have_their_lengths(field: str, most: int) -> None:
    shown = field in {"title", "submit", "close"}

    def view(text: str) -> Part:
        return modal(section(), **{field: plain(text) if shown else text})

    where = f"[json-pointer:/view/{field}{'/text' if shown else ''}]"
    assert check_view(view("x" * most)) is None
    assert_refused(
        check_view(view("x" * (most + 1))), "invalid_arguments", f"must be less than {most + 1} characters {where}"
    )
    assert (check_view(view("")) is None) == (not shown)


def test_input_blocks_need_a_submit_button_in_a_modal_but_not_on_the_home_tab() -> None:
    view = modal(section(), question())
    assert check_view(view) is None
    del view["submit"]
    assert_refused(
        check_view(view),
        "invalid_arguments",
        "must define `submit` to use an `input` block in modals [json-pointer:/view/blocks/1/input]",
    )
    assert check_view({"type": "home", "blocks": [question()]}) is None


@pytest.mark.parametrize(
    ("view", "complaint"),
    [
        ({"type": "modal"}, "missing required field: title [json-pointer:/view]"),
        ({"type": "page", "blocks": []}, "unsupported type: page [json-pointer:/view/type]"),
        (modal(id="V1"), "invalid additional property: id [json-pointer:/view]"),
        ({"type": "home", "title": plain(), "blocks": []}, "invalid additional property: title [json-pointer:/view]"),
        (modal(section(block_id="a"), section(block_id="a")),
         '`block_id` "a" already exists [json-pointer:/view/blocks/1/block_id]'),
        ("{", "must provide an object [json-pointer:/view]"),
        ("", "must provide an object [json-pointer:/view]"),
    ],
)  # fmt: skip
def test_views_that_slack_does_not_know_are_refused(view: Any, complaint: str) -> None:
    refusal = check_view(view)
    assert refusal is not None
    assert refusal.code == "invalid_arguments"
    assert f"[ERROR] {complaint}" in refusal.messages


def test_a_view_may_come_as_json_text() -> None:
    assert check_view(json.dumps(modal(question()))) is None


def test_a_view_has_at_most_250_kilobytes() -> None:
    def view(padding: int) -> Part:
        full = [section(text=plain("x" * 3000)) for _ in range(81)]
        return modal(*full, section(text=plain("x" * padding)))

    spare = 250_000 - len(json.dumps(view(1))) + 1
    assert check_view(view(spare)) is None
    assert check_view(view(spare + 1)) == Refusal("view_too_large", [])


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["type", "text", "elements", "element", "options", "accessory", "blocks", "label"]), inner
        )
    ),
    max_leaves=12,
)
typed_values = st.dictionaries(
    st.sampled_from(["text", "elements", "element", "options", "title", "blocks", "initial_option", "fields"]),
    json_values,
).flatmap(
    lambda fields: st.sampled_from(["section", "actions", "input", "rich_text", "modal", "home", "static_select"]).map(
        lambda kind: {"type": kind, **fields}
    )
)


@given(st.lists(json_values | typed_values, max_size=4))
def test_nothing_that_json_can_hold_breaks_the_check_of_a_message(blocks: list[Any]) -> None:
    refusal = check_message({"text": "words", "blocks": blocks})
    if refusal is not None:
        assert refusal.code == "invalid_blocks"
        assert all(line.startswith("[ERROR] ") and "[json-pointer:/blocks" in line for line in refusal.messages)


@given(json_values | typed_values)
def test_nothing_that_json_can_hold_breaks_the_check_of_a_view(view: Any) -> None:
    refusal = check_view(view)
    assert refusal is not None
    assert refusal.code == "invalid_arguments"
