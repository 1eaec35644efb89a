"""Renewal over a real database: what each operation does with two tokens."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from access.model.errors import (
    NotOverlapping,
    NotPermitted,
    NotTheContact,
    RenewedSince,
    TokenEnded,
    TokenExists,
    TwoTokens,
)
from access.model.ids import TokenId
from access.model.messages import MessageKind as Kind
from access.model.policy import Policy
from access.model.third_party import details_hash
from access.model.token import TokenState
from access.operations.dispute_handoff import DisputeHandoff, dispute_handoff
from access.operations.edit_third_party import EditThirdParty, edit_third_party
from access.operations.lift_suspension import LiftSuspension, lift_suspension
from access.operations.list_third_parties import ListThirdParties, list_third_parties
from access.operations.preview_retirement import preview_retirement
from access.operations.remove_third_party import RemoveThirdParty, remove_third_party
from access.operations.replace_token import ReplaceToken, replace_token
from access.operations.report_not_seen import ReportNotSeen, report_not_seen
from access.operations.resend_token import ResendToken, resend_token
from access.operations.retire_token import RetireToken
from access.operations.revoke_token import RevokeToken, revoke_token
from access.operations.show_third_party import ShowThirdParty, show_third_party
from access.operations.sweep_handoffs import sweep_handoffs
from tests.access.renewing import Begun, Renewing
from tests.access.world import TEAM
from tests.checking import note_accepted

DAY = timedelta(days=1)
WEEK = timedelta(days=7)
PENDING, ACTIVE, OVERLAPPING = TokenState.PENDING, TokenState.ACTIVE, TokenState.OVERLAPPING
SUSPENDED, RETIRED, REVOKED = TokenState.SUSPENDED, TokenState.RETIRED, TokenState.REVOKED


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Begun:
    return Begun.make(tmp_path_factory.mktemp("begun"))


@pytest.fixture
async def acme(begun: Begun, tmp_path: Path) -> AsyncIterator[Renewing]:
    async with begun.go_on(tmp_path, Renewing) as acme:
        yield acme


# --- renewing ---------------------------------------------------------------------------------------------------------


async def test_an_uncollected_renewal_leaves_the_old_one_alone(acme: Renewing) -> None:
    new = await acme.renew()
    assert [await acme.state(each) for each in (acme.first, new)] == [ACTIVE, PENDING]
    await acme.ask("UANNA", revoke_token, RevokeToken, token=new)
    assert [await acme.state(each) for each in (acme.first, new)] == [ACTIVE, REVOKED]
    assert (await acme.token(acme.first)).succeeded_at is None


async def test_with_its_collection_the_overlap_begins(acme: Renewing) -> None:
    new = await acme.renewed()
    old, now = await acme.token(acme.first), acme.world.clock.now()
    assert (old.succeeded_at, old.retires_at) == (now, now + WEEK)
    assert [await acme.state(each) for each in (acme.first, new)] == [OVERLAPPING, ACTIVE]
    assert await acme.records() == ["token.overlap_started", "handoff.collected", "handoff.offered"]


async def test_one_that_ended_before_the_collection_begins_no_overlap(acme: Renewing) -> None:
    new = await acme.renew()
    await acme.ask("UANNA", revoke_token, RevokeToken, token=acme.first)
    await acme.collect(new)
    assert [await acme.state(each) for each in (acme.first, new)] == [REVOKED, ACTIVE]


async def test_a_second_renewal_waits_for_the_first(acme: Renewing) -> None:
    new = await acme.renew()
    with pytest.raises(TokenExists):
        await acme.renew("UBEN")
    await acme.collect(new)
    with pytest.raises(TwoTokens):
        await acme.renew()


async def test_the_owner_and_the_deputy_renew_their_own_and_nobody_elses(acme: Renewing) -> None:
    for who in ("UOMAR", "UCARLA"):
        with pytest.raises(NotPermitted):
            await acme.renew(who)
    async with acme.world.ports.read(TEAM) as reading:
        party = await reading.third_parties.get(acme.party)
    about = {"name": "Acme", "callback_url": None, "owner": "UMIA", "deputy_owner": "UOMAR", "notes": ""}
    about |= {"third_party": acme.party, "seen": details_hash(party)}
    await acme.ask("UANNA", edit_third_party, EditThirdParty, **about)
    new = await acme.renew("UOMAR")
    await acme.collect(new)
    await acme.retire("UMIA", acme.first)
    assert await acme.state(acme.first) is RETIRED


@pytest.mark.parametrize("again", ["resend", "lapse"])
async def test_what_is_offered_in_its_place_renews_the_same(acme: Renewing, again: str) -> None:
    new = await acme.renew()
    acme.world.clock.advance(timedelta(minutes=2))
    if again == "lapse":
        acme.world.clock.advance(4 * DAY)
        await sweep_handoffs(TEAM, acme.world.ports)
    issued = await acme.ask("UANNA", resend_token, ResendToken, third_party=acme.party)
    assert issued.token.renews == acme.first
    assert [await acme.state(each) for each in (acme.first, new, issued.token.id)] == [ACTIVE, REVOKED, PENDING]
    await acme.collect(issued.token.id)
    assert await acme.state(acme.first) is OVERLAPPING


# --- retiring ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("who", "told"), [("UCARLA", 1), ("UANNA", 1), ("UBEN", 2)])
async def test_everything_is_switched(acme: Renewing, who: str, told: int) -> None:
    new = await acme.renewed()
    await acme.world.deliver()
    seen = await acme.ask(who, preview_retirement, RetireToken, token=acme.first, as_contact=who == "UCARLA")
    assert (seen.old.id, seen.successor.id) == (acme.first, new)
    await acme.retire(who, acme.first, as_contact=who == "UCARLA")
    assert [await acme.state(each) for each in (acme.first, new)] == [RETIRED, ACTIVE]
    assert (await acme.records())[0] == "token.retired"
    assert (await acme.world.deliver()).count(Kind.TOKEN_RETIRED) == told
    with pytest.raises(TokenEnded):
        await acme.retire("UBEN", acme.first)
    assert (await acme.renew()) != new


async def test_nobody_else_retires_it(acme: Renewing) -> None:
    await acme.renewed()
    for who in ("UOMAR", "UCARLA", "UERIK"):
        with pytest.raises(NotPermitted):
            await acme.retire(who, acme.first)
    for who in ("UANNA", "UERIK"):
        with pytest.raises(NotTheContact):
            await acme.retire(who, acme.first, as_contact=True)
    assert await acme.state(acme.first) is OVERLAPPING


async def test_a_contact_who_has_not_the_new_credentials_cannot_say_that_everything_is_switched(acme: Renewing) -> None:
    await acme.renewed()
    await acme.contact_is("UERIK")
    for who in ("UERIK", "UCARLA"):
        with pytest.raises(NotTheContact):
            await acme.retire(who, acme.first, as_contact=True)


async def test_without_a_successor_that_works_nothing_retires(acme: Renewing) -> None:
    new = await acme.renew()
    for who in ("UANNA", "UCARLA"):
        with pytest.raises(NotOverlapping):
            await acme.retire(who, acme.first, as_contact=who == "UCARLA")
    await acme.collect(new)
    async with acme.world.ports.write(TEAM) as uow:
        token = await uow.tokens.get(new)
        await uow.tokens.save(replace(token, expires_at=acme.world.clock.now() + DAY))  # the policy was changed once
        await uow.commit()
    assert await acme.sweep_after(WEEK) == 1
    assert await acme.state(acme.first) is OVERLAPPING
    with pytest.raises(NotOverlapping):
        await acme.retire("UANNA", acme.first)
    assert await acme.renew() != new


async def test_use_unknown_it_retires_when_the_overlap_is_over_and_not_before(acme: Renewing) -> None:
    await acme.renewed()
    await acme.world.deliver()
    assert await acme.sweep_after(WEEK - timedelta(seconds=1)) == 0
    assert await acme.state(acme.first) is OVERLAPPING
    assert await acme.sweep_after(timedelta(seconds=1)) == 1
    assert await acme.state(acme.first) is RETIRED
    assert (await acme.world.deliver()).count(Kind.TOKEN_RETIRED) == 2
    assert await acme.sweep_after(WEEK) == 0


async def test_time_alone_stops_nothing_while_the_bot_sleeps(acme: Renewing) -> None:
    await acme.renewed()
    acme.world.clock.advance(30 * DAY)
    assert await acme.state(acme.first) is OVERLAPPING


async def test_use_known_it_stays_while_it_is_in_use_and_is_not_looked_at_meanwhile(acme: Renewing) -> None:
    await acme.accepted(acme.first)
    new = await acme.renewed()
    assert await acme.sweep_after(30 * DAY) == 0
    await acme.accepted(new, acme.first)
    assert await acme.sweep_after(WEEK - timedelta(seconds=1)) == 0
    await acme.accepted(acme.first)
    assert await acme.sweep_after(timedelta(seconds=1)) == 0
    assert await acme.sweep_after(WEEK) == 1
    assert await acme.state(acme.first) is RETIRED


async def test_use_that_becomes_known_in_the_overlap_keeps_the_old_one(acme: Renewing) -> None:
    await acme.renewed()
    await acme.accepted(acme.first)
    assert await acme.sweep_after(30 * DAY) == 0
    assert await acme.state(acme.first) is OVERLAPPING


async def test_checks_are_noted_in_any_order_and_leave_no_record(acme: Renewing) -> None:
    before, now = acme.world.count_records(), acme.world.clock.now()
    for at in (now, now - DAY, now + DAY):
        await note_accepted(TEAM, [acme.first], at, acme.world.ports)
    assert (await acme.token(acme.first)).last_accepted_at == now + DAY
    assert acme.world.count_records() == before + 1, "the first one confirms the handoff"


async def test_one_that_expires_in_the_overlap_is_not_retired(acme: Renewing) -> None:
    acme.world.clock.advance(180 * DAY)
    await acme.renewed()
    assert await acme.sweep_after(WEEK) == 0
    assert await acme.state(acme.first) is TokenState.EXPIRED


async def test_one_whose_time_was_slept_through_until_it_expired_is_not_retired(acme: Renewing) -> None:
    await acme.renewed()
    assert await acme.sweep_after(300 * DAY) == 1
    assert await acme.state(acme.first) is TokenState.EXPIRED
    assert await acme.sweep_after(DAY) == 0


async def test_a_longer_overlap_counts_for_those_that_overlap_already(acme: Renewing) -> None:
    await acme.renewed()
    acme.world.ports = replace(acme.world.ports, policy=Policy(overlap=2 * WEEK))
    assert await acme.sweep_after(WEEK) == 1
    assert await acme.state(acme.first) is OVERLAPPING
    assert await acme.sweep_after(WEEK) == 1
    assert await acme.state(acme.first) is RETIRED


# --- when the successor stops -----------------------------------------------------------------------------------------


async def test_a_successor_that_is_revoked_leaves_the_old_one(acme: Renewing) -> None:
    new = await acme.renewed()
    await acme.ask("UBEN", revoke_token, RevokeToken, token=new)
    assert (await acme.records())[0] == "token.retirement_cancelled"
    assert await acme.sweep_after(30 * DAY) == 0
    assert await acme.state(acme.first) is ACTIVE
    newer = await acme.renewed()
    assert [await acme.state(each) for each in (acme.first, newer)] == [OVERLAPPING, ACTIVE]


async def test_a_suspended_successor_leaves_the_old_one_until_the_suspension_is_lifted(acme: Renewing) -> None:
    new = await acme.renewed()
    acme.world.clock.advance(3 * DAY)
    await acme.of_handoff(dispute_handoff, DisputeHandoff, new)
    assert [await acme.state(each) for each in (acme.first, new)] == [ACTIVE, SUSPENDED]
    assert await acme.sweep_after(WEEK) == 0
    await acme.ask("UBEN", lift_suspension, LiftSuspension, token=new)
    assert (await acme.token(acme.first)).retires_at == acme.world.clock.now() + WEEK
    assert await acme.sweep_after(WEEK) == 1
    assert await acme.state(acme.first) is RETIRED


async def test_a_suspended_old_one_is_the_admins_and_does_not_retire(acme: Renewing) -> None:
    await acme.renewed()
    await acme.of_handoff(dispute_handoff, DisputeHandoff, acme.first)
    assert await acme.sweep_after(WEEK) == 0
    with pytest.raises(NotOverlapping):
        await acme.retire("UANNA", acme.first)
    await acme.ask("UBEN", lift_suspension, LiftSuspension, token=acme.first)
    assert await acme.state(acme.first) is OVERLAPPING
    assert await acme.sweep_after(timedelta(0)) == 1
    assert await acme.state(acme.first) is RETIRED


async def test_a_new_one_that_was_not_seen_is_replaced_and_the_old_one_stays_meanwhile(acme: Renewing) -> None:
    new = await acme.renewed()
    issued = await acme.of_handoff(report_not_seen, ReportNotSeen, new)
    assert issued.token.renews == acme.first
    states = [await acme.state(each) for each in (acme.first, new, issued.token.id)]
    assert states == [ACTIVE, REVOKED, PENDING]
    acme.world.clock.advance(DAY)
    await acme.collect(issued.token.id)
    assert (await acme.token(acme.first)).retires_at == acme.world.clock.now() + WEEK


@pytest.mark.parametrize("collected", [True, False])
async def test_an_old_one_is_not_replaced_because_it_was_not_seen(acme: Renewing, collected: bool) -> None:
    await (acme.renewed() if collected else acme.renew())
    with pytest.raises(RenewedSince):
        await acme.of_handoff(report_not_seen, ReportNotSeen, acme.first)
    assert await acme.state(acme.first) is (OVERLAPPING if collected else ACTIVE)


async def test_replacing_the_new_one_offers_another_beside_the_old_one(acme: Renewing) -> None:
    new = await acme.renewed()
    replacement = await acme.ask("UBEN", replace_token, ReplaceToken, token=new)
    assert replacement.issued.token.renews == acme.first
    assert await acme.state(acme.first) is ACTIVE


@pytest.mark.parametrize("collected", [True, False])
async def test_replacing_the_old_one_stops_it_and_offers_no_third(acme: Renewing, collected: bool) -> None:
    new = await (acme.renewed() if collected else acme.renew())
    replacement = await acme.ask("UBEN", replace_token, ReplaceToken, token=acme.first)
    assert (replacement.issued, type(replacement.why_not)) == (None, TokenExists)
    assert [await acme.state(each) for each in (acme.first, new)] == [REVOKED, ACTIVE if collected else PENDING]
    assert await acme.sweep_after(WEEK) == 0


async def test_removing_ends_both_and_cancels_nothing(acme: Renewing) -> None:
    new = await acme.renewed()
    await acme.ask("UANNA", remove_third_party, RemoveThirdParty, third_party=acme.party)
    assert [await acme.state(each) for each in (acme.first, new)] == [REVOKED, REVOKED]
    assert await acme.records() == ["third_party.removed", "token.revoked", "token.revoked"]


async def test_another_contact_gets_the_renewal_that_the_former_one_left(acme: Renewing) -> None:
    new = await acme.renew()
    await acme.contact_is("UERIK")
    assert [await acme.state(each) for each in (acme.first, new)] == [ACTIVE, REVOKED]
    issued = await acme.ask("UANNA", resend_token, ResendToken, third_party=acme.party)
    await acme.collect(issued.token.id, "UERIK")
    assert await acme.state(acme.first) is OVERLAPPING
    await acme.retire("UERIK", acme.first, as_contact=True)
    assert await acme.state(acme.first) is RETIRED


# --- what is shown ----------------------------------------------------------------------------------------------------


async def test_a_live_token_is_shown_however_many_came_after_it(acme: Renewing) -> None:
    await acme.renew()
    for _ in range(6):
        acme.world.clock.advance(timedelta(minutes=2))
        await acme.ask("UANNA", resend_token, ResendToken, third_party=acme.party)
    card = await acme.ask("UANNA", show_third_party, ShowThirdParty, third_party=acme.party)
    assert [line.token.state(card.now) for line in card.live] == [PENDING, ACTIVE]
    assert len(card.tokens) == 6


async def test_the_overview_shows_the_token_that_says_most(acme: Renewing) -> None:
    async def shown() -> TokenId:
        (line,) = (await acme.ask("UANNA", list_third_parties, ListThirdParties)).lines
        return TokenId(line.token.id)

    new = await acme.renew()
    assert await shown() == acme.first
    await acme.collect(new)
    assert await shown() == new
    await acme.of_handoff(dispute_handoff, DisputeHandoff, acme.first)
    assert await shown() == acme.first
