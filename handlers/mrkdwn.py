"""Slack's mrkdwn: people, instants, commands, and foreign text that cannot format, link or mention anything.

Source: https://docs.slack.dev/messaging/formatting-message-text. It has no way to escape `*`, `_`, `~` and a backtick,
so where one of them would format, a look-alike stands in its place.
"""

import re
import unicodedata
from datetime import UTC, datetime, timedelta
from typing import Final

from access.model.card import Who

_TURNING: Final = (*range(0x202A, 0x202F), *range(0x2066, 0x206A))
"""Characters that begin or end a direction of writing, and so turn the words around the text they stand in."""
_UNTURNED: Final = str.maketrans(dict.fromkeys(map(chr, _TURNING)))
_HARMLESS: Final = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"}) | _UNTURNED
_LOOK_ALIKES: Final = str.maketrans(
    {
        "*": "\N{ASTERISK OPERATOR}",
        "_": "\N{MODIFIER LETTER LOW MACRON}",
        "~": "\N{TILDE OPERATOR}",
        "`": "\N{MODIFIER LETTER GRAVE ACCENT}",
        ":": "\N{RATIO}",
    }
)
# A mark between two letters formats nothing, so that acme_corp stays as it is; a colon matters in front of an emoji's
# name only.
_FORMATTING: Final = re.compile(r"`|(?<![0-9A-Za-z])[*_~]|[*_~](?![0-9A-Za-z])|:(?=[^\s:]+:)")
_RIGHT_TO_LEFT: Final = frozenset({"R", "AL", "AN"})
_ISOLATE, _END_ISOLATE = "\N{FIRST STRONG ISOLATE}", "\N{POP DIRECTIONAL ISOLATE}"


def escape(text: str) -> str:
    """Return foreign text as it may stand anywhere in mrkdwn: at most five times as long.

    Right-to-left text is isolated, so that it does not turn the words around it, and marks of direction are left out.
    """
    return isolated(_FORMATTING.sub(lambda found: found[0].translate(_LOOK_ALIKES), text).translate(_HARMLESS))


def isolated(text: str) -> str:
    """Return a text that does not turn the words around it: right-to-left text alone, without marks of direction."""
    safe = text.translate(_UNTURNED)
    if not safe.isascii() and any(unicodedata.bidirectional(each) in _RIGHT_TO_LEFT for each in safe):
        return f"{_ISOLATE}{safe}{_END_ISOLATE}"
    return safe


def shortened(text: str, limit: int) -> str:
    """Return at most `limit` characters of a text, the last one `…` if some were left out."""
    return text if len(text) <= limit else f"{text[: limit - 1]}…"


def strong(name: str) -> str:
    """Return a name in bold."""
    return f"*{escape(name)}*"


def code(text: str) -> str:
    """Return a short text as code, where nothing but a backtick has a meaning."""
    return f"`{text.replace('`', '`'.translate(_LOOK_ALIKES)).translate(_HARMLESS)}`"


def quote(text: str) -> str:
    """Return foreign text of several lines, set off from ours."""
    return "\n".join(f"> {escape(line)}" for line in text.splitlines())


def command(words: str, name: str = "", rest: str = "") -> str:
    """Return a command as a person would type it: `/thirdparty enable "Acme Corp"`."""
    return code(" ".join(part for part in ("/thirdparty", words, quoted(name), rest) if part))


def quoted(name: str) -> str:
    r"""Return a name as one argument of a command: in quotes if it needs them, with `\"` for a quote inside."""
    if re.fullmatch(r"[^\s\"'\\“”„«@\N{LEFT SINGLE QUOTATION MARK}]*", name):
        return name
    escaped = name.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def person(who: Who) -> str:
    """Return a mention; it notifies nobody in an ephemeral answer or in an update."""
    return f"<@{who.user_id}>" if who else "someone whose account is not known any more"


def instant(at: datetime) -> str:
    """Return an instant that each reader sees in their own time zone."""
    fallback = f"{at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
    return f"<!date^{int(at.timestamp())}^{{date_short_pretty}} at {{time}}|{fallback}>"


def days(time: timedelta) -> str:
    """Return a length of whole days: `7 days`."""
    return f"{time.days} day{'' if time.days == 1 else 's'}"
