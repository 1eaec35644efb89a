"""A contact's public key, from what is pasted to what is encrypted to it, over a real database."""

import sqlite3
from collections.abc import AsyncIterator, Awaitable
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pyrage
import pytest

from access.model.contact_key import ContactKey, ContactKeys, EncryptedCredentials, KeyOutcome
from access.model.credentials import Credentials, is_well_formed
from access.model.errors import (
    AccessError,
    CannotEncrypt,
    ContactNotApproved,
    KeyChangeDecided,
    KeyChangedSince,
    KeyChangeNotFound,
    KeyRequired,
    KeysChangedOften,
    KeyUnchanged,
    KeyUnusable,
    NoKeyToRemove,
    NotPermitted,
    NotTheContact,
    OwnKey,
)
from access.model.ids import ContactKeyId, HandoffId, ProposalId, ThirdPartyId, TokenId
from access.model.people import Caller, Role
from access.model.secret import Secret
from access.operations.approve_contact import ApproveContact, approve_contact
from access.operations.approve_contact_key import ApproveContactKey, approve_contact_key
from access.operations.ask_key_removal import AskKeyRemoval, ask_key_removal
from access.operations.collect_handoff import CollectHandoff, collect_handoff
from access.operations.command import Command
from access.operations.decline_handoff import DeclineHandoff, decline_handoff
from access.operations.preview_handoff import PreviewHandoff, preview_handoff
from access.operations.promote_deputy import PromoteDeputy, promote_deputy
from access.operations.propose_contact import ProposeContact, propose_contact
from access.operations.purge import purge
from access.operations.register_contact_key import (
    PreviewContactKey,
    RegisterContactKey,
    preview_contact_key,
    register_contact_key,
)
from access.operations.reject_contact import RejectContact, reject_contact
from access.operations.reject_contact_key import RejectContactKey, reject_contact_key
from access.operations.remove_third_party import RemoveThirdParty, remove_third_party
from access.operations.replace_token import ReplaceToken, replace_token
from access.operations.report_not_seen import ReportNotSeen, report_not_seen
from access.operations.show_holdings import show_holdings
from access.operations.show_third_party import ShowThirdParty, show_third_party
from access.ports import Ports
from bot.age_keys import AgeKeys
from tests.access.place import Place, lived_in
from tests.access.world import TEAM

ELSEWHERE = ContactKeyId("a" * 26)


@dataclass
class Broken(AgeKeys):
    """Keys to which nothing can be encrypted."""

    def encrypt(self, secret: Secret, key: str) -> str:
        raise CannotEncrypt


@dataclass
class Keys:
    """A place, with a few words for what happens to keys in it."""

    place: Place

    @property
    def ports(self) -> Ports:
        return self.place.world.ports

    def caller(self, user_id: str) -> Caller:
        return self.place.world.caller(user_id)

    async def give(self, party: ThirdPartyId, text: str, user_id: str = "UCARLA") -> ContactKey:
        return await register_contact_key(
            RegisterContactKey(caller=self.caller(user_id), third_party=party, text=text), self.ports
        )

    async def approve(self, key: ContactKey, user_id: str = "UBEN") -> ContactKey:
        return await approve_contact_key(ApproveContactKey(caller=self.caller(user_id), key=key.id), self.ports)

    async def reject(self, key: ContactKey, user_id: str = "UBEN") -> ContactKey:
        return await reject_contact_key(RejectContactKey(caller=self.caller(user_id), key=key.id), self.ports)

    async def remove(self, key: ContactKey, user_id: str = "UCARLA") -> ContactKey:
        return await ask_key_removal(AskKeyRemoval(caller=self.caller(user_id), key=key.id), self.ports)

    async def of(self, party: ThirdPartyId, user_id: str = "UCARLA") -> ContactKeys:
        async with self.ports.read(TEAM) as reading:
            return await reading.contact_keys.of(party, self.place.person(user_id))

    async def proposed(self, party: ThirdPartyId, user_id: str = "UCARLA", *, deputy: bool = False) -> ProposalId:
        request = ProposeContact(caller=self.caller("UANNA"), third_party=party, user_id=user_id, deputy=deputy)
        proposal = await propose_contact(request, self.ports)
        await self.place.world.deliver()
        return proposal.id

    async def approve_with(self, proposal: ProposalId, key: ContactKey | None) -> None:
        request = ApproveContact(caller=self.caller("UBEN"), proposal=proposal, key=key.id if key else None)
        await approve_contact(request, self.ports)

    async def handoff(self, token: TokenId) -> HandoffId:
        async with self.ports.read(TEAM) as reading:
            return HandoffId((await reading.handoffs.of_token(token)).id)

    async def collect(self, token: TokenId, user_id: str = "UCARLA") -> Credentials | EncryptedCredentials:
        request = CollectHandoff(
            caller=self.caller(user_id), handoff=await self.handoff(token), api_url="https://api.example"
        )
        return await collect_handoff(request, self.ports)

    def require(self) -> None:
        world = self.place.world
        world.ports = replace(world.ports, policy=replace(world.ports.policy, require_contact_key=True))

    def told(self) -> list[tuple[Any, ...]]:
        return self.place.rows("SELECT kind, reader IS NULL FROM outbox WHERE kind LIKE 'key_%' ORDER BY kind")


@pytest.fixture
async def keys(tmp_path: Path) -> AsyncIterator[Keys]:
    async with lived_in(tmp_path) as place:
        yield Keys(place)


async def refused(attempt: Awaitable[object], kind: type[AccessError], **fields: object) -> None:
    with pytest.raises(kind) as refusal:
        await attempt
    assert refusal.value.fields.items() >= fields.items()


def identity() -> tuple[pyrage.x25519.Identity, str]:
    made = pyrage.x25519.Identity.generate()
    return made, str(made.to_public())


async def contacted(keys: Keys, name: str = "Acme") -> ThirdPartyId:
    party = await keys.place.party(name)
    await keys.place.contact(party)
    return party


async def with_key(keys: Keys) -> tuple[ThirdPartyId, ContactKey, pyrage.x25519.Identity]:
    party, (private, public) = await contacted(keys), identity()
    return party, await keys.approve(await keys.give(party, public)), private


async def test_a_key_is_approved_together_with_its_contact_and_opens_what_was_issued(keys: Keys) -> None:
    party, (private, public) = await keys.place.party("Acme"), identity()
    proposal = await keys.proposed(party)
    given = await keys.give(party, f"# public key\n{public}\n")
    assert keys.told() == []
    await keys.approve_with(proposal, given)
    token = await keys.place.issue(party)
    shown = await keys.collect(token)
    assert isinstance(shown, EncryptedCredentials)
    ours, bearer = (sealed.reveal() for sealed in reversed(keys.place.world.vault.sealed[token]))
    lines = dict(line.split("=") for line in pyrage.decrypt(shown.armoured.encode(), [private]).decode().splitlines())
    assert lines == {
        "API_URL": "https://api.example",
        "API_CLIENT_ID": shown.client_id,
        "API_CLIENT_SECRET": max(ours, bearer, key=lambda each: each.startswith("tps_")),
        "API_TOKEN": max(ours, bearer, key=lambda each: each.startswith("tpt_")),
    }
    assert all(is_well_formed(each) for each in (ours, bearer))
    (collected,) = keys.place.records("handoff.collected")
    assert collected["key"] == given.id


async def test_an_approval_approves_exactly_what_was_shown(keys: Keys) -> None:
    party = await keys.place.party("Acme")
    proposal = await keys.proposed(party)
    first = await keys.give(party, identity()[1])
    await refused(keys.approve_with(proposal, None), KeyChangedSince)
    second = await keys.give(party, identity()[1])
    await refused(keys.approve_with(proposal, first), KeyChangedSince)
    await keys.reject(second)
    await refused(keys.approve_with(proposal, second), KeyChangedSince)
    assert (await keys.place.read_party(party)).contact is None
    await keys.approve_with(proposal, None)
    assert await keys.of(party) == ContactKeys()


async def test_a_changed_key_needs_a_new_approval_and_until_then_the_former_one_counts(keys: Keys) -> None:
    party, former, private = await with_key(keys)
    waiting = await keys.give(party, identity()[1])
    assert keys.told() == [*[("key_asked", 0)] * 2, *[("key_request", 1)] * 2]
    shown = await keys.collect(await keys.place.issue(party))
    assert isinstance(shown, EncryptedCredentials)
    assert shown.key.id == former.id
    assert pyrage.decrypt(shown.armoured.encode(), [private])
    await keys.approve(waiting)
    assert (await keys.of(party)).in_force == replace(
        waiting,
        decided_at=keys.place.world.clock.now(),
        decided_by=keys.place.person("UBEN"),
        outcome=KeyOutcome.APPROVED,
    )
    texts = keys.place.rows("SELECT id FROM contact_keys WHERE text IS NOT NULL")
    assert texts == [(waiting.id,)]


async def test_until_the_first_one_is_approved_credentials_are_shown_in_clear(keys: Keys) -> None:
    party = await contacted(keys)
    await keys.give(party, identity()[1])
    token = await keys.place.issue(party)
    preview = await preview_handoff(
        PreviewHandoff(caller=keys.caller("UCARLA"), handoff=await keys.handoff(token)), keys.ports
    )
    assert (preview.third_party_name, preview.keys.in_force is None) == ("Acme", True)
    assert preview.keys.waiting is not None
    assert isinstance(await keys.collect(token), Credentials)


async def test_a_removal_is_a_change_as_well(keys: Keys) -> None:
    party, key, _ = await with_key(keys)
    asked = await keys.remove(key)
    assert (await keys.of(party)).in_force == key
    await refused(keys.remove(key), KeyUnchanged, state="waiting")
    await keys.reject(asked)
    assert (await keys.of(party)).in_force == key
    await keys.approve(await keys.remove(key))
    assert await keys.of(party) == ContactKeys()
    await refused(keys.remove(key), NoKeyToRemove)
    assert isinstance(await keys.collect(await keys.place.issue(party)), Credentials)


async def test_who_may_not_decide_does_not(keys: Keys) -> None:
    party = await contacted(keys)
    key = await keys.give(party, identity()[1])
    for user in ("UMIA", "UCARLA", "UERIK"):  # Mia is the owner
        await refused(keys.approve(key, user), NotPermitted)
        await refused(keys.reject(key, user), NotPermitted)
    keys.place.town.alter("UCARLA", role=Role.ADMIN)
    await refused(keys.approve(key, "UCARLA"), OwnKey)
    await refused(keys.reject(key, "UCARLA"), OwnKey)
    await keys.approve(key)
    await refused(keys.approve(key), KeyChangeDecided, outcome="approved")
    await refused(keys.reject(key), KeyChangeDecided, outcome="approved")
    missing = replace(key, id=ELSEWHERE)
    await refused(keys.approve(missing), KeyChangeNotFound)
    await refused(keys.reject(missing), KeyChangeNotFound)
    await refused(keys.remove(missing), KeyChangeNotFound)


async def test_the_key_of_who_waits_is_not_approved_by_itself(keys: Keys) -> None:
    party = await keys.place.party("Acme")
    await keys.proposed(party)
    await refused(keys.approve(await keys.give(party, identity()[1])), ContactNotApproved)


async def test_nobody_gives_a_key_for_somebody_else(keys: Keys) -> None:
    party, key, _ = await with_key(keys)
    await keys.proposed(party, "UERIK", deputy=True)
    for user in ("UANNA", "UMIA", "UERIK"):
        await refused(keys.give(party, identity()[1], user), NotTheContact)
        await refused(keys.remove(key, user), NotTheContact)
        preview = PreviewContactKey(caller=keys.caller(user), third_party=party)
        await refused(preview_contact_key(preview, keys.ports), NotTheContact)
    await refused(keys.give(ThirdPartyId("none"), identity()[1]), NotTheContact)
    mine = PreviewContactKey(caller=keys.caller("UCARLA"), third_party=party)
    assert (await preview_contact_key(mine, keys.ports)).keys.in_force == key


async def test_what_is_no_key_is_refused_and_leaves_no_trace_of_it(keys: Keys) -> None:
    party = await contacted(keys)
    await refused(keys.give(party, "ssh-rsa AAAAB3Nzgarbage"), KeyUnusable, problem="damaged")
    assert keys.place.rows("SELECT count(*) FROM contact_keys") == [(0,)]
    dump = "".join(str(row) for row in keys.place.rows("SELECT * FROM audit"))
    assert "garbage" not in dump
    assert "key_unusable" in dump


async def test_a_contact_does_not_weary_the_admins(keys: Keys) -> None:
    party = await contacted(keys)
    for _ in range(3):
        await keys.give(party, identity()[1])
    await refused(keys.give(party, identity()[1]), KeysChangedOften)
    keys.place.world.clock.advance(timedelta(hours=1, seconds=1))
    await keys.give(party, identity()[1])
    outcomes = keys.place.rows("SELECT outcome, count(*) FROM contact_keys GROUP BY outcome")
    assert outcomes == [(None, 1), ("superseded", 3)]


async def test_the_fingerprint_is_not_in_the_trail_but_its_keyed_hash_is(keys: Keys) -> None:
    party = await contacted(keys)
    key = await keys.give(party, identity()[1])
    assert key.fingerprint is not None
    (record,) = keys.place.records("contact_key.registered")
    assert record["hashed"] == keys.ports.vault.hash_reason(TEAM, key.fingerprint)
    assert key.fingerprint not in str(keys.place.rows("SELECT * FROM audit"))


async def end_by_another(keys: Keys, party: ThirdPartyId) -> None:
    await keys.place.contact(party, "UERIK")


async def end_by_removal(keys: Keys, party: ThirdPartyId) -> None:
    await remove_third_party(RemoveThirdParty(caller=keys.caller("UANNA"), third_party=party), keys.ports)


async def end_by_declining(keys: Keys, party: ThirdPartyId) -> None:
    handoff = await keys.handoff(await keys.place.issue(party))
    await decline_handoff(DeclineHandoff(caller=keys.caller("UCARLA"), handoff=handoff), keys.ports)


async def end_by_going(keys: Keys, party: ThirdPartyId) -> None:
    keys.place.town.alter("UCARLA", is_deactivated=True)
    await keys.place.tomorrow()


@pytest.mark.parametrize("end", [end_by_another, end_by_removal, end_by_declining, end_by_going])
async def test_whoever_is_the_contact_no_more_has_no_key(keys: Keys, end: Any) -> None:
    party, key, _ = await with_key(keys)
    waiting = await keys.give(party, identity()[1])
    await end(keys, party)
    assert await keys.of(party) == ContactKeys()
    rows = keys.place.rows("SELECT id, outcome, ended_at IS NULL, text FROM contact_keys ORDER BY position")
    assert rows == [(key.id, "approved", 0, None), (waiting.id, "withdrawn", 1, None)]
    await refused(keys.approve(waiting), KeyChangeDecided, outcome="withdrawn")
    await refused(keys.remove(key), NotTheContact)


async def test_a_rejected_or_replaced_proposal_takes_its_key_along(keys: Keys) -> None:
    party = await keys.place.party("Acme")
    proposal = await keys.proposed(party)
    await keys.give(party, identity()[1])
    await reject_contact(RejectContact(caller=keys.caller("UBEN"), proposal=proposal), keys.ports)
    assert await keys.of(party) == ContactKeys()
    await keys.proposed(party)
    await keys.give(party, identity()[1])
    await keys.proposed(party, "UERIK")
    assert await keys.of(party) == ContactKeys()


async def test_another_contact_comes_with_a_key_of_their_own(keys: Keys) -> None:
    party, key, _ = await with_key(keys)
    proposal = await keys.proposed(party, "UERIK")
    hers = await keys.give(party, identity()[1], "UERIK")
    assert (await keys.of(party)).in_force == key
    await keys.approve_with(proposal, hers)
    assert await keys.of(party) == ContactKeys()
    found = (await keys.of(party, "UERIK")).in_force
    assert found is not None
    assert found.id == hers.id


async def test_a_deputy_who_takes_over_begins_without_a_key(keys: Keys) -> None:
    """One was waiting to become the contact otherwise: it was shown to nobody as the contact's."""
    party = await contacted(keys)
    deputy = await keys.proposed(party, "UERIK", deputy=True)
    await keys.approve_with(deputy, None)
    await end_by_declining(keys, party)
    await keys.proposed(party, "UERIK")
    await keys.give(party, identity()[1], "UERIK")
    await promote_deputy(PromoteDeputy(caller=keys.caller("UANNA"), proposal=deputy), keys.ports)
    assert await keys.of(party, "UERIK") == ContactKeys()


async def test_whoever_waits_beside_them_keeps_theirs(keys: Keys) -> None:
    party = await contacted(keys)
    await keys.approve_with(await keys.proposed(party, "UERIK", deputy=True), None)
    keys.place.town.settle("UDINA", Role.OUTSIDER, is_guest=True)
    await keys.proposed(party, "UDINA")
    waiting = await keys.give(party, identity()[1], "UDINA")
    await end_by_going(keys, party)
    assert (await keys.place.read_party(party)).contact == keys.place.person("UERIK")
    assert (await keys.of(party, "UDINA")).waiting == waiting


async def test_what_cannot_be_encrypted_is_not_claimed(keys: Keys) -> None:
    party, _, private = await with_key(keys)
    token = await keys.place.issue(party)
    whole = keys.place.world.ports
    keys.place.world.ports = replace(whole, public_keys=Broken())
    before = keys.place.everything()[:-2]
    await refused(keys.collect(token), CannotEncrypt)
    assert keys.place.everything()[:-2][:3] == before[:3]
    assert keys.place.rows("SELECT count(*) FROM sealed_credentials") == [(1,)]
    keys.place.world.ports = whole
    shown = await keys.collect(token)
    assert isinstance(shown, EncryptedCredentials)
    assert pyrage.decrypt(shown.armoured.encode(), [private])


async def test_where_a_key_is_compulsory_nothing_is_offered_or_shown_without_one(keys: Keys) -> None:
    party = await contacted(keys)
    offered = await keys.place.issue(party)
    keys.require()
    await refused(keys.collect(offered), KeyRequired, problem="reveal")
    preview = PreviewHandoff(caller=keys.caller("UCARLA"), handoff=await keys.handoff(offered))
    await refused(preview_handoff(preview, keys.ports), KeyRequired, problem="reveal")
    replacement = await replace_token(ReplaceToken(caller=keys.caller("UANNA"), token=offered), keys.ports)
    assert isinstance(replacement.why_not, KeyRequired)
    await refused(keys.place.issue(party), KeyRequired, problem="offer")
    private, public = identity()
    await keys.approve(await keys.give(party, public))
    shown = await keys.collect(await keys.place.issue(party))
    assert isinstance(shown, EncryptedCredentials)
    assert pyrage.decrypt(shown.armoured.encode(), [private])


async def test_what_was_not_seen_is_not_offered_again_without_one(keys: Keys) -> None:
    party = await contacted(keys)
    token = await keys.place.issue(party)
    await keys.collect(token)
    keys.require()
    again = ReportNotSeen(caller=keys.caller("UCARLA"), handoff=await keys.handoff(token))
    await refused(report_not_seen(again, keys.ports), KeyRequired, problem="reveal")
    assert (await keys.place.read_token(token)).revoked_at is None


async def test_an_offer_of_the_time_before_is_opened_once_there_is_a_key(keys: Keys) -> None:
    party = await contacted(keys)
    offered = await keys.place.issue(party)
    keys.require()
    await refused(keys.collect(offered), KeyRequired)
    await keys.approve(await keys.give(party, identity()[1]))
    assert isinstance(await keys.collect(offered), EncryptedCredentials)


async def test_the_card_and_what_a_contact_holds_show_the_keys(keys: Keys) -> None:
    party, key, _ = await with_key(keys)
    waiting = await keys.give(party, identity()[1])
    card = await show_third_party(ShowThirdParty(caller=keys.caller("UANNA"), third_party=party), keys.ports)
    assert (card.keys.in_force, card.keys.waiting, card.proposed_key) == (key, waiting, None)
    assert card.key_approved_by == keys.caller("UBEN").slack
    (held,) = (await show_holdings(Command(caller=keys.caller("UCARLA")), keys.ports)).held
    assert held.keys == card.keys


@pytest.mark.on_a_file  # PostgreSQL has no way past a rule
async def test_a_key_in_the_database_without_its_text_is_not_encrypted_to(keys: Keys) -> None:
    """The schema refuses such a row; whoever takes the rule out of the way gains nothing by it."""
    party, _, _ = await with_key(keys)
    token = await keys.place.issue(party)
    with closing(sqlite3.connect(keys.place.world.file)) as database, database:
        database.execute("PRAGMA ignore_check_constraints=ON")
        database.execute("UPDATE contact_keys SET text = ''")
    await refused(keys.collect(token), CannotEncrypt)
    with closing(sqlite3.connect(keys.place.world.file)) as database, database:
        database.execute("UPDATE contact_keys SET text = 'age1x'")


async def test_messages_about_a_key_stay_while_it_waits_or_is_in_force(tmp_path: Path) -> None:
    keys = Keys(await Place.make(tmp_path))  # and no examiner: to it, what was purged is lost
    party, key, _ = await with_key(keys)
    waiting = await keys.give(party, identity()[1])
    await keys.place.world.deliver()
    keys.place.world.clock.advance(timedelta(days=401))
    await purge(TEAM, keys.ports)
    subjects = "SELECT subject FROM outbox WHERE kind LIKE 'key_%' GROUP BY subject"
    assert set(keys.place.rows(subjects)) == {(key.id,), (waiting.id,)}
    await keys.approve(waiting)
    await keys.place.world.deliver()
    await purge(TEAM, keys.ports)
    assert keys.place.rows(subjects) == [(waiting.id,)]
    await keys.place.world.close()
