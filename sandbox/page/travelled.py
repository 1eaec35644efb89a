"""What travelled between Slack and the bot, and where a credential showed in it."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl

from markupsafe import Markup, escape

from sandbox.mrkdwn import visible
from sandbox.records import User
from sandbox.traffic import Exchange, Traffic

SECRET = re.compile(r"tp[ts]_[0-9A-Za-z]{20,}")
"""What a token or a client secret looks like."""

_NEWEST = 40
_KINDS = {
    "envelope": "tells",
    "ack": "confirms",
    "api": "calls",
    "api-answer": "answers",
    "http": "tells",
    "response_url": "answers by response_url",
}


@dataclass(frozen=True, slots=True)
class Line:
    """One exchange in the list."""

    number: int
    at: datetime
    way: str
    what: str
    shows_credentials: bool


class Travelled:
    """The log of the traffic, read once."""

    def __init__(self, traffic: Traffic) -> None:
        self._traffic = traffic
        self._looked = 0
        self._with_secret: list[int] = []

    @property
    def count(self) -> int:
        """How many exchanges there were."""
        return len(self._traffic)

    def with_secret(self) -> list[int]:
        """The numbers of the exchanges in which a credential shows."""
        for number in range(self._looked, len(self._traffic)):
            if SECRET.search(self._traffic[number].body):
                self._with_secret.append(number)
        self._looked = len(self._traffic)
        return self._with_secret

    def newest(self, reader: User) -> list[Line]:
        """The newest exchanges, newest first."""
        numbers = range(max(0, self.count - _NEWEST), self.count)
        return [self._line(number, reader) for number in reversed(numbers)]

    def revealing(self, reader: User) -> list[Line]:
        """The exchanges in which a credential shows, newest first, a dozen at most."""
        return [self._line(number, reader) for number in reversed(self.with_secret()[-12:])]

    def body(self, number: int) -> Markup:
        """What an exchange carried, line by line, with every credential marked. Raises: IndexError."""
        text = visible(_readable(self._traffic[number].body))
        return Markup().join(_marked(text))

    def _line(self, number: int, reader: User) -> Line:
        exchange = self._traffic[number]
        return Line(
            number=number,
            at=exchange.at.astimezone(reader.zone),
            way="bot → Slack" if exchange.direction == "in" else "Slack → bot",
            what=_what(exchange),
            shows_credentials=number in self.with_secret(),
        )


def _what(exchange: Exchange) -> str:
    name = "" if exchange.kind == "response_url" else exchange.name
    return f"{_KINDS[exchange.kind]} {name}".strip()


def _marked(text: str) -> Iterator[Markup]:
    place = 0
    for found in SECRET.finditer(text):
        yield escape(text[place : found.start()])
        yield Markup('<mark class="secret">{}</mark>').format(found.group())
        place = found.end()
    yield escape(text[place:])


def _readable(body: str) -> str:
    """A body with a line for each field: JSON, or a form in which there may be JSON."""
    content = _decoded(body)
    if isinstance(content, str):
        content = {name: _decoded(value) for name, value in parse_qsl(body)} or body
    return content if isinstance(content, str) else json.dumps(content, indent=2, ensure_ascii=False)


def _decoded(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text
