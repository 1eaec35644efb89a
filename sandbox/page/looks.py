"""What one person has before their eyes, as HTML."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any
from zlib import crc32

from jinja2 import Environment, PackageLoader
from markupsafe import Markup, escape

from sandbox.messages import Message
from sandbox.page.mrkdwn import mrkdwn_html
from sandbox.page.place import Place
from sandbox.page.reader import PageReader
from sandbox.page.surface import Surface
from sandbox.records import User
from sandbox.views import View
from sandbox.workspace import Workspace

WINDOW = 50
"""So many messages are on the page at first; older ones come when somebody asks for them."""


@dataclass(frozen=True, slots=True)
class MessageLook:
    """A message as the template draws it.

    Attributes:
        day: The heading above it, where another day begins.
        version: Changes with every update.
        surface: Its blocks; None where it has only a text.
    """

    ts: str
    author: User
    day: str
    at: datetime
    version: str
    ephemeral: bool
    edited: bool
    action: str
    text: Markup
    surface: Surface | None


class Looks:
    """Draws the parts of the page."""

    def __init__(self, space: Workspace) -> None:
        self._space = space
        self._templates = Environment(
            loader=PackageLoader("sandbox.page"), autoescape=True, trim_blocks=True, lstrip_blocks=True
        )
        self._templates.filters["colour"] = lambda name: f"colour-{crc32(str(name).encode()) % 8}"

    def draw(self, template: str, **parts: Any) -> Markup:
        """Fill in a template."""
        return escape(self._templates.get_template(template).make_module(parts))

    def shown(self, place: Place) -> Sequence[Message]:
        """All messages that a person can see in a place, oldest first."""
        return self._space.messages.seen_by(place.person.id, place.channel.id)

    def messages(self, place: Place, messages: Iterable[Message], before: Message | None) -> list[tuple[str, Markup]]:
        """Messages that follow each other, by timestamp; `before` stands above the first one."""
        macro: Any = self._templates.get_template("message.html").module
        looks = [self._message(place, message, above) for above, message in pairwise([before, *messages]) if message]
        return [(look.ts, macro.message(look)) for look in looks]

    def view(self, view: View, key: str) -> Surface:
        """The blocks of a modal or a Home tab."""
        reader = PageReader.of(self._space.users[view.owner], self._space)
        return Surface(key, view.blocks, reader, self._space, view.state, view.errors)

    def _message(self, place: Place, message: Message, above: Message | None) -> MessageLook:
        reader = PageReader.of(place.person.client.user, self._space)
        at = _local(message, reader)
        is_new_day = above is None or _local(above, reader).date() != at.date()
        key = f"m-{message.ts}"
        return MessageLook(
            ts=message.ts,
            author=self._space.users[message.author],
            day=f"{at:%A}, {at.day} {at:%B %Y}" if is_new_day else "",
            at=at,
            version=version(message),
            ephemeral=message.ephemeral,
            edited=message.edited_ts is not None,
            action=f"/as/{place.person.handle}/message/{message.channel}/{message.ts}",
            text=mrkdwn_html(message.text, reader),
            surface=Surface(key, message.blocks, reader, self._space) if message.blocks else None,
        )


def version(message: Message) -> str:
    """What changes with every update of a message."""
    return message.edited_ts or message.ts


def _local(message: Message, reader: PageReader) -> datetime:
    return datetime.fromtimestamp(float(message.ts), reader.tz)
