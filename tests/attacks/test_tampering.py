"""Somebody who can write to the database file, and has no key."""

import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from access.model.audit_head import Head
from access.model.credentials import TOKEN_PREFIX, Credentials, digest, mint
from access.model.errors import AlreadyCollected, CredentialsUnreadable
from access.model.events import ThirdPartyEnabled
from access.model.ids import HandoffId, PersonId, ThirdPartyId, WorkspaceId
from access.model.policy import Policy
from access.model.token import Verdict
from access.operations.collect_handoff import CollectHandoff, collect_handoff
from access.operations.prune import prune
from access.operations.register_third_party import RegisterThirdParty, register_third_party
from storage.chain import verify_chain
from storage.chain_fault import How, Wrong
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


async def verified(world: World, posted: Head | None = None) -> tuple[int, int | None]:
    """How many records fit, and the number of the first that does not."""
    found = await verify_chain(world.database, TEAM, world.seal, posted=posted)
    return found.count, found.first_wrong


async def wrong(world: World, posted: Head | None = None) -> Wrong | None:
    return (await verify_chain(world.database, TEAM, world.seal, posted=posted)).wrong


async def since(world: World, posted: Head) -> Wrong | None:
    return (await verify_chain(world.database, TEAM, world.seal, after=posted)).wrong


async def head(world: World) -> Head:
    return Head(*rows(world, f"SELECT number, mac FROM audit_heads WHERE workspace = '{TEAM}'")[0])


def rows(world: World, query: str) -> list[Any]:
    with closing(sqlite3.connect(world.file)) as connection:
        return connection.execute(query).fetchall()


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
        assert await verified(world) == (2, 3), value
        with closing(sqlite3.connect(world.file)) as connection, connection:
            connection.execute(f"UPDATE audit SET {column} = ? WHERE rowid = 3", [before])
        assert await verified(world) == (RECORDS, None)


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
MAKE_ROOM = (
    "UPDATE audit SET number = -number WHERE number >= 4; UPDATE audit SET number = 1 - number WHERE number < 0;"
)
FORGE = COPY.format(0, 4).replace("mac ", "zeroblob(40) ") + "FROM audit WHERE number = 3;"
AFTER_ITS_LAST = RECORDS + 1
SHOWN = {
    "the first removed": ("DELETE FROM audit WHERE number = 1", Wrong(1, How.BEGINNING_CUT, 1)),
    "one in the middle removed": ("DELETE FROM audit WHERE number = 4", Wrong(4, How.MISSING, 4)),
    "several removed": ("DELETE FROM audit WHERE number IN (3, 4)", Wrong(3, How.MISSING, 4)),
    "and the others moved up": (CUT_AND_CLOSE, Wrong(4, How.CLOSED_UP, 5)),
    "the newest removed": (CUT.format(RECORDS - 1), Wrong(RECORDS, How.CUT_OFF, RECORDS)),
    "all removed": ("DELETE FROM audit", Wrong(1, How.CUT_OFF, RECORDS)),
    "two changed places": (SWAP.format(2, 3), Wrong(2, How.MOVED, 3)),
    "the first and the last changed places": (SWAP.format(1, RECORDS), Wrong(1, How.MOVED, RECORDS)),
    "a word changed": ("UPDATE audit SET action = 'x' WHERE number = 2", Wrong(2, How.CHANGED)),
    "a word of the last changed": (
        f"UPDATE audit SET action = 'x' WHERE number = {RECORDS}",
        Wrong(RECORDS, How.FORGED),
    ),
    "made unreadable": ("UPDATE audit SET details = '{' WHERE number = 2", Wrong(2, How.UNREADABLE)),
    "one put in and the others moved down": (MAKE_ROOM + FORGE, Wrong(4, How.INSERTED, 5)),
    "one put in at the end": (
        FORGE.replace("workspace, 4", f"workspace, {AFTER_ITS_LAST}") + MOVE_HEAD.format(AFTER_ITS_LAST),
        Wrong(AFTER_ITS_LAST, How.FORGED),
    ),
    "one written twice": (
        COPY.format(0, AFTER_ITS_LAST) + "FROM audit WHERE number = 3;" + MOVE_HEAD.format(AFTER_ITS_LAST),
        Wrong(AFTER_ITS_LAST, How.FORGED),
    ),
    "one put in front": (COPY.format(0, 0) + "FROM audit WHERE number = 1", Wrong(0, How.FORGED)),
    "one named after another key": (
        "UPDATE audit SET mac = CAST('aaaaaaaa' || substr(mac, 9) AS BLOB) WHERE number = 5",
        Wrong(5, How.KEY_MISSING, key_id="aaaaaaaa"),
    ),
    "the end noted wrongly": (
        "UPDATE audit_heads SET number = number + 1",
        Wrong(AFTER_ITS_LAST, How.CUT_OFF, AFTER_ITS_LAST),
    ),
    "the end noted as another": ("UPDATE audit_heads SET mac = X'00'", Wrong(AFTER_ITS_LAST, How.END_FALSE)),
    "the end noted unreadably": ("UPDATE audit_heads SET mac = 'text'", Wrong(AFTER_ITS_LAST, How.END_UNKNOWN)),
    "the note of the end removed": ("DELETE FROM audit_heads", Wrong(AFTER_ITS_LAST, How.END_UNKNOWN)),
}


@pytest.mark.parametrize(("script", "found"), SHOWN.values(), ids=SHOWN.keys())
async def test_a_record_removed_moved_or_repeated_is_named(world: World, script: str, found: Wrong) -> None:
    tamper(world.file, script)
    assert await wrong(world) == found


async def test_the_newest_cut_off_with_the_note_of_the_end_shows_against_a_head_that_was_posted(world: World) -> None:
    posted = await head(world)
    assert await verified(world, posted) == (RECORDS, None)
    tamper(world.file, CUT.format(4) + MOVE_HEAD.format(4))
    assert await verified(world) == (4, None)
    assert await wrong(world, posted) == Wrong(5, How.BEFORE_POSTED, 4)
    assert await since(world, posted) == Wrong(RECORDS, How.BEFORE_POSTED, 4)


async def test_what_is_written_after_the_cut_does_not_hide_it(world: World) -> None:
    posted = await head(world)
    tamper(world.file, CUT.format(4) + MOVE_HEAD.format(4))
    for number in range(10, 14):
        await enable_something(world, number)
    assert await verified(world) == (8, None)
    assert await wrong(world, posted) == await since(world, posted) == Wrong(RECORDS, How.NOT_AS_POSTED)


async def test_an_older_file_put_back_shows_against_a_head_that_was_posted_since(world: World) -> None:
    older = world.file.with_name("older.db")
    with closing(sqlite3.connect(world.file)) as connection, closing(sqlite3.connect(older)) as copy:
        connection.backup(copy)
    await enable_something(world, RECORDS + 1)
    posted = await head(world)
    with closing(sqlite3.connect(older)) as connection, closing(sqlite3.connect(world.file)) as put_back:
        connection.backup(put_back)
    assert await wrong(world) is None
    assert await wrong(world, posted) == Wrong(posted.number, How.BEFORE_POSTED, RECORDS)
    await enable_something(world, 99)  # it goes on, and comes to as many records as there were
    assert await wrong(world) is None
    assert await wrong(world, posted) == await since(world, posted) == Wrong(posted.number, How.NOT_AS_POSTED)


async def test_a_chain_that_was_begun_anew_shows_against_a_head_that_was_posted(world: World) -> None:
    posted = await head(world)
    tamper(world.file, "DELETE FROM audit; DELETE FROM audit_heads")
    for number in range(RECORDS + 1):
        await enable_something(world, number)
    assert await wrong(world) is None
    assert await wrong(world, posted) == Wrong(RECORDS, How.NOT_AS_POSTED)


async def test_a_head_that_was_posted_long_ago_fits_a_chain_that_went_on(world: World) -> None:
    posted = await head(world)
    await enable_something(world, 7)
    assert await verified(world, posted) == (7, None)
    assert await verified(world, Head(3, posted.mac)) == (2, 3)


async def test_after_a_head_that_is_trusted_only_what_came_later_is_looked_at(world: World) -> None:
    third = Head(*rows(world, "SELECT number, mac FROM audit WHERE number = 3")[0])
    tamper(world.file, "UPDATE audit SET action = 'x' WHERE number IN (2, 5)")
    assert await wrong(world) == Wrong(2, How.CHANGED)
    assert await since(world, third) == Wrong(5, How.CHANGED)
    tamper(world.file, "UPDATE audit SET details = '{' WHERE number = 3")
    assert await since(world, third) == Wrong(3, How.UNREADABLE)
    tamper(world.file, "DELETE FROM audit WHERE number = 3")
    assert await since(world, third) == Wrong(3, How.MISSING, 3)


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
    assert await wrong(world) is not None


@pytest.mark.parametrize("script", ["UPDATE audit_heads SET number = 20", "UPDATE audit_heads SET mac = X'00'"])
async def test_a_chain_that_went_on_from_a_false_end_stays_broken(world: World, script: str) -> None:
    tamper(world.file, script)
    await enable_something(world, 7)
    assert (await verified(world))[1] == RECORDS + 1


async def test_the_records_of_another_workspace_are_no_records_of_ours(world: World) -> None:
    there = WorkspaceId("T0THERE")
    for number in range(1, RECORDS + 1):
        await enable_something(world, number, there)
    tamper(world.file, f"DELETE FROM audit WHERE workspace = '{TEAM}'; UPDATE audit SET workspace = '{TEAM}'")
    assert await verified(world) == (0, 1)


# --- the beginning, once records were pruned --------------------------------------------------------------------------

MONTHS = 13
PRUNED = 4


@pytest.fixture
async def pruned(world: World) -> World:
    """The six records, the four oldest of which were pruned before the two others were written, and what tells of it.

    A first pruning, of two records, was announced by number 3; the second one by number 7.
    """
    tamper(world.file, "DELETE FROM audit; DELETE FROM audit_heads")
    await life_with_prunings(world)
    assert await wrong(world) is None
    return world


async def life_with_prunings(world: World) -> None:
    await enable_something(world, 1)
    await enable_something(world, 2)
    world.clock.advance(timedelta(days=450))
    await prune_now(world)
    await enable_something(world, 4)
    world.clock.advance(timedelta(days=450))
    await enable_something(world, 5)
    await enable_something(world, 6)
    await prune_now(world)


async def prune_now(world: World) -> None:
    await prune(TEAM, replace(world.ports, policy=Policy(retention_months=MONTHS)))


def copied(world: World, name: str) -> Path:
    copy = world.file.with_name(name)
    with closing(sqlite3.connect(world.file)) as connection, closing(sqlite3.connect(copy)) as copied_to:
        connection.backup(copied_to)
    return copy


NOTE = "UPDATE audit_checkpoints SET "
BEFORE_6 = "DELETE FROM audit WHERE number <= 5"
BEGINNINGS = {
    "the note removed": ("DELETE FROM audit_checkpoints", Wrong(1, How.BEGINNING_CUT, PRUNED)),
    "another number noted": (f"{NOTE} number = 3", Wrong(1, How.CHECKPOINT_FALSE)),
    "more noted, and as much cut off": (
        f"{NOTE} number = 5, until = 5, mac = (SELECT mac FROM audit WHERE number = 5); {BEFORE_6}",
        Wrong(1, How.CHECKPOINT_FALSE),
    ),
    "another time noted": (f"{NOTE} at = at + 1", Wrong(1, How.CHECKPOINT_FALSE)),
    "noted as under way": (f"{NOTE} until = 6", Wrong(1, How.CHECKPOINT_FALSE)),
    "another record noted": (f"{NOTE} mac = (SELECT mac FROM audit WHERE number = 5)", Wrong(1, How.CHECKPOINT_FALSE)),
    "signed by a record": (
        f"{NOTE} signature = (SELECT mac FROM audit WHERE number = 5)",
        Wrong(1, How.CHECKPOINT_FALSE),
    ),
    "signed by nobody": (f"{NOTE} signature = x''", Wrong(1, How.CHECKPOINT_FALSE)),
    "made unreadable": (f"{NOTE} at = 'x'", Wrong(1, How.CHECKPOINT_FALSE)),
    "made unreadable otherwise": (f"{NOTE} mac = 'x'", Wrong(1, How.CHECKPOINT_FALSE)),
    "named after another key": (
        f"{NOTE} signature = CAST('aaaaaaaa' || substr(signature, 9) AS BLOB)",
        Wrong(1, How.CHECKPOINT_KEY_MISSING, key_id="aaaaaaaa"),
    ),
    "moved to another workspace": (
        f"{NOTE} workspace = 'T0THERE'",
        Wrong(1, How.BEGINNING_CUT, PRUNED),
    ),
    "more cut off than was pruned": (
        BEFORE_6,
        Wrong(PRUNED + 1, How.MISSING, PRUNED + 1),
    ),
    "what was pruned put in again, or something else": (
        COPY.format(0, 2) + "FROM audit WHERE number = 5",
        Wrong(2, How.FORGED),
    ),
    "the record of the pruning removed": ("DELETE FROM audit WHERE number = 7", Wrong(7, How.CUT_OFF, 7)),
    "and the end noted before it": (
        f"DELETE FROM audit WHERE number = 7; {MOVE_HEAD.format(6)}",
        Wrong(PRUNED + 1, How.CHECKPOINT_OTHER),
    ),
}


@pytest.mark.parametrize(("script", "found"), BEGINNINGS.values(), ids=BEGINNINGS.keys())
async def test_whoever_changes_where_a_pruned_trail_begins_is_found_out(
    pruned: World, script: str, found: Wrong
) -> None:
    tamper(pruned.file, script)
    assert await wrong(pruned) == found


async def test_an_older_note_of_the_beginning_that_was_kept_does_not_fit_the_newest_pruning(world: World) -> None:
    """Put back with the records that it was followed by, which fit: what was pruned comes back, or a file is mixed."""
    tamper(world.file, "DELETE FROM audit; DELETE FROM audit_heads")
    await enable_something(world, 1)
    await enable_something(world, 2)
    world.clock.advance(timedelta(days=450))
    none = copied(world, "none.db")
    await prune_now(world)
    await enable_something(world, 4)
    older = copied(world, "older.db")
    world.clock.advance(timedelta(days=450))
    await enable_something(world, 5)
    await prune_now(world)
    assert await wrong(world) is None
    restored = (
        "ATTACH '{0}' AS kept; INSERT OR IGNORE INTO audit SELECT * FROM kept.audit;"
        "DELETE FROM audit_checkpoints; INSERT INTO audit_checkpoints SELECT * FROM kept.audit_checkpoints"
    )
    tamper(world.file, restored.format(older))
    assert await wrong(world) == Wrong(3, How.CHECKPOINT_OTHER)
    tamper(world.file, restored.format(none))
    assert await wrong(world) == Wrong(1, How.CHECKPOINT_OTHER)


async def test_a_note_of_the_beginning_out_of_a_later_life_counts_for_no_earlier_one(world: World) -> None:
    """A backup was restored. Somebody has a note that was signed after it was made, and cuts what it would cover."""
    world.clock.advance(timedelta(days=450))
    before = copied(world, "before.db")
    await prune_now(world)
    later = copied(world, "later.db")
    with closing(sqlite3.connect(before)) as connection, closing(sqlite3.connect(world.file)) as put_back:
        connection.backup(put_back)
    await enable_something(world, 7)
    tamper(
        world.file,
        f"ATTACH '{later}' AS later; INSERT INTO audit_checkpoints SELECT * FROM later.audit_checkpoints;"
        f"DELETE FROM audit WHERE number <= {RECORDS}",
    )
    assert await wrong(world) == Wrong(RECORDS + 1, How.CHECKPOINT_OTHER)


async def test_of_a_head_that_was_posted_and_pruned_since_nobody_says_that_it_is_there(pruned: World) -> None:
    kept, last = (
        Head(*rows(pruned, f"SELECT number, mac FROM {where}")[0])
        for where in ("audit WHERE number = 5", "audit_checkpoints")
    )
    long_ago = Head(2, kept.mac)
    for look in (wrong, since):
        assert await look(pruned, long_ago) == Wrong(2, How.POSTED_PRUNED, PRUNED)
        assert await look(pruned, kept) is None
        assert await look(pruned, last) is None, "the one that is noted is known"
        assert await look(pruned, Head(PRUNED, kept.mac)) == Wrong(PRUNED, How.NOT_AS_POSTED)
    tamper(pruned.file, "UPDATE audit SET action = 'x' WHERE number = 6")
    assert await since(pruned, long_ago) == Wrong(6, How.CHANGED), "what was not pruned is looked at all the same"


async def test_what_nobody_pruned_is_not_taken_for_pruned(world: World) -> None:
    posted = Head(*rows(world, "SELECT number, mac FROM audit WHERE number = 2")[0])
    tamper(world.file, "DELETE FROM audit WHERE number <= 3")
    assert await wrong(world, posted) == Wrong(1, How.BEGINNING_CUT, 3)
    assert await since(world, posted) == Wrong(2, How.MISSING, 3)
    tamper(
        world.file,
        f"INSERT INTO audit_checkpoints SELECT '{TEAM}', 3, mac, 3, 0, mac FROM audit WHERE number = 4",
    )
    assert await wrong(world, posted) == await since(world, posted) == Wrong(1, How.CHECKPOINT_FALSE)


async def test_the_end_of_a_pruned_trail_that_was_cut_off_shows_as_before(pruned: World) -> None:
    posted = await head(pruned)
    for number in range(10, 14):
        await enable_something(pruned, number)
    later = await head(pruned)
    tamper(pruned.file, CUT.format(8) + MOVE_HEAD.format(8))
    assert await wrong(pruned, posted) is None
    assert await wrong(pruned, later) == Wrong(9, How.BEFORE_POSTED, 8)
    assert await since(pruned, later) == Wrong(later.number, How.BEFORE_POSTED, 8)


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
            "issued_at, expires_at, issued_by, collected_at, collected_by, origin) SELECT workspace, 'planted', "
            "third_party, 2, 'ffffffff', ?, ?, issued_at, expires_at, issued_by, collected_at, collected_by, origin "
            "FROM tokens",
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
    assert await verified(world) == (world.count_records(), None)
