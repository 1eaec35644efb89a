"""Who is told what, event by event."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from access.model import events
from access.model.ids import (
    ContactKeyId,
    HandoffId,
    PersonId,
    ProposalId,
    ReasonHash,
    ThirdPartyId,
    TokenId,
    TokenRequestId,
)
from access.model.messages import (
    ABOUT_PERSON,
    TO_EACH_ADMIN,
    MessageKind,
    PlannedMessage,
    Refresh,
    plan,
    refreshes,
    refreshes_after_first_use,
)
from access.model.token import RevocationCause

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
LATER = NOW.replace(hour=10)
TP, P, T, H = ThirdPartyId("tp"), ProposalId("p"), TokenId("t"), HandoffId("h")
NEW, R, K = TokenId("new"), TokenRequestId("r"), ContactKeyId("k")
ANNA, BEN, CARLA, OMAR = PersonId("anna"), PersonId("ben"), PersonId("carla"), PersonId("omar")


def handoff(kind: type[events.HandoffEvent]) -> events.HandoffEvent:
    return kind(TP, handoff=H, token=T, contact=CARLA, owner=OMAR)


def confirmed_by_use(*, by_former_contact: bool = False) -> events.HandoffConfirmedByUse:
    return events.HandoffConfirmedByUse(
        TP, handoff=H, token=T, contact=CARLA, owner=OMAR, by_former_contact=by_former_contact
    )


def revoked(cause: RevocationCause, contact: PersonId | None = CARLA) -> events.TokenRevoked:
    return events.TokenRevoked(
        TP, token=T, cause=cause.value, owner=OMAR, contact=contact, collected=contact is not None
    )


def asked(cause: RevocationCause, contact: PersonId | None, opened_by: PersonId | None) -> events.RevocationAsked:
    at_command_line = cause is RevocationCause.AT_COMMAND_LINE
    kind = events.RevocationAskedAtCommandLine if at_command_line else events.RevocationAsked
    return kind(TP, token=T, cause=cause.value, presented="token", owner=OMAR, contact=contact, opened_by=opened_by)


def retired(contact: PersonId | None) -> events.TokenRetired:
    return events.TokenRetired(TP, token=T, owner=OMAR, contact=contact)


def requested(owner: PersonId = OMAR) -> events.TokenRequested:
    return events.TokenRequested(TP, request=R, token=T, why="still_works", contact=CARLA, owner=owner)


def registered(*, of_contact: bool) -> events.ContactKeyRegistered:
    hashed = ReasonHash("hashed")
    return events.ContactKeyRegistered(TP, key=K, contact=CARLA, kind="age", hashed=hashed, of_contact=of_contact)


def undeliverable(kind: MessageKind) -> events.MessageUndeliverable:
    return events.MessageUndeliverable(TP, message=kind.value, message_id="m", error="user_disabled", owner=OMAR)


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


OFFER = {(MessageKind.HANDOFF, None), (MessageKind.HANDOFF_NUDGE, None)}
OFFER_OF_TOKEN = {(kind, T) for kind, _ in OFFER}
FROM_OUTSIDE = {
    (MessageKind.REVOKED_BY_THIRD_PARTY, None),
    (MessageKind.REVOKED_BY_HOLDER, None),
    (MessageKind.REVOKED_AT_COMMAND_LINE, None),
}
LAPSED = {(MessageKind.HANDOFF_LAPSED, None), *FROM_OUTSIDE}
ABOUT_REVEAL = OFFER_OF_TOKEN | {(MessageKind.HANDOFF_COLLECTED, T)}
REMINDERS = {(MessageKind.REMINDERS, None)}
RESTORED = {(MessageKind.RESTORED, None)}
ABOUT_COLLECTED = {
    *REMINDERS,
    (MessageKind.HANDOFF, None),
    (MessageKind.HANDOFF_COLLECTED, None),
    *FROM_OUTSIDE,
    (MessageKind.DISPUTE, None),
    (MessageKind.FORMER_CONTACT_TOKENS, None),
    (MessageKind.CONTACT_GONE, None),
}
ASKED = {(MessageKind.INTRODUCTION, P), (MessageKind.APPROVAL_REQUEST, P)}
WITH_BUTTONS = {
    *OFFER,
    *LAPSED,
    (MessageKind.INTRODUCTION, None),
    (MessageKind.HANDOFF_COLLECTED, None),
    (MessageKind.DISPUTE, None),
    (MessageKind.TOKEN_REQUEST, None),
    (MessageKind.FORMER_CONTACT_TOKENS, None),
    (MessageKind.CONTACT_GONE, None),
    (MessageKind.OWNER_GONE, None),
}
INTRODUCTION = {(MessageKind.INTRODUCTION, None)}
ABOUT_REQUEST = {(MessageKind.TOKEN_REQUEST, R), (MessageKind.TOKEN_ASKED, R)}
SAYING_KEY = {(kind, None) for kind in (MessageKind.INTRODUCTION, MessageKind.HANDOFF, MessageKind.APPROVAL_REQUEST)}
ABOUT_KEY = {(MessageKind.KEY_REQUEST, K), (MessageKind.KEY_ASKED, K)}
CONTACT_GONE = {(MessageKind.CONTACT_GONE, None)}
OWNER_GONE = {(MessageKind.OWNER_GONE, None)}


@pytest.mark.parametrize(
    ("event", "outdated"),
    [
        (
            events.ContactApproved(TP, proposal=P, contact=CARLA, proposed_by=ANNA, former=None),
            OFFER
            | LAPSED
            | REMINDERS
            | CONTACT_GONE
            | {(MessageKind.APPROVAL_REQUEST, P), (MessageKind.INTRODUCTION, None)},
        ),
        (events.ContactRejected(TP, proposal=P, proposed_by=ANNA, reason=None), ASKED),
        (events.ProposalSuperseded(TP, proposal=P), ASKED),
        (events.ContactWithdrawn(TP, contact=CARLA), LAPSED | REMINDERS | {(MessageKind.INTRODUCTION, None)}),
        (events.ThirdPartyRemoved(TP, owner=OMAR), WITH_BUTTONS | REMINDERS | RESTORED),
        (events.ThirdPartyEnabled(TP, owner=OMAR), OFFER | LAPSED | REMINDERS | RESTORED),
        (events.ThirdPartyEnabledAfterRestore(TP, owner=OMAR), RESTORED),
        (events.ThirdPartyDisabledByRestore(TP, owner=OMAR), set()),
        (events.ThirdPartyDisabled(TP, owner=OMAR, reason=None), OFFER | LAPSED | REMINDERS),
        (events.OwnerAssigned(TP, owner=OMAR), OFFER | LAPSED | REMINDERS | CONTACT_GONE),
        pytest.param(
            events.OwnerAssigned(TP, owner=OMAR, former=ANNA),
            OFFER | LAPSED | REMINDERS | CONTACT_GONE | {(MessageKind.OWNER_GONE, ANNA)},
            id="OwnerAssigned-former",
        ),
        (events.ThirdPartyEdited(TP, fields=("deputy_owner",)), OWNER_GONE | REMINDERS),
        (events.OwnerGone(TP, owner=OMAR, deputy=None, reason="moved"), REMINDERS),
        (events.PersonReturned(TP, person=OMAR), OWNER_GONE | REMINDERS | {(MessageKind.CONTACT_GONE, OMAR)}),
        pytest.param(
            events.ContactGone(TP, contact=CARLA, deputy=False, reason="moved", owner=OMAR),
            LAPSED | REMINDERS | {(MessageKind.INTRODUCTION, None)},
            id="ContactGone",
        ),
        pytest.param(
            events.ContactGone(TP, contact=CARLA, deputy=True, reason="moved", owner=OMAR),
            INTRODUCTION | REMINDERS,
            id="ContactGone-deputy",
        ),
        (
            events.DeputyApproved(TP, proposal=P, contact=CARLA, proposed_by=ANNA, former=None),
            INTRODUCTION | CONTACT_GONE | {(MessageKind.APPROVAL_REQUEST, P)},
        ),
        (
            events.DeputyTookOver(TP, proposal=P, contact=CARLA, owner=OMAR),
            INTRODUCTION | CONTACT_GONE | OFFER | LAPSED | REMINDERS,
        ),
        (events.DeputyWithdrawn(TP, contact=CARLA), INTRODUCTION | CONTACT_GONE),
        (events.DeputyBecameAdmin(TP, contact=CARLA, owner=OMAR), INTRODUCTION | CONTACT_GONE),
        (registered(of_contact=True), SAYING_KEY),
        (events.ContactKeyRemovalAsked(TP, key=K, contact=CARLA), SAYING_KEY),
        (events.ContactKeyApproved(TP, key=K, contact=CARLA, former=None), SAYING_KEY | ABOUT_KEY),
        (events.ContactKeyRejected(TP, key=K, contact=CARLA), SAYING_KEY | ABOUT_KEY),
        (events.ContactKeySuperseded(TP, key=K), ABOUT_KEY),
        (events.ContactKeyEnded(TP, key=K), ABOUT_KEY),
        (requested(), set()),
        (events.TokenRequestGranted(TP, request=R, token=T), ABOUT_REQUEST),
        (events.TokenRequestDeclined(TP, request=R, token=T), ABOUT_REQUEST),
        (events.TokenRequestSettled(TP, request=R, token=T), ABOUT_REQUEST),
        (events.TokenClaimed(TP, token=T), REMINDERS),
        (events.TokenSnoozed(TP, token=T, until=NOW), REMINDERS),
        (events.TokenLetLapse(TP, token=T), REMINDERS),
        (events.LapseUndone(TP, token=T), REMINDERS),
        (handoff(events.HandoffCollected), ABOUT_REVEAL | REMINDERS),
        (handoff(events.HandoffLapsed), ABOUT_REVEAL),
        (confirmed_by_use(), ABOUT_REVEAL),
        (handoff(events.HandoffOffered), ABOUT_REVEAL | LAPSED | REMINDERS | RESTORED),
        pytest.param(
            revoked(RevocationCause.LAPSED, contact=None),
            OFFER_OF_TOKEN | {(MessageKind.HANDOFF_LAPSED, T)} | REMINDERS,
            id="TokenRevoked-uncollected",
        ),
        (revoked(RevocationCause.BY_HAND), ABOUT_COLLECTED),
        (events.TokenSuspended(TP, token=T), ABOUT_COLLECTED),
        (events.SuspensionLifted(TP, token=T), ABOUT_COLLECTED),
        (events.OverlapStarted(TP, token=T, successor=NEW), ABOUT_COLLECTED),
        (events.RetirementCancelled(TP, token=T, successor=NEW), ABOUT_COLLECTED),
        (retired(CARLA), ABOUT_COLLECTED),
        (events.ThirdPartyRegistered(TP, owner=OMAR), set()),
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_was_sent_before_is_shown_anew_where_it_is_true_no_longer(
    event: events.Event, outdated: set[tuple[MessageKind, str | None]]
) -> None:
    assert set(refreshes(event)) == {Refresh(kind, TP, subject) for kind, subject in outdated}


def test_the_first_use_changes_what_is_said_of_the_tokens_that_somebody_has() -> None:
    assert set(refreshes_after_first_use(TP)) == {Refresh(kind, TP, subject) for kind, subject in ABOUT_COLLECTED}
