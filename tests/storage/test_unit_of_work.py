import pytest
from sqlalchemy.exc import DBAPIError

from access.model.audit import DONE, AuditEntry
from access.model.events import ContactProposed, ContactReached, ContactRejected, ThirdPartyEnabled
from access.model.ids import PersonId
from access.model.messages import MessageKind
from access.model.people import SlackUser
from storage.engine import Database
from tests.storage.rows import (
    CONTACT,
    HERE,
    HOUR,
    NOW,
    OWNER,
    PARTY,
    PROPOSAL,
    THERE,
    TOKEN,
    keep_party,
    message,
    offer_token,
    party,
    proposal,
    token,
)

ADMIN = PersonId("admin")
PROPOSED = ContactProposed(PARTY, proposal=PROPOSAL, contact=CONTACT)
REACHED = ContactReached(PARTY, proposal=PROPOSAL)
REJECTED = ContactRejected(PARTY, proposal=PROPOSAL, proposed_by=OWNER, reason=None)


async def queued(database: Database) -> list[MessageKind]:
    """The messages that are due, without claiming them for good."""
    async with database.write(HERE) as uow:
        return sorted(each.message.kind for each in await uow.outbox.claim(NOW + 9 * HOUR, NOW + 10 * HOUR, 99))


async def test_without_commit_nothing_has_happened(database: Database) -> None:
    async with database.write(HERE) as uow:
        await uow.third_parties.add(party())
        uow.record(ADMIN, [PROPOSED], at=NOW)
    async with database.read(HERE) as reading:
        assert await reading.third_parties.find(PARTY) is None
        assert await reading.audit_trail(PARTY, 9) == []
        assert await reading.next_message_due() is None


async def test_an_exception_undoes_everything_and_leaves_the_way_free(database: Database) -> None:
    async def fail() -> None:
        async with database.write(HERE) as uow:
            await uow.third_parties.add(party())
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail()
    await keep_party(database)


async def test_what_comes_after_the_commit_is_refused_rather_than_lost(database: Database) -> None:
    async with database.write(HERE) as uow:
        await uow.third_parties.add(party())
        await uow.commit()
        with pytest.raises(RuntimeError, match="was committed"):
            await uow.third_parties.save(party("Other"))
        with pytest.raises(RuntimeError, match="was committed"):
            uow.record(ADMIN, [PROPOSED], at=NOW)


async def test_an_event_becomes_a_record_and_its_messages(database: Database) -> None:
    await keep_party(database)
    async with database.write(HERE) as uow:
        uow.record(ADMIN, [PROPOSED], at=NOW)
        uow.record(None, [REACHED], at=NOW + HOUR)
        await uow.commit()
    async with database.read(HERE) as reading:
        newest, first = await reading.audit_trail(PARTY, 9)
        assert await reading.audit_trail(PARTY, 1) == [newest]
        assert await reading.next_message_due() == NOW
    assert (newest.number, newest.entry.actor, newest.entry.action) == (2, None, "contact.reached")
    details = {"proposal": PROPOSAL, "contact": CONTACT}
    assert (first.number, first.entry) == (1, AuditEntry(NOW, ADMIN, "contact.proposed", PARTY, DONE, details))
    assert await queued(database) == [MessageKind.APPROVAL_REQUEST, MessageKind.INTRODUCTION]


async def test_a_message_is_planned_once(database: Database) -> None:
    await keep_party(database)
    for _ in range(2):
        async with database.write(HERE) as uow:
            uow.record(ADMIN, [PROPOSED], at=NOW)
            uow.plan(message(), at=NOW)
            uow.plan(message(), at=NOW)
            await uow.commit()
    assert await queued(database) == [MessageKind.HANDOFF, MessageKind.INTRODUCTION]


async def test_an_event_has_what_was_posted_shown_anew(database: Database) -> None:
    await keep_party(database)
    async with database.write(HERE) as uow:
        uow.record(ADMIN, [REACHED], at=NOW)
        await uow.commit()
    async with database.write(HERE) as uow:
        (request,) = await uow.outbox.claim(NOW, NOW + HOUR, 9)
        await uow.outbox.posted(request, "C0ADMINS", "17.1", NOW)
        await uow.commit()
    async with database.write(HERE) as uow:
        uow.record(ADMIN, [REJECTED], at=NOW + HOUR)
        await uow.commit()
    async with database.write(HERE) as uow:
        again, decided = sorted(
            await uow.outbox.claim(NOW + HOUR, NOW + 2 * HOUR, 9), key=lambda each: each.message.kind
        )
    assert (again.message, again.ts, again.revision) == (request.message, "17.1", request.revision + 1)
    assert (decided.message.kind, decided.ts) == (MessageKind.PROPOSAL_DECIDED, None)


async def test_the_relay_is_woken_after_a_commit_with_messages_alone(database: Database) -> None:
    woken: list[bool] = []
    database.on_commit(lambda: woken.append(True))
    await keep_party(database)
    async with database.write(HERE) as uow:
        uow.record(ADMIN, [ThirdPartyEnabled(PARTY, owner=OWNER)], at=NOW)
        assert not woken
        await uow.commit()
        assert len(woken) == 1
    async with database.write(HERE) as uow:
        uow.plan(message(), at=NOW)
    assert len(woken) == 1, "rolled back"


async def test_whoever_listens_hears_of_what_happened_and_of_no_refusal(database: Database) -> None:
    heard: list[bool] = []
    database.on_change(lambda: heard.append(True))
    await keep_party(database)
    async with database.write(HERE) as uow:
        uow.plan(message(), at=NOW)
        uow.enter(AuditEntry(NOW, None, "token.issue", PARTY, "not_permitted", {}))
        await uow.commit()
    assert not heard
    async with database.write(HERE) as uow:
        assert await uow.last_record() == 1
        uow.record(ADMIN, [ThirdPartyEnabled(PARTY, owner=OWNER)], at=NOW)
        await uow.commit()
    assert len(heard) == 1
    async with database.read(HERE) as reading:
        assert await reading.last_record() == 2
    async with database.read(THERE) as reading:
        assert await reading.last_record() == 0


async def test_a_reading_cannot_write(database: Database) -> None:
    async with database.read(HERE) as reading:
        with pytest.raises(DBAPIError, match=r"readonly|read-only"):
            await reading.people.id_of(SlackUser("U0NEW", "T0HERE"))


async def test_a_reading_sees_one_moment(database: Database) -> None:
    await keep_party(database)
    async with database.read(HERE) as reading:
        assert (await reading.third_parties.get(PARTY)).enabled is False
        async with database.write(HERE) as uow:
            await uow.third_parties.save(party(enabled=True))
            await uow.commit()
        assert (await reading.third_parties.get(PARTY)).enabled is False
    async with database.read(HERE) as reading:
        assert (await reading.third_parties.get(PARTY)).enabled is True


async def test_nothing_of_one_workspace_is_seen_or_changed_from_another(database: Database) -> None:
    anna = SlackUser("U0ANNA", "T0HERE")
    async with database.write(HERE) as uow:
        await uow.third_parties.add(party())
        await uow.proposals.add(proposal())
        await offer_token(uow)
        person = await uow.people.id_of(anna)
        reason = await uow.reasons.keep(PARTY, "because")
        uow.record(ADMIN, [PROPOSED], at=NOW)
        await uow.commit()
    assert reason is not None
    async with database.write(THERE) as uow:
        assert await uow.third_parties.find(PARTY) is None
        assert await uow.third_parties.by_name("Acme") is None
        assert await uow.third_parties.search("", owner=None, limit=9) == ([], 0)
        assert await uow.proposals.open_for(PARTY) is None
        assert await uow.tokens.of(PARTY) == await uow.tokens.by_fingerprint(token().fingerprint) == []
        assert await uow.tokens.by_digest(token().token_digest or b"") is None
        assert await uow.handoffs.open_for(PARTY) is None
        assert await uow.handoffs.due(NOW + 99 * HOUR, 9) == []
        assert await uow.people.known(anna) is None
        assert await uow.people.slack_of(person) is None
        assert await uow.reasons.text(reason) is None
        assert await uow.audit_trail(PARTY, 9) == []
        assert await uow.outbox.claim(NOW, NOW + HOUR, 9) == []
        await uow.sealed.discard(TOKEN)
        await uow.commit()
    async with database.write(HERE) as uow:
        assert await uow.sealed.take(TOKEN)
