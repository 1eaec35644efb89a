"""The few Block Kit parts that the views are made of, and the limits of Slack that they keep.

Source of the limits: https://docs.slack.dev/reference/block-kit. Names are never put into titles, buttons and
confirmation dialogs, where an escaped one would not fit.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from access.model.rendered import Block, Rendered
from handlers import ids

View = dict[str, Any]
"""A modal, or a Home tab."""

SECTION_LIMIT: Final = 3_000
TEXT_LIMIT: Final = 4_000
"""Of a message's top-level text: chat.update takes no longer one."""
INPUT_LIMIT: Final = 3_000
_SCREEN_READER_LIMIT: Final = 75


def plain(text: str) -> dict[str, Any]:
    """Return a text object of our own words, without formatting."""
    return {"type": "plain_text", "text": text}


def mrkdwn(text: str) -> dict[str, Any]:
    """Return a formatted text object in which Slack turns nothing into a link or a mention by itself."""
    return {"type": "mrkdwn", "text": text, "verbatim": True}


def section(text: str, *, button: Block | None = None) -> Block:
    """Return a paragraph, with a button at its side. It begins with a capital, whoever it begins with."""
    return {"type": "section", "text": mrkdwn(text[:1].upper() + text[1:]), **({"accessory": button} if button else {})}


def sections(lines: Iterable[str]) -> list[Block]:
    """Return lines in as few paragraphs as Slack's limit allows."""
    pages: list[str] = []
    for line in lines:
        if pages and len(pages[-1]) + 1 + len(line) <= SECTION_LIMIT:
            pages[-1] = f"{pages[-1]}\n{line}"
        else:
            pages.append(line)
    return [section(page) for page in pages]


def context(text: str) -> Block:
    """Return a small line beneath the rest."""
    return {"type": "context", "elements": [mrkdwn(text)]}


def actions(*buttons: Block) -> list[Block]:
    """Return a row of buttons, or nothing where there are none."""
    return [{"type": "actions", "elements": list(buttons)}] if buttons else []


def button(
    label: str, action: str, value: str = "", *, style: str = "", confirm: Block | None = None, spoken: str = ""
) -> Block:
    """Return a button. `style`: primary or danger. `spoken`: what a screen reader says instead of the label."""
    optional = {
        "value": value,
        "style": style,
        "confirm": confirm,
        "accessibility_label": spoken[:_SCREEN_READER_LIMIT],
    }
    given = {name: content for name, content in optional.items() if content}
    return {"type": "button", "text": plain(label), "action_id": action, **given}


def confirmation(title: str, text: str, yes: str, no: str = "Cancel") -> Block:
    """Return the dialog that asks before a button acts."""
    return {"title": plain(title), "text": plain(text), "confirm": plain(yes), "deny": plain(no), "style": "danger"}


def text_input(
    field: str, label: str, *, initial: str = "", hint: str = "", optional: bool = False, lines: bool = False
) -> Block:
    """Return a field to type into. `lines`: several."""
    start = {"initial_value": initial[:INPUT_LIMIT]} if initial else {}
    element = {"type": "plain_text_input", "action_id": field, "multiline": lines, **start}
    return _input(field, label, element, hint, optional)


def user_input(field: str, label: str, *, initial: str = "", hint: str = "", optional: bool = False) -> Block:
    """Return a field in which a Slack user is chosen. `initial`: a user ID."""
    start = {"initial_user": initial} if initial else {}
    return _input(field, label, {"type": "users_select", "action_id": field, **start}, hint, optional)


def tick_input(field: str, label: str, option: str, *, ticked: bool = False, hint: str = "") -> Block:
    """Return a field with one box to tick, which may stay empty."""
    options = [{"text": plain(option), "value": field}]
    start = {"initial_options": options} if ticked else {}
    element = {"type": "checkboxes", "action_id": field, "options": options, **start}
    return _input(field, label, element, hint, optional=True)


def radio_input(field: str, label: str, options: Sequence[tuple[str, str, str]]) -> Block:
    """Return a field in which one of several is chosen, at first none; each is a value, its label, what it means."""
    offered = [
        {"value": value, "text": plain(option), "description": plain(meaning)} for value, option, meaning in options
    ]
    return _input(field, label, {"type": "radio_buttons", "action_id": field, "options": offered}, "", False)


def choice_input(field: str, label: str, options: Sequence[tuple[str, str]]) -> Block:
    """Return a field in which one of some options is chosen, at first the first; each is a label and its value."""
    choices = [{"text": plain(text), "value": value} for text, value in options]
    element = {"type": "radio_buttons", "action_id": field, "options": choices, "initial_option": choices[0]}
    return _input(field, label, element, "", optional=False)


def search_input(action: str, label: str, *, turn: int, initial: str, longest: int) -> Block:
    """Return a field that tells what was typed as soon as it is confirmed. With another `turn` it begins anew."""
    start = {"initial_value": initial} if initial else {}
    element = {
        "type": "plain_text_input",
        "action_id": action,
        "max_length": longest,
        "dispatch_action_config": {"trigger_actions_on": ["on_enter_pressed"]},
        **start,
    }
    return {**_input(f"{action}_{turn}", label, element, "", optional=True), "dispatch_action": True}


def menu(action: str, placeholder: str, options: Sequence[tuple[str, str]], chosen: str) -> Block:
    """Return a menu that tells what was chosen at once; each option is a label and its value."""
    choices = [{"text": plain(text), "value": value} for text, value in options]
    start = next(choice for choice in choices if choice["value"] == chosen)
    return {
        "type": "static_select",
        "action_id": action,
        "placeholder": plain(placeholder),
        "options": choices,
        "initial_option": start,
    }


def _input(field: str, label: str, element: Block, hint: str, optional: bool) -> Block:
    more = {"hint": plain(hint)} if hint else {}
    return {
        "type": "input",
        "block_id": field,
        "label": plain(label),
        "element": element,
        "optional": optional,
        **more,
    }


def modal(
    title: str,
    blocks: Sequence[Block],
    *,
    callback: str = ids.NOTICE,
    about: str = "",
    submit: str = "",
    close: str = "Close",
) -> View:
    """Return a modal. `about`: the id it is about, given back on submission. It never sends anything when closed."""
    return {
        "type": "modal",
        "callback_id": callback,
        "title": plain(title),
        "blocks": list(blocks),
        "close": plain(close),
        **({"submit": plain(submit)} if submit else {}),
        **({"private_metadata": about} if about else {}),
    }


def home(blocks: Sequence[Block], *, about: str = "") -> View:
    """Return a Home tab. `about`: given back with each press in it."""
    return {"type": "home", "blocks": list(blocks), **({"private_metadata": about} if about else {})}


@dataclass(frozen=True, slots=True)
class Spoken:
    """A block that has to be seen, and the lines that say the same in mrkdwn."""

    block: Block
    lines: Sequence[str]


def message(*parts: Block | Spoken) -> Rendered:
    """Return a message whose top-level text is made of everything that its blocks say."""
    lines = [line for part in parts for text in _texts(part) for line in text.split("\n")]
    text = "\n".join(lines)
    while len(text) > TEXT_LIMIT:
        lines[-2:] = ["…"]
        text = "\n".join(lines)
    return Rendered(text, tuple(part.block if isinstance(part, Spoken) else part for part in parts))


def _texts(block: Block | Spoken) -> Sequence[str]:
    if isinstance(block, Spoken):
        return block.lines
    if block["type"] == "section":
        return [block["text"]["text"]]
    return [element["text"] for element in block["elements"]] if block["type"] == "context" else []
