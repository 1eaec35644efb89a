"""What docs/protect-your-api.md shows for an API that asks by itself, run as it stands there."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from access.model.credentials import TOKEN_PREFIX, digest, mint
from access.operations.add_resource_server import add_resource_server
from access.operations.remove_resource_server import remove_resource_server
from tests.access.books import Books
from tests.access.world import TEAM, World
from tests.proxies.internal_port import internal_port
from tests.proxies.programs import environment, program
from tests.proxies.recipes import blocks

NAME = 'Café Zoë & "Söhne" 日本'
GOOD = mint(TOKEN_PREFIX, bytes(32))
ASKING: dict[str, tuple[str, str, str]] = {
    "python": (sys.executable, "ask.py", "import json, sys\nprint(json.dumps(third_party_of(sys.argv[1])))\n"),
    "js": ("node", "ask.mjs", "console.log(JSON.stringify(await thirdPartyOf(process.argv[2])));\n"),
}
"""What runs an example, in which file, and the lines by which that asks."""


@dataclass
class Asker:
    """Where the bot answers, and who may ask."""

    world: World
    bot: str
    id: str
    secret: str
    folder: Path


@pytest.fixture
async def asker(tmp_path: Path) -> AsyncIterator[Asker]:
    async with AsyncExitStack() as stack:
        world = await World.make(tmp_path)
        stack.push_async_callback(world.close)
        books = Books(world)
        await books.change(await books.token(await books.party(NAME), "a"), token_digest=digest(GOOD))
        added = await add_resource_server(TEAM, "API", world.ports)
        bot = await stack.enter_async_context(internal_port(world.ports))
        yield Asker(world, bot, added.server.id, added.secret.reveal(), tmp_path)


async def answer(asker: Asker, language: str, token: str) -> Any:
    """What the page's example gives for a token, as JSON; raises RuntimeError, if it fails."""
    [example] = blocks(language)
    runs, name, ask = ASKING[language]
    (asker.folder / name).write_text(example.replace("127.0.0.1:8481", asker.bot) + ask)
    process = await asyncio.create_subprocess_exec(
        *(program(runs), str(asker.folder / name), token),
        env={**environment(asker.folder), "RESOURCE_SERVER_ID": asker.id, "RESOURCE_SERVER_SECRET": asker.secret},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await process.communicate()
    if process.returncode:
        raise RuntimeError(err.decode())
    return json.loads(out)


@pytest.mark.parametrize("language", ASKING)
async def test_the_example_tells_who_sends_a_good_token_and_refuses_every_other(asker: Asker, language: str) -> None:
    said = await answer(asker, language, GOOD.reveal())
    assert (said["active"], said["third_party_name"]) == (True, NAME)
    assert said["exp"] > asker.world.clock.now().timestamp()
    for other in (mint(TOKEN_PREFIX, bytes(range(32))).reveal(), "tpt_wrong"):
        assert await answer(asker, language, other) is None
    await remove_resource_server(TEAM, "API", asker.world.ports)
    with pytest.raises(RuntimeError, match="401"):
        await answer(asker, language, GOOD.reveal())
