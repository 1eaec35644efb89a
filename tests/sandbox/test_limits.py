"""Each limit of Slack's on a block: exactly at it is taken, one over is refused, in Slack's words."""

from collections.abc import Callable
from typing import Any

import pytest

from sandbox.limits.elements import ELEMENTS
from tests.sandbox.parts import (
    Part,
    actions,
    assert_refused,
    button,
    confirm,
    menu,
    mrkdwn,
    option,
    options,
    plain,
    posted,
    question,
    rich,
    rich_section,
    section,
)

LENGTHS: list[tuple[str, Callable[[str], Part], int, str]] = [
    ("section", lambda text: section(text=mrkdwn(text)), 3000, "text/text"),
    ("section field", lambda text: section(fields=[plain(), plain(text)]), 2000, "fields/1/text"),
    ("header", lambda text: {"type": "header", "text": plain(text)}, 150, "text/text"),
    ("context", lambda text: {"type": "context", "elements": [mrkdwn(text)]}, 3000, "elements/0/text"),
    ("block_id", lambda text: section(block_id=text), 255, "block_id"),
    ("image alt", lambda text: {"type": "image", "image_url": "https://a", "alt_text": text}, 2000, "alt_text"),
    ("image url", lambda text: {"type": "image", "image_url": text, "alt_text": "a"}, 3000, "image_url"),
    ("label", lambda text: question(label=plain(text)), 2000, "label/text"),
    ("hint", lambda text: question(hint=plain(text)), 2000, "hint/text"),
    ("placeholder", lambda text: question({"type": "email_text_input", "placeholder": plain(text)}), 150,
     "element/placeholder/text"),
    ("button text", lambda text: actions(button(text=plain(text))), 75, "elements/0/text/text"),
    ("button value", lambda text: actions(button(value=text)), 2000, "elements/0/value"),
    ("button url", lambda text: actions(button(url=text)), 3000, "elements/0/url"),
    ("action_id", lambda text: actions(button(action_id=text)), 255, "elements/0/action_id"),
    ("confirm title", lambda text: actions(button(confirm=confirm(title=plain(text)))), 100,
     "elements/0/confirm/title/text"),
    ("confirm text", lambda text: actions(button(confirm=confirm(text=mrkdwn(text)))), 300,
     "elements/0/confirm/text/text"),
    ("confirm button", lambda text: actions(button(confirm=confirm(confirm=plain(text)))), 30,
     "elements/0/confirm/confirm/text"),
    ("deny button", lambda text: actions(button(confirm=confirm(deny=plain(text)))), 30,
     "elements/0/confirm/deny/text"),
    ("option label", lambda text: section(accessory=menu(options=[option(text)])), 75,
     "accessory/options/0/text/text"),
    ("option value", lambda text: section(accessory=menu(options=[option(value=text)])), 150,
     "accessory/options/0/value"),
    ("option group", lambda text: section(accessory={
        "type": "static_select", "option_groups": [{"label": plain(text), "options": [option()]}]}), 75,
     "accessory/option_groups/0/label/text"),
]  # fmt: skip


@pytest.mark.parametrize(("make", "most", "pointer"), [row[1:] for row in LENGTHS], ids=[row[0] for row in LENGTHS])
def test_a_text_may_be_as_long_as_slack_says_and_neither_longer_nor_empty(
    make: Callable[[str], Part], most: int, pointer: str
) -> None:
    assert posted(make("x" * most)) is None
    where = f"[json-pointer:/blocks/0/{pointer}]"
    assert_refused(posted(make("x" * (most + 1))), "invalid_blocks", f"must be less than {most + 1} characters {where}")
    assert_refused(posted(make("")), "invalid_blocks", f"must be more than 0 characters {where}")


COUNTS: list[tuple[str, Callable[[int], Part], int, str]] = [
    ("fields", lambda count: section(fields=[plain()] * count), 10, "fields"),
    ("context", lambda count: {"type": "context", "elements": [plain()] * count}, 10, "elements"),
    ("actions", lambda count: actions(*[button()] * count), 25, "elements"),
    ("overflow", lambda count: actions({"type": "overflow", "options": options(count)}), 5, "elements/0/options"),
    ("select", lambda count: actions(menu(options=options(count))), 100, "elements/0/options"),
    ("checkboxes", lambda count: actions({"type": "checkboxes", "options": options(count)}), 10, "elements/0/options"),
    ("radio", lambda count: actions({"type": "radio_buttons", "options": options(count)}), 10, "elements/0/options"),
]


@pytest.mark.parametrize(("make", "most", "pointer"), [row[1:] for row in COUNTS], ids=[row[0] for row in COUNTS])
def test_a_list_may_have_as_many_items_as_slack_says_and_not_be_empty(
    make: Callable[[int], Part], most: int, pointer: str
) -> None:
    where = f"[json-pointer:/blocks/0/{pointer}]"
    assert posted(make(most)) is None
    assert_refused(posted(make(most + 1)), "invalid_blocks", f"no more than {most} items allowed {where}")
    assert_refused(posted(make(0)), "invalid_blocks", f"must provide at least 1 items {where}")


EVERY_ELEMENT: dict[str, Part] = {
    "image": {"image_url": "https://a.example/b.png", "alt_text": "b"},
    "button": {"text": plain(), "style": "danger", "confirm": confirm(style="danger")},
    "overflow": {"options": [option(url="https://a.example", description=plain())]},
    "static_select": {"options": [option()], "initial_option": option(), "placeholder": plain()},
    "users_select": {"initial_user": "U1"},
    "conversations_select": {"filter": {"include": ["private"], "exclude_bot_users": True}},
    "datepicker": {"initial_date": "2027-02-28"},
    "checkboxes": {"options": [option()], "initial_options": [option()]},
    "radio_buttons": {"options": [{"text": mrkdwn(), "value": "1"}]},
    "plain_text_input": {"multiline": True, "min_length": 2, "max_length": 3000, "initial_value": ""},
    "url_text_input": {"focus_on_load": True},
    "email_text_input": {"dispatch_action_config": {"trigger_actions_on": ["on_enter_pressed"]}},
    "number_input": {"is_decimal_allowed": False, "min_value": "1", "max_value": "6"},
}


@pytest.mark.parametrize("kind", ELEMENTS)
def test_every_element_is_taken_where_slack_takes_it_and_nowhere_else(kind: str) -> None:
    element = {"type": kind, **EVERY_ELEMENT[kind]}
    writes = kind.endswith("_input")
    presses = kind in {"button", "overflow"}
    assert (posted(actions(element)) is None) == (not writes and kind != "image")
    assert (posted(section(accessory=element)) is None) == (not writes)
    assert (posted(question(element)) is None) == (not presses and kind != "image")
    assert (posted({"type": "context", "elements": [element]}) is None) == (kind == "image")


@pytest.mark.parametrize(
    ("block", "complaint"),
    [
        ({"type": "carousel"}, "unsupported type: carousel [json-pointer:/blocks/0/type]"),
        ({"text": plain()}, "missing required field: type [json-pointer:/blocks/0]"),
        ({"type": ["section"]}, "unsupported type: ['section'] [json-pointer:/blocks/0/type]"),
        ("section", "must provide an object [json-pointer:/blocks/0]"),
        (actions({"type": "slider"}), "unsupported type: slider [json-pointer:/blocks/0/elements/0/type]"),
        ({"type": "section"}, "must define at least one of: text, fields [json-pointer:/blocks/0]"),
        (section(colour="red"), "invalid additional property: colour [json-pointer:/blocks/0]"),
        ({"type": "header", "text": mrkdwn()}, "unsupported type: mrkdwn [json-pointer:/blocks/0/text/type]"),
        (section(text="words"), "must provide an object [json-pointer:/blocks/0/text]"),
        (section(text=plain(3)), "must be a string [json-pointer:/blocks/0/text/text]"),
        (section(fields={}), "must provide an array [json-pointer:/blocks/0/fields]"),
        (section(expand="yes"), "must be a boolean [json-pointer:/blocks/0/expand]"),
        (actions(button(style="loud")), "must be one of: primary, danger [json-pointer:/blocks/0/elements/0/style]"),
        (
            actions(button(confirm={"title": plain(), "text": plain(), "confirm": plain()})),
            "missing required field: deny [json-pointer:/blocks/0/elements/0/confirm]",
        ),
        (
            {"type": "image", "alt_text": "a"},
            "must define exactly one of: image_url, slack_file [json-pointer:/blocks/0]",
        ),
        (
            question({"type": "plain_text_input", "max_length": 3001}),
            "must be between 1 and 3000 [json-pointer:/blocks/0/element/max_length]",
        ),
        (
            question({"type": "plain_text_input", "min_length": True}),
            "must be an integer [json-pointer:/blocks/0/element/min_length]",
        ),
        (
            question({"type": "plain_text_input", "min_length": 9, "max_length": 8}),
            "`min_length` must not be greater than `max_length` [json-pointer:/blocks/0/element/min_length]",
        ),
        (
            question({"type": "number_input"}),
            "missing required field: is_decimal_allowed [json-pointer:/blocks/0/element]",
        ),
        (
            question({"type": "datepicker", "initial_date": "2027-02-29"}),
            "must be a valid date in the format YYYY-MM-DD [json-pointer:/blocks/0/element/initial_date]",
        ),
        (
            question(menu(initial_option=option("two", "2"))),
            "must be one of the provided options [json-pointer:/blocks/0/element/initial_option]",
        ),
        (
            question(menu(option_groups=[{"label": plain(), "options": [option()]}])),
            "must define exactly one of: options, option_groups [json-pointer:/blocks/0/element]",
        ),
    ],
)
def test_what_slack_does_not_know_is_refused(block: Any, complaint: str) -> None:
    assert_refused(posted(block), "invalid_blocks", complaint)


def test_an_option_of_a_group_may_be_the_initial_one() -> None:
    groups = [{"label": plain(), "options": [option()]}]
    assert posted(question({"type": "static_select", "option_groups": groups, "initial_option": option()})) is None


def test_a_block_id_stands_once_in_a_message_and_an_action_id_once_in_a_block() -> None:
    assert posted(section(block_id="a"), section(block_id="b"), section(), section()) is None
    assert_refused(
        posted(section(block_id="a"), section(block_id="a")),
        "invalid_blocks",
        '`block_id` "a" already exists [json-pointer:/blocks/1/block_id]',
    )
    pressed = button(action_id="go")
    assert posted(actions(pressed), actions(pressed)) is None
    assert_refused(
        posted(actions(pressed, pressed)),
        "invalid_blocks",
        '`action_id` "go" already exists [json-pointer:/blocks/0/elements/1/action_id]',
    )


def test_rich_text_in_all_its_forms_is_taken() -> None:
    words = {"type": "text", "text": "words", "style": {"bold": True, "code": True}}
    inline: list[Part] = [
        words,
        {"type": "link", "url": "https://a.example", "text": "a"},
        {"type": "user", "user_id": "U1"},
        {"type": "channel", "channel_id": "C1"},
        {"type": "usergroup", "usergroup_id": "S1"},
        {"type": "broadcast", "range": "here"},
        {"type": "emoji", "name": "wave", "unicode": "1f44b"},
        {"type": "date", "timestamp": 1792000000, "format": "{date_num}", "fallback": "then"},
    ]
    nested = {"type": "rich_text_list", "style": "ordered", "indent": 1, "elements": [rich_section(words)]}
    preformatted = {"type": "rich_text_preformatted", "border": 0, "elements": [words]}
    quote = {"type": "rich_text_quote", "border": 1, "elements": [words]}
    assert posted(rich(rich_section(*inline), nested, preformatted, quote)) is None


@pytest.mark.parametrize(
    ("element", "complaint"),
    [
        (rich_section({"type": "text", "text": ""}), "must be more than 0 characters"),
        (rich_section({"type": "button", "text": plain()}), "unsupported type: button"),
        (
            {"type": "rich_text_list", "style": "dashed", "elements": [rich_section()]},
            "must be one of: bullet, ordered",
        ),
        ({"type": "rich_text_preformatted", "elements": [{"type": "user", "user_id": "U1"}]}, "unsupported type: user"),
        ({"type": "rich_text_poem", "elements": []}, "unsupported type: rich_text_poem"),
    ],
)
def test_rich_text_that_slack_does_not_know_is_refused(element: Part, complaint: str) -> None:
    refusal = posted(rich(element))
    assert refusal is not None
    assert refusal.code == "invalid_blocks"
    assert complaint in refusal.messages[0]


def test_every_complaint_is_told_at_once() -> None:
    assert_refused(
        posted(section(text=mrkdwn("")), {"type": "header"}),
        "invalid_blocks",
        "must be more than 0 characters [json-pointer:/blocks/0/text/text]",
        "missing required field: text [json-pointer:/blocks/1]",
    )
