"""Builders of Block Kit parts that Slack takes, each with room for one thing it does not take."""

from typing import Any

from sandbox.limits import Refusal, check_message

Part = dict[str, Any]


def plain(text: object = "words") -> Part:
    return {"type": "plain_text", "text": text}


def mrkdwn(text: str = "words") -> Part:
    return {"type": "mrkdwn", "text": text}


def section(**fields: Any) -> Part:
    return {"type": "section", "text": mrkdwn(), **fields}


def actions(*elements: Part) -> Part:
    return {"type": "actions", "elements": list(elements)}


def button(**fields: Any) -> Part:
    return {"type": "button", "text": plain(), **fields}


def option(text: str = "one", value: str = "1", **fields: Any) -> Part:
    return {"text": plain(text), "value": value, **fields}


def options(count: int) -> list[Part]:
    return [option(value=str(number)) for number in range(count)]


def menu(**fields: Any) -> Part:
    return {"type": "static_select", "options": [option()], **fields}


def question(element: Part | None = None, **fields: Any) -> Part:
    return {"type": "input", "label": plain(), "element": element or {"type": "plain_text_input"}, **fields}


def confirm(**fields: Any) -> Part:
    return {"title": plain(), "text": plain(), "confirm": plain(), "deny": plain(), **fields}


def rich(*elements: Part) -> Part:
    return {"type": "rich_text", "elements": list(elements)}


def rich_section(*elements: Part) -> Part:
    return {"type": "rich_text_section", "elements": list(elements)}


def modal(*blocks: Part, **fields: Any) -> Part:
    return {"type": "modal", "title": plain("Title"), "submit": plain("Go"), "blocks": list(blocks), **fields}


def posted(*blocks: Part) -> Refusal | None:
    return check_message({"text": "words", "blocks": list(blocks)})


def assert_refused(refusal: Refusal | None, code: str, *messages: str) -> None:
    assert refusal == Refusal(code, [f"[ERROR] {message}" for message in messages])
