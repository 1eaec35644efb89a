"""A contact asks for a new token, over a real database: who may, how it is decided, and what settles it."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from access.model.errors import (
    AccessError,
    CannotAsk,
    NotPermitted,
    NotTheContact,
    TokenExists,
    TokenNotFound,
    TokenRequestDecided,
    TokenRequestNotFound,
)
from access.model.holdings import Holdings
from access.model.ids import TokenId, TokenRequestId
from access.model.messages import MessageKind as Kind
from access.model.people import Role
from access.model.token import TokenState
from access.model.token_request import RequestOutcome, RequestReason, TokenRequest
from access.operations.ask_for_token import AskForToken, PreviewAsking, ask_for_token, preview_asking
from access.operations.command import Command, OnToken, OnTokenRequest
from access.operations.decline_token_request import DeclineTokenRequest, decline_token_request
from access.operations.disable_third_party import DisableThirdParty, disable_third_party
from access.operations.dispute_handoff import DisputeHandoff, dispute_handoff
from access.operations.enable_third_party import EnableThirdParty, enable_third_party
from access.operations.grant_token_request import GrantTokenRequest, grant_token_request
from access.operations.issue_token import IssueToken, issue_token
from access.operations.lift_suspension import LiftSuspension, lift_suspension
from access.operations.look_at_people import look_at_people
from access.operations.note_person_changed import note_person_changed
from access.operations.remove_third_party import RemoveThirdParty, remove_third_party
from access.operations.replace_token import ReplaceToken, replace_token
from access.operations.revoke_token import RevokeToken, revoke_token
from access.operations.show_holdings import show_holdings
from tests.access.renewing import Begun, Renewing
from tests.access.world import TEAM

STILL_WORKS, SOMEBODY_ELSE = RequestReason.STILL_WORKS, RequestReason.SOMEBODY_ELSE
GRANTED, DECLINED, SETTLED = RequestOutcome.GRANTED, RequestOutcome.DECLINED, RequestOutcome.SETTLED
ACTIVE, PENDING, SUSPENDED = TokenState.ACTIVE, TokenState.PENDING, TokenState.SUSPENDED
REVOKED, OVERLAPPING = TokenState.REVOKED, TokenState.OVERLAPPING


class Asking(Renewing):
    """Acme, whose contact Carla has her token and asks for another one."""

    async def wish(
        self, why: RequestReason = STILL_WORKS, token: TokenId | None = None, who: str = "UCARLA"
    ) -> TokenRequest:
        asked: TokenRequest = await self.ask(who, ask_for_token, AskForToken, token=token or self.first, why=why)
        return asked

    async def grant(self, request: TokenRequest, who: str = "UANNA") -> TokenId:
        issued = await self.ask(who, grant_token_request, GrantTokenRequest, request=request.id)
        return TokenId(issued.token.id)

    async def decline(self, request: TokenRequest, who: str = "UBEN") -> None:
        await self.ask(who, decline_token_request, DeclineTokenRequest, request=request.id)

    async def issued_anew(self) -> TokenId:
        issued = await self.ask("UANNA", issue_token, IssueToken, third_party=self.party)
        await self.collect(issued.token.id)
        return TokenId(issued.token.id)

    async def outcome(self, request: TokenRequest) -> RequestOutcome | None:
        async with self.world.ports.read(TEAM) as reading:
            return (await reading.token_requests.get(request.id)).outcome

    async def holdings(self, who: str = "UCARLA") -> Holdings:
        return await show_holdings(Command(caller=self.world.caller(who)), self.world.ports)

    async def refused(self, problem: str, why: RequestReason = STILL_WORKS, token: TokenId | None = None) -> None:
        before = self.rows("SELECT * FROM token_requests"), self.rows("SELECT suspended_at FROM tokens")
        with pytest.raises(CannotAsk) as refusal:
            await self.wish(why, token)
        assert refusal.value.fields == {"problem": problem}
        assert (self.rows("SELECT * FROM token_requests"), self.rows("SELECT suspended_at FROM tokens")) == before

    def rows(self, query: str) -> list[Any]:
        return self.world.rows(query)


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Begun:
    return Begun.make(tmp_path_factory.mktemp("begun"))


@pytest.fixture
async def acme(begun: Begun, tmp_path: Path) -> AsyncIterator[Asking]:
    async with begun.go_on(tmp_path, Asking) as acme:
        yield acme


# --- the program still works ------------------------------------------------------------------------------------------


async def test_asking_changes_nothing_but_that_everybody_knows(acme: Asking) -> None:
    request = await acme.wish()
    assert await acme.state(acme.first) is ACTIVE
    assert sorted(await acme.world.deliver()) == sorted([Kind.TOKEN_ASKED, Kind.TOKEN_REQUEST, Kind.TOKEN_REQUEST])
    assert await acme.outcome(request) is None
    assert (await acme.records())[0] == "token.requested"


async def test_granting_renews_with_an_overlap(acme: Asking) -> None:
    request = await acme.wish()
    await acme.world.deliver()
    new = await acme.grant(request)
    assert [await acme.state(each) for each in (acme.first, new)] == [ACTIVE, PENDING]
    assert await acme.outcome(request) is GRANTED
    shown_anew = await acme.world.deliver()
    assert shown_anew.count(Kind.TOKEN_REQUEST) == 2, "the owner's and the admins' say who decided"
    assert {Kind.TOKEN_ASKED, Kind.HANDOFF} <= {*shown_anew}
    await acme.collect(new)
    assert [await acme.state(each) for each in (acme.first, new)] == [OVERLAPPING, ACTIVE]


async def test_declining_leaves_everything_and_has_the_contact_told(acme: Asking) -> None:
    request = await acme.wish()
    await acme.world.deliver()
    await acme.decline(request)
    assert await acme.outcome(request) is DECLINED
    assert await acme.state(acme.first) is ACTIVE
    assert (await acme.world.deliver()).count(Kind.TOKEN_ASKED) == 1
    await acme.refused("declined")
    acme.world.clock.advance(timedelta(hours=1))
    assert (await acme.wish()).outcome is None


async def test_once_decided_the_press_says_so(acme: Asking) -> None:
    request = await acme.wish()
    await acme.grant(request)
    for press in (acme.grant, acme.decline):
        with pytest.raises(TokenRequestDecided) as refusal:
            await press(request)
        assert refusal.value.fields == {"outcome": "granted"}
    assert len(acme.rows("SELECT 1 FROM tokens")) == 2


async def test_two_who_decide_at_once_decide_once(acme: Asking) -> None:
    request = await acme.wish()
    each = (acme.grant(request, "UANNA"), acme.grant(request, "UBEN"), acme.decline(request))
    told = await asyncio.gather(*each, return_exceptions=True)
    assert sum(isinstance(one, TokenRequestDecided) for one in told) == 2
    assert len(acme.rows("SELECT 1 FROM audit WHERE action LIKE 'token.request\\__%' ESCAPE '\\'")) == 1


async def test_two_presses_at_once_ask_once(acme: Asking) -> None:
    told = await asyncio.gather(*(acme.wish() for _ in range(3)), return_exceptions=True)
    assert sorted(type(one).__name__ for one in told) == ["CannotAsk", "CannotAsk", "TokenRequest"]
    assert len(acme.rows("SELECT 1 FROM token_requests")) == 1


async def test_if_the_renewal_is_refused_the_request_stays_open(acme: Asking) -> None:
    request = await acme.wish()
    acme.world.town.change("UCARLA", is_deactivated=True)
    with pytest.raises(AccessError):
        await acme.grant(request)
    assert await acme.outcome(request) is None


@pytest.mark.parametrize("who", ["UMIA", "UOMAR", "UCARLA"])
async def test_nobody_decides_but_owner_and_admins(acme: Asking, who: str) -> None:
    request = await acme.wish()
    for press in (acme.grant, acme.decline):
        with pytest.raises(NotPermitted):
            await press(request, who)
    assert await acme.outcome(request) is None


# --- somebody else may have them --------------------------------------------------------------------------------------


async def test_an_alarm_suspends_at_once_and_alerts_once(acme: Asking) -> None:
    request = await acme.wish(SOMEBODY_ELSE)
    assert await acme.state(acme.first) is SUSPENDED
    assert (await acme.world.deliver()).count(Kind.TOKEN_REQUEST) == 2
    await acme.refused("suspended", SOMEBODY_ELSE)
    await acme.refused("suspended")
    assert Kind.TOKEN_REQUEST not in await acme.world.deliver()
    with pytest.raises(TokenExists):
        await acme.decline(request)
    with pytest.raises(AccessError):
        await acme.grant(request)
    assert await acme.outcome(request) is None


async def test_to_replace_the_token_is_to_grant(acme: Asking) -> None:
    request = await acme.wish(SOMEBODY_ELSE)
    replaced = await acme.ask("UBEN", replace_token, ReplaceToken, token=acme.first)
    assert await acme.outcome(request) is GRANTED
    assert await acme.state(acme.first) is REVOKED
    assert await acme.state(replaced.issued.token.id) is PENDING


async def test_to_lift_the_suspension_is_to_decline(acme: Asking) -> None:
    request = await acme.wish(SOMEBODY_ELSE)
    await acme.ask("UBEN", lift_suspension, LiftSuspension, token=acme.first)
    assert await acme.outcome(request) is DECLINED
    await acme.refused("declined")
    assert (await acme.wish(SOMEBODY_ELSE)).outcome is None, "an alarm waits for nothing"
    assert await acme.state(acme.first) is SUSPENDED


async def test_to_revoke_it_or_to_remove_the_third_party_settles_it(acme: Asking) -> None:
    request = await acme.wish(SOMEBODY_ELSE)
    await acme.ask("UBEN", revoke_token, RevokeToken, token=acme.first)
    assert await acme.outcome(request) is SETTLED


async def test_another_contact_leaves_the_alarm_to_be_decided(acme: Asking) -> None:
    request = await acme.wish(SOMEBODY_ELSE)
    await acme.contact_is("UERIK")
    assert await acme.outcome(request) is None
    await acme.ask("UBEN", remove_third_party, RemoveThirdParty, third_party=acme.party)
    assert await acme.outcome(request) is SETTLED


async def test_an_alarm_takes_the_place_of_an_earlier_request(acme: Asking) -> None:
    first = await acme.wish()
    second = await acme.wish(SOMEBODY_ELSE)
    assert [await acme.outcome(each) for each in (first, second)] == [SETTLED, None]


async def test_an_alarm_about_the_new_one_keeps_the_old_one(acme: Asking) -> None:
    new = await acme.renewed()
    assert await acme.state(acme.first) is OVERLAPPING
    await acme.refused("two", token=new)
    await acme.wish(SOMEBODY_ELSE, new)
    assert [await acme.state(each) for each in (acme.first, new)] == [ACTIVE, SUSPENDED]
    await acme.refused("suspended", SOMEBODY_ELSE)


async def test_an_alarm_is_possible_while_a_new_one_waits_or_access_is_off(acme: Asking) -> None:
    await acme.renew()
    await acme.refused("offered")
    await acme.ask("UBEN", disable_third_party, DisableThirdParty, third_party=acme.party, reason="")
    await acme.refused("disabled")
    await acme.wish(SOMEBODY_ELSE)
    await acme.ask("UBEN", enable_third_party, EnableThirdParty, third_party=acme.party)
    assert await acme.state(acme.first) is SUSPENDED


# --- what settles a request -------------------------------------------------------------------------------------------


async def renewed(acme: Asking) -> None:
    await acme.renew("UBEN")


async def revoked(acme: Asking) -> None:
    await acme.ask("UBEN", revoke_token, RevokeToken, token=acme.first)


async def disputed(acme: Asking) -> None:
    await acme.of_handoff(dispute_handoff, DisputeHandoff, acme.first)


async def disabled(acme: Asking) -> None:
    await acme.ask("UBEN", disable_third_party, DisableThirdParty, third_party=acme.party, reason="")


async def removed(acme: Asking) -> None:
    await acme.ask("UBEN", remove_third_party, RemoveThirdParty, third_party=acme.party)


async def another_contact(acme: Asking) -> None:
    await acme.contact_is("UERIK")


async def contact_gone(acme: Asking) -> None:
    acme.world.town.change("UCARLA", is_deactivated=True)
    await note_person_changed(TEAM, "UCARLA", acme.world.ports)
    await look_at_people(TEAM, acme.world.ports)
    assert acme.rows("SELECT contact FROM third_parties") == [(None,)]


@pytest.mark.parametrize("happens", [renewed, revoked, disputed, disabled, removed, another_contact, contact_gone])
async def test_what_comes_in_between_settles_it_for_everybody(acme: Asking, happens: Any) -> None:
    request = await acme.wish()
    await acme.world.deliver()
    await happens(acme)
    assert await acme.outcome(request) is SETTLED
    assert (await acme.world.deliver()).count(Kind.TOKEN_REQUEST) == 2
    assert acme.rows("SELECT count(*) FROM audit WHERE action = 'token.request_settled'") == [(1,)]


async def test_a_request_about_a_token_that_has_expired_makes_room(acme: Asking) -> None:
    outdated = await acme.wish()
    acme.world.clock.advance(timedelta(days=200))
    await acme.refused("ended")
    acme.first = await acme.issued_anew()
    assert await acme.outcome(outdated) is SETTLED
    assert (await acme.wish()).outcome is None


async def test_an_alarm_about_a_token_that_has_expired_makes_room(acme: Asking) -> None:
    outdated = await acme.wish(SOMEBODY_ELSE)
    acme.world.clock.advance(timedelta(days=200))
    acme.first = await acme.issued_anew()
    assert await acme.outcome(outdated) is None
    assert (await acme.wish()).outcome is None
    assert await acme.outcome(outdated) is SETTLED


# --- who may not ask --------------------------------------------------------------------------------------------------


async def test_a_stranger_a_former_contact_and_anothers_contact_are_refused(acme: Asking) -> None:
    acme.world.town.settle("UEVE", Role.OUTSIDER)
    for why in RequestReason:
        for who in ("UEVE", "UMIA", "UOMAR", "UANNA", "UERIK"):
            with pytest.raises(NotTheContact):
                await acme.wish(why, who=who)
    beta = await Asking.begin(acme.world, "Beta")
    await beta.contact_is("UERIK")
    for who, about in (("UCARLA", beta.first), ("UERIK", acme.first)):
        with pytest.raises(NotTheContact):
            await acme.wish(SOMEBODY_ELSE, about, who)
        with pytest.raises(NotTheContact):
            await acme.ask(who, preview_asking, PreviewAsking, token=about)
    assert [await acme.state(each) for each in (acme.first, beta.first)] == [ACTIVE, ACTIVE]
    with pytest.raises(CannotAsk, match="cannot_ask"):
        await beta.wish(SOMEBODY_ELSE, who="UERIK")  # the contact now, but Carla opened that token
    assert acme.rows("SELECT 1 FROM token_requests") == []


async def test_what_ended_or_never_was_is_told_in_words(acme: Asking) -> None:
    with pytest.raises(TokenNotFound):
        await acme.wish(token=TokenId("none"))
    with pytest.raises(TokenRequestNotFound):
        await acme.ask("UANNA", grant_token_request, GrantTokenRequest, request=TokenRequestId("none"))
    pending = await acme.renew()
    await acme.refused("not_opened", SOMEBODY_ELSE, pending)
    await removed(acme)
    await acme.refused("removed", SOMEBODY_ELSE)


async def test_refusals_know_their_third_party(acme: Asking) -> None:
    request = await acme.wish()
    async with acme.world.ports.read(TEAM) as reading:
        known = OnTokenRequest(caller=acme.world.caller("UMIA"), request=request.id)
        assert await known.concerns(reading) == acme.party
        assert await OnToken(caller=acme.world.caller("UMIA"), token=acme.first).concerns(reading) == acme.party


async def test_pressing_again_makes_nothing_grow(acme: Asking) -> None:
    await acme.wish()
    for _ in range(3):
        await acme.refused("asked")
    assert acme.rows("SELECT count(*) FROM audit WHERE action = 'ask_for_token'") == [(1,)]


async def test_a_preview_changes_nothing(acme: Asking) -> None:
    before = acme.world.count_records()
    token, name = await acme.ask("UCARLA", preview_asking, PreviewAsking, token=acme.first)
    assert (token.id, name) == (acme.first, "Acme")
    assert acme.world.count_records() == before


# --- what I hold ------------------------------------------------------------------------------------------------------


async def test_a_contact_sees_what_they_hold_and_what_waits(acme: Asking) -> None:
    request = await acme.wish()
    (held,) = (await acme.holdings()).held
    assert ([each.id for each in held.tokens], held.offer, held.request) == ([acme.first], None, request)
    new = await acme.grant(request)
    (held,) = (await acme.holdings()).held
    assert held.offer is not None
    assert (held.offer.token, held.request) == (new, None)
    acme.world.clock.advance(timedelta(days=9))
    (held,) = (await acme.holdings()).held
    assert held.offer is None, "its time is over, whether or not that was noted"
    acme.world.clock.advance(timedelta(days=200))
    (held,) = (await acme.holdings()).held
    assert held.tokens == []


async def test_a_former_contact_sees_only_what_still_works(acme: Asking) -> None:
    beta = await Asking.begin(acme.world, "Beta")
    await acme.contact_is("UERIK")
    held = (await acme.holdings()).held
    assert [(each.party.name, each.is_contact, len(each.tokens)) for each in held] == [
        ("Beta", True, 1),
        ("Acme", False, 1),
    ]
    (eriks,) = (await acme.holdings("UERIK")).held
    assert (eriks.tokens, eriks.offer) == ([], None), "nothing that somebody else opened"
    await acme.ask("UBEN", revoke_token, RevokeToken, token=acme.first)
    await beta.ask("UBEN", remove_third_party, RemoveThirdParty, third_party=beta.party)
    assert (await acme.holdings()).held == []


@pytest.mark.parametrize("who", ["UMIA", "UANNA", "UERIK"])
async def test_whoever_holds_nothing_is_told_so_and_leaves_no_trace(acme: Asking, who: str) -> None:
    people, records = acme.rows("SELECT count(*) FROM people"), acme.world.count_records()
    assert (await acme.holdings(who)).held == []
    assert (acme.rows("SELECT count(*) FROM people"), acme.world.count_records()) == (people, records)
