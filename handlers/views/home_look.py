"""Where somebody is in their Home tab's list: it travels in the view's metadata and comes back with each press."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Final

from access.model.credentials import contains_secret
from access.model.home import SEARCH_LIMIT, Filter, Look
from access.model.ids import ThirdPartyId
from handlers import ids
from handlers.payloads import sound

_IDENTIFIER: Final = re.compile(r"[a-z2-7]{26}")
_TURNS: Final = 1_000


def metadata_of(look: Look) -> str:
    """Write it down, short: at most half of what Slack takes."""
    return json.dumps([look.search, look.filter.value, look.after or "", look.turn], separators=(",", ":"))


def parse_look(metadata: str) -> Look:
    """Read what `metadata_of` wrote. Anything else is the beginning of the list: it comes from outside."""
    try:
        match json.loads(metadata):
            case [str(search), str(which), str(after), int(turn)] if which in tuple(Filter) and 0 <= turn < _TURNS:
                return Look(_searched(search), Filter(which), _after(after), int(turn))
    except (ValueError, RecursionError):
        pass
    return Look()


def begun_anew(look: Look) -> Look:
    """Return the beginning of the whole list, with an empty field for the search."""
    return Look(turn=(look.turn + 1) % _TURNS)


def look_after(look: Look, action: str, value: str) -> Look:
    """Return where a press leads from there. `value`: the button's, or what was typed or chosen.

    What nothing but moves the reader is meant by its action; every other button leaves them where they are.
    """
    move = MOVES.get(action)
    return move(look, value) if move else look


def _search(look: Look, typed: str) -> Look:
    return replace(begun_anew(look), search=_searched(typed), filter=look.filter)


def _filter(look: Look, chosen: str) -> Look:
    return replace(look, filter=Filter(chosen), after=None) if chosen in tuple(Filter) else look


MOVES: Final[Mapping[str, Callable[[Look, str], Look]]] = {
    ids.HOME_SEARCH: _search,
    ids.HOME_FILTER: _filter,
    ids.HOME_NEXT: lambda look, value: replace(look, after=_after(value)),
    ids.HOME_START: lambda look, _value: replace(look, after=None),
    ids.HOME_ALL: lambda look, _value: begun_anew(look),
}
"""By the actions that nothing but move the reader."""


def _searched(text: str) -> str:
    """Return what is looked for; nothing that looks like a secret is."""
    return "" if contains_secret(text) else " ".join(sound(text).split())[:SEARCH_LIMIT]


def _after(value: str) -> ThirdPartyId | None:
    return ThirdPartyId(value) if _IDENTIFIER.fullmatch(value) else None


def chosen_value(action: Mapping[str, Any]) -> object:
    """Return what a press carries: what was chosen from a menu, or else the button's value, or what was typed."""
    match action:
        case {"selected_option": {"value": value}}:
            return value
    return action.get("value")
