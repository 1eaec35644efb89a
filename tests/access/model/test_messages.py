"""Who is told what, event by event."""

from datetime import UTC, datetime

import pytest

from access.model import events
from access.model.ids import HandoffId, PersonId, ProposalId, ThirdPartyId, TokenId
from access.model.messages import MessageKind, Refresh, plan, refreshes
from access.model.token import RevocationCause

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
TP, P, T, H = ThirdPartyId("tp"), ProposalId("p"), TokenId("t"), HandoffId("h")
ANNA, BEN, CARLA, OMAR = PersonId("anna"), PersonId("ben"), PersonId("carla"), PersonId("omar")


def handoff(kind: type[events.HandoffEvent]) -> events.HandoffEvent:
    return kind(TP, handoff=H, token=T, contact=CARLA, owner=OMAR)


def revoked(cause: RevocationCause, contact: PersonId | None = CARLA) -> events.TokenRevoked:
    return events.TokenRevoked(TP, token=T, cause=cause.value, owner=OMAR, contact=contact)


def undeliverable(kind: MessageKind) -> events.MessageUndeliverable:
    return events.MessageUndeliverable(TP, message=kind.value, message_id="m", error="user_disabled", owner=OMAR)


TOLD = [
    (events.ThirdPartyRegistered(TP, owner=ANNA), ANNA, []),
    (events.ThirdPartyEdited(TP, fields=("name",)), ANNA, []),
    (events.OwnerAssigned(TP, owner=OMAR), ANNA, [("owner_assigned", OMAR)]),
    (events.OwnerAssigned(TP, owner=ANNA), ANNA, []),
    (events.ThirdPartyEnabled(TP, owner=OMAR), ANNA, [("switched", OMAR)]),
    (events.ThirdPartyDisabled(TP, owner=OMAR, reason=None), ANNA, [("switched", OMAR)]),
    (events.ThirdPartyDisabled(TP, owner=OMAR, reason=None), OMAR, []),
    (events.ThirdPartyRemoved(TP, owner=OMAR), ANNA, [("removed", OMAR)]),
    (events.ContactProposed(TP, proposal=P, contact=CARLA), ANNA, [("introduction", CARLA)]),
    (events.ContactReached(TP, proposal=P), None, [("approval_request", None)]),
    (events.ContactUnreachable(TP, proposal=P, proposed_by=ANNA), None, [("proposal_decided", ANNA)]),
    (
        events.ContactApproved(TP, proposal=P, contact=CARLA, proposed_by=ANNA, former=None),
        BEN,
        [("proposal_decided", ANNA)],
    ),
    (events.ContactRejected(TP, proposal=P, proposed_by=ANNA, reason=None), BEN, [("proposal_decided", ANNA)]),
    (events.ContactRejected(TP, proposal=P, proposed_by=ANNA, reason=None), ANNA, []),
    (events.ProposalSuperseded(TP, proposal=P), ANNA, []),
    (events.ContactWithdrawn(TP, contact=CARLA), CARLA, []),
    (
        events.FormerContactLeftTokens(TP, former=CARLA, proposal=P, owner=OMAR, count=1),
        BEN,
        [("former_contact_tokens", None), ("former_contact_tokens", OMAR)],
    ),
    (events.TokenIssued(TP, token=T, expires_at=NOW), ANNA, []),
    (revoked(RevocationCause.BY_HAND), ANNA, [("token_ended", CARLA), ("token_ended", OMAR)]),
    (revoked(RevocationCause.BY_HAND), OMAR, [("token_ended", CARLA)]),
    (revoked(RevocationCause.REPLACED), ANNA, [("token_ended", CARLA)]),
    (revoked(RevocationCause.REMOVED), ANNA, [("token_ended", CARLA)]),
    (revoked(RevocationCause.NOT_SEEN), CARLA, []),
    (revoked(RevocationCause.LAPSED, contact=None), None, []),
    (events.TokenSuspended(TP, token=T), CARLA, []),
    (events.SuspensionLifted(TP, token=T), ANNA, []),
    (handoff(events.HandoffOffered), ANNA, [("handoff", CARLA)]),
    (handoff(events.HandoffOffered), CARLA, [("handoff", CARLA)]),
    (handoff(events.HandoffNudged), None, [("handoff_nudge", CARLA)]),
    (handoff(events.HandoffCollected), CARLA, [("handoff_collected", OMAR)]),
    (handoff(events.HandoffConfirmed), CARLA, []),
    (handoff(events.HandoffDeclined), CARLA, [("handoff_declined", OMAR)]),
    (handoff(events.HandoffWithdrawn), ANNA, []),
    (handoff(events.HandoffLapsed), None, [("handoff_lapsed", OMAR)]),
    (events.HandoffNotSeen(TP, handoff=H, token=T, contact=CARLA, owner=OMAR, times=1), CARLA, []),
    (
        events.HandoffNotSeen(TP, handoff=H, token=T, contact=CARLA, owner=OMAR, times=2),
        CARLA,
        [("handoff_not_seen", OMAR)],
    ),
    (
        events.HandoffDisputed(TP, handoff=H, token=T, contact=CARLA, owner=OMAR, by_former_contact=False),
        CARLA,
        [("dispute", None), ("dispute", OMAR)],
    ),
    (events.MessageDropped(TP, message="handoff"), None, []),
    (undeliverable(MessageKind.HANDOFF), None, [("undeliverable", OMAR)]),
    (undeliverable(MessageKind.HANDOFF_LAPSED), None, [("undeliverable", None)]),
    (undeliverable(MessageKind.UNDELIVERABLE), None, [("undeliverable", None)]),
]


@pytest.mark.parametrize(("event", "actor", "told"), TOLD)
def test_who_is_told(event: events.Event, actor: PersonId | None, told: list[tuple[str, PersonId | None]]) -> None:
    assert [(message.kind.value, message.reader) for message in plan(event, actor, NOW)] == told


def test_every_event_is_in_the_table() -> None:
    kinds = {kind for kind in vars(events).values() if isinstance(kind, type) and hasattr(kind, "action")}
    assert {type(event) for event, _, _ in TOLD} == kinds


def test_a_message_about_the_same_thing_to_the_same_reader_has_the_same_key() -> None:
    event = handoff(events.HandoffOffered)
    assert [message.key for message in plan(event, ANNA, NOW)] == ["handoff:t:carla"]
    assert [message.key for message in plan(events.ContactReached(TP, proposal=P), None, NOW)] == [
        "approval_request:p:admins"
    ]


def test_what_may_happen_again_is_told_again() -> None:
    event = events.ThirdPartyEnabled(TP, owner=OMAR)
    (first,), (second,) = plan(event, ANNA, NOW), plan(event, ANNA, NOW.replace(hour=10))
    assert first.key != second.key


def test_a_decision_is_shown_where_it_was_asked_for() -> None:
    event = events.ContactApproved(TP, proposal=P, contact=CARLA, proposed_by=ANNA, former=None)
    assert Refresh(MessageKind.APPROVAL_REQUEST, TP, P) in refreshes(event)


@pytest.mark.parametrize(
    "event",
    [
        handoff(events.HandoffCollected),
        handoff(events.HandoffLapsed),
        events.TokenSuspended(TP, token=T),
        revoked(RevocationCause.BY_HAND),
        events.SuspensionLifted(TP, token=T),
    ],
    ids=lambda event: type(event).__name__,
)
def test_the_offer_shows_what_became_of_it(event: events.Event) -> None:
    assert Refresh(MessageKind.HANDOFF, TP, T) in refreshes(event)


@pytest.mark.parametrize(
    "event",
    [
        events.ThirdPartyEnabled(TP, owner=OMAR),
        events.ThirdPartyDisabled(TP, owner=OMAR, reason=None),
        events.ContactApproved(TP, proposal=P, contact=CARLA, proposed_by=ANNA, former=None),
        events.ContactWithdrawn(TP, contact=CARLA),
        events.ThirdPartyRemoved(TP, owner=OMAR),
    ],
    ids=lambda event: type(event).__name__,
)
def test_new_credentials_are_offered_only_while_they_can_be(event: events.Event) -> None:
    assert Refresh(MessageKind.HANDOFF_LAPSED, TP, None) in refreshes(event)
