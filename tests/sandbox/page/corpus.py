"""Blocks of every kind, with a place for a text in every field that holds one."""

from collections.abc import Callable
from typing import Any

Part = dict[str, Any]
Text = Callable[[int], str]
"""Gives the next text of at most so many characters."""


def plain(text: str) -> Part:
    return {"type": "plain_text", "text": text}


def mrkdwn(text: str) -> Part:
    return {"type": "mrkdwn", "text": text}


def option(text: Text, number: int, **more: Any) -> Part:
    return {"text": plain(text(75)), "value": f"{number} {text(100)}", **more}


def confirm(text: Text) -> Part:
    return {
        "title": plain(text(100)),
        "text": mrkdwn(text(300)),
        "confirm": plain(text(30)),
        "deny": plain(text(30)),
        "style": "danger",
    }


def choices(text: Text) -> list[Part]:
    """Every element in which one chooses."""
    options = [option(text, number) for number in range(3)]
    described = [option(text, number, description=plain(text(75))) for number in range(2)]
    return [
        {
            "type": "static_select",
            "placeholder": plain(text(150)),
            "options": options,
            "initial_option": options[1],
            "confirm": confirm(text),
        },
        {
            "type": "static_select",
            "placeholder": plain(text(150)),
            "option_groups": [{"label": plain(text(75)), "options": [option(text, 9)]}],
        },
        {"type": "users_select", "placeholder": plain(text(150))},
        {"type": "conversations_select", "placeholder": plain(text(150))},
        {"type": "datepicker", "placeholder": plain(text(150)), "initial_date": "2026-02-28"},
        {"type": "checkboxes", "options": described, "initial_options": described[:1], "confirm": confirm(text)},
        {"type": "radio_buttons", "options": described, "initial_option": described[1]},
    ]


def pressed(text: Text) -> list[Part]:
    """Buttons and overflow menus."""
    return [
        {"type": "button", "text": plain(text(75)), "value": text(200), "style": "primary", "confirm": confirm(text)},
        {"type": "button", "text": plain(text(75)), "accessibility_label": text(75), "style": "danger"},
        {"type": "button", "text": plain(text(75)), "url": f"https://example.com/{text(200)}"},
        {"type": "button", "text": plain(text(75)), "url": text(200)},
        {
            "type": "overflow",
            "options": [option(text, 1), option(text, 2, url=text(200)), option(text, 3)],
            "confirm": confirm(text),
        },
    ]


def typed(text: Text) -> list[Part]:
    """Every element into which one types."""
    both = {"placeholder": plain(text(150)), "initial_value": text(1000)}
    return [
        {"type": "plain_text_input", **both},
        {"type": "plain_text_input", "multiline": True, **both},
        {"type": "url_text_input", **both},
        {"type": "email_text_input", **both},
        {"type": "number_input", "is_decimal_allowed": True, "placeholder": plain(text(150))},
    ]


def picture(text: Text) -> Part:
    return {"type": "image", "image_url": text(200), "alt_text": text(99)}


def rich(text: Text) -> Part:
    words: list[Part] = [
        {"type": "text", "text": text(500), "style": {"bold": True, "code": True}},
        {"type": "link", "url": text(200), "text": text(200)},
        {"type": "link", "url": f"https://example.com/{text(200)}", "style": {"italic": True, "strike": True}},
        {"type": "user", "user_id": text(20)},
        {"type": "channel", "channel_id": text(20)},
        {"type": "usergroup", "usergroup_id": text(20)},
        {"type": "broadcast", "range": "here"},
        {"type": "emoji", "name": text(20), "unicode": "1f600"},
        {"type": "emoji", "name": text(20)},
        {"type": "date", "timestamp": 1_780_000_000, "format": f"{{date}} {text(50)}", "url": text(90)},
        {"type": "color", "value": text(20)},
    ]
    section = {"type": "rich_text_section", "elements": words}
    return {
        "type": "rich_text",
        "elements": [
            section,
            {"type": "rich_text_list", "style": "bullet", "indent": 1, "elements": [section]},
            {"type": "rich_text_list", "style": "ordered", "elements": [section, section], "offset": 2},
            {"type": "rich_text_preformatted", "elements": words[:2]},
            {"type": "rich_text_quote", "elements": words},
        ],
    }


def shown(text: Text) -> list[Part]:
    """Every block that may stand in a message but inputs."""
    return [
        {"type": "header", "text": plain(text(150))},
        {"type": "section", "text": mrkdwn(text(600)), "accessory": pressed(text)[0]},
        {"type": "section", "text": plain(text(600)), "fields": [mrkdwn(text(300)), plain(text(300))]},
        {
            "type": "section",
            "text": mrkdwn(text(300)),
            "accessory": {"type": "image", "image_url": text(200), "alt_text": text(300)},
        },
        {"type": "divider"},
        {
            "type": "context",
            "elements": [
                mrkdwn(text(300)),
                plain(text(300)),
                {"type": "image", "image_url": "x", "alt_text": text(99)},
            ],
        },
        {"type": "actions", "elements": pressed(text)},
        {"type": "actions", "elements": choices(text)},
        {"type": "image", "image_url": text(300), "alt_text": text(300), "title": plain(text(300))},
        rich(text),
    ]


def inputs(text: Text) -> list[Part]:
    """An input block for every element that may stand in one."""
    return [
        {
            "type": "input",
            "label": plain(text(300)),
            "hint": plain(text(300)),
            "optional": bool(number % 2),
            "element": element,
        }
        for number, element in enumerate([*typed(text), *choices(text)])
    ]
