"""What the message box can complete: commands and their words from the manifest, people, channels."""

import re
from typing import Any

from sandbox.page.place import Place

_ALTERNATIVES = re.compile(r"[\[<(]([\w-]+(?:\s*\|\s*[\w-]+)+)[\])>]")


def completion_of(place: Place) -> dict[str, Any]:
    """Everything that can be completed where somebody types."""
    space = place.person.client.space
    users = [user for user in space.users.values() if not user.deleted and space.is_visible(user)]
    channels = [each for each in space.places_of(place.person.client.user) if each.kind != "im"]
    return {
        "commands": [
            {"text": command, "hint": hint.usage, "about": hint.description, "words": _words(hint.usage)}
            for command, hint in space.app.hints.items()
        ],
        "people": [{"text": f"@{user.handle}", "about": user.real_name} for user in users],
        "channels": [{"text": f"#{each.name}", "about": ""} for each in channels],
    }


def _words(usage: str) -> list[str]:
    """The words that a usage hint offers first, such as those of `[add | list | show] [name]`."""
    found = _ALTERNATIVES.search(usage)
    return [word.strip() for word in found[1].split("|")] if found else []
