"""An API that remembers what reached it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from aiohttp import web
from multidict import CIMultiDictProxy

from tests.proxies.serving import serving


@dataclass(frozen=True)
class Reached:
    """A request as the API has it."""

    method: str
    path: str
    headers: CIMultiDictProxy[str]
    body: bytes

    def said_to_be(self) -> dict[str, list[str]]:
        """What an API reads of who sends it, if it takes a dot and an underscore for a hyphen, as many do."""
        read: dict[str, list[str]] = {}
        for name, value in self.headers.items():
            plain = name.lower().replace("_", "-").replace(".", "-")
            if plain.startswith(("x-third-party", "x-token-expires")):
                read.setdefault(plain, []).append(value)
        return read


@dataclass
class ToyApi:
    """Where it listens, and what reached it."""

    address: str = ""
    reached: list[Reached] = field(default_factory=list)

    async def answer(self, request: web.Request) -> web.Response:
        self.reached.append(Reached(request.method, request.path_qs, request.headers, await request.read()))
        return web.Response(text="from the API")


@asynccontextmanager
async def toy_api() -> AsyncIterator[ToyApi]:
    api = ToyApi()
    async with serving(api.answer) as address:
        api.address = address
        yield api
