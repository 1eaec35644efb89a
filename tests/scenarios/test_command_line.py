"""Commands beside the running bot: other processes on the same database."""

import os
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from access.model.errors import AskerUnknown
from access.model.secret import Secret
from access.model.token import Verdict
from access.operations.check_token import Asker, check_token
from bot.clock import SystemClock
from sandbox import MovableClock
from tests.house import ROOT
from tests.programs import Programs
from tests.scenarios.stage import ACME, CHANNEL, Stage, secrets_in, set_stage


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    """The bot at the time that it is: the commands go by the machine's clock."""
    async with set_stage(tmp_path, clock=MovableClock(SystemClock().now())) as stage:
        yield stage


Typed = Callable[..., Awaitable[str]]


@pytest.fixture
def typed(stage: Stage, programs: Programs) -> Typed:
    """Type a command in the bot's folder while the bot runs; returns what it says."""

    async def type_(*words: str, given: str = "") -> str:
        env = {
            "PATH": os.defpath,
            "PYTHONPATH": str(ROOT),
            "THIRDPARTY_KEYRING_FILE": "keyring.json",
            "THIRDPARTY_DATABASE_URL": stage.settings.database_url,
        }
        program = await programs.start(*words, cwd=stage.folder, env=env, given=given.encode())
        out, err = await program.communicate()
        assert (program.returncode, err) == (0, b"")
        return out.decode()

    return type_


async def ask(stage: Stage, secret: str, token: str) -> Verdict | None:
    """What a resource server with that secret is told; None: that it may not ask."""
    try:
        return (await check_token(Asker(Secret(secret)), Secret(token), stage.bot.ports)).verdict
    except AskerUnknown:
        return None


async def test_a_resource_server_may_ask_from_the_moment_it_is_added_until_it_is_removed(
    stage: Stage, typed: Typed
) -> None:
    _, token = secrets_in(await stage.collected())
    added = await typed("resource-server", "add", "Shop API")
    [secret] = re.findall(r"tps_\w+", added)
    assert await ask(stage, secret, token) is Verdict.ACCEPTED
    assert "Shop API" in await typed("resource-server", "list")
    await typed("resource-server", "remove", "Shop API", "--yes")
    assert await ask(stage, secret, token) is None
    assert secret not in stage.log.getvalue()


async def test_a_token_that_turned_up_is_revoked_and_everybody_reads_of_it(stage: Stage, typed: Typed) -> None:
    client_secret, token = secrets_in(await stage.collected())
    assert "active: it is accepted" in await typed("identify", given=token)
    assert await stage.verdict(token) is Verdict.ACCEPTED
    await typed("identify", "--revoke", given=client_secret)
    assert await stage.verdict(token) is Verdict.REVOKED
    await stage.later(minutes=2)  # the clock of this stage stands still
    for reading in (stage.anna.reads(), stage.ben.reads(CHANNEL)):
        assert "Revoked at the command line" in reading[-1].reading
        assert "Please ask whoever runs me where it turned up" in reading[-1].reading
    assert "had turned up outside of your program" in stage.carla.reads()[-1].reading
    trail = (await stage.anna.types(f"/thirdparty audit {ACME}")).reading
    assert "This app was asked at the command line to revoke a token" in trail
    for secret in (client_secret, token):
        assert secret not in stage.log.getvalue()
