"""Each ailment of this machine: settings, keyring, database, port."""

import json
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from access.model.audit import AuditEntry
from access.model.ids import ClientId, PersonId, ThirdPartyId, WorkspaceId
from access.model.third_party import ThirdParty
from bot.app import started
from bot.chance import SystemRandom
from bot.clock import SystemClock
from bot.doctor import machine
from bot.doctor.examiner import examine
from bot.doctor.findings import State
from bot.keyring import load_keyring, with_new_key, without_key
from bot.settings import Settings, read_settings, survey_settings
from storage.inspection import FileInspection, inspect_file
from storage.keys_in_use import KeysInUse
from storage.migrate import Schema
from storage.run_lock import RunLock, is_running
from tests.bot.doctor.practice import DATABASE, KEYRING, Practice
from tests.scenarios.stage import free_port
from tests.storage.rows import NOW

URL = f"sqlite:///{DATABASE}"


async def keep_something(practice: Practice) -> None:
    async with practice.database() as database, database.write(WorkspaceId("T1")) as uow:
        uow.enter(AuditEntry(SystemClock().now(), None, "issue_token", None, "refused", {}, None))
        await uow.commit()


async def test_all_is_well(practice: Practice) -> None:
    await keep_something(practice)
    report = await practice.examined()
    assert (report.ok, report.exit_status) == (True, 0)
    assert {each.state for each in report.findings} == {State.OK}
    assert [each.name for each in report.findings] == [
        "settings", "env file", "keyring", "database", "keys", "running", "bot token", "clock", "scopes", "channel",
        "admins", "socket mode", "port", "internal port",
    ]  # fmt: skip


async def test_where_a_key_is_compulsory_it_says_how_many_have_none(practice: Practice) -> None:
    practice.set(THIRDPARTY_REQUIRE_CONTACT_KEY="true")
    assert "contact keys" not in [each.name for each in (await practice.examined()).findings]
    async with practice.database() as database:
        assert (await practice.finds("contact keys")).state is State.OK
        async with database.write(WorkspaceId("T1")) as uow:
            given: dict[str, Any] = {
                "owner": PersonId("p"),
                "registered_at": SystemClock().now(),
                "contact": PersonId("c"),
            }
            await uow.third_parties.add(ThirdParty(ThirdPartyId("t"), "Acme", ClientId("c"), **given))
            await uow.commit()
    found = await practice.finds("contact keys")
    assert (found.state, found.found[-5:]) == (State.NOTE, "y: 1.")
    (practice.folder / DATABASE).write_bytes(b"no database")
    assert (await practice.finds("contact keys")).state is State.NOT_LOOKED_AT


async def test_all_is_well_beside_the_running_bot(practice: Practice) -> None:
    practice.use_http(port := free_port())
    async with started(read_settings(Settings)):
        report = await examine(survey_settings(), practice.clock)
        assert (report.ok, report.exit_status) == (True, 0)
        found = {each.name: each.found for each in report.findings}
        assert found["running"] == "The bot is running."
        assert found["port"] == f"127.0.0.1:{port} is in use, by the running bot as far as can be told."
    assert (await practice.finds("running")).found == "The bot is not running."
    assert (await practice.finds("port")).found == f"127.0.0.1:{port} is free."


async def test_every_wrong_setting_is_named_and_what_can_be_looked_at_is(practice: Practice) -> None:
    practice.set(SLACK_BOT_TOKEN="xoxp-1", THIRDPARTY_HTTP_PORT="x", THIRDPARTY_COLOUR="red")
    report = await practice.examined()
    assert report.exit_status == 2
    assert [each.found for each in report.findings if each.state is State.PROBLEM] == [
        "THIRDPARTY_COLOUR: there is no such setting.",
        "SLACK_BOT_TOKEN: it starts with xoxb-.",
        "THIRDPARTY_HTTP_PORT: it is a whole number.",
    ]
    states = {each.name: each.state for each in report.findings}
    assert states["keyring"] is states["database"] is State.OK
    assert states["bot token"] is states["channel"] is states["admins"] is State.NOT_LOOKED_AT


async def test_nothing_depends_on_an_unknown_setting(practice: Practice) -> None:
    practice.set(THIRDPARTY_CHANEL="C1")
    report = await practice.examined()
    assert report.exit_status == 2
    assert [each.found for each in report.findings if each.state is not State.OK] == [
        "THIRDPARTY_CHANEL: there is no such setting; did you mean THIRDPARTY_CHANNEL?"
    ]


async def test_without_a_place_for_the_database_only_the_settings_are_looked_at(practice: Practice) -> None:
    practice.set(THIRDPARTY_DATABASE_URL="mysql://x")
    report = await practice.examined()
    assert {each.name for each in report.findings if each.state is State.NOT_LOOKED_AT} == {
        "keyring", "database", "keys", "running", "bot token", "channel", "admins",
    }  # fmt: skip


async def test_an_env_file_that_others_can_read(practice: Practice) -> None:
    (practice.folder / ".env").touch(mode=0o644)
    assert "chmod 600 .env" in await practice.problem("env file")
    (practice.folder / ".env").chmod(0o600)
    assert (await practice.finds("env file")).state is State.OK


async def test_no_keyring(practice: Practice) -> None:
    (practice.folder / KEYRING).unlink()
    assert "make one with `thirdparty-bot init`" in await practice.problem("keyring")
    assert (await practice.finds("keys")).found == "The keyring has to be mended first."


async def test_a_keyring_that_others_can_read(practice: Practice) -> None:
    (practice.folder / KEYRING).chmod(0o640)
    assert f"chmod 600 {KEYRING}" in await practice.problem("keyring")


async def test_a_damaged_keyring(practice: Practice) -> None:
    (practice.folder / KEYRING).write_text("{")
    assert "is damaged (it is no JSON)" in await practice.problem("keyring")


async def test_a_key_that_the_database_needs_and_the_keyring_lacks(practice: Practice) -> None:
    await keep_something(practice)
    old = load_keyring(practice.folder / KEYRING).first.id
    content = json.loads((practice.folder / KEYRING).read_text())
    content["keys"][0]["id"] = "aaaaaaaa"
    (practice.folder / KEYRING).write_text(json.dumps(content))
    said = await practice.problem("keys")
    assert f"The keyring lacks {old}" in said
    assert "audit records that cannot be verified: 1" in said


async def test_keys_that_were_rotated_but_not_retired(practice: Practice) -> None:
    await keep_something(practice)
    old = load_keyring(practice.folder / KEYRING).first.id
    assert (await practice.finds("keys")).state is State.OK
    text = with_new_key((practice.folder / KEYRING).read_text(), "here", now=SystemClock().now(), random=SystemRandom())
    (practice.folder / KEYRING).write_text(text)
    found = await practice.finds("keys")
    assert (found.state, found.mend) == (State.NOTE, f"`thirdparty-bot keys retire {old}` takes it away.")
    with closing(sqlite3.connect(practice.folder / DATABASE)) as connection, connection:
        sealed = b"\1" + old.encode()
        connection.execute("INSERT INTO sealed_credentials VALUES ('T1', 't', ?, ?)", [sealed, sealed])
    found = await practice.finds("keys")
    assert (found.state, found.mend) == (State.NOTE, "`thirdparty-bot keys rotate` seals them anew.")
    (practice.folder / KEYRING).write_text(without_key(text, "here", key_id=old, verifies=True))
    said = await practice.problem("keys")
    assert (
        f"The keyring lacks {old}: offers that cannot be opened: 1; audit records that cannot be verified: 0." in said
    )


async def test_a_keyring_in_the_environment(practice: Practice) -> None:
    practice.set(THIRDPARTY_KEYRING=(practice.folder / KEYRING).read_text())
    (practice.folder / KEYRING).unlink()
    assert (await practice.finds("keyring")).state is State.OK


def newer(file: Path) -> None:
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = 'of_tomorrow'")


def damaged(file: Path) -> None:
    content = file.read_bytes()
    file.write_bytes(content[:8_192] + b"\xff" * 4_096 + content[12_288:])


def no_database(file: Path) -> None:
    file.write_text("Shopping list: " + "bread, " * 1_000)


def of_others(file: Path) -> None:
    file.unlink()
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("CREATE TABLE songs (name)")


def folder_in_its_place(file: Path) -> None:
    file.unlink()
    file.mkdir()


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (newer, "is of a newer version of thirdparty-bot. Install the newer version again"),
        (damaged, "damage"),
        (no_database, "The database file is no SQLite database. Name another one in THIRDPARTY_DATABASE_URL."),
        (of_others, "is another program's database. Name another place"),
        (folder_in_its_place, "thirdparty.db: Is a directory."),
    ],
    ids=lambda given: getattr(given, "__name__", None),
)
async def test_a_database_that_cannot_be_used(practice: Practice, spoil: Callable[[Path], None], words: str) -> None:
    async with practice.database():
        pass
    spoil(practice.folder / DATABASE)
    assert words in await practice.problem("database")


async def test_a_folder_that_is_not_there(practice: Practice) -> None:
    practice.set(THIRDPARTY_DATABASE_URL="sqlite:///nowhere/thirdparty.db")
    said = await practice.problem("database")
    assert said.startswith("It cannot be written to: ")
    assert "nowhere" in said
    assert (await practice.finds("keys")).found == "The database has to be mended first."


async def test_a_database_that_is_locked_for_long(practice: Practice, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("storage.inspection._BUSY_SECONDS", 0.05)
    async with practice.database():
        pass
    with closing(sqlite3.connect(practice.folder / DATABASE, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        assert (await practice.problem("database")).startswith("Another program is using the database. Stop it first.")


async def test_an_older_database_is_a_note_and_is_left_as_it_is(
    practice: Practice, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A version after this one is made up."""
    async with practice.database():
        pass
    monkeypatch.setattr("alembic.script.ScriptDirectory.get_current_head", lambda _: "of_tomorrow")
    found = await practice.finds("database")
    assert (found.state, "is of an older version" in found.found) == (State.NOTE, True)
    assert "thirdparty-bot migrate" in str(found.mend)
    assert (await practice.finds("keys")).found == "The database is not of this version."


async def test_an_empty_file_will_be_filled(practice: Practice) -> None:
    (practice.folder / DATABASE).touch(mode=0o600)
    assert (await practice.finds("database")).state is State.OK
    assert (practice.folder / DATABASE).read_bytes() == b""


async def test_a_database_that_others_can_open_is_a_note(practice: Practice) -> None:
    async with practice.database():
        pass
    (practice.folder / DATABASE).chmod(0o644)
    found = await practice.finds("database")
    assert (found.state, found.mend) == (State.NOTE, f"chmod 600 '{practice.folder / DATABASE}'")


async def test_a_large_database_is_not_read_through(practice: Practice) -> None:
    await keep_something(practice)
    seen = await inspect_file(URL, NOW, read_through_up_to=1_000)
    assert (seen.schema, seen.is_whole, seen.keys) == (Schema.CURRENT, None, None)
    ring = load_keyring(practice.folder / KEYRING)
    assert machine.keys(seen, ring).found == "The database is too large to be read through here."


async def test_a_name_with_odd_signs_is_the_same_file(practice: Practice) -> None:
    await keep_something(practice)
    shutil.copy(DATABASE, "odd ?#%41.db")
    assert (await inspect_file("sqlite:///odd ?#%41.db", NOW)).schema is Schema.CURRENT


def test_damage_and_an_old_sqlite_are_problems() -> None:
    sick = FileInspection(place="x", schema=Schema.CURRENT, is_whole=False, keys=KeysInUse({}, {}), sqlite="3.34.1")
    assert [(each.state, each.mend) for each in machine.database(sick)][1:] == [
        (State.PROBLEM, "Stop the bot and restore the database from a backup."),
        (State.PROBLEM, "Install a Python whose SQLite is 3.35.0 or newer."),
    ]


async def test_a_port_in_use_by_something_else(practice: Practice) -> None:
    practice.use_http(port := int(practice.slack.address.rpartition(":")[2]))
    said = await practice.problem("port")
    assert f"127.0.0.1:{port} cannot be listened on: Address already in use." in said
    assert "THIRDPARTY_HTTP_PORT" in said


async def test_an_internal_port_in_use_by_something_else(practice: Practice) -> None:
    practice.set(THIRDPARTY_INTERNAL_PORT=(port := practice.slack.address.rpartition(":")[2]))
    said = await practice.problem("internal port")
    assert f"127.0.0.1:{port} cannot be listened on: Address already in use." in said
    assert "THIRDPARTY_INTERNAL_PORT" in said


@pytest.mark.parametrize("host", ["127.0.0.1", "127.1.2.3", "::1", "localhost"])
def test_an_internal_port_for_this_machine_alone(host: str) -> None:
    assert machine.reach(host) == []


@pytest.mark.parametrize("host", ["::", "10.0.0.7", "192.0.2.7", "api.internal"])
def test_an_internal_port_that_others_may_reach_is_pointed_out(host: str) -> None:
    [told] = machine.reach(host)
    assert (told.state, told.name) == (State.NOTE, "internal port")
    assert told.found.endswith(f"at {host}, and whoever does can read its metrics.")
    assert "THIRDPARTY_INTERNAL_HOST" in (told.mend or "")


async def test_a_host_that_is_none(practice: Practice) -> None:
    practice.use_http(8480)
    practice.set(THIRDPARTY_HTTP_HOST="no.such.host.invalid")
    assert "cannot be listened on" in await practice.problem("port")


async def test_a_lock_file_that_cannot_be_opened(practice: Practice) -> None:
    (practice.folder / f"{DATABASE}.lock").symlink_to(f"{DATABASE}.lock")
    assert "Too many levels of symbolic links" in await practice.problem("running")


def test_whether_a_bot_runs_is_told_by_its_lock(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'x.db'}"
    assert not is_running(url)
    assert list(tmp_path.iterdir()) == []
    with RunLock(url):
        assert is_running(url)
    assert not is_running(url)
    with RunLock(url):
        pass
