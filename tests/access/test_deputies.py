"""A deputy contact: named, approved, removed, and what happens when the contact has gone, over a real database."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Mapping
from pathlib import Path
from typing import Any

import pytest

from access.model.contact import ContactProposal, ProposalOutcome
from access.model.errors import (
    AccessError,
    ContactAlreadyProposed,
    ContactUnsuitable,
    DeputyNotNeeded,
    DeputyUnsuitable,
    DeputyWithoutContact,
    DirectoryUnavailable,
    NotPermitted,
    NotTheContact,
    NotTheDeputy,
    ProposalDecided,
    ProposalNotReady,
    SelfApproval,
)
from access.model.ids import HandoffId, ProposalId, ThirdPartyId, TokenId
from access.model.people import Role
from access.model.token import TokenState
from access.operations.approve_contact import ApproveContact, approve_contact
from access.operations.collect_handoff import CollectHandoff, collect_handoff
from access.operations.decline_handoff import DeclineHandoff, decline_handoff
from access.operations.deputies import let_deputy_take_over
from access.operations.look_at_people import look_at_people
from access.operations.promote_deputy import PromoteDeputy, promote_deputy
from access.operations.propose_contact import ProposeContact, propose_contact
from access.operations.reject_contact import RejectContact, reject_contact
from access.operations.remove_deputy import RemoveDeputy, remove_deputy
from access.operations.remove_third_party import RemoveThirdParty, remove_third_party
from access.operations.renew_token import RenewToken, renew_token
from access.operations.show_third_party import ShowThirdParty, show_third_party
from tests.access.place import SECOND, Place, lived_in
from tests.access.test_gone import just_before
from tests.access.world import TEAM, in_clear


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[Place]:
    async with lived_in(tmp_path) as made:
        yield made


async def propose(place: Place, party: ThirdPartyId, user_id: str = "UERIK", *, deputy: bool = True) -> ContactProposal:
    request = ProposeContact(caller=place.world.caller("UANNA"), third_party=party, user_id=user_id, deputy=deputy)
    return await propose_contact(request, place.world.ports)


async def approve(place: Place, proposal: ProposalId, who: str = "UBEN") -> None:
    await approve_contact(ApproveContact(caller=place.world.caller(who), proposal=proposal), place.world.ports)


async def with_deputy(place: Place, name: str = "Acme") -> tuple[ThirdPartyId, ProposalId]:
    """A third party with Carla as the contact, who has opened a token, and Erik as the deputy."""
    party, _ = await place.opened(name)
    proposal = await propose(place, party)
    await place.world.deliver()
    await approve(place, proposal.id)
    return party, proposal.id


async def renew(place: Place, party: ThirdPartyId) -> tuple[TokenId, HandoffId]:
    renewal = await renew_token(RenewToken(caller=place.world.caller("UANNA"), third_party=party), place.world.ports)
    async with place.world.ports.read(TEAM) as reading:
        return renewal.token.id, (await reading.handoffs.of_token(renewal.token.id)).id


async def decline(place: Place, handoff: HandoffId) -> None:
    await decline_handoff(DeclineHandoff(caller=place.world.caller("UCARLA"), handoff=handoff), place.world.ports)


def promoting(place: Place, proposal: ProposalId, who: str = "UANNA") -> PromoteDeputy:
    return PromoteDeputy(caller=place.world.caller(who), proposal=proposal)


def removing(place: Place, proposal: ProposalId, who: str = "UBEN") -> RemoveDeputy:
    return RemoveDeputy(caller=place.world.caller(who), proposal=proposal)


BY_MEMBER: Mapping[str, str] = {"right": "manage", "role": "member"}


async def refused(attempt: Awaitable[object], error: type[AccessError], **fields: str) -> None:
    with pytest.raises(error) as refusal:
        await attempt
    assert refusal.value.fields == fields


async def both(place: Place, party: ThirdPartyId) -> tuple[str | None, str | None]:
    """The user IDs of the contact and the deputy."""
    users = dict(place.rows("SELECT id, user_id FROM people"))
    found = await place.read_party(party)
    return users.get(found.contact), users.get(found.deputy_contact)


def told(place: Place, kind: str) -> list[str | None]:
    """Who was told in messages of a kind: user IDs, None for the admins."""
    rows = place.rows(
        f"SELECT user_id FROM outbox LEFT JOIN people p ON p.id = reader WHERE kind = '{kind}' ORDER BY 1 NULLS FIRST"
    )
    return [user for (user,) in rows]


# --- proposing, approving, rejecting ----------------------------------------------------------------------------------


async def test_two_admins_make_a_deputy_whom_the_introduction_has_reached(place: Place) -> None:
    party, _ = await place.opened()
    proposal = await propose(place, party)
    assert proposal.deputy
    await refused(approve(place, proposal.id), ProposalNotReady)
    await place.world.deliver()
    await refused(approve(place, proposal.id, "UANNA"), SelfApproval)
    await refused(approve(place, proposal.id, "UMIA"), NotPermitted, **BY_MEMBER)
    assert await both(place, party) == ("UCARLA", None)
    await approve(place, proposal.id)
    assert await both(place, party) == ("UCARLA", "UERIK")
    carla, erik, anna = (place.person(user) for user in ("UCARLA", "UERIK", "UANNA"))
    assert place.records("deputy.proposed") == [{"proposal": proposal.id, "contact": erik}]
    assert place.records("deputy.approved") == [
        {"proposal": proposal.id, "contact": erik, "proposed_by": anna, "former": None}
    ]
    assert [each["contact"] for each in place.records("contact.approved")] == [carla]
    assert place.records("contact.left_tokens") == place.records("handoff.withdrawn") == []
    await refused(approve(place, proposal.id), ProposalDecided, outcome="approved")


async def test_an_introduction_that_does_not_arrive_makes_no_deputy(place: Place) -> None:
    party, _ = await place.opened()
    proposal = await propose(place, party)
    await place.world.deliver(introductions_arrive=False)
    await refused(approve(place, proposal.id), ProposalDecided, outcome="unreachable")
    assert await both(place, party) == ("UCARLA", None)


async def test_the_proposer_takes_it_back(place: Place) -> None:
    party, _ = await place.opened()
    proposal = await propose(place, party)
    await place.world.deliver()
    request = RejectContact(caller=place.world.caller("UANNA"), proposal=proposal.id, reason="A slip.")
    rejected = await reject_contact(request, place.world.ports)
    assert (rejected.outcome, await both(place, party)) == (ProposalOutcome.REJECTED, ("UCARLA", None))
    await refused(approve(place, proposal.id), ProposalDecided, outcome="rejected")


BECAME: Mapping[str, Mapping[str, Any]] = {
    "admin": {"role": Role.ADMIN},
    "deactivated": {"is_deactivated": True},
    "stranger": {"is_reachable": False},
    "bot": {"is_bot": True},
}


@pytest.mark.parametrize("problem", BECAME)
async def test_a_deputy_has_to_suit_as_a_contact_has_to(place: Place, problem: str) -> None:
    party, _ = await place.opened()
    proposal = await propose(place, party)
    await place.world.deliver()
    place.town.alter("UERIK", **BECAME[problem])
    await refused(approve(place, proposal.id), ContactUnsuitable, problem=problem)
    await refused(propose(place, party), ContactUnsuitable, problem=problem)
    assert await both(place, party) == ("UCARLA", None)


async def test_a_deputy_is_the_deputy_of_somebody_else(place: Place) -> None:
    party = await place.party("Acme")
    await refused(propose(place, party), DeputyWithoutContact)
    await place.contact(party)
    await refused(propose(place, party, "UCARLA"), DeputyUnsuitable, problem="contact")
    await place.contact(party, "UERIK", deputy=True)
    await refused(propose(place, party, "UERIK"), DeputyUnsuitable, problem="deputy")
    request = ProposeContact(caller=place.world.caller("UMIA"), third_party=party, user_id="UOMAR", deputy=True)
    await refused(propose_contact(request, place.world.ports), NotPermitted, **BY_MEMBER)


async def test_one_proposal_waits_at_a_time_as_the_contact_or_as_the_deputy(place: Place) -> None:
    party, _ = await place.opened()
    first = await propose(place, party)
    await refused(propose(place, party), ContactAlreadyProposed, state="waiting")
    await place.world.deliver()
    await refused(propose(place, party), ContactAlreadyProposed, state="reached")
    second = await propose(place, party, deputy=False)
    assert not second.deputy
    await refused(approve(place, first.id), ProposalDecided, outcome="superseded")
    await place.world.deliver()
    await approve(place, second.id)
    assert await both(place, party) == ("UERIK", None)


async def test_another_deputy_takes_the_place_of_the_former_who_has_nothing_to_lose(place: Place) -> None:
    party, first = await with_deputy(place)
    _, handoff = await renew(place, party)
    await place.contact(party, "UOMAR", deputy=True)
    assert await both(place, party) == ("UCARLA", "UOMAR")
    assert place.records("deputy.approved")[-1]["former"] == place.person("UERIK")
    assert place.records("handoff.withdrawn") == []
    await refused(remove_deputy(removing(place, first), place.world.ports), NotTheDeputy)
    await refused(promote_deputy(promoting(place, first), place.world.ports), NotTheDeputy)
    await collect_handoff(CollectHandoff(caller=place.world.caller("UCARLA"), handoff=handoff), place.world.ports)


async def test_the_deputy_who_is_approved_as_the_contact_is_no_deputy_any_more(place: Place) -> None:
    party, deputy = await with_deputy(place)
    await place.contact(party, "UERIK")
    assert await both(place, party) == ("UERIK", None)
    await refused(remove_deputy(removing(place, deputy), place.world.ports), NotTheDeputy)
    await place.contact(party, "UCARLA", deputy=True)
    assert await both(place, party) == ("UERIK", "UCARLA")


async def test_a_removed_third_party_has_no_deputy(place: Place) -> None:
    party, _ = await with_deputy(place)
    await remove_third_party(RemoveThirdParty(caller=place.world.caller("UANNA"), third_party=party), place.world.ports)
    assert await both(place, party) == (None, None)
    place.town.alter("UCARLA", is_deactivated=True)
    await place.look()
    assert told(place, "contact_now") == []


async def test_an_admin_removes_the_deputy(place: Place) -> None:
    party, deputy = await with_deputy(place)
    await refused(remove_deputy(removing(place, deputy, "UMIA"), place.world.ports), NotPermitted, **BY_MEMBER)
    await remove_deputy(removing(place, deputy), place.world.ports)
    assert await both(place, party) == ("UCARLA", None)
    assert place.records("deputy.withdrawn") == [{"contact": place.person("UERIK")}]
    await refused(remove_deputy(removing(place, deputy), place.world.ports), NotTheDeputy)
    place.town.alter("UCARLA", is_deactivated=True)
    await place.look()
    assert await both(place, party) == (None, None)


async def test_the_card_shows_the_deputy_and_who_approved_them(place: Place) -> None:
    party, deputy = await with_deputy(place)
    shown = await show_third_party(
        ShowThirdParty(caller=place.world.caller("UANNA"), third_party=party), place.world.ports
    )
    assert shown.deputy_contact is not None
    assert shown.deputy_approved_by is not None
    assert (shown.deputy_contact.user_id, shown.deputy_approved_by.user_id) == ("UERIK", "UBEN")
    assert shown.deputy_approval is not None
    assert shown.deputy_approval.id == deputy
    assert shown.contact is not None
    assert shown.contact.user_id == "UCARLA"


# --- the contact has gone ---------------------------------------------------------------------------------------------


async def test_a_deputy_receives_nothing_before_they_take_over_and_everything_after(place: Place) -> None:
    party, _ = await with_deputy(place)
    renewed, offered = await renew(place, party)
    erik = place.world.caller("UERIK")
    await refused(collect_handoff(CollectHandoff(caller=erik, handoff=offered), place.world.ports), NotTheContact)
    assert told(place, "handoff") == ["UCARLA", "UCARLA"]
    place.town.alter("UCARLA", is_deactivated=True)
    await place.look()
    assert await both(place, party) == ("UERIK", None)
    now = place.world.clock.now()
    assert (await place.read_token(renewed)).state(now) is TokenState.REVOKED
    assert place.rows("SELECT count(*) FROM sealed_credentials") == [(0,)]
    with pytest.raises(AccessError):
        await collect_handoff(CollectHandoff(caller=erik, handoff=offered), place.world.ports)
    assert told(place, "contact_now") == ["UERIK"]
    assert told(place, "deputy_took_over") == [None, "UMIA"]
    assert place.told("contact_gone") == [(None, "UCARLA"), ("UMIA", "UCARLA")]
    actions = [action for (action,) in place.rows("SELECT action FROM audit ORDER BY number DESC LIMIT 5")]
    assert "deputy.took_over" in actions
    assert actions.index("deputy.took_over") < actions.index("contact.gone")
    _, again = await renew(place, party)
    assert told(place, "handoff") == ["UCARLA", "UCARLA", "UERIK"]
    shown = in_clear(await collect_handoff(CollectHandoff(caller=erik, handoff=again), place.world.ports))
    assert shown.token.reveal()


async def test_who_is_the_deputy_of_two_takes_over_where_the_contact_has_gone(place: Place) -> None:
    first, _ = await with_deputy(place, "Acme")
    second, _ = await with_deputy(place, "Globex")
    await place.contact(second, "UOMAR")
    place.town.alter("UCARLA", is_deactivated=True)
    await place.look()
    assert await both(place, first) == ("UERIK", None)
    assert await both(place, second) == ("UOMAR", "UERIK")
    place.town.alter("UOMAR", is_deactivated=True)
    await place.tomorrow()
    assert await both(place, second) == ("UERIK", None)
    assert told(place, "contact_now") == ["UERIK", "UERIK"]


async def test_a_deputy_who_became_an_admin_is_lost_and_the_owner_is_told(place: Place) -> None:
    party, _ = await with_deputy(place)
    await place.look()
    place.town.alter("UERIK", role=Role.ADMIN)
    await place.tomorrow()
    assert await both(place, party) == ("UCARLA", None)
    assert place.told("deputy_lost") == [(None, "UERIK"), ("UMIA", "UERIK")]
    assert place.records("deputy.became_admin") == [{"contact": place.person("UERIK"), "owner": place.person("UMIA")}]
    before = place.everything()
    await place.tomorrow()
    assert place.everything() == before


async def test_a_contact_who_became_an_admin_stays_and_is_refused_when_they_open_it(place: Place) -> None:
    party, _ = await with_deputy(place)
    place.town.alter("UCARLA", role=Role.ADMIN)
    await place.look()
    assert await both(place, party) == ("UCARLA", "UERIK")


@pytest.mark.parametrize("problem", BECAME)
async def test_who_suits_no_longer_takes_nothing_over_though_nobody_has_looked_at_them_yet(
    place: Place, problem: str
) -> None:
    party, _ = await with_deputy(place)
    await place.look()
    place.world.clock.advance(SECOND)
    place.rows("UPDATE people SET next_look_at = 0 WHERE user_id = 'UCARLA'")
    place.town.alter("UCARLA", is_deactivated=True)
    place.town.alter("UERIK", **BECAME[problem])
    assert await place.look() == 1
    assert await both(place, party) == (None, "UERIK")
    await place.tomorrow()
    assert (await both(place, party))[0] is None
    assert told(place, "contact_now") == []


async def test_whom_slack_does_not_know_any_more_takes_nothing_over(place: Place) -> None:
    party, _ = await with_deputy(place)
    await place.look()
    for user_id in ("UCARLA", "UERIK"):
        del place.town.people[user_id]
    await place.tomorrow()
    assert await both(place, party) == (None, None)


async def test_while_slack_does_not_answer_about_the_deputy_nothing_happens(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    party, _ = await with_deputy(place)
    await place.look()
    place.town.alter("UCARLA", is_deactivated=True)
    look_anew = place.town.look_anew

    async def silent_about_erik(user_id: str) -> Any:
        if user_id == "UERIK":
            raise DirectoryUnavailable
        return await look_anew(user_id)

    with monkeypatch.context() as patched:
        patched.setattr(place.town, "look_anew", silent_about_erik)
        await place.tomorrow()
        assert (await both(place, party))[0] in ("UCARLA", None)
        assert told(place, "contact_now") == []
    await place.look()
    assert await both(place, party) == ("UERIK", None)


# --- by hand ----------------------------------------------------------------------------------------------------------


async def test_an_admin_makes_the_deputy_the_contact_where_there_is_none(place: Place) -> None:
    party, deputy = await with_deputy(place)
    _, handoff = await renew(place, party)
    await refused(promote_deputy(promoting(place, deputy), place.world.ports), DeputyNotNeeded)
    await decline(place, handoff)
    assert await both(place, party) == (None, "UERIK")
    await refused(promote_deputy(promoting(place, deputy, "UMIA"), place.world.ports), NotPermitted, **BY_MEMBER)
    waiting = await propose(place, party, deputy=False)
    await promote_deputy(promoting(place, deputy), place.world.ports)
    assert await both(place, party) == ("UERIK", None)
    await refused(approve(place, waiting.id), ProposalDecided, outcome="superseded")
    assert told(place, "contact_now") == ["UERIK"]
    assert told(place, "deputy_took_over") == [None, "UMIA"]
    await refused(promote_deputy(promoting(place, deputy), place.world.ports), NotTheDeputy)


@pytest.mark.parametrize("problem", BECAME)
async def test_nobody_becomes_the_contact_who_does_not_suit_any_more(place: Place, problem: str) -> None:
    party, deputy = await with_deputy(place)
    await decline(place, (await renew(place, party))[1])
    place.town.alter("UERIK", **BECAME[problem])
    await refused(promote_deputy(promoting(place, deputy), place.world.ports), ContactUnsuitable, problem=problem)
    assert await both(place, party) == (None, "UERIK")


async def test_where_there_is_no_deputy_nobody_takes_over(place: Place) -> None:
    party, _ = await place.opened()
    async with place.world.ports.write(TEAM) as uow:
        with pytest.raises(NotTheDeputy):
            await let_deputy_take_over(uow, await uow.third_parties.get(party), now=place.world.clock.now())


# --- two at once ------------------------------------------------------------------------------------------------------


async def test_of_two_admins_who_decide_at_once_one_is_told_that_it_is_decided(place: Place) -> None:
    party, _ = await place.opened()
    proposal = await propose(place, party)
    await place.world.deliver()
    place.town.settle("UDORA", Role.ADMIN)
    decisions = (approve(place, proposal.id, who) for who in ("UBEN", "UDORA"))
    came_of_it = await asyncio.gather(*decisions, return_exceptions=True)
    assert [type(each) for each in came_of_it if each] == [ProposalDecided]
    assert len(place.records("deputy.approved")) == 1


async def test_a_deputy_who_is_removed_at_the_same_moment_does_not_become_the_contact(place: Place) -> None:
    party, deputy = await with_deputy(place)
    await decline(place, (await renew(place, party))[1])
    quicker = just_before(place.world, lambda: remove_deputy(removing(place, deputy), place.world.ports))
    await refused(promote_deputy(promoting(place, deputy), quicker), NotTheDeputy)
    assert await both(place, party) == (None, None)


async def test_a_deputy_who_has_just_taken_over_is_not_removed(place: Place) -> None:
    party, deputy = await with_deputy(place)
    place.town.alter("UCARLA", is_deactivated=True)
    quicker = just_before(place.world, place.look)
    await refused(remove_deputy(removing(place, deputy), quicker), NotTheDeputy)
    assert await both(place, party) == ("UERIK", None)


async def test_a_deputy_who_is_removed_during_the_look_takes_nothing_over(place: Place) -> None:
    party, deputy = await with_deputy(place)
    await place.look()
    place.rows("UPDATE people SET next_look_at = 0 WHERE user_id = 'UCARLA'")
    place.town.alter("UCARLA", is_deactivated=True)
    quicker = just_before(place.world, lambda: remove_deputy(removing(place, deputy), place.world.ports))
    assert await look_at_people(TEAM, quicker) == 1
    assert await both(place, party) == (None, None)
    assert told(place, "contact_now") == []
