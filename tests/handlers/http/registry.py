"""The revocation endpoint on a real port, over a real database, with a clock of the limit that a test moves."""

import io
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from aiohttp import ClientSession, encode_basic_auth
from yarl import URL

from access.model.ids import TokenId
from access.model.token import TokenState
from bot.listening import listening
from bot.meters import RequestMeter
from bot.public_port import PublicPort
from handlers.http.over_aiohttp import over_aiohttp
from handlers.http.revocation import REVOKE, revocation
from handlers.http.routes import Route, Routes
from tests.access.renewing import Renewing
from tests.access.world import TEAM, World

FORM = "application/x-www-form-urlencoded"

Basic = tuple[str, str]
"""Client ID and client secret."""


class Answer(NamedTuple):
    """What somebody is answered; the headers but for the date, which every second is another."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass
class Registry:
    """Where tokens are revoked: Acme's first token, and whoever asks."""

    acme: Renewing
    url: str
    client: ClientSession
    meter: RequestMeter
    time: list[float] = field(default_factory=lambda: [0.0])

    @property
    def world(self) -> World:
        return self.acme.world

    def secrets(self, token: TokenId | None = None) -> tuple[str, str]:
        """Client secret and token of one, the first where none is named."""
        client_secret, bearer = self.world.vault.sealed[token or self.acme.first]
        return client_secret.reveal(), bearer.reveal()

    @property
    def token(self) -> str:
        return self.secrets()[1]

    async def client_id(self) -> str:
        async with self.world.ports.read(TEAM) as reading:
            return (await reading.third_parties.get(self.acme.party)).client_id

    async def basic(self) -> Basic:
        return await self.client_id(), self.secrets()[0]

    async def is_revoked(self) -> bool:
        return await self.acme.state(self.acme.first) is TokenState.REVOKED

    async def send(
        self,
        body: bytes | str,
        *,
        auth: Basic | None = None,
        method: str = "POST",
        query: str = "",
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Send a body as it is, and return what is answered."""
        given = {
            "Content-Type": FORM,
            **({"Authorization": encode_basic_auth(*auth)} if auth else {}),
            **(headers or {}),
        }
        data = io.BytesIO(body.encode() if isinstance(body, str) else body)
        url = URL(f"{self.url}{query}", encoded=True)
        async with self.client.request(method, url, data=data, headers=given) as answer:
            kept = {name: value for name, value in answer.headers.items() if name != "Date"}
            return Answer(answer.status, kept, await answer.read())


@asynccontextmanager
async def open_registry(folder: Path, *, within: float = 10.0) -> AsyncIterator[Registry]:
    """Let Acme have collected a first token, and listen."""
    world = await World.make(folder)
    acme = await Renewing.begin(world)
    time = [0.0]
    meter = RequestMeter((), lambda: time[0])
    route = Route(REVOKE, ["POST"], revocation(TEAM, world.ports, meter.time), meter=meter)
    port = PublicPort({REVOKE: over_aiohttp(Routes([route]), within=within)})
    async with ClientSession() as client, listening("127.0.0.1", 0, port, settings="X") as url:
        yield Registry(acme, f"{url}{REVOKE}", client, meter, time)
    await world.close()
