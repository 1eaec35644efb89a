"""Who is told what, event by event."""

from dataclasses import replace

import pytest

from access.model import events
from access.model.ids import (
    PersonId,
    ThirdPartyId,
)
from access.model.messages import (
    ABOUT_PERSON,
    TO_EACH_ADMIN,
    MessageKind,
    PlannedMessage,
    plan,
)
from access.model.token import RevocationCause
from tests.access.model.happenings import (
    ANNA,
    BEN,
    CARLA,
    LATER,
    NEW,
    NOW,
    OMAR,
    TP,
    H,
    K,
    P,
    R,
    T,
    asked,
    confirmed_by_use,
    handoff,
    registered,
    requested,
    retired,
    revoked,
    undeliverable,
)

TOLD = [
    (events.ThirdPartyRegistered(TP, owner=ANNA), ANNA, []),
    (events.ThirdPartyEdited(TP, fields=("name",)), ANNA, []),
    (events.OwnerAssigned(TP, owner=OMAR), ANNA, [("owner_assigned", OMAR)]),
    (events.OwnerAssigned(TP, owner=ANNA), ANNA, []),
    (
        events.OwnerGone(TP, owner=OMAR, deputy=None, reason="deactivated"),
        None,
        [("owner_gone", None)],
    ),
    (
        events.OwnerGone(TP, owner=OMAR, deputy=BEN, reason="deactivated"),
        None,
        [("owner_gone", None), ("owner_gone", BEN)],
    ),
    (events.PersonReturned(TP, person=OMAR), None, []),
    (events.ThirdPartyEnabled(TP, owner=OMAR), ANNA, [("switched", OMAR)]),
    (events.ThirdPartyDisabled(TP, owner=OMAR, reason=None), ANNA, [("switched", OMAR)]),
    (events.ThirdPartyDisabled(TP, owner=OMAR, reason=None), OMAR, []),
    (events.ThirdPartyDisabledByRestore(TP, owner=OMAR), None, []),
    (events.ThirdPartyEnabledAfterRestore(TP, owner=OMAR), ANNA, []),
    (events.ThirdPartyRemoved(TP, owner=OMAR), ANNA, [("removed", OMAR)]),
    (events.ContactProposed(TP, proposal=P, contact=CARLA), ANNA, [("introduction", CARLA)]),
    (events.ContactReached(TP, proposal=P), None, [("approval_request", None)]),
    (events.ImportedContactReached(TP, proposal=P), None, []),
    (events.ThirdPartyImported(TP, owner=OMAR, enabled=True), None, []),
    (events.ContactUnreachable(TP, proposal=P, proposed_by=ANNA), None, [("proposal_decided", ANNA)]),
    (
        events.ContactApproved(TP, proposal=P, contact=CARLA, proposed_by=ANNA, former=None),
        BEN,
        [("proposal_decided", ANNA)],
    ),
    (events.DeputyProposed(TP, proposal=P, contact=CARLA), ANNA, [("introduction", CARLA)]),
    (
        events.DeputyApproved(TP, proposal=P, contact=CARLA, proposed_by=ANNA, former=None),
        BEN,
        [("proposal_decided", ANNA)],
    ),
    (events.DeputyWithdrawn(TP, contact=CARLA), ANNA, []),
    (
        events.DeputyTookOver(TP, proposal=P, contact=CARLA, owner=OMAR),
        None,
        [("contact_now", CARLA), ("deputy_took_over", None), ("deputy_took_over", OMAR)],
    ),
    (
        events.DeputyTookOver(TP, proposal=P, contact=CARLA, owner=OMAR),
        OMAR,
        [("contact_now", CARLA), ("deputy_took_over", None)],
    ),
    (
        events.DeputyBecameAdmin(TP, contact=CARLA, owner=OMAR),
        None,
        [("deputy_lost", None), ("deputy_lost", OMAR)],
    ),
    (events.DeputyBecameAdmin(TP, contact=CARLA, owner=None), None, [("deputy_lost", None)]),
    (events.ContactRejected(TP, proposal=P, proposed_by=ANNA, reason=None), BEN, [("proposal_decided", ANNA)]),
    (events.ContactRejected(TP, proposal=P, proposed_by=ANNA, reason=None), ANNA, []),
    (events.ProposalSuperseded(TP, proposal=P), ANNA, []),
    (events.ContactWithdrawn(TP, contact=CARLA), CARLA, []),
    (
        events.ContactGone(TP, contact=CARLA, deputy=False, reason="moved", owner=OMAR),
        None,
        [("contact_gone", None), ("contact_gone", OMAR)],
    ),
    (
        events.FormerContactGone(TP, contact=CARLA, reason="moved", owner=None),
        None,
        [("contact_gone", None)],
    ),
    (
        events.FormerContactLeftTokens(TP, former=CARLA, proposal=P, owner=OMAR, count=1),
        BEN,
        [("former_contact_tokens", None), ("former_contact_tokens", OMAR)],
    ),
    (registered(of_contact=False), CARLA, []),
    (registered(of_contact=True), CARLA, [("key_asked", CARLA), ("key_request", None)]),
    (events.ContactKeyRemovalAsked(TP, key=K, contact=CARLA), CARLA, [("key_asked", CARLA), ("key_request", None)]),
    (events.ContactKeyApproved(TP, key=K, contact=CARLA, former=None), BEN, []),
    (events.ContactKeyRejected(TP, key=K, contact=CARLA), BEN, []),
    (events.ContactKeySuperseded(TP, key=K), CARLA, []),
    (events.ContactKeyEnded(TP, key=K), ANNA, []),
    (events.TokenIssued(TP, token=T, expires_at=NOW), ANNA, []),
    (events.TokenImported(TP, token=T, origin="external", expires_at=NOW, delivered=False), None, []),
    (revoked(RevocationCause.BY_HAND), ANNA, [("token_ended", CARLA), ("token_ended", OMAR)]),
    (revoked(RevocationCause.BY_HAND), OMAR, [("token_ended", CARLA)]),
    (replace(revoked(RevocationCause.BY_HAND), contact=None), ANNA, [("token_ended", OMAR)]),
    (revoked(RevocationCause.REPLACED), ANNA, [("token_ended", CARLA)]),
    (revoked(RevocationCause.REMOVED), ANNA, [("token_ended", CARLA)]),
    (revoked(RevocationCause.NOT_SEEN), CARLA, []),
    (revoked(RevocationCause.LAPSED, contact=None), None, []),
    (revoked(RevocationCause.BY_THIRD_PARTY), None, []),
    (revoked(RevocationCause.BY_HOLDER), None, []),
    (revoked(RevocationCause.AT_COMMAND_LINE), None, []),
    (
        asked(RevocationCause.BY_THIRD_PARTY, CARLA, CARLA),
        None,
        [("revoked_by_third_party", reader) for reader in (None, OMAR, CARLA)],
    ),
    (
        asked(RevocationCause.BY_HOLDER, BEN, CARLA),
        None,
        [("revoked_by_holder", reader) for reader in (None, OMAR, BEN, CARLA)],
    ),
    (
        asked(RevocationCause.BY_HOLDER, None, OMAR),
        None,
        [("revoked_by_holder", reader) for reader in (None, OMAR)],
    ),
    (
        asked(RevocationCause.BY_HOLDER, CARLA, None),
        None,
        [("revoked_by_holder", reader) for reader in (None, OMAR)],
    ),
    (
        asked(RevocationCause.AT_COMMAND_LINE, CARLA, CARLA),
        None,
        [("revoked_at_command_line", reader) for reader in (None, OMAR, CARLA)],
    ),
    (events.TokenSuspended(TP, token=T), CARLA, []),
    (events.SuspensionLifted(TP, token=T), ANNA, []),
    (events.OverlapStarted(TP, token=T, successor=NEW), CARLA, []),
    (events.RetirementCancelled(TP, token=T, successor=NEW), ANNA, []),
    (retired(CARLA), None, [("token_retired", OMAR), ("token_retired", CARLA)]),
    (retired(CARLA), CARLA, [("token_retired", OMAR)]),
    (retired(CARLA), OMAR, [("token_retired", CARLA)]),
    (retired(None), ANNA, [("token_retired", OMAR)]),
    (events.TokenReminded(TP, token=T, reminder="expiry", days=7, reader=OMAR), None, []),
    (events.TokenClaimed(TP, token=T), OMAR, []),
    (events.TokenSnoozed(TP, token=T, until=NOW), OMAR, []),
    (events.TokenLetLapse(TP, token=T), OMAR, []),
    (events.LapseUndone(TP, token=T), OMAR, []),
    (requested(), CARLA, [("token_asked", CARLA), ("token_request", None), ("token_request", OMAR)]),
    (requested(owner=CARLA), CARLA, [("token_asked", CARLA), ("token_request", None)]),
    (events.TokenRequestGranted(TP, request=R, token=T), ANNA, []),
    (events.TokenRequestDeclined(TP, request=R, token=T), ANNA, []),
    (events.TokenRequestSettled(TP, request=R, token=T), ANNA, []),
    (handoff(events.HandoffOffered), ANNA, [("handoff", CARLA)]),
    (handoff(events.HandoffOffered), CARLA, [("handoff", CARLA)]),
    (handoff(events.HandoffNudged), None, [("handoff_nudge", CARLA)]),
    (handoff(events.HandoffCollected), CARLA, [("handoff_collected", OMAR)]),
    (handoff(events.HandoffConfirmed), CARLA, []),
    (confirmed_by_use(), None, [("first_use", OMAR), ("first_use", CARLA)]),
    (confirmed_by_use(by_former_contact=True), None, [("first_use", OMAR)]),
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
    (first,), (second,) = plan(event, ANNA, NOW), plan(event, ANNA, LATER)
    assert first.key != second.key


@pytest.mark.parametrize(("event", "actor"), [(event, actor) for event, actor, _ in TOLD])
def test_what_happens_once_is_told_once(event: events.Event, actor: PersonId | None) -> None:
    again = {MessageKind.OWNER_ASSIGNED, MessageKind.SWITCHED, MessageKind.DEPUTY_LOST, *ABOUT_PERSON}
    for message in plan(event, actor, NOW):
        assert message.occasion == (NOW.isoformat() if message.kind in again else "")


def test_a_message_names_its_subject_and_whose_act_it_tells_of() -> None:
    assert plan(revoked(RevocationCause.BY_HAND), ANNA, NOW) == [
        PlannedMessage(MessageKind.TOKEN_ENDED, reader, TP, T, actor=ANNA) for reader in (CARLA, OMAR)
    ]
    (switched,) = plan(events.ThirdPartyEnabled(TP, owner=OMAR), ANNA, NOW)
    assert switched == PlannedMessage(MessageKind.SWITCHED, OMAR, TP, TP, actor=ANNA, occasion=NOW.isoformat())
    (undelivered,) = plan(undeliverable(MessageKind.HANDOFF), None, NOW)
    assert undelivered == PlannedMessage(MessageKind.UNDELIVERABLE, OMAR, TP, "m")


def test_somebody_who_leaves_is_one_message_whatever_they_leave_and_another_one_the_next_time() -> None:
    gone = [events.OwnerGone(ThirdPartyId(tp), owner=OMAR, deputy=None, reason="moved") for tp in ("one", "two")]
    (first,), (second,), (later,) = plan(gone[0], None, NOW), plan(gone[1], None, NOW), plan(gone[0], None, LATER)
    assert first == second == PlannedMessage(MessageKind.OWNER_GONE, None, None, OMAR, occasion=NOW.isoformat())
    assert first.key != later.key
    assert first.to_each(ANNA).is_for_admins
    assert len({message.to_each(ANNA).key for message in (first, second, later)}) == 2


def test_a_lost_message_about_somebody_is_told_of_each_third_party() -> None:
    events_ = [
        events.MessageUndeliverable(
            ThirdPartyId(tp), message=MessageKind.CONTACT_GONE.value, message_id="m", error="e", owner=None
        )
        for tp in ("one", "two")
    ]
    assert len({message.key for event in events_ for message in plan(event, None, NOW)}) == 2


def test_the_admins_read_what_is_for_nobody_else_or_for_each_of_them() -> None:
    def for_admins(reader: PersonId | None, occasion: str) -> bool:
        return PlannedMessage(MessageKind.DISPUTE, reader, TP, T, occasion=occasion).is_for_admins

    assert for_admins(None, "")
    assert for_admins(ANNA, TO_EACH_ADMIN)
    assert not for_admins(ANNA, "")
