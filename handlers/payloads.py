"""Whether what reached us has the shape that we and Bolt count on, and which text in it somebody may have typed.

Fields may be missing, and a newer Slack may send more of them. What must not happen is that a part has another type
than the code that reads it expects.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

_TYPES: Final = frozenset({"block_actions", "view_submission", "view_closed", "event_callback", "url_verification"})
_USER_ID: Final = re.compile(r"[A-Z0-9]{1,64}")
_PARTS: Final = ("channel", "container", "enterprise", "event", "message", "state", "team", "user", "view")


def is_understood(payload: object) -> bool:
    """Tell whether Bolt and our listeners find in a payload what they count on. One of an unknown type is confirmed."""
    if not isinstance(payload, dict):
        return False
    match payload:
        case (
            {"command": str(), "user_id": str(), "team_id": str()}
            | {"type": "block_actions", "actions": [{"action_id": str()}, *_], "user": {"id": str()}}
            | {"type": "view_submission" | "view_closed", "view": {"callback_id": str()}, "user": {"id": str()}}
            | {"type": "event_callback", "event": {"type": str()}}
            | {"type": "url_verification", "challenge": str()}
            | {"ssl_check": str()}
        ):
            return _fits(payload)
        case {"type": str(kind)}:
            return kind not in _TYPES and "command" not in payload and _fits(payload)
        case _:
            return False


def changed_person(payload: Mapping[str, Any]) -> str | None:
    """Return whose account has changed, where that is what an event says. Nothing else in it is looked at.

    Source: https://docs.slack.dev/reference/events/user_change
    """
    match payload:
        case {"type": "event_callback", "event": {"type": "user_change", "user": {"id": str(user_id)}}}:
            return user_id if _USER_ID.fullmatch(user_id) else None
    return None


@dataclass(frozen=True, slots=True)
class OpenedHome:
    """Who has opened the Home tab, and the workspaces that the event names: none, or it is about one of these."""

    user_id: str
    workspaces: frozenset[str]


def opened_home(payload: Mapping[str, Any]) -> OpenedHome | None:
    """Return who has opened the Home tab, where that is what an event says, and not that they read messages.

    Source: https://docs.slack.dev/reference/events/app_home_opened
    """
    match payload:
        case {"type": "event_callback", "event": {"type": "app_home_opened", "tab": "home", "user": str(user_id)}}:
            if not _USER_ID.fullmatch(user_id):
                return None
            named = [payload.get("team_id"), *(each.get("team_id") for each in payload.get("authorizations") or [])]
            return OpenedHome(user_id, frozenset(each for each in named if isinstance(each, str) and each))
    return None


def typed_texts(content: object) -> Iterator[str]:
    """Give every text in a part of a payload, however deep it lies."""
    waiting = [content]
    while waiting:
        match waiting.pop():
            case str(text):
                yield text
            case Mapping() as fields:
                waiting += fields.values()
            case list() as items:
                waiting += items


def sound(text: object) -> str:
    """Return a text that every database keeps: JSON may carry half surrogate pairs, and the character NUL.

    Nothing takes the place of the halves: a token with one in it is to be recognised. NUL becomes its neighbour, which
    is as unseen, so that a name with it is refused all the same.
    """
    return text.encode(errors="ignore").decode().replace("\0", "\1") if isinstance(text, str) else ""


def _fits(payload: Mapping[str, Any]) -> bool:
    actions, view = payload.get("actions", [{}]), payload.get("view") or {}
    if not isinstance(actions, list) or not all(isinstance(action, dict) for action in actions):
        return False
    if not _has_ids(payload) or not all(_is_object(payload.get(part)) for part in _PARTS):
        return False
    if not _event_fits(payload):
        return False
    texts = (payload.get("text"), payload.get("response_url"), view.get("private_metadata"))
    return all(isinstance(text, str | None) for text in (*texts, *(action.get("value") for action in actions)))


def _event_fits(payload: Mapping[str, Any]) -> bool:
    """Tell whether what Bolt looks for in an event, whatever its type, is a name or an object that has one."""
    event, authorizations = payload.get("event") or {}, payload.get("authorizations") or []
    named = all(isinstance(event.get(part), str | dict | None) for part in ("channel", "enterprise", "team", "user"))
    return named and isinstance(authorizations, list) and all(isinstance(each, dict) for each in authorizations)


def _is_object(part: object) -> bool:
    """Tell whether a part is absent or an object, whose own state is an object too."""
    if part is None:
        return True
    if not isinstance(part, dict) or not _has_ids(part):
        return False
    return _is_object(part.get("state")) and isinstance(part.get("values"), dict | None)


def _has_ids(part: Mapping[str, Any]) -> bool:
    """Tell whether every id is one that can be looked up."""
    ids = (value for name, value in part.items() if name.endswith("id"))
    return all(value is None or (isinstance(value, str) and value.isascii() and "\0" not in value) for value in ids)
