"""A proxy between whoever sends requests and the API; the proxy is a process of its own."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import aiohttp
from multidict import CIMultiDict
from yarl import URL

from tests.proxies.programs import environment
from tests.proxies.recipes import RECIPES, Addresses, Launch
from tests.proxies.toy_api import Reached, ToyApi, toy_api
from tests.scenarios.stage import free_port

TRIES = 3
UNAUTHORIZED = 401


@dataclass(frozen=True)
class Answer:
    """What the proxy answers."""

    status: int
    headers: Mapping[str, str]
    text: str


class Gone(Exception):
    """The proxy ended before it listened: somebody else may have taken its port."""


@dataclass
class Street:
    """From the client through the proxy to the API."""

    url: str
    secret: str
    api: ToyApi
    client: aiohttp.ClientSession

    async def send(
        self,
        token: str | None = None,
        *,
        method: str = "GET",
        path: str = "/",
        headers: Sequence[tuple[str, str]] = (),
        body: bytes = b"",
    ) -> Answer:
        """Send a request, as whoever has that token."""
        given = CIMultiDict(headers)
        if token is not None:
            given.add("Authorization", f"Bearer {token}")
        url = URL(self.url + path, encoded=True)
        async with self.client.request(method, url, headers=given, data=body or None) as response:
            return Answer(response.status, response.headers, await response.text())

    def reached(self) -> Reached:
        """The one request that reached the API since it was asked last."""
        [only], self.api.reached = self.api.reached, []
        return only


@asynccontextmanager
async def street(kind: str, *, bot: str, secret: str, folder: Path) -> AsyncIterator[Street]:
    """Start an API and a proxy in front of it by the recipe of that name."""
    async with toy_api() as api, aiohttp.ClientSession(auto_decompress=False) as client:
        for left in reversed(range(TRIES)):
            to = Addresses(free_port(), bot, api.address, secret)
            try:
                opened = Street(f"http://127.0.0.1:{to.port}", secret, api, client)
                async with _running(RECIPES[kind](to, folder), opened, folder):
                    yield opened
                    return
            except Gone:
                if not left:
                    raise


@asynccontextmanager
async def _running(launch: Launch, opened: Street, folder: Path) -> AsyncIterator[None]:
    with (folder / "log").open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            *launch.command, cwd=folder, env={**environment(folder), **launch.environment}, stdout=log, stderr=log
        )
    try:
        async with asyncio.timeout(30):
            await _asks(process, opened, folder)
        yield
    finally:
        with suppress(ProcessLookupError):
            process.kill()  # Traefik would take its time
        await process.wait()


async def _asks(process: asyncio.subprocess.Process, opened: Street, folder: Path) -> None:
    """Wait until the proxy asks the bot: Traefik listens before it has read how to."""
    while True:
        if process.returncode is not None:
            raise Gone((folder / "log").read_text(errors="replace"))
        with suppress(aiohttp.ClientConnectionError):
            if (await opened.send()).status == UNAUTHORIZED:
                return
        await asyncio.sleep(0.02)
