"""`thirdparty-bot import` and `export`, in the workspace of the sandbox, as processes of their own."""

import os
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from bot.clock import SystemClock
from bot.keyring import load_keyring
from bot.vault import ChainSeal
from sandbox import MovableClock
from storage.chain import verify_chain
from tests.house import ROOT
from tests.programs import Programs
from tests.scenarios.stage import CHANNEL, Stage, set_stage

HEADER = "name,owner,contact,enabled,token_kind,token,client_secret,issued_at,expires_at,delivered\n"
FILE = (
    HEADER + "Old Works,anna@meadow.example,carla@acme.example,yes,"
    "migrated,former-token-0001,former-secret-1,2026-01-15,2099-12-31,yes\n"
    "Far Works,U01ANNABERG,carla@acme.example,yes,external,,,2026-01-15,2099-12-31,\n"
    "New Works,U02BENITO00,,no,,,,,,\n"
)


@dataclass
class Said:
    """What a command left behind."""

    code: int
    out: str
    err: str


Typed = Callable[..., Awaitable[Said]]


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    """The bot at the time that it is: the commands go by the machine's clock."""
    async with set_stage(tmp_path, clock=MovableClock(SystemClock().now())) as stage:
        yield stage


@pytest.fixture
def typed(stage: Stage, programs: Programs) -> Typed:
    async def type_(*words: str, given: str = "") -> Said:
        secret = stage.settings.slack_bot_token
        env = {
            "PATH": os.defpath,
            "PYTHONPATH": str(ROOT),
            "THIRDPARTY_KEYRING_FILE": "keyring.json",
            "SLACK_BOT_TOKEN": secret.reveal(),
            "SLACK_APP_TOKEN": "xapp-1-A01-1-abc",
            "SLACK_API_URL": stage.settings.slack_api_url,
        }
        program = await programs.start(*words, cwd=stage.folder, env=env, given=given.encode())
        out, err = await program.communicate()
        return Said(program.returncode or 0, out.decode(), err.decode())

    return type_


def save(stage: Stage, text: str, name: str = "parties.csv") -> str:
    path = stage.folder / name
    path.write_text(text)
    path.chmod(0o600)
    return name


async def test_a_file_is_imported_and_everybody_hears_of_it_once(stage: Stage, typed: Typed) -> None:
    stage.log_statements()
    looked = await typed("import", save(stage, FILE), "--dry-run")
    assert (looked.code, looked.err) == (0, "")
    assert stage.names() == []
    done = await typed("import", "parties.csv", "--yes")
    assert (done.code, done.err) == (0, "")
    assert "Imported: 3 third parties, 2 proposed contacts, 2 tokens." in done.out
    assert "parties.csv holds secrets that work. Destroy it now" in done.out
    await stage.later(minutes=2)
    [told] = [seen.reading for seen in stage.ben.reads(CHANNEL) if "Imported on the bot's machine" in seen.reading]
    assert "3 new third parties, 2 tokens, 2 contacts proposed" in told
    assert len(stage.carla.reads()) == 1
    assert not [seen for seen in stage.ben.reads(CHANNEL) if "approve" in seen.reading.lower()][1:]
    assert stage.rows("SELECT count(*) FROM contact_proposals WHERE reached_at IS NOT NULL") == [(2,)]
    again = await typed("import", "parties.csv", "--yes")
    assert (again.code, again.err) == (0, "")
    assert "There is nothing to import." in again.out
    everything = done.out + looked.out + again.out + stage.searched_log()
    for secret in ("former-token-0001", "former-secret-1"):
        assert secret not in everything
        assert secret.encode() not in (stage.folder / "thirdparty.db").read_bytes()

    verified = await verify_chain(
        stage.bot.database, stage.bot.workspace, ChainSeal(load_keyring(stage.folder / "keyring.json"))
    )
    assert verified.first_wrong is None
