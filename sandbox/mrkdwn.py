"""Slack's mrkdwn as a person reads it: formatting gone, mentions as names, dates in the reader's zone.

Source: https://docs.slack.dev/messaging/formatting-message-text
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, tzinfo

from sandbox.dates import read_date

Names = Callable[[str], str]
"""Turns an id of a user, channel or user group into its name: "Anna Berg", "general"."""


@dataclass(frozen=True, kw_only=True)
class Reader:
    """Who reads: how ids become names, and the reader's present moment and time zone."""

    names: Names
    now: datetime
    tz: tzinfo

    def mention(self, mark: str, object_id: str) -> str:
        """A mention as Slack shows it: `mark` "@" or "#", then the name."""
        return f"{mark}{visible(self.names(object_id))}"


_UNSEEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]"
)
CODE_OR_REFERENCE = re.compile(r"```\n?(?P<fence>.+?)\n?```|`(?P<code>[^`\n]+)`|<(?P<reference>[^<>\n]+)>", re.DOTALL)
FORMATS = [re.compile(rf"(?<![^\W_]){mark}(?=\S)([^\n{mark}]+)(?<=\S){mark}(?![^\W_])") for mark in (r"\*", "_", "~")]
_HELD = re.compile("\x00(\\d+)\x00")
QUOTE = re.compile(r"^(?:&gt;|>) ?", re.MULTILINE)


def visible(text: str) -> str:
    """The text without what a terminal or a page might obey: control, direction and lone surrogate characters."""
    return _UNSEEN.sub("", text)


def unescaped(text: str) -> str:
    """The text with Slack's three entities resolved."""
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def read_mrkdwn(text: str, *, names: Names, now: datetime, tz: tzinfo) -> str:
    """Read a mrkdwn text; whatever it holds, the answer is plain text that no terminal obeys.

    `now` is aware, `tz` is the reader's zone. Code and what stands in `<…>` is held aside while the marks of bold,
    italic and struck text go, so that a mark inside of it stays.
    """
    reader = Reader(names=names, now=now, tz=tz)
    held: list[str] = []

    def hold(found: re.Match[str]) -> str:
        code = found["fence"] or found["code"]
        held.append(unescaped(code) if code else _reference(found["reference"], reader))
        return f"\x00{len(held) - 1}\x00"

    bare = QUOTE.sub("| ", CODE_OR_REFERENCE.sub(hold, visible(text)))
    for format_ in FORMATS:
        bare = format_.sub(r"\1", bare)
    return _HELD.sub(lambda found: held[int(found[1])], unescaped(bare))


def read_link(url: str, label: str) -> str:
    """A link as `label (url)`; where the label says it all, the label alone."""
    if label in (url, url.removeprefix("mailto:")):
        return label
    return f"{label} ({url})" if label else url


def _reference(body: str, reader: Reader) -> str:
    target, _, label = body.partition("|")
    if re.fullmatch(r"[@#][A-Z0-9]+", target):
        return reader.mention(target[0], target[1:])
    if target.startswith("!date^"):
        return _date(target, unescaped(label), reader)
    if target.startswith("!subteam^"):
        return unescaped(label) or reader.mention("@", target.removeprefix("!subteam^"))
    if target in ("!here", "!channel", "!everyone"):
        return f"@{target[1:]}"
    if target.startswith(("!", "@", "#")):
        return unescaped(label or target)
    return read_link(unescaped(target), unescaped(label))


def _date(target: str, fallback: str, reader: Reader) -> str:
    _, timestamp, form, url, *_ = [*target.split("^"), "", "", ""]
    text = read_date(timestamp, unescaped(form), fallback, now=reader.now, tz=reader.tz)
    return read_link(unescaped(url), text) if url else text
