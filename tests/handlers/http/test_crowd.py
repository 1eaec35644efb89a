"""10,000 connect and ask nothing, and whoever asks is answered as before."""

import asyncio
import resource
import statistics
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from bot.open_files import allow_many_files, most_connections
from tests.bot.waiting import until
from tests.handlers.http.api import Api, open_api
from tests.handlers.http.wire import Wire, request
from tests.house import ROOT

CROWD = 10_000


@pytest.fixture(autouse=True)
def many_files() -> Iterator[None]:
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    allow_many_files()
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, before)


@asynccontextmanager
async def crowd(url: str, how_many: int) -> AsyncIterator[Process]:
    """So many connections from another process."""
    command = (sys.executable, "-m", "tests.handlers.http.crowd", url.rpartition(":")[2], str(how_many))
    process = await asyncio.create_subprocess_exec(*command, cwd=ROOT, stdin=PIPE, stdout=PIPE)
    try:
        assert process.stdout is not None
        assert int(await process.stdout.readline()) == how_many
        yield process
    finally:
        process.kill()
        await process.communicate()


async def median_of_checks(api: Api, wire: Wire) -> float:
    loop = asyncio.get_running_loop()
    headers = {"X-Resource-Server-Secret": api.secret, "Authorization": f"Bearer {api.tokens['active']}"}
    taken = []
    for _ in range(300):
        begun = loop.time()
        await wire.send(request("GET", "/oauth/check", headers))
        assert (await wire.answer()).status == 204
        taken.append(loop.time() - begun)
    return statistics.median(taken)


async def test_ten_thousand_who_ask_nothing_keep_nobody_waiting(tmp_path: Path) -> None:
    """As many as this machine allows, where it allows fewer."""
    many = min(CROWD, most_connections() - 1)
    async with open_api(tmp_path, most=most_connections(), request_within=120) as api, Wire.to(api.url) as wire:
        alone = await median_of_checks(api, wire)
        async with crowd(api.url, many):
            await until(lambda: len(api.port) == many + 1, within=30)
            in_a_crowd = await median_of_checks(api, wire)
            async with Wire.to(api.url) as another:
                assert await median_of_checks(api, another) < 0.02
        assert in_a_crowd < 4 * alone + 0.002
        await until(lambda: len(api.port) == 1, within=30)


async def test_a_crowd_larger_than_there_is_room_for_takes_the_place_of_nobody_who_asks(tmp_path: Path) -> None:
    async with open_api(tmp_path, most=300) as api, Wire.to(api.url) as wire:
        await median_of_checks(api, wire)
        asking = asyncio.create_task(median_of_checks(api, wire))
        async with crowd(api.url, 1_500):
            await asking
            await median_of_checks(api, wire)
            assert len(api.port) <= 300
            async with Wire.to(api.url) as another:
                await median_of_checks(api, another)
