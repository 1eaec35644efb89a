"""What may stand inside a block: text objects, confirmation dialogs, options and the interactive elements.

Source of every number: https://docs.slack.dev/reference/block-kit/composition-objects and
https://docs.slack.dev/reference/block-kit/block-elements, one page for each kind.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from sandbox.limits.schema import (
    Check,
    array,
    boolean,
    complaint,
    exactly_one,
    one_of,
    only,
    record,
    string,
    tagged,
    whole,
)

TEXT_LONGEST = 3000
IDENTIFIER = string(255)

_URL = string(3000)
_STYLE = one_of("primary", "danger")


def text_kinds(most: int = TEXT_LONGEST) -> Mapping[str, Check]:
    """Both kinds of text object, by type."""
    text = {"type": string(), "text": string(most)}
    return {"plain_text": record(text, {"emoji": boolean}), "mrkdwn": record(text, {"verbatim": boolean})}


def any_text(most: int = TEXT_LONGEST) -> Check:
    """A text object, plain or mrkdwn."""
    return tagged(text_kinds(most))


def plain_text(most: int = TEXT_LONGEST) -> Check:
    """A text object without formatting."""
    return tagged(only(text_kinds(most), ["plain_text"]))


CONFIRM = record(
    {"title": plain_text(100), "text": any_text(300), "confirm": plain_text(30), "deny": plain_text(30)},
    {"style": _STYLE},
)


def _option(text: Check, **more: Check) -> Check:
    return record({"text": text, "value": string(150)}, {"description": text, **more})


_PLAIN_OPTION = _option(plain_text(75))
_FORMATTED_OPTION = _option(any_text(75))
_OPTION_GROUP = record({"label": plain_text(75), "options": array(_PLAIN_OPTION, 100)})


def _options_of(element: Mapping[str, Any]) -> list[object]:
    """The options of a sound element, in groups or not."""
    return [option for holder in element.get("option_groups", [element]) for option in holder["options"]]


def _offered(name: str) -> Check:
    """A rule: what is chosen at the start has to be among the options."""

    def check(value: object, where: str) -> Iterator[str]:
        if not isinstance(value, Mapping) or name not in value:
            return
        chosen = value[name] if isinstance(value[name], list) else [value[name]]
        if any(option not in _options_of(value) for option in chosen):
            yield complaint("must be one of the provided options", f"{where}/{name}")

    return check


def _element(
    *rules: Check, required: Mapping[str, Check] | None = None, optional: Mapping[str, Check] | None = None
) -> Check:
    return record({"type": string(), **(required or {})}, {"action_id": IDENTIFIER, **(optional or {})}, *rules)


def _text_input(*rules: Check, required: Mapping[str, Check] | None = None, **optional: Check) -> Check:
    dispatch = record({"trigger_actions_on": array(one_of("on_enter_pressed", "on_character_entered"), 2)})
    return _element(
        *rules,
        required=required,
        optional={
            "initial_value": string(TEXT_LONGEST, least=0),
            "placeholder": plain_text(150),
            "dispatch_action_config": dispatch,
            "focus_on_load": boolean,
            **optional,
        },
    )


def _lengths(value: object, where: str) -> Iterator[str]:
    if isinstance(value, Mapping) and value.get("min_length", 0) > value.get("max_length", TEXT_LONGEST):
        yield complaint("`min_length` must not be greater than `max_length`", f"{where}/min_length")


def _day(value: object, where: str) -> Iterator[str]:
    """A day as YYYY-MM-DD."""
    try:
        if not isinstance(value, str) or not re.fullmatch(r"\d{4}-\d\d-\d\d", value, re.ASCII):
            raise ValueError
        date.fromisoformat(value)
    except ValueError:
        yield complaint("must be a valid date in the format YYYY-MM-DD", where)


_CONFIRMED: Mapping[str, Check] = {"confirm": CONFIRM, "focus_on_load": boolean}
_MENU: Mapping[str, Check] = {**_CONFIRMED, "placeholder": plain_text(150)}
_FILTER = record(
    {},
    {
        "include": array(one_of("im", "mpim", "private", "public"), 4),
        "exclude_external_shared_channels": boolean,
        "exclude_bot_users": boolean,
    },
)

IMAGE_FIELDS: Mapping[str, Check] = {
    "image_url": _URL,
    "slack_file": record({}, {"id": string(), "url": _URL}, exactly_one("id", "url")),
}

ELEMENTS: Mapping[str, Check] = {
    "image": record({"type": string(), "alt_text": string(2000)}, IMAGE_FIELDS, exactly_one("image_url", "slack_file")),
    "button": _element(
        required={"text": plain_text(75)},
        optional={
            "value": string(2000),
            "url": _URL,
            "style": _STYLE,
            "confirm": CONFIRM,
            "accessibility_label": string(75),
        },
    ),
    "overflow": _element(
        required={"options": array(_option(plain_text(75), url=_URL), 5)}, optional={"confirm": CONFIRM}
    ),
    "static_select": _element(
        exactly_one("options", "option_groups"),
        _offered("initial_option"),
        optional={
            **_MENU,
            "options": array(_PLAIN_OPTION, 100),
            "option_groups": array(_OPTION_GROUP, 100),
            "initial_option": _PLAIN_OPTION,
        },
    ),
    "users_select": _element(optional={**_MENU, "initial_user": string()}),
    "conversations_select": _element(
        optional={
            **_MENU,
            "initial_conversation": string(),
            "default_to_current_conversation": boolean,
            "response_url_enabled": boolean,
            "filter": _FILTER,
        }
    ),
    "datepicker": _element(optional={**_MENU, "initial_date": _day}),
    "checkboxes": _element(
        _offered("initial_options"),
        required={"options": array(_FORMATTED_OPTION, 10)},
        optional={**_CONFIRMED, "initial_options": array(_FORMATTED_OPTION, 10)},
    ),
    "radio_buttons": _element(
        _offered("initial_option"),
        required={"options": array(_FORMATTED_OPTION, 10)},
        optional={**_CONFIRMED, "initial_option": _FORMATTED_OPTION},
    ),
    "plain_text_input": _text_input(
        _lengths, multiline=boolean, min_length=whole(0, TEXT_LONGEST), max_length=whole(1, TEXT_LONGEST)
    ),
    "url_text_input": _text_input(),
    "email_text_input": _text_input(),
    "number_input": _text_input(required={"is_decimal_allowed": boolean}, min_value=string(), max_value=string()),
}
"""Every element that the sandbox knows, by its type."""

_CHOICES = ("static_select", "users_select", "conversations_select", "datepicker", "checkboxes", "radio_buttons")
IN_ACTIONS = tagged(only(ELEMENTS, ("button", "overflow", *_CHOICES)))
IN_SECTION = tagged(only(ELEMENTS, ("button", "overflow", "image", *_CHOICES)))
IN_INPUT = tagged(only(ELEMENTS, ("plain_text_input", "url_text_input", "email_text_input", "number_input", *_CHOICES)))
