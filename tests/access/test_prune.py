"""What is long finished is forgotten where that is wanted, and nothing that anybody could still need."""

import sqlite3
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from access.model.audit import DONE, AuditEntry
from access.model.contact import ProposalOutcome
from access.model.contact_key import ContactKey, KeyKind, KeyOutcome
from access.model.ids import ContactKeyId, PersonId, ThirdPartyId, TokenId, TokenRequestId, WorkspaceId
from access.model.messages import MessageKind, PlannedMessage
from access.model.people import SlackUser
from access.model.policy import Policy
from access.model.reminder import ReaderRole, Reminder, ReminderKind
from access.model.retention import kept_since
from access.model.third_party import ThirdParty
from access.model.token import TokenOrigin
from access.model.token_request import RequestOutcome, RequestReason, TokenRequest
from access.operations import prune as pruning
from access.operations.add_resource_server import add_resource_server
from access.operations.plan_head import plan_head
from access.operations.prune import prune
from access.ports import TrailDoesNotFit, UnitOfWork
from storage.chain import Verified, verify_chain
from tests.access.books import DAY, Books
from tests.access.world import TEAM, World
from tests.storage.rows import THERE

MONTHS = 13
LONG = 500 * DAY
"""Ago: before everything that is kept."""

LATELY = 300 * DAY


@pytest.fixture
async def books(tmp_path: Path) -> AsyncIterator[Books]:
    world = await World.make(tmp_path, Policy(retention_months=MONTHS))
    yield Books(world)
    await world.close()


def left(books: Books, what: str) -> set[str]:
    return {str(value) for (value,) in books.world.rows(f"SELECT {what}")}


def count(books: Books, table: str) -> int:
    return int(books.world.rows(f"SELECT count(*) FROM {table}")[0][0])


async def run(books: Books) -> None:
    await prune(TEAM, books.world.ports)


async def verified(books: Books) -> Verified:
    return await verify_chain(books.world.database, TEAM, books.world.seal)


async def record(books: Books, *ago: timedelta, actor: str | None = None, **given: Any) -> None:
    """Records of something, each so long ago."""
    async with books.world.ports.write(TEAM) as uow:
        for each in ago:
            who = PersonId(actor) if actor else None
            fields = {"third_party": None, "outcome": DONE, "details": {}, **given}
            uow.enter(AuditEntry(books.now - each, who, "third_party.edited", **fields))
        await uow.commit()


def ended(books: Books, ago: timedelta = LONG) -> dict[str, Any]:
    """A token that was revoked so long ago."""
    return {"issued_at": books.now - ago - DAY, "revoked_at": books.now - ago, "collected_at": books.now - ago - DAY}


async def message(
    books: Books, subject: str, party: ThirdPartyId | None, *, sent: bool, kind: MessageKind = MessageKind.HANDOFF
) -> None:
    at = books.now - LONG
    async with books.world.ports.write(TEAM) as uow:
        uow.plan(PlannedMessage(kind, books.people["UANNA"], party, subject), at=at)
        await uow.commit()
    if sent:
        async with books.world.ports.write(TEAM) as uow:
            for queued in await uow.outbox.claim(at, at + timedelta(minutes=2), 9):
                await uow.outbox.posted(queued, "D1", "1.0", at)
            await uow.commit()


def test_a_month_is_over_before_anything_of_it_goes() -> None:
    now = datetime(2026, 3, 2, 9, tzinfo=UTC)
    assert kept_since(now, 13) == datetime(2025, 2, 1, tzinfo=UTC)
    assert kept_since(datetime(2026, 3, 31, 23, 59, tzinfo=UTC), 13) == datetime(2025, 2, 1, tzinfo=UTC)


async def test_without_the_setting_everything_is_kept(books: Books) -> None:
    acme = await books.party("Acme", **removed(books, LONG))
    await record(books, LONG, third_party=acme.id)
    ports = books.world.ports
    await prune(TEAM, replace(ports, policy=replace(ports.policy, retention_months=None)))
    assert (count(books, "third_parties"), count(books, "audit")) == (1, 1)


# --- the audit trail --------------------------------------------------------------------------------------------------


async def test_old_records_go_and_the_rest_fits(books: Books, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pruning, "_RECORDS", 2)
    await record(books, *[LONG] * 5, LATELY, DAY)
    await run(books)
    found = await verified(books)
    assert found == Verified(8, None)
    assert found.pruned is not None
    assert (found.pruned.number, found.pruned.until, found.pruned.at) == (5, 5, books.now)
    assert left(books, "number FROM audit") == {"6", "7", "8"}
    assert left(books, "action || details FROM audit WHERE number = 8") == {'audit.pruned{"until": 5, "records": 5}'}
    await run(books)
    assert count(books, "audit") == 3


async def test_what_is_pruned_later_follows_what_was_pruned_before(books: Books) -> None:
    await record(books, LONG, LATELY, LATELY)
    await run(books)
    books.world.clock.advance(LATELY)
    await run(books)
    assert await verified(books) == Verified(5, None)
    assert left(books, "number || ':' || details FROM audit") == {
        '4:{"until": 1, "records": 1}',
        '5:{"until": 3, "records": 2}',
    }
    books.world.clock.advance(LONG)
    await run(books)
    assert await verified(books) == Verified(6, None)
    assert left(books, "number FROM audit") == {"6"}, "the record of a pruning outlives what it announced"


async def test_a_younger_record_keeps_what_came_after_it_by_a_clock_that_was_set_back(books: Books) -> None:
    await record(books, LONG, DAY, LONG)
    await run(books)
    assert left(books, "number FROM audit") == {"2", "3", "4"}


async def test_where_the_trail_ends_is_told_as_before(books: Books) -> None:
    await record(books, LONG)
    await run(books)
    assert not await plan_head(TEAM, books.world.ports), "nothing was recorded before this morning that is still there"
    books.world.clock.advance(DAY)
    assert await plan_head(TEAM, books.world.ports)
    async with books.world.ports.read(TEAM) as reading:
        head = await reading.audit_head()
    assert head is not None
    assert await verify_chain(books.world.database, TEAM, books.world.seal, posted=head) == Verified(2, None)


async def test_the_trail_of_another_workspace_is_left_alone(books: Books) -> None:
    for workspace in (TEAM, THERE):
        async with books.world.ports.write(workspace) as uow:
            uow.enter(AuditEntry(books.now - LONG, None, "third_party.edited", None, DONE, {}))
            await uow.commit()
    await run(books)
    assert left(books, "workspace || number FROM audit") == {f"{TEAM}2", f"{THERE}1"}
    assert await verify_chain(books.world.database, THERE, books.world.seal) == Verified(1, None)


async def test_a_run_that_was_killed_between_two_steps_leaves_a_trail_that_fits_and_is_gone_on_with(
    books: Books, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed before a transaction, later each time: what was not committed is not there."""
    monkeypatch.setattr(pruning, "_RECORDS", 2)
    monkeypatch.setattr(pruning, "_ROWS", 1)
    for name in ("Acme", "Globex"):
        await books.party(name, **removed(books, LONG))
    await record(books, *[LONG] * 5, DAY)
    ports, steps = books.world.ports, 0

    class Killed(Exception):
        pass

    def write(workspace: Any) -> Any:
        nonlocal steps
        if not steps:
            raise Killed
        steps -= 1
        return ports.write(workspace)

    runs = 0
    while True:
        runs, steps = runs + 1, runs
        try:
            await prune(TEAM, replace(ports, write=write))
        except Killed:
            assert (await verified(books)).wrong is None
            continue
        break
    assert runs > 3
    assert (await verified(books)) == Verified(10, None)
    assert left(books, "number FROM audit") == {"6", "7", "8", "9", "10"}
    assert count(books, "third_parties") == 0


async def must_not_be_pruned(books: Books, tampered: str) -> None:
    await record(books, *[LONG] * 4, DAY)
    books.world.tamper(tampered)
    before = left(books, "mac FROM audit")
    with pytest.raises(TrailDoesNotFit):
        await run(books)
    assert before <= left(books, "mac FROM audit")
    assert (await verified(books)).wrong is not None


@pytest.mark.parametrize(
    "tampered",
    [
        "UPDATE audit SET action = 'x' WHERE number = 2",
        "UPDATE audit SET details = 'null' WHERE number = 2",
        "DELETE FROM audit WHERE number = 1",
        "DELETE FROM audit WHERE number = 2",
        "INSERT INTO audit_checkpoints SELECT workspace, 2, mac, 3, 0, mac FROM audit WHERE number = 2",
    ],
)
async def test_a_trail_that_does_not_fit_is_not_pruned(books: Books, tampered: str) -> None:
    await must_not_be_pruned(books, tampered)


@pytest.mark.on_a_file  # in which anything may stand
@pytest.mark.parametrize(
    "tampered",
    [
        "UPDATE audit SET details = '{' WHERE number = 2",
        "UPDATE audit SET mac = x'00' WHERE number = 3",
        "INSERT INTO audit_checkpoints SELECT workspace, 2, mac, 3, 'x', 'y' FROM audit WHERE number = 2",
    ],
)
async def test_a_trail_of_odd_values_is_not_pruned(books: Books, tampered: str) -> None:
    await must_not_be_pruned(books, tampered)


async def test_nobody_deletes_records_but_up_to_the_checkpoint(books: Books) -> None:
    await record(books, LONG, DAY)
    await run(books)
    for statement in ("DELETE FROM audit", "DELETE FROM audit WHERE number = 2", "UPDATE audit SET actor = 'x'"):
        with pytest.raises((sqlite3.IntegrityError, asyncpg.PostgresError), match="append-only"):
            books.world.rows(statement)


# --- third parties and what belongs to them ---------------------------------------------------------------------------


def removed(books: Books, ago: timedelta) -> dict[str, Any]:
    return {"removed_at": books.now - ago, "enabled": False, "contact": None}


async def everything_of(books: Books, party: ThirdParty) -> None:
    """A row of every kind that belongs to a third party, all of it finished long ago."""
    token = await books.token(party, "a", **ended(books))
    newest = await books.token(party, "b", renews=token.id, **ended(books))
    at = books.now - LONG
    decided = {"decided_at": at, "decided_by": party.owner}
    await books.proposal(party, since=LONG + DAY, outcome=ProposalOutcome.SUPERSEDED, decided_at=at)
    async with books.world.ports.write(TEAM) as uow:
        await uow.contact_keys.add(key(party, f"{party.name} key", at))
        await uow.token_requests.add(request(party, newest.id, f"{party.name} request", **decided))
        reason = await uow.reasons.keep(party.id, "because")
        uow.enter(AuditEntry(books.now - DAY, None, "third_party.disabled", party.id, DONE, {"reason": reason}))
        await remind(uow, party, newest.id, books)
        await uow.commit()
    books.world.rows(
        "INSERT INTO check_refusals SELECT tokens.workspace, tokens.id, 'revoked', 1, servers.id"
        f" FROM tokens, resource_servers AS servers WHERE tokens.id = '{newest.id}'"
    )
    await message(books, f"of {party.name}", party.id, sent=True)


async def server(books: Books) -> None:
    await add_resource_server(TEAM, "Orders", books.world.ports)


def key(party: ThirdParty, name: str, at: datetime) -> ContactKey:
    return ContactKey(
        id=ContactKeyId(name),
        third_party=party.id,
        contact=PersonId("somebody"),
        asked_at=at,
        kind=KeyKind.AGE,
        text=None,
        fingerprint=f"SHA256:{'A' * 43}",
        decided_at=at,
        outcome=KeyOutcome.SUPERSEDED,
    )


def request(party: ThirdParty, token: TokenId, name: str, **given: Any) -> TokenRequest:
    fields = {"why": RequestReason.STILL_WORKS, "asked_by": PersonId("somebody"), "outcome": RequestOutcome.DECLINED}
    asked_at = given.get("decided_at") or party.registered_at
    return TokenRequest(
        **{"id": TokenRequestId(name), "third_party": party.id, "token": token, "asked_at": asked_at, **fields, **given}
    )


async def remind(uow: UnitOfWork, party: ThirdParty, token: TokenId, books: Books) -> None:
    day = (books.now - LONG).date().isoformat()
    reminder = Reminder(
        kind=ReminderKind.EXPIRY,
        token=token,
        third_party=party.id,
        days=7,
        reader=None,
        role=ReaderRole.ADMINS,
        occasion=day,
        message=MessageKind.REMINDERS,
        bundle=day,
    )
    await uow.reminders.plan([reminder], books.now - LONG)


OF_A_PARTY = [
    "third_parties",
    "tokens",
    "handoffs",
    "contact_proposals",
    "contact_keys",
    "token_requests",
    "reasons",
    "reminders",
    "outbox",
    "check_refusals",
]


async def test_a_third_party_that_was_removed_long_ago_goes_with_everything_of_its(books: Books) -> None:
    await server(books)
    gone, young = await books.party("Acme"), await books.party("Globex")
    for party, ago in ((gone, LONG), (young, LATELY)):
        await everything_of(books, party)
        async with books.world.ports.write(TEAM) as uow:
            await uow.third_parties.save(replace(party, **removed(books, ago)))
            await uow.commit()
    before = {table: count(books, table) for table in OF_A_PARTY}
    assert all(before.values())
    await run(books)
    assert left(books, "id FROM third_parties") == {young.id}
    for table in OF_A_PARTY[1:-1]:
        assert left(books, f"third_party FROM {table}") == {young.id}, table
    [told] = left(books, "details FROM audit WHERE CAST(details AS TEXT) LIKE '%\"third_party\"%'")
    assert gone.id in told


async def test_one_of_which_a_message_waits_stays_until_it_is_sent(books: Books) -> None:
    acme = await books.party("Acme")
    await message(books, "waits", acme.id, sent=False)
    async with books.world.ports.write(TEAM) as uow:
        await uow.third_parties.save(replace(acme, **removed(books, LONG)))
        await uow.commit()
    await run(books)
    assert count(books, "third_parties") == 1


async def test_what_is_needed_again_before_it_is_deleted_stays(books: Books) -> None:
    acme = await books.party("Acme", **removed(books, LONG))
    ports = books.world.ports

    def write(workspace: WorkspaceId) -> AbstractAsyncContextManager[UnitOfWork]:
        books.world.rows("UPDATE third_parties SET removed_at = NULL")
        return ports.write(workspace)

    await prune(TEAM, replace(ports, write=write))
    assert left(books, "id FROM third_parties") == {acme.id}
    assert count(books, "audit") == 0


async def test_of_one_that_exists_what_is_shown_or_referred_to_stays(books: Books) -> None:
    await server(books)
    acme = await books.party("Acme")
    first = await books.token(acme, "first", **ended(books))
    used = await books.token(acme, "used", renews=first.id, last_accepted_at=books.now - LONG - DAY, **ended(books))
    renewed = await books.token(acme, "renewed", renews=used.id, **ended(books))
    live = await books.token(acme, "live", renews=renewed.id)
    lately = await books.token(acme, "lately", **ended(books, LATELY))
    asked = await books.token(acme, "asked", **ended(books))
    expired = await books.token(acme, "expired", left=-LONG)
    async with books.world.ports.write(TEAM) as uow:
        await uow.token_requests.add(request(acme, asked.id, "open", outcome=None))
        await uow.commit()
    newest = await books.token(acme, "newest", left=-LONG)
    await message(books, f"h{first.id[1:]}", acme.id, sent=True)
    await message(books, f"h{used.id[1:]}", acme.id, sent=True)
    await run(books)
    kept = {used.id, renewed.id, live.id, lately.id, asked.id, newest.id}
    assert left(books, "id FROM tokens") == kept
    assert left(books, "token FROM handoffs") == kept
    assert left(books, "subject FROM outbox") == {f"h{used.id[1:]}"}
    async with books.world.ports.read(TEAM) as reading:
        assert (await reading.tokens.get(used.id)).renews is None
        assert (await reading.tokens.get(live.id)).renews == renewed.id
    assert expired.id not in kept


async def test_decisions_go_but_for_the_newest_and_what_made_the_present_contact(books: Books) -> None:
    acme = await books.party("Acme")
    at = books.now - LONG
    approved = {"outcome": ProposalOutcome.APPROVED, "decided_at": at, "decided_by": acme.owner, "reached_at": at}
    rejected = {**approved, "outcome": ProposalOutcome.REJECTED}
    kept = [await books.proposal(acme, since=LONG, **approved)]
    async with books.world.ports.write(TEAM) as uow:
        await uow.third_parties.save(replace(acme, contact=kept[0].contact))
        await uow.commit()
    await books.proposal(acme, since=LONG, **rejected)
    kept.append(await books.proposal(acme, since=LONG, deputy=True, **approved))
    kept.append(await books.proposal(acme, since=LONG, **{**rejected, "decided_at": books.now - LATELY}))
    kept.append(await books.proposal(acme, since=LONG, **rejected))
    token = await books.token(acme, "t")
    async with books.world.ports.write(TEAM) as uow:
        for name in ("old", "new"):
            await uow.contact_keys.add(key(acme, f"{name} key", at))
            await uow.token_requests.add(
                request(acme, token.id, f"{name} request", decided_at=at, decided_by=acme.owner)
            )
        await uow.commit()
    await run(books)
    assert left(books, "id FROM contact_proposals") == {each.id for each in kept}
    assert left(books, "id FROM contact_keys") == {"new key"}
    assert left(books, "id FROM token_requests") == {"new request"}


# --- what the records alone refer to ----------------------------------------------------------------------------------


async def test_reasons_switches_and_people_go_with_the_records_that_named_them(books: Books) -> None:
    acme = await books.party("Acme")
    people = {}
    async with books.world.ports.write(TEAM) as uow:
        for name in ("UOLD", "UYOUNG", "UTOLD", "ULISTED", "UNOBODY", "USINCE"):
            people[name] = await uow.people.id_of(SlackUser(name, TEAM))
        old = await uow.reasons.keep(acme.id, "old")
        young = await uow.reasons.keep(acme.id, "young")
        given = await uow.reasons.keep(acme.id, "given")
        await uow.commit()
    rejected = {"outcome": ProposalOutcome.REJECTED, "decided_at": books.now, "decided_by": acme.owner}
    await books.proposal(acme, since=DAY, reason=given, **rejected)
    await message(books, acme.id, acme.id, sent=True, kind=MessageKind.SWITCHED)
    await message(books, acme.id, acme.id, sent=True)
    await record(books, LONG, actor=people["UOLD"], third_party=acme.id, details={"reason": old})
    await record(books, DAY, actor=people["UYOUNG"], third_party=acme.id, details={"reason": young})
    await record(books, DAY, details={"contact": people["UTOLD"], "all": [people["ULISTED"]]})
    await run(books)
    assert left(books, "text FROM reasons") == {"young", "given"}
    assert left(books, "kind FROM outbox") == {"handoff"}
    kept = {"UYOUNG", "UTOLD", "ULISTED", "UANNA", "UCARLA", "UERIK"}
    assert left(books, "user_id FROM people") == kept
    assert (await verified(books)).wrong is None


async def test_what_nothing_names_any_more_goes_also_where_no_record_has_to(books: Books) -> None:
    """A run was killed after the trail was pruned, and before these."""
    acme = await books.party("Acme")
    async with books.world.ports.write(TEAM) as uow:
        await uow.people.id_of(SlackUser("UOLD", TEAM))
        await uow.reasons.keep(acme.id, "old")
        await uow.commit()
    await record(books, DAY)
    await run(books)
    assert left(books, "text FROM reasons") == set()
    assert "UOLD" not in left(books, "user_id FROM people")


async def test_one_that_was_made_elsewhere_is_known_until_it_would_have_expired(books: Books) -> None:
    acme = await books.party("Acme")
    made: dict[str, Any] = {"issued_by": None, "origin": TokenOrigin.MIGRATED, "digest_key": "k" * 8}
    await books.token(acme, "a", left=3 * DAY, revoked_at=books.now - LONG, collected_by=None, **made)
    await books.token(acme, "b", **ended(books))
    async with books.world.ports.write(TEAM) as uow:
        await uow.third_parties.save(replace(acme, **removed(books, LONG)))
        await uow.commit()
    await run(books)
    assert (count(books, "tokens"), count(books, "third_parties")) == (2, 1)
    books.world.clock.advance(LONG)
    await run(books)
    assert (count(books, "tokens"), count(books, "third_parties")) == (0, 0)


async def test_whoever_does_something_while_people_are_looked_for_stays(
    books: Books, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with books.world.ports.write(TEAM) as uow:
        back = await uow.people.id_of(SlackUser("UBACK", TEAM))
        await uow.commit()
    await record(books, LONG, DAY)
    look = pruning._strangers

    async def looked(*given: Any) -> Any:
        found = await look(*given)
        await record(books, timedelta(), actor=back)
        return found

    monkeypatch.setattr(pruning, "_strangers", looked)
    await run(books)
    assert left(books, "user_id FROM people") == {"UBACK"}
