"""The drill of docs/backup.md: the database is lost, and everybody goes on with a backup."""

import os
import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.clock import SystemClock
from bot.keyring import load_keyring
from bot.vault import ChainSeal
from sandbox import MovableClock
from storage.chain import verify_chain
from tests.house import ROOT
from tests.programs import Programs
from tests.scenarios.stage import ACME, CHANNEL, Stage, got, secrets_in, set_stage
from tests.scenarios.test_checks import check, may_ask

DRILL = (ROOT / "docs/backup.md").read_text().split("## The drill")[1].split("## What a thief has")[0]
COMMANDS = [line.split() for block in re.findall(r"```sh\n(.*?)```", DRILL, re.DOTALL) for line in block.splitlines()]


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    """The bot at the time that it is: the commands go by the machine's clock."""
    async with set_stage(tmp_path, clock=MovableClock(SystemClock().now())) as stage:
        yield stage


async def revoke_the_active_one(stage: Stage) -> None:
    [(fingerprint,)] = stage.rows("SELECT fingerprint FROM tokens WHERE collected_at IS NOT NULL")
    question = got((await stage.anna.types(f"/thirdparty revoke {ACME} {fingerprint}")).ephemeral)
    await question.press("Revoke now")
    await stage.settled()


@pytest.mark.on_a_file  # a server's backups are its own
async def test_the_restore_drill(stage: Stage, programs: Programs) -> None:
    async def typed(*words: str) -> str:
        env = {"PATH": os.defpath, "PYTHONPATH": str(ROOT), "THIRDPARTY_KEYRING_FILE": "keyring.json"}
        program = await programs.start(*words, cwd=stage.folder, env=env)
        out, err = await program.communicate()
        assert (program.returncode, err) == (0, b"")
        return out.decode()

    backup, destroy, restore, verify = COMMANDS
    await may_ask(stage)
    _, old = secrets_in(await stage.collected())
    await stage.anna.types(f"/thirdparty renew {ACME}")
    await stage.settled()
    assert "is a backup of" in await typed(*backup[1:])

    await revoke_the_active_one(stage)
    assert (await check(stage, old)).status == 401
    await stage.stop_bot()
    assert destroy[0] == "rm"
    (stage.folder / destroy[1]).unlink()
    said = await typed(*restore[1:])
    assert "An admin confirms in Slack which do, as soon as the bot runs: Acme Corp" in said
    assert "Withdrawn, to be offered anew: Acme Corp" in said
    await stage.start_bot()
    stage.slack.clock.advance(SystemClock().now() - stage.slack.clock.now())
    await stage.settled()

    assert (await check(stage, old)).status == 401
    asked = stage.ben.reads(CHANNEL)[-1]
    assert "The database was restored from a backup" in asked.reading
    await revoke_the_active_one(stage)
    await asked.press("Enable all of these …")
    await stage.ben.reads(CHANNEL)[-1].press("Enable all")
    await stage.settled()
    assert "One third party was enabled: Acme Corp" in stage.ben.reads(CHANNEL)[-1].reading
    [asked] = [seen for seen in stage.anna.reads(CHANNEL) if "The database was restored" in seen.reading]
    assert "All of them are decided about" in asked.reading
    assert (await check(stage, old)).status == 401

    told = await stage.anna.waits_for("Offer anew")
    await told.press("Offer anew")
    await stage.settled()
    _, new = secrets_in(await stage.reveal(await stage.carla.waits_for("Show credentials")))
    assert (await check(stage, new)).status == 204
    verified = await verify_chain(
        stage.bot.database, stage.bot.workspace, ChainSeal(load_keyring(stage.folder / "keyring.json"))
    )
    assert verified.first_wrong is None
    assert stage.audit().count("third_party.enabled_after_restore") == 1
    await typed(*verify[1:])
