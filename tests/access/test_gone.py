"""Who or what was there a moment ago and is not any more, and what never was there."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from access.model.credentials import CLIENT_SECRET_PREFIX, TOKEN_PREFIX, mint
from access.model.errors import (
    AccessError,
    AlreadyCollected,
    ContactNotApproved,
    ContactUnsuitable,
    HandoffNotFound,
    NothingToResend,
    OwnerUnsuitable,
)
from access.model.handoff import HandoffEnd
from access.model.ids import HandoffId, ThirdPartyId, TokenId, WorkspaceId
from access.model.messages import MessageKind
from access.model.secret import Secret
from access.model.third_party import details_hash
from access.model.token import TokenState, Verdict
from access.operations.approve_contact import ApproveContact, approve_contact
from access.operations.collect_handoff import CollectHandoff, collect_handoff
from access.operations.decline_handoff import DeclineHandoff, decline_handoff
from access.operations.deliver_messages import claim_messages, note_undeliverable
from access.operations.edit_third_party import EditThirdParty, edit_third_party
from access.operations.issue_token import IssueToken, issue_token
from access.operations.propose_contact import ProposeContact, propose_contact
from access.operations.register_third_party import RegisterThirdParty, register_third_party
from access.operations.replace_token import ReplaceToken, replace_token
from access.operations.resend_token import ResendToken, resend_token
from access.operations.sweep_handoffs import sweep_handoffs
from access.ports import Ports, UnitOfWork
from storage.repositories.handoffs import HandoffRows
from tests.access.test_slow_and_odd import offered, ready
from tests.access.world import TEAM, World, in_clear
from tests.checking import check


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    made = await World.make(tmp_path)
    yield made
    await made.close()


def collect(world: World, handoff: HandoffId) -> CollectHandoff:
    return CollectHandoff(caller=world.caller("UCARLA"), handoff=handoff)


async def token_of(world: World, handoff: HandoffId) -> TokenId:
    async with world.ports.read(TEAM) as reading:
        return (await reading.handoffs.get(handoff)).token


def just_before(world: World, happens: Callable[[], Awaitable[object]]) -> Ports:
    """The ports of an operation that somebody else is quicker than: it happens just before the first transaction."""
    quicker = iter([happens])

    @asynccontextmanager
    async def write(workspace: WorkspaceId) -> AsyncIterator[UnitOfWork]:
        for each in quicker:
            await each()
        async with world.ports.write(workspace) as uow:
            yield uow

    return replace(world.ports, write=write)


# --- people who left ------------------------------------------------------------------------------------------------


async def refused(world: World, attempt: Awaitable[object], error: type[AccessError]) -> None:
    before = world.count_records()
    with pytest.raises(error) as refusal:
        await attempt
    assert refusal.value.fields == {"problem": "unknown"}
    assert world.count_records() == before + 1


async def test_whom_slack_does_not_know_is_neither_owner_nor_contact(world: World) -> None:
    anna = world.caller("UANNA")
    party = await register_third_party(RegisterThirdParty(caller=anna, name="Acme"), world.ports)
    proposed = ProposeContact(caller=anna, third_party=party.id, user_id="UNOBODY")
    await refused(world, propose_contact(proposed, world.ports), ContactUnsuitable)
    edited = EditThirdParty(
        caller=anna,
        third_party=party.id,
        name="Acme",
        callback_url=None,
        owner="UNOBODY",
        deputy_owner=None,
        notes="",
        seen=details_hash(party),
    )
    await refused(world, edit_third_party(edited, world.ports), OwnerUnsuitable)


async def test_whoever_left_after_the_proposal_is_not_approved(world: World) -> None:
    anna = world.caller("UANNA")
    party = await register_third_party(RegisterThirdParty(caller=anna, name="Acme"), world.ports)
    request = ProposeContact(caller=anna, third_party=party.id, user_id="UCARLA")
    proposal = await propose_contact(request, world.ports)
    await world.deliver()
    del world.town.people["UCARLA"]
    approval = ApproveContact(caller=world.caller("UBEN"), proposal=proposal.id)
    await refused(world, approve_contact(approval, world.ports), ContactUnsuitable)


async def test_whoever_left_after_the_approval_is_offered_nothing(world: World) -> None:
    third_party = await ready(world)
    del world.town.people["UCARLA"]
    request = IssueToken(caller=world.caller("UANNA"), third_party=third_party)
    await refused(world, issue_token(request, world.ports), ContactUnsuitable)


async def test_a_token_whose_contact_left_is_stopped_and_not_replaced(world: World) -> None:
    handoff = await offered(world)
    await collect_handoff(collect(world, handoff), world.ports)
    world.town.change("UCARLA", is_deactivated=True)
    request = ReplaceToken(caller=world.caller("UANNA"), token=await token_of(world, handoff))
    done = await replace_token(request, world.ports)
    assert done.revoked.state(world.clock.now()) is TokenState.REVOKED
    assert (done.issued, type(done.why_not)) == (None, ContactUnsuitable)


# --- what happens between a question and its transaction ------------------------------------------------------------


async def test_nobody_is_offered_anew_what_the_contact_has_just_declined(world: World) -> None:
    handoff = await offered(world)
    async with world.ports.read(TEAM) as reading:
        third_party = (await reading.handoffs.get(handoff)).third_party
    world.clock.advance(timedelta(hours=1))

    async def carla_declines() -> None:
        await decline_handoff(DeclineHandoff(caller=world.caller("UCARLA"), handoff=handoff), world.ports)

    request = ResendToken(caller=world.caller("UANNA"), third_party=third_party)
    with pytest.raises(ContactNotApproved):
        await resend_token(request, just_before(world, carla_declines))
    async with world.ports.read(TEAM) as reading:
        states = [token.state(world.clock.now()) for token in await reading.tokens.of(third_party)]
    assert states == [TokenState.REVOKED]


async def test_what_was_collected_just_before_it_lapses_does_not_lapse(world: World) -> None:
    handoff = await offered(world)
    async with world.ports.read(TEAM) as reading:
        lapses_at = (await reading.handoffs.get(handoff)).lapses_at
    world.clock.advance(lapses_at - world.clock.now() - timedelta(seconds=1))

    async def carla_collects() -> None:
        await collect_handoff(collect(world, handoff), world.ports)
        world.clock.advance(timedelta(seconds=1))

    assert await sweep_handoffs(TEAM, just_before(world, carla_collects)) == 1
    async with world.ports.read(TEAM) as reading:
        after = await reading.handoffs.get(handoff)
        assert (after.end, after.nudged_at) == (None, None)
        assert (await reading.tokens.get(after.token)).state(world.clock.now()) is TokenState.ACTIVE


async def test_a_claim_that_was_lost_reveals_nothing(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """As on a database that lets two transactions read the same open offer."""

    async def lost(*_: object) -> bool:
        return False

    handoff = await offered(world)
    with monkeypatch.context() as patched:
        patched.setattr(HandoffRows, "claim", lost)
        with pytest.raises(AlreadyCollected):
            await collect_handoff(collect(world, handoff), world.ports)
    assert in_clear(await collect_handoff(collect(world, handoff), world.ports)).token.reveal().startswith(TOKEN_PREFIX)


# --- what never was -------------------------------------------------------------------------------------------------


async def test_there_is_nothing_to_resend_where_nothing_was_issued(world: World) -> None:
    third_party = await ready(world)
    with pytest.raises(NothingToResend):
        await resend_token(ResendToken(caller=world.caller("UANNA"), third_party=third_party), world.ports)


@pytest.mark.parametrize(
    "presented",
    ["", "Bearer", mint(TOKEN_PREFIX, bytes(32)).reveal()[:-1] + "x", mint(TOKEN_PREFIX, bytes(32)).reveal()],
    ids=["nothing", "word", "typing error", "well-formed"],
)
async def test_a_token_that_nobody_issued_is_unknown(world: World, presented: str) -> None:
    assert await check(TEAM, Secret(presented), world.ports) is Verdict.UNKNOWN


async def test_a_client_secret_is_no_token_however_it_is_dressed_up(world: World) -> None:
    handoff = await offered(world)
    credentials = in_clear(await collect_handoff(collect(world, handoff), world.ports))
    assert await check(TEAM, credentials.token, world.ports) is Verdict.ACCEPTED
    assert credentials.client_secret is not None
    assert credentials.client_secret.reveal().startswith(CLIENT_SECRET_PREFIX)
    assert await check(TEAM, credentials.client_secret, world.ports) is Verdict.UNKNOWN


# --- a third party that somebody deleted from the database by hand --------------------------------------------------


def delete_by_hand(world: World, third_party: ThirdPartyId) -> None:
    assert world.rows(f"DELETE FROM third_parties WHERE id = '{third_party}' RETURNING id") == [(third_party,)]


@pytest.mark.on_a_file  # PostgreSQL lets nobody delete it
async def test_without_its_third_party_an_offer_is_left_alone_and_its_token_not_accepted(world: World) -> None:
    handoff = await offered(world)
    async with world.ports.read(TEAM) as reading:
        found = await reading.handoffs.get(handoff)
    _, bearer = world.vault.sealed[found.token]
    delete_by_hand(world, found.third_party)
    with pytest.raises(HandoffNotFound):
        await collect_handoff(collect(world, handoff), world.ports)
    assert await check(TEAM, bearer, world.ports) is Verdict.UNKNOWN
    world.clock.advance(timedelta(days=30))
    assert await sweep_handoffs(TEAM, world.ports) == 1
    async with world.ports.read(TEAM) as reading:
        assert (await reading.handoffs.get(handoff)).end is not HandoffEnd.LAPSED


@pytest.mark.on_a_file  # PostgreSQL lets nobody delete it
async def test_without_its_third_party_a_message_is_given_up_in_silence(world: World) -> None:
    await offered(world)
    claimed, _ = await claim_messages(TEAM, world.ports, lease=timedelta(minutes=2), limit=100)
    (offer,) = [queued for queued in claimed if queued.message.kind is MessageKind.HANDOFF]
    assert offer.message.third_party is not None
    delete_by_hand(world, offer.message.third_party)
    before = world.count_records()
    await note_undeliverable(offer, "user_disabled", world.ports)
    assert world.count_records() == before
