"""`thirdparty-bot import` and `export`, in the workspace of the sandbox, as processes of their own."""

import csv
import io
import json
import os
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest

from bot.clock import SystemClock
from bot.keyring import load_keyring
from bot.vault import ChainSeal
from sandbox import MovableClock
from storage.chain import verify_chain
from tests.bot.waiting import until
from tests.databases import make_database
from tests.house import ROOT
from tests.programs import Forked, Programs
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


async def start(stage: Stage, programs: Programs, *words: str, given: str = "", database: str | None = None) -> Forked:
    """Start a command in the bot's folder, with the bot's settings, but on that file if one is named."""
    env = {
        "PATH": os.defpath,
        "PYTHONPATH": str(ROOT),
        "THIRDPARTY_KEYRING_FILE": "keyring.json",
        "THIRDPARTY_DATABASE_URL": f"sqlite:///{database}" if database else stage.settings.database_url,
        "SLACK_BOT_TOKEN": stage.settings.slack_bot_token.reveal(),
        "SLACK_APP_TOKEN": "xapp-1-A01-1-abc",
        "SLACK_API_URL": stage.settings.slack_api_url,
    }
    return await programs.start(*words, cwd=stage.folder, env=env, given=given.encode())


@pytest.fixture
def typed(stage: Stage, programs: Programs) -> Typed:
    async def type_(*words: str, given: str = "", database: str | None = None) -> Said:
        program = await start(stage, programs, *words, given=given, database=database)
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
    (stage.folder / "parties.csv").unlink()
    everything = {**stage.kept(), "said": done.out + looked.out + again.out, "log": stage.searched_log()}
    for secret in ("former-token-0001", "former-secret-1"):
        assert not [place for place, text in everything.items() if secret in text]
    verified = await verify_chain(
        stage.bot.database, stage.bot.workspace, ChainSeal(load_keyring(stage.folder / "keyring.json"))
    )
    assert verified.first_wrong is None


async def test_every_bad_row_is_named_and_nothing_is_imported(stage: Stage, typed: Typed) -> None:
    bad = f"{FILE}Third Works,nobody@meadow.example,,yes,migrated,short,,2026-01-15,tomorrow,\nNo Owner,,,,,,,,,\n"
    said = await typed("import", "-", "--yes", given=bad)
    assert said.code == 1
    lines = [line.split()[:2] for line in said.out.splitlines() if line[:1].isdigit()]
    assert lines == [["5", "owner"], ["5", "token"], ["5", "expires_at"], ["5", "delivered"], ["6", "owner"]]
    assert "Nothing was imported" in said.err
    assert stage.names() == []
    for wrong in ([], ["missing.csv"], ["-"]):
        assert (await typed("import", *wrong)).code != 0


async def test_the_template_passes_once_it_is_filled_in(stage: Stage, typed: Typed) -> None:
    template = (await typed("import", "--template")).out
    filled = template.replace("owner@your-company", "anna@meadow").replace("contact@supplier", "carla@acme")
    said = await typed("import", "-", "--dry-run", given=filled)
    assert (said.code, said.err) == (0, "")
    assert "Example Supplier  new, its contact is proposed, external token for reminders alone" in said.out


async def test_an_app_that_may_not_see_email_addresses_says_so(stage: Stage, typed: Typed) -> None:
    stage.slack.changes.withdraw_scope("users:read.email")
    said = await typed("import", save(stage, FILE), "--yes")
    assert said.code == 1
    assert "give it the scope users:read.email" in said.out


async def test_an_export_comes_back_as_it_was(stage: Stage, typed: Typed) -> None:
    odd = "'=1+1,U01ANNABERG,carla@acme.example,no,,,,,,\n\"a;=b\",U01ANNABERG,,no,,,,,,\n''x,U01ANNABERG,,no,,,,,,\n"
    assert (await typed("import", "-", "--yes", given=FILE + odd)).code == 0
    await stage.settled()
    said = await typed("export", "all.csv")
    assert (said.code, said.out, said.err) == (0, "", "")
    exported = (stage.folder / "all.csv").read_bytes()
    assert (stage.folder / "all.csv").stat().st_mode & 0o777 == 0o600
    assert b"former-token" not in exported
    assert (await typed("export", "all.csv")).code == 1
    again = await typed("import", "all.csv", "--yes")
    assert (again.code, again.err) == (0, "")
    assert "There is nothing to import." in again.out

    await make_database(stage.folder / "other.db")
    moved = await typed("import", "all.csv", "--yes", database="other.db")
    assert (moved.code, moved.err) == (0, "")
    lines = [json.loads(line) for line in (await typed("export", "--format", "jsonl")).out.splitlines()]
    other = [
        json.loads(line) for line in (await typed("export", "--format", "jsonl", database="other.db")).out.splitlines()
    ]
    same = ("name", "owner", "contact", "enabled", "client_id", "issued_at", "expires_at", "token_state")
    assert [[row[name] for name in same] for row in lines] == [[row[name] for name in same] for row in other]
    assert [row["name"] for row in lines] == ["'x", "=1+1", "a;=b", "Far Works", "New Works", "Old Works"]
    [header, *cells] = csv.reader(io.StringIO(exported.decode("utf-8-sig")))
    names = [row[header.index("name")] for row in cells]
    assert names == ["''x", "'=1+1", "a;'=b", "Far Works", "New Works", "Old Works"]
    assert {row["token_kind"] for row in other} == {None, "external"}


@pytest.mark.on_a_file  # which tells when it is half-way
async def test_many_rows_need_a_stopped_bot_and_a_kill_half_way_leaves_nothing(
    stage: Stage, typed: Typed, programs: Programs
) -> None:
    rows = [
        f"Works {n},U01ANNABERG,carla@acme.example,yes,migrated,former-token-{n},,2026-01-15,2099-12-31,yes\n"
        for n in range(1_500)
    ]
    name = save(stage, HEADER + "".join(rows))
    said = await typed("import", name, "--yes")
    assert (said.code, "stop it first" in said.err) == (1, True)
    await stage.stop_bot()
    program = await start(stage, programs, "import", name, "--yes")
    journal = stage.folder / "thirdparty.db-wal"
    await until(lambda: journal.exists() and journal.stat().st_size > 500_000, within=60)
    program.kill()
    await program.communicate()
    with closing(sqlite3.connect(stage.folder / "thirdparty.db")) as connection:
        for table in ("third_parties", "tokens", "audit", "outbox", "people"):
            assert connection.execute(f"SELECT count(*) FROM {table}").fetchone() == (0,), table
    assert "Imported: 1,500 third parties" in (await typed("import", name, "--yes")).out
