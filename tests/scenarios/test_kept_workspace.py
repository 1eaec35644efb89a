"""`thirdparty-bot sandbox --data`: bot and workspace are started again, and people go on where they were."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from bot.app import started
from bot.sandbox_command import sandbox_settings
from sandbox import Sandbox
from tests.manifest import our_manifest
from tests.scenarios.stage import ACME, CHANNEL, PATIENT, got, secrets_in


@asynccontextmanager
async def sandbox(folder: Path) -> AsyncIterator[Sandbox]:
    """As the command starts it, by the machine's own clock."""
    async with (
        await Sandbox.start(manifest=our_manifest(), timing=PATIENT, folder=folder) as slack,
        started(sandbox_settings(slack, folder), clock=slack.clock, pace=timedelta(0)) as bot,
    ):
        slack.clock.on_move(bot.hurry)
        await slack.connected()
        yield slack


@pytest.mark.on_a_file
async def test_a_restart_goes_on_where_it_was(tmp_path: Path) -> None:
    async with sandbox(tmp_path) as slack:
        anna, ben = slack.person("anna"), slack.person("ben")
        await anna.types(f"/thirdparty add {ACME}")
        await anna.types(f"/thirdparty contact {ACME} @carla")
        await ben.waits_for("proposes", CHANNEL, timeout=20)
        slack.clock.advance(timedelta(days=1))
        then = slack.clock.now()
    async with sandbox(tmp_path) as slack:
        assert timedelta(0) < slack.clock.now() - then < timedelta(minutes=5)
        anna, ben, carla = map(slack.person, ("anna", "ben", "carla"))
        request = await ben.waits_for("proposes", CHANNEL)
        await request.press("Approve")
        await ben.waits_for("Approved by", CHANNEL, timeout=20)
        assert len([each for each in ben.reads(CHANNEL) if "Acme Corp" in each.reading]) == 1
        await anna.types(f"/thirdparty enable {ACME}")
        await anna.types(f"/thirdparty issue {ACME}")
        offer = await carla.waits_for("Show credentials", timeout=20)
    async with sandbox(tmp_path) as slack:
        offer = await slack.person("carla").waits_for("Show credentials")
        secrets = secrets_in(await got((await offer.press("Show credentials")).modal).submit())
    kept = "".join(path.read_bytes().decode("latin-1") for path in tmp_path.iterdir())
    assert "Acme Corp" in kept
    assert not [secret for secret in secrets if secret in kept]
