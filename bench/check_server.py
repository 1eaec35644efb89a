"""The bot's introspection endpoint, with everything behind it real, and a constant on the same server.

`python -m bench.check_server FOLDER PORT` answers from the database of a folder; `--constant` makes it say the same
of every token.
"""

import argparse
import asyncio
import base64
import hashlib
import random
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from access.model.credentials import CLIENT_SECRET_PREFIX, TOKEN_PREFIX, digest, mint
from access.model.ids import ResourceServerId
from access.model.resource_server import ResourceServer
from access.model.secret import Secret
from access.ports import Ports
from bench.contenders import Contender
from bench.crowd import NOW
from bench.reminders import gather
from bench.writers import opened
from bot.check_notes import WRITE_DOWN_EVERY, NotesWriter
from bot.listening import listening
from bot.meters import Meters
from bot.scheduler import Tickers
from handlers.http.exchange import HttpReply, HttpRequest, json_reply
from handlers.http.internal import internal_routes
from handlers.http.port import HttpPort

SAMPLE: Final = 100_000
"""So many of the tokens are asked about."""

PEOPLES: Final = 3
"""The first tokens belong to third parties that people disable and enable meanwhile (`bench.commands.NAME`)."""

ASKER: Final = ResourceServerId("tpr_bench")
SECRET: Final = mint(CLIENT_SECRET_PREFIX, bytes(32))
AUTHORIZATION: Final = "Basic " + base64.b64encode(f"{ASKER}:{SECRET.reveal()}".encode()).decode()


class Moved:
    """A clock that runs, but began when the tokens of `bench.crowd` were in use, or so much later."""

    def __init__(self, ahead: timedelta = timedelta(0)) -> None:
        self._by = NOW + ahead - datetime.now(UTC)

    def now(self) -> datetime:
        """Return what time it would be."""
        return datetime.now(UTC) + self._by


def token(number: int) -> Secret:
    """Return a token of the crowd."""
    return mint(TOKEN_PREFIX, hashlib.sha256(str(number).encode()).digest())


async def prepare(folder: Path, size: int, *, spare: int = 0) -> Path:
    """Make a database with so many tokens and one resource server; return a file of some of them.

    `spare`: how many third parties have no token.
    """
    asker = ResourceServer(ASKER, "Bench", digest(SECRET), NOW, first_asked_at=NOW, last_asked_at=NOW)
    await gather(folder, size, lambda number: digest(token(number)), askers=[asker], spare=spare)
    tokens = folder / "tokens.txt"
    asked = random.sample(range(PEOPLES, size), min(size - PEOPLES, SAMPLE))
    tokens.write_text("".join(f"{token(number).reveal()}\n" for number in asked))
    return tokens


def contender(name: str, folder: Path, tokens: Path, *options: str) -> Contender:
    """Return the server of a folder as one to be measured."""
    command = (sys.executable, "-m", "bench.check_server", str(folder.absolute()), "{port}", *options)
    return Contender(name, command, "/oauth/introspect", AUTHORIZATION, tokens.absolute())


async def serve(folder: Path, port: int, *, constant: bool) -> None:
    """Answer until the process is stopped."""
    async with opened(folder) as (_, given, _seal), answering(replace(given, clock=Moved()), port, constant=constant):
        await asyncio.Event().wait()


@asynccontextmanager
async def answering(ports: Ports, number: int, *, constant: bool = False) -> AsyncIterator[None]:
    """Answer checks while the block runs, and write down what they show."""
    meters = Meters.begin(asyncio.get_running_loop().time)
    routes = internal_routes(ports, "https://bot.example", {}, checks=meters.checks)
    answer = _constant if constant else routes.answer
    notes = NotesWriter(ports)
    tickers = Tickers({"write_down_checks": (WRITE_DOWN_EVERY, notes.write_down)})
    async with listening("127.0.0.1", number, HttpPort(answer, ports.clock, most=1_000), settings="another port"):
        tickers.start()
        try:
            yield
        finally:
            await tickers.stop()


async def _constant(_request: HttpRequest) -> HttpReply:
    return _SAME


_SAME: Final = json_reply(200, {"active": True, "filling": "x" * 220})


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m bench.check_server")
    parser.add_argument("folder", type=Path)
    parser.add_argument("port", type=int)
    parser.add_argument("--constant", action="store_true")
    given = parser.parse_args()
    asyncio.run(serve(given.folder, given.port, constant=given.constant))
