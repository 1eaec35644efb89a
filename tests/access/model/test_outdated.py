"""Which messages are shown anew after which event."""

import pytest

from access.model import events
from access.model.messages import MessageKind, Refresh
from access.model.outdated import refreshes, refreshes_after_first_use
from access.model.token import RevocationCause
from tests.access.model.happenings import (
    ANNA,
    CARLA,
    NEW,
    NOW,
    OMAR,
    TP,
    K,
    P,
    R,
    T,
    confirmed_by_use,
    handoff,
    registered,
    requested,
    retired,
    revoked,
)

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
