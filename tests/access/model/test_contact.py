from dataclasses import replace
from datetime import UTC, datetime

import pytest

from access.model import events
from access.model.contact import ContactProposal, ProposalOutcome, must_suit_as_contact
from access.model.errors import ContactUnsuitable, ProposalDecided, ProposalNotReady, SelfApproval
from access.model.ids import PersonId, ProposalId, ReasonHash, ThirdPartyId
from access.model.people import Role, SlackPerson, SlackUser

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
ANNA, BEN, CARLA = PersonId("anna"), PersonId("ben"), PersonId("carla")
PROPOSED = ContactProposal(ProposalId("p"), ThirdPartyId("tp"), CARLA, ANNA, NOW)
REACHED, _ = PROPOSED.reached(NOW)


def approve(proposal: ContactProposal, by: PersonId, *, self_approval: bool = False) -> ContactProposal:
    return proposal.approve(by, former=None, self_approval=self_approval, now=NOW)[0]


def test_another_admin_approves_what_was_reached() -> None:
    approved = approve(REACHED, BEN)
    assert (approved.outcome, approved.decided_by, approved.decided_at) == (ProposalOutcome.APPROVED, BEN, NOW)


def test_one_admin_alone_cannot() -> None:
    with pytest.raises(SelfApproval):
        approve(REACHED, ANNA)


def test_unless_the_organisation_has_only_one() -> None:
    assert approve(REACHED, ANNA, self_approval=True).decided_by == ANNA


def test_nobody_is_approved_whom_the_bot_cannot_reach() -> None:
    with pytest.raises(ProposalNotReady):
        approve(PROPOSED, BEN)


@pytest.mark.parametrize(
    "decided",
    [
        approve(REACHED, BEN),
        REACHED.reject(BEN, reason=None, now=NOW)[0],
        REACHED.supersede(NOW)[0],
        PROPOSED.unreachable(NOW)[0],
    ],
    ids=["approved", "rejected", "superseded", "unreachable"],
)
def test_a_proposal_is_decided_once(decided: ContactProposal) -> None:
    with pytest.raises(ProposalDecided) as error:
        approve(decided, BEN)
    assert error.value.fields["outcome"] == decided.outcome
    with pytest.raises(ProposalDecided):
        decided.reject(BEN, reason=None, now=NOW)
    with pytest.raises(ProposalDecided):
        decided.supersede(NOW)
    assert decided.reached(NOW) == (decided, [])
    assert decided.unreachable(NOW) == (decided, [])


def test_the_introduction_arrives_once() -> None:
    assert REACHED.reached(NOW) == (REACHED, [])
    assert REACHED.unreachable(NOW) == (REACHED, [])


def test_the_proposer_may_take_it_back() -> None:
    taken_back, news = PROPOSED.reject(ANNA, reason=None, now=NOW)
    assert taken_back.outcome is ProposalOutcome.REJECTED
    assert isinstance(news[0], events.ContactRejected)


def test_each_step_says_what_happened_to_which_proposal() -> None:
    party, proposal, why = PROPOSED.third_party, PROPOSED.id, ReasonHash("why")
    assert PROPOSED.reached(NOW) == (
        replace(PROPOSED, reached_at=NOW),
        [events.ContactReached(party, proposal=proposal)],
    )
    assert PROPOSED.unreachable(NOW) == (
        replace(PROPOSED, decided_at=NOW, outcome=ProposalOutcome.UNREACHABLE),
        [events.ContactUnreachable(party, proposal=proposal, proposed_by=ANNA)],
    )
    assert REACHED.approve(BEN, former=ANNA, self_approval=False, now=NOW)[1] == [
        events.ContactApproved(party, proposal=proposal, contact=CARLA, proposed_by=ANNA, former=ANNA)
    ]
    assert REACHED.reject(BEN, reason=why, now=NOW) == (
        replace(REACHED, decided_at=NOW, decided_by=BEN, outcome=ProposalOutcome.REJECTED, reason=why),
        [events.ContactRejected(party, proposal=proposal, proposed_by=ANNA, reason=why)],
    )
    assert REACHED.supersede(NOW) == (
        replace(REACHED, decided_at=NOW, outcome=ProposalOutcome.SUPERSEDED),
        [events.ProposalSuperseded(party, proposal=proposal)],
    )


CONTACT = SlackPerson(SlackUser("U", "T"), Role.OUTSIDER, is_guest=True)


@pytest.mark.parametrize(
    ("person", "problem"),
    [
        (replace(CONTACT, is_bot=True), "bot"),
        (replace(CONTACT, is_deactivated=True), "deactivated"),
        (replace(CONTACT, is_foreign=True, is_reachable=False), "stranger"),
        (SlackPerson(SlackUser("U", "T"), Role.ADMIN), "admin"),
    ],
)
def test_who_cannot_be_a_contact(person: SlackPerson, problem: str) -> None:
    with pytest.raises(ContactUnsuitable) as error:
        must_suit_as_contact(person)
    assert error.value.fields["problem"] == problem


@pytest.mark.parametrize(
    "person",
    [
        CONTACT,
        SlackPerson(SlackUser("U", "T"), Role.MEMBER),
        SlackPerson(SlackUser("U", "T"), Role.AUDITOR),
        SlackPerson(SlackUser("U", "T2"), Role.OUTSIDER, is_foreign=True),
    ],
    ids=["guest", "member", "auditor", "other organisation"],
)
def test_who_can(person: SlackPerson) -> None:
    must_suit_as_contact(person)
