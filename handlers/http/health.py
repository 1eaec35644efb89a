"""`GET /healthz` and `GET /readyz`: alive, and able to serve."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Final

from access.ports import CannotKeep
from access.ports.tokens import TokenLookup
from handlers.http.exchange import Handler, HttpReply, HttpRequest, json_reply

Probe = Callable[[], Awaitable[bool]]
"""Tells whether one part of the bot can do its work."""

_ALIVE: Final = json_reply(200, {"status": "ok"})


async def healthz(_: HttpRequest) -> HttpReply:
    """Answer: that is all there is to show."""
    return _ALIVE


def readyz(parts: Mapping[str, Probe]) -> Handler:
    """Return the handler. `parts` are what has to work, by a word for each; the answer says which of them do not."""

    async def answer(_: HttpRequest) -> HttpReply:
        works = {name: await probe() for name, probe in parts.items()}
        said = {name: "ok" if well else "failing" for name, well in works.items()}
        return json_reply(200 if all(works.values()) else 503, said)

    return answer


def database_probe(lookup: TokenLookup) -> Probe:
    """Return what tries whether the database can be read: the query of a check, of nobody about nothing."""

    async def is_readable() -> bool:
        try:
            await lookup.look_up(b"", None)
        except CannotKeep:
            return False
        return True

    return is_readable
