"""Which messages that were sent before say something else after an event, so that they are shown anew."""

from collections.abc import Iterable
from typing import Final

from access.model import events as happened
from access.model.ids import ThirdPartyId
from access.model.messages import REVOKED_FROM_OUTSIDE, MessageKind, Refresh


def refreshes(event: happened.Event) -> list[Refresh]:
    """Return the messages sent before that no longer show the truth after this event."""
    return [
        *(Refresh(kind, event.third_party, subject) for kind, subject in _outdated(event)),
        *([Refresh(MessageKind.REMINDERS, event.third_party, None)] if isinstance(event, _SAID_IN_REMINDERS) else []),
        *([Refresh(MessageKind.RESTORED, event.third_party, None)] if isinstance(event, _AFTER_RESTORE) else []),
    ]


def refreshes_after_first_use(third_party: ThirdPartyId) -> list[Refresh]:
    """Return the messages that say something else once a token has been used that had not been."""
    return [Refresh(kind, third_party, None) for kind in (*_ABOUT_COLLECTED_TOKENS, MessageKind.REMINDERS)]


_SAID_IN_REMINDERS: Final = (
    happened.ThirdPartyEdited,
    happened.ContactApproved,
    happened.ContactWithdrawn,
    happened.ContactGone,
    happened.OwnerGone,
    happened.PersonReturned,
    happened.DeputyTookOver,
    happened.ThirdPartyEnabled,
    happened.ThirdPartyDisabled,
    happened.ThirdPartyRemoved,
    happened.OwnerAssigned,
    happened.TokenRevoked,
    happened.TokenSuspended,
    happened.SuspensionLifted,
    happened.OverlapStarted,
    happened.RetirementCancelled,
    happened.TokenRetired,
    happened.TokenClaimed,
    happened.TokenSnoozed,
    happened.TokenLetLapse,
    happened.LapseUndone,
    happened.HandoffOffered,
    happened.HandoffCollected,
)
"""What changes what a reminder says, or what can be done about it."""


_AFTER_RESTORE: Final = (
    happened.ThirdPartyEnabled,
    happened.ThirdPartyEnabledAfterRestore,
    happened.ThirdPartyRemoved,
    happened.HandoffOffered,
)
"""What settles a question that is asked after the database was restored."""

_TO_CONTACT_ABOUT_HANDOFF: Final = (MessageKind.HANDOFF, MessageKind.HANDOFF_NUDGE)
_OFFERING_NEW_ONES: Final = (MessageKind.HANDOFF_LAPSED, *REVOKED_FROM_OUTSIDE.values())
_ABOUT_COLLECTED_TOKENS: Final = (
    MessageKind.HANDOFF,
    MessageKind.HANDOFF_COLLECTED,
    *REVOKED_FROM_OUTSIDE.values(),
    MessageKind.DISPUTE,
    MessageKind.FORMER_CONTACT_TOKENS,
    MessageKind.CONTACT_GONE,
)
"""What is said of a token that somebody has is also said of the one beside it."""
_WITH_WHAT_CAN_BE_DONE: Final = (*_TO_CONTACT_ABOUT_HANDOFF, *_OFFERING_NEW_ONES)
"""What offers something that can be done only while the third party is enabled and has a contact."""

_ABOUT_WHO_IS_CONTACT: Final = (MessageKind.INTRODUCTION, MessageKind.CONTACT_GONE, *_WITH_WHAT_CAN_BE_DONE)

_WITH_BUTTONS: Final = (
    MessageKind.INTRODUCTION,
    *_WITH_WHAT_CAN_BE_DONE,
    MessageKind.HANDOFF_COLLECTED,
    MessageKind.DISPUTE,
    MessageKind.TOKEN_REQUEST,
    MessageKind.FORMER_CONTACT_TOKENS,
    MessageKind.CONTACT_GONE,
    MessageKind.OWNER_GONE,
)
"""What offers something that a removed third party has no use for."""


_SAYING_KEY: Final = (MessageKind.INTRODUCTION, MessageKind.HANDOFF)
"""What says to the contact which public key they have."""
_ABOUT_KEY: Final = (MessageKind.KEY_REQUEST, MessageKind.KEY_ASKED)


def _outdated(event: happened.Event) -> Iterable[tuple[MessageKind, str | None]]:
    match event:
        case happened.ThirdPartyEnabled() | happened.ThirdPartyDisabled():
            yield from ((kind, None) for kind in _WITH_WHAT_CAN_BE_DONE)
        case happened.HandoffEvent(token=token):
            yield from ((kind, token) for kind in (*_TO_CONTACT_ABOUT_HANDOFF, MessageKind.HANDOFF_COLLECTED))
            if isinstance(event, happened.HandoffOffered):
                yield from ((kind, None) for kind in _OFFERING_NEW_ONES)
        case happened.TokenRequestEnded(request=request):
            yield from ((kind, request) for kind in (MessageKind.TOKEN_REQUEST, MessageKind.TOKEN_ASKED))
        case happened.TokenRevoked(token=token, collected=False):
            yield from ((kind, token) for kind in (*_TO_CONTACT_ABOUT_HANDOFF, MessageKind.HANDOFF_LAPSED))
        case (
            happened.TokenRevoked()
            | happened.TokenSuspended()
            | happened.SuspensionLifted()
            | happened.OverlapStarted()
            | happened.RetirementCancelled()
            | happened.TokenRetired()
        ):
            yield from ((kind, None) for kind in _ABOUT_COLLECTED_TOKENS)
        case _:
            yield from _outdated_about_owner(event)


def _outdated_about_owner(event: happened.Event) -> Iterable[tuple[MessageKind, str | None]]:
    match event:
        case happened.OwnerAssigned(former=former):
            yield from ((kind, None) for kind in (*_WITH_WHAT_CAN_BE_DONE, MessageKind.CONTACT_GONE))
            if former is not None:
                yield MessageKind.OWNER_GONE, former
        case happened.ThirdPartyEdited():
            yield MessageKind.OWNER_GONE, None
        case happened.ThirdPartyRemoved():
            yield from ((kind, None) for kind in _WITH_BUTTONS)
        case happened.PersonReturned(person=person):
            yield MessageKind.OWNER_GONE, None
            yield MessageKind.CONTACT_GONE, person
        case _:
            yield from _outdated_about_contact(event)


def _outdated_about_contact(event: happened.Event) -> Iterable[tuple[MessageKind, str | None]]:
    match event:
        case happened.ContactApproved(proposal=subject):
            yield MessageKind.APPROVAL_REQUEST, subject
            yield from ((kind, None) for kind in _ABOUT_WHO_IS_CONTACT)
        case happened.DeputyTookOver():
            yield from ((kind, None) for kind in _ABOUT_WHO_IS_CONTACT)
        case happened.DeputyApproved(proposal=subject):
            yield MessageKind.APPROVAL_REQUEST, subject
            yield from ((kind, None) for kind in (MessageKind.INTRODUCTION, MessageKind.CONTACT_GONE))
        case happened.DeputyWithdrawn() | happened.DeputyBecameAdmin():
            yield from ((kind, None) for kind in (MessageKind.INTRODUCTION, MessageKind.CONTACT_GONE))
        case happened.ContactGone(deputy=True):
            yield MessageKind.INTRODUCTION, None
        case happened.ContactRejected(proposal=subject) | happened.ProposalSuperseded(proposal=subject):
            yield from ((kind, subject) for kind in (MessageKind.INTRODUCTION, MessageKind.APPROVAL_REQUEST))
        case happened.ContactWithdrawn() | happened.ContactGone(deputy=False):
            yield from ((kind, None) for kind in (MessageKind.INTRODUCTION, *_OFFERING_NEW_ONES))
        case _:
            yield from _outdated_about_key(event)


def _outdated_about_key(event: happened.Event) -> Iterable[tuple[MessageKind, str | None]]:
    match event:
        case happened.ContactKeyRegistered() | happened.ContactKeyRemovalAsked():
            yield from ((kind, None) for kind in (*_SAYING_KEY, MessageKind.APPROVAL_REQUEST))
        case happened.ContactKeyApproved(key=key) | happened.ContactKeyRejected(key=key):
            yield from ((kind, None) for kind in (*_SAYING_KEY, MessageKind.APPROVAL_REQUEST))
            yield from ((kind, key) for kind in _ABOUT_KEY)
        case happened.ContactKeySuperseded(key=key) | happened.ContactKeyEnded(key=key):
            yield from ((kind, key) for kind in _ABOUT_KEY)
