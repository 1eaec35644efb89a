"""Somebody who can write to the database file, and has no key."""

import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

import pytest

from access.model.credentials import TOKEN_PREFIX, Credentials, digest, mint
from access.model.errors import AlreadyCollected, CredentialsUnreadable
from access.model.events import ThirdPartyEnabled
from access.model.ids import HandoffId, PersonId, ThirdPartyId, WorkspaceId
from access.model.token import Verdict
from access.operations.collect_handoff import CollectHandoff, collect_handoff
from access.operations.register_third_party import RegisterThirdParty, register_third_party
from storage.chain import Head, Verified, verify_chain
from storage.errors import ConstraintBroken
from storage.tables import audit
from tests.access.world import TEAM, World, in_clear
from tests.checking import check
from tests.handlers.office import Office

RECORDS = 6


def tamper(file: Path, script: str) -> None:
    """Change the file behind the bot's back, whatever the schema's own triggers and checks say."""
    with closing(sqlite3.connect(file)) as connection:
        connection.executescript(
            "DROP TRIGGER IF EXISTS audit_refuses_update; DROP TRIGGER IF EXISTS audit_refuses_delete;"
            f"PRAGMA ignore_check_constraints = ON; {script}"
        )


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    """Six records of what two admins did."""
    made = await World.make(tmp_path)
    for number in range(1, RECORDS + 1):
        await enable_something(made, number)
    yield made
    await made.close()


async def enable_something(world: World, number: int, team: WorkspaceId = TEAM) -> None:
    async with world.ports.write(team) as uow:
        owner, party = PersonId("anna" if number % 2 else "ben"), ThirdPartyId(f"party {number}")
        uow.record(owner, [ThirdPartyEnabled(party, owner=owner)], at=world.clock.now())
        await uow.commit()


async def verified(world: World, posted: Head | None = None) -> Verified:
    return await verify_chain(world.database, TEAM, world.seal, posted=posted)


async def head(world: World) -> Head:
    with closing(sqlite3.connect(world.file)) as connection:
        return Head(*connection.execute(f"SELECT number, mac FROM audit_heads WHERE workspace = '{TEAM}'").fetchone())


OTHERWISE = ["'m'", "7700", "X'FF'", "'{'", "'[]'", "9e99", "CAST(X'FF' AS TEXT)", "NULL"]
"""Another value, and what nothing can read: bytes, broken JSON, an instant beyond all time, text that is none."""


@pytest.mark.parametrize("column", [column.name for column in audit.columns])
async def test_a_record_that_was_changed_in_any_column_is_named(world: World, column: str) -> None:
    for value in OTHERWISE if audit.c[column].nullable else OTHERWISE[:-1]:
        with closing(sqlite3.connect(world.file)) as connection:
            ((before, same),) = connection.execute(f"SELECT {column}, {column} IS {value} FROM audit WHERE rowid = 3")
        if same:
            continue
        tamper(world.file, f"UPDATE audit SET {column} = {value} WHERE rowid = 3")
        assert await verified(world) == Verified(2, 3), value
        with closing(sqlite3.connect(world.file)) as connection, connection:
            connection.execute(f"UPDATE audit SET {column} = ? WHERE rowid = 3", [before])
        assert await verified(world) == Verified(RECORDS, None)


SWAP = """
    UPDATE audit SET number = 99 WHERE number = {0}; UPDATE audit SET number = {0} WHERE number = {1};
    UPDATE audit SET number = {1} WHERE number = 99;
"""
CUT = "DELETE FROM audit WHERE number > {0}; "
CUT_AND_CLOSE = """
    DELETE FROM audit WHERE number = 4; UPDATE audit SET number = number - 1 WHERE number > 4;
    UPDATE audit_heads SET number = number - 1
"""
MOVE_HEAD = "UPDATE audit_heads SET number = {0}, mac = (SELECT mac FROM audit WHERE number = {0});"
COPY = "INSERT INTO audit SELECT workspace, {1}, at, actor, action, third_party, outcome, details, once_key, mac "
SHOWN = {
    "the first removed": ("DELETE FROM audit WHERE number = 1", 1),
    "one in the middle removed": ("DELETE FROM audit WHERE number = 4", 4),
    "and the others moved up": (
        CUT_AND_CLOSE,
        4,
    ),
    "the newest removed": (CUT.format(RECORDS - 1), RECORDS),
    "all removed": ("DELETE FROM audit", 1),
    "two changed places": (SWAP.format(2, 3), 2),
    "the first and the last changed places": (SWAP.format(1, RECORDS), 1),
    "one written twice": (
        COPY.format(0, RECORDS + 1) + "FROM audit WHERE number = 3;" + MOVE_HEAD.format(RECORDS + 1),
        RECORDS + 1,
    ),
    "one put in front": (COPY.format(0, 0) + "FROM audit WHERE number = 1", 1),
    "the end noted wrongly": ("UPDATE audit_heads SET number = number + 1", RECORDS + 1),
    "the end noted unreadably": ("UPDATE audit_heads SET mac = 'text'", RECORDS + 1),
    "the note of the end removed": ("DELETE FROM audit_heads", RECORDS + 1),
}


@pytest.mark.parametrize(("script", "first_wrong"), SHOWN.values(), ids=SHOWN.keys())
async def test_a_record_removed_moved_or_repeated_is_named(world: World, script: str, first_wrong: int) -> None:
    tamper(world.file, script)
    assert await verified(world) == Verified(first_wrong - 1, first_wrong)


async def test_the_newest_cut_off_with_the_note_of_the_end_shows_against_a_head_that_was_posted(world: World) -> None:
    posted = await head(world)
    assert await verified(world, posted) == Verified(RECORDS, None)
    tamper(world.file, CUT.format(4) + MOVE_HEAD.format(4))
    assert await verified(world) == Verified(4, None)
    assert await verified(world, posted) == Verified(4, 5)


async def test_what_is_written_after_the_cut_does_not_hide_it(world: World) -> None:
    posted = await head(world)
    tamper(world.file, CUT.format(4) + MOVE_HEAD.format(4))
    for number in range(10, 14):
        await enable_something(world, number)
    assert await verified(world) == Verified(8, None)
    assert await verified(world, posted) == Verified(RECORDS - 1, RECORDS)


async def test_a_chain_that_was_begun_anew_shows_against_a_head_that_was_posted(world: World) -> None:
    posted = await head(world)
    tamper(world.file, "DELETE FROM audit; DELETE FROM audit_heads")
    for number in range(RECORDS + 1):
        await enable_something(world, number)
    assert (await verified(world)).first_wrong is None
    assert await verified(world, posted) == Verified(RECORDS - 1, RECORDS)


async def test_a_head_that_was_posted_long_ago_fits_a_chain_that_went_on(world: World) -> None:
    posted = await head(world)
    await enable_something(world, 7)
    assert await verified(world, posted) == Verified(7, None)
    assert await verified(world, Head(3, posted.mac)) == Verified(2, 3)


@pytest.mark.parametrize("script", ["DELETE FROM audit_heads", "UPDATE audit_heads SET number = 2"])
async def test_where_the_note_of_the_end_is_gone_nothing_goes_on_and_nothing_begins_anew(
    world: World, script: str
) -> None:
    tamper(world.file, script)
    register = RegisterThirdParty(caller=world.caller("UANNA"), name="Acme")
    with pytest.raises(ConstraintBroken):
        await register_third_party(register, world.ports)
    async with world.ports.read(TEAM) as reading:
        assert await reading.third_parties.by_name("Acme") is None
    assert world.count_records() == RECORDS
    assert (await verified(world)).first_wrong is not None


@pytest.mark.parametrize("script", ["UPDATE audit_heads SET number = 20", "UPDATE audit_heads SET mac = X'00'"])
async def test_a_chain_that_went_on_from_a_false_end_stays_broken(world: World, script: str) -> None:
    tamper(world.file, script)
    await enable_something(world, 7)
    assert (await verified(world)).first_wrong == RECORDS + 1


async def test_the_records_of_another_workspace_are_no_records_of_ours(world: World) -> None:
    there = WorkspaceId("T0THERE")
    for number in range(1, RECORDS + 1):
        await enable_something(world, number, there)
    tamper(world.file, f"DELETE FROM audit WHERE workspace = '{TEAM}'; UPDATE audit SET workspace = '{TEAM}'")
    assert await verified(world) == Verified(0, 1)


# --- sealed credentials -----------------------------------------------------------------------------------------------

OTHER = "(SELECT {0} FROM sealed_credentials AS other WHERE other.token <> sealed_credentials.token)"
SEALED = {
    "of another row": f"bearer = {OTHER.format('bearer')}, client_secret = {OTHER.format('client_secret')}",
    "of another column": "bearer = client_secret, client_secret = bearer",
    "named after another key": "bearer = CAST(X'01' || 'aaaaaaaa' || substr(bearer, 10) AS BLOB)",
    "of another version": "bearer = CAST(X'02' || substr(bearer, 2) AS BLOB)",
    "cut": "bearer = substr(bearer, 1, length(bearer) - 1)",
    "cut to nothing": "bearer = X''",
    "changed": "bearer = CAST(substr(bearer, 1, 40) || X'0000' || substr(bearer, 43) AS BLOB)",
}


async def test_what_was_sealed_opens_in_its_own_place_alone_and_is_not_claimed_elsewhere(office: Office) -> None:
    world = office.world
    handoffs = [await office.offered("Acme"), await office.offered("Globex")]
    for label, change in SEALED.items():
        with closing(sqlite3.connect(world.file)) as connection:
            before = list(connection.execute("SELECT client_secret, bearer, token FROM sealed_credentials"))
        first = f"(SELECT token FROM handoffs WHERE id = '{handoffs[0]}')"
        tamper(world.file, f"UPDATE sealed_credentials SET {change} WHERE token = {first}")
        with pytest.raises(CredentialsUnreadable):
            await collect(world, handoffs[0])
        with closing(sqlite3.connect(world.file)) as connection, connection:
            assert connection.execute("SELECT count(collected_at) FROM handoffs").fetchone() == (0,), label
            connection.executemany(
                "UPDATE sealed_credentials SET client_secret = ?, bearer = ? WHERE token = ?", before
            )
    for handoff in handoffs:
        assert (await collect(world, handoff)).token.reveal()


async def test_a_reveal_that_was_noted_as_not_made_shows_nothing_again(office: Office) -> None:
    world = office.world
    handoff = await office.offered("Acme")
    await collect(world, handoff)
    tamper(
        world.file,
        "UPDATE handoffs SET collected_at = NULL; UPDATE tokens SET collected_at = NULL, collected_by = NULL",
    )
    with pytest.raises(AlreadyCollected):
        await collect(world, handoff)


async def collect(world: World, handoff: str) -> Credentials:
    return in_clear(
        await collect_handoff(CollectHandoff(caller=world.caller("UCARLA"), handoff=HandoffId(handoff)), world.ports)
    )


# --- what nothing stops -----------------------------------------------------------------------------------------------


async def test_nothing_stops_a_token_that_is_written_into_the_file_and_no_record_tells_of_its_issue(
    office: Office,
) -> None:
    world = office.world
    await collect(world, await office.offered("Acme"))
    planted = mint(TOKEN_PREFIX, b"m" * 32)
    with closing(sqlite3.connect(world.file)) as connection, connection:
        connection.execute(
            "INSERT INTO tokens (workspace, id, third_party, position, fingerprint, token_digest, secret_digest, "
            "issued_at, expires_at, issued_by, collected_at, collected_by) SELECT workspace, 'planted', third_party, "
            "2, 'ffffffff', ?, ?, issued_at, expires_at, issued_by, collected_at, collected_by FROM tokens",
            [digest(planted), b"s" * 32],
        )
    assert await check(TEAM, planted, world.ports) is Verdict.ACCEPTED
    with closing(sqlite3.connect(world.file)) as connection:
        issued = "SELECT json_extract(details, '$.token') FROM audit WHERE action = 'token.issued'"
        unheard_of = list(connection.execute(f"SELECT id FROM tokens WHERE id NOT IN ({issued})"))
    assert unheard_of == [("planted",)]


async def test_nothing_stops_a_contact_who_is_written_into_the_file_and_the_reveal_names_who_it_was(
    office: Office,
) -> None:
    world = office.world
    handoff = await office.offered("Acme")
    await office.presses("UERIK", "open_handoff", handoff, "direct")
    with closing(sqlite3.connect(world.file)) as connection, connection:
        ((erik,),) = connection.execute("SELECT id FROM people WHERE user_id = 'UERIK'")
        connection.execute("UPDATE third_parties SET contact = ?", [erik])
        connection.execute("UPDATE handoffs SET contact = ?", [erik])
    stolen = CollectHandoff(caller=world.caller("UERIK"), handoff=HandoffId(handoff))
    assert in_clear(await collect_handoff(stolen, world.ports)).token.reveal()
    with closing(sqlite3.connect(world.file)) as connection:
        actors = dict(connection.execute("SELECT action, actor FROM audit WHERE outcome = 'done'"))
        approved = "SELECT json_extract(details, '$.contact') FROM audit WHERE action = 'contact.approved'"
        assert actors["handoff.collected"] == erik
        assert connection.execute(approved).fetchone() != (erik,)
    assert await verify_chain(world.database, TEAM, world.seal) == Verified(world.count_records(), None)
