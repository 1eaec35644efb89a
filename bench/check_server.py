"""The bot's introspection endpoint, with everything behind it real, and a constant on the same server.

`python -m bench.check_server FOLDER PORT` answers from the database of a folder; `--constant` makes it say the same
of every token.
"""

import argparse
import asyncio
import base64
import hashlib
import json
import random
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, MutableMapping
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qs

import uvicorn

from access.model.credentials import CLIENT_SECRET_PREFIX, TOKEN_PREFIX, digest, mint
from access.model.ids import ResourceServerId
from access.model.resource_server import ResourceServer
from access.model.secret import Secret
from access.operations.check_token import Asker, check_token
from access.ports import Ports
from bench.contenders import Contender
from bench.crowd import NOW
from bench.reminders import gather
from bench.writers import TEAM, opened

SAMPLE: Final = 100_000
"""So many of the tokens are asked about."""

ASKER: Final = ResourceServerId("tpr_bench")
SECRET: Final = mint(CLIENT_SECRET_PREFIX, bytes(32))
AUTHORIZATION: Final = "Basic " + base64.b64encode(f"{ASKER}:{SECRET.reveal()}".encode()).decode()

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Scope]]
Send = Callable[[Scope], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]


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


async def prepare(folder: Path, size: int) -> Path:
    """Make a database with so many tokens and one resource server; return a file of some of them."""
    await gather(folder, size, lambda number: digest(token(number)))
    async with opened(folder) as (_, ports, _seal), ports.write(TEAM) as uow:
        await uow.resource_servers.add(ResourceServer(ASKER, "Bench", digest(SECRET), ports.clock.now()))
        await uow.commit()
    tokens = folder / "tokens.txt"
    asked = random.sample(range(size), min(size, SAMPLE))
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
async def answering(ports: Ports, port: int, *, constant: bool = False) -> AsyncIterator[None]:
    """Answer checks while the block runs."""
    config = uvicorn.Config(
        _constant if constant else _introspection(ports),
        host="127.0.0.1",
        port=port,
        http="httptools",
        ws="none",
        lifespan="off",
        interface="asgi3",
        access_log=False,
        proxy_headers=False,
        server_header=False,
        log_config=None,
    )
    serving = asyncio.create_task(uvicorn.Server(config).serve())
    try:
        yield
    finally:
        serving.cancel()


def _introspection(ports: Ports) -> Application:
    async def application(scope: Scope, receive: Receive, send: Send) -> None:
        body = (await receive())["body"]
        presented = parse_qs(body)[b"token"][0].decode()
        header = dict(scope["headers"])[b"authorization"]
        asker, _, secret = base64.b64decode(header[6:]).decode().partition(":")
        check = await check_token(Asker(Secret(secret), asker), Secret(presented), ports)
        facts: dict[str, object] = {"active": False}
        if check.accepted is not None:
            facts = {
                "active": True,
                "client_id": check.accepted.client_id,
                "sub": check.accepted.third_party,
                "token_type": "Bearer",
                "exp": int(check.accepted.expires_at.timestamp()),
                "iat": int(check.accepted.issued_at.timestamp()),
                "third_party_name": check.accepted.name,
            }
        await _answer(send, json.dumps(facts).encode())

    return application


async def _constant(_scope: Scope, receive: Receive, send: Send) -> None:
    await receive()
    await _answer(send, _FACTS)


async def _answer(send: Send, body: bytes) -> None:
    length = str(len(body)).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", length), (b"cache-control", b"no-store")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


_FACTS: Final = json.dumps({"active": True, "filling": "x" * 220}).encode()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m bench.check_server")
    parser.add_argument("folder", type=Path)
    parser.add_argument("port", type=int)
    parser.add_argument("--constant", action="store_true")
    given = parser.parse_args()
    asyncio.run(serve(given.folder, given.port, constant=given.constant))
