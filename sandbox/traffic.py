"""Everything that travels between the sandbox and the bot, kept as text."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sandbox.bell import Bell
from sandbox.clock import MovableClock

Kind = Literal["envelope", "ack", "api", "api-answer", "http", "response_url"]


@dataclass(frozen=True, slots=True)
class Exchange:
    """One body on its way.

    Attributes:
        at: The sandbox's time, UTC.
        direction: "in" reached the sandbox, "out" left it.
        kind: The channel. An "ack" is the acknowledgement of an envelope or, over HTTP, the answer's body.
        name: The method, the payload's type or the command.
        body: What was sent, as text; never headers, so no Web API token of the app.
    """

    at: datetime
    direction: Literal["in", "out"]
    kind: Kind
    name: str
    body: str


class Traffic(list[Exchange]):
    """The log, oldest first."""

    def __init__(self, clock: MovableClock, bell: Bell) -> None:
        super().__init__()
        self._clock = clock
        self._bell = bell

    def came(self, kind: Kind, name: str, body: str) -> None:
        """Note what reached the sandbox."""
        self._note(Exchange(self._clock.now(), "in", kind, name, body))

    def went(self, kind: Kind, name: str, body: str) -> None:
        """Note what left the sandbox."""
        self._note(Exchange(self._clock.now(), "out", kind, name, body))

    def _note(self, exchange: Exchange) -> None:
        self.append(exchange)
        self._bell.ring()
