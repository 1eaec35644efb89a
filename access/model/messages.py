"""Who is told what: the one table from events to the messages they plan.

A message is planned with ids only and rendered when it is sent, from the state at that moment. Its key makes it
once-only; an event may also *refresh* messages that were sent before, so that they show what is true now: `outdated`.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Final

from access.model import events as happened
from access.model.ids import PersonId, ThirdPartyId
from access.model.token import RevocationCause

TELL_OWNER_AFTER_NOT_SEEN: Final = 2
TO_EACH_ADMIN: Final = "admins"
"""How the occasion of a message for the admins begins that goes to each of them: one may be the owner, told as such."""


class MessageKind(StrEnum):
    """What a message is about; `access.model.messages.plan` says who reads it."""

    INTRODUCTION = "introduction"
    APPROVAL_REQUEST = "approval_request"
    PROPOSAL_DECIDED = "proposal_decided"
    FORMER_CONTACT_TOKENS = "former_contact_tokens"
    DEPUTY_TOOK_OVER = "deputy_took_over"
    CONTACT_NOW = "contact_now"
    DEPUTY_LOST = "deputy_lost"
    OWNER_ASSIGNED = "owner_assigned"
    SWITCHED = "switched"
    REMOVED = "removed"
    TOKEN_ENDED = "token_ended"
    REVOKED_BY_THIRD_PARTY = "revoked_by_third_party"
    REVOKED_BY_HOLDER = "revoked_by_holder"
    REVOKED_AT_COMMAND_LINE = "revoked_at_command_line"
    TOKEN_RETIRED = "token_retired"
    HANDOFF = "handoff"
    HANDOFF_NUDGE = "handoff_nudge"
    HANDOFF_COLLECTED = "handoff_collected"
    HANDOFF_LAPSED = "handoff_lapsed"
    HANDOFF_DECLINED = "handoff_declined"
    HANDOFF_NOT_SEEN = "handoff_not_seen"
    FIRST_USE = "first_use"
    MODAL_REFUSED = "modal_refused"
    DISPUTE = "dispute"
    TOKEN_REQUEST = "token_request"
    TOKEN_ASKED = "token_asked"
    KEY_REQUEST = "key_request"
    KEY_ASKED = "key_asked"
    REMINDERS = "reminders"
    EXPIRED = "expired"
    OWNER_GONE = "owner_gone"
    CONTACT_GONE = "contact_gone"
    DIGEST = "digest"
    RESTORED = "restored"
    IMPORTED = "imported"
    AUDIT_HEAD = "audit_head"
    UNDELIVERABLE = "undeliverable"


@dataclass(frozen=True, slots=True)
class PlannedMessage:
    """One message to one reader, without a word of its text.

    `reader` is a person, or None for the admins: their channel, or each of them where no channel is usable.
    `subject` is the id the message is about: a proposal, a token, a request, a third party or another message; without
    a `third_party` it is the day, or the ten minutes, whose reminders it brings, a person, the week of a digest, the
    day of the audit trail's head, or the instant at which the database was restored or something imported.
    `actor` is whose act it tells of. `occasion` tells repetitions of the same fact apart.
    """

    kind: MessageKind
    reader: PersonId | None
    third_party: ThirdPartyId | None
    subject: str
    actor: PersonId | None = None
    occasion: str = ""

    @property
    def is_for_admins(self) -> bool:
        """Tell whether its reader reads it as an admin."""
        return self.reader is None or self.occasion.partition(":")[0] == TO_EACH_ADMIN

    def to_each(self, admin: PersonId) -> "PlannedMessage":
        """Return the message to one admin that takes the place of one to all of them."""
        return replace(self, reader=admin, occasion=":".join(filter(None, (TO_EACH_ADMIN, self.occasion))))

    @property
    def key(self) -> str:
        """The unique key under which this message is planned once."""
        return ":".join(part for part in (self.kind, self.subject, self.reader or "admins", self.occasion) if part)


OF_SEVERAL: Final = frozenset({MessageKind.REMINDERS, MessageKind.EXPIRED})
"""What brings reminders, which may be about several third parties."""

ABOUT_PERSON: Final = frozenset({MessageKind.OWNER_GONE, MessageKind.CONTACT_GONE})
"""What is about a person, its subject, and all that they are to several third parties."""


@dataclass(frozen=True, slots=True)
class Refresh:
    """Show anew what was sent of `kind` about `subject`; with None, all of that kind about the third party.

    What was said of a restored database is about all third parties. A kind in OF_SEVERAL stands for all of these, and
    for what brought reminders of the third party's tokens. With None and a kind in ABOUT_PERSON, the messages are about
    the owner, or about whoever was approved as the contact.
    """

    kind: MessageKind
    third_party: ThirdPartyId
    subject: str | None


def plan(event: happened.Event, actor: PersonId | None, at: datetime) -> list[PlannedMessage]:
    """Return the messages that an event calls for. Nobody is told in a message what they did themselves."""
    planned = [
        PlannedMessage(kind, reader, None if kind in ABOUT_PERSON else event.third_party, subject, actor, occasion)
        for kind, reader, subject, occasion in _recipients(event, at)
    ]
    return [message for message in planned if message.kind in _PERSONAL or message.reader != actor or actor is None]


_PERSONAL: Final = frozenset(
    {
        MessageKind.INTRODUCTION,
        MessageKind.HANDOFF,
        MessageKind.HANDOFF_NUDGE,
        MessageKind.TOKEN_ASKED,
        MessageKind.KEY_ASKED,
    }
)
"""What somebody reads even of their own act: it says afterwards what has come of it."""


_Recipient = tuple[MessageKind, PersonId | None, str, str]


def _recipients(event: happened.Event, at: datetime) -> Iterable[_Recipient]:
    match event:
        case happened.OwnerAssigned(owner=owner):
            yield MessageKind.OWNER_ASSIGNED, owner, event.third_party, at.isoformat()
        case happened.ThirdPartyEnabled(owner=owner) | happened.ThirdPartyDisabled(owner=owner):
            yield MessageKind.SWITCHED, owner, event.third_party, at.isoformat()
        case happened.ThirdPartyRemoved(owner=owner):
            yield MessageKind.REMOVED, owner, event.third_party, ""
        case happened.TokenRevoked() | happened.RevocationAsked():
            yield from _about_revocation(event)
        case happened.TokenRetired(token=token, owner=owner, contact=contact):
            yield from ((MessageKind.TOKEN_RETIRED, reader, token, "") for reader in (owner, contact) if reader)
        case happened.TokenRequested(request=request, contact=contact, owner=owner):
            yield MessageKind.TOKEN_ASKED, contact, request, ""
            yield MessageKind.TOKEN_REQUEST, None, request, ""
            yield MessageKind.TOKEN_REQUEST, owner, request, ""
        case happened.HandoffEvent():
            yield from _about_handoff(event)
        case happened.MessageUndeliverable(owner=owner, message=kind, message_id=message_id):
            reader = None if kind in _READ_BY_OWNER else owner
            several = kind in OF_SEVERAL or kind in ABOUT_PERSON
            yield MessageKind.UNDELIVERABLE, reader, message_id, event.third_party if several else ""
        case happened.OwnerGone(owner=owner, deputy=deputy):
            readers = (None, deputy) if deputy else (None,)
            yield from ((MessageKind.OWNER_GONE, reader, owner, at.isoformat()) for reader in readers)
        case _:
            yield from _about_contact(event, at)


def _about_contact(event: happened.Event, at: datetime) -> Iterable[_Recipient]:
    match event:
        case (
            happened.ContactGone(contact=contact, owner=owner)
            | happened.FormerContactGone(contact=contact, owner=owner)
        ):
            readers = (None, owner) if owner else (None,)
            yield from ((MessageKind.CONTACT_GONE, reader, contact, at.isoformat()) for reader in readers)
        case happened.ContactProposed(proposal=proposal, contact=contact):
            yield MessageKind.INTRODUCTION, contact, proposal, ""
        case happened.ImportedContactReached():
            pass
        case happened.ContactReached(proposal=proposal):
            yield MessageKind.APPROVAL_REQUEST, None, proposal, ""
        case (
            happened.ContactKeyRegistered(key=key, contact=contact, of_contact=True)
            | happened.ContactKeyRemovalAsked(key=key, contact=contact)
        ):
            yield MessageKind.KEY_ASKED, contact, key, ""
            yield MessageKind.KEY_REQUEST, None, key, ""
        case (
            happened.ContactApproved(proposal=proposal, proposed_by=proposer)
            | happened.DeputyApproved(proposal=proposal, proposed_by=proposer)
            | happened.ContactRejected(proposal=proposal, proposed_by=proposer)
            | happened.ContactUnreachable(proposal=proposal, proposed_by=proposer)
        ) if proposer is not None:
            yield MessageKind.PROPOSAL_DECIDED, proposer, proposal, ""
        case happened.DeputyTookOver(proposal=proposal, contact=contact, owner=owner):
            yield MessageKind.CONTACT_NOW, contact, proposal, ""
            yield MessageKind.DEPUTY_TOOK_OVER, None, proposal, ""
            yield MessageKind.DEPUTY_TOOK_OVER, owner, proposal, ""
        case happened.DeputyBecameAdmin(contact=contact, owner=owner):
            readers = (None, owner) if owner else (None,)
            yield from ((MessageKind.DEPUTY_LOST, reader, contact, at.isoformat()) for reader in readers)
        case happened.FormerContactLeftTokens(proposal=proposal, owner=owner):
            yield MessageKind.FORMER_CONTACT_TOKENS, None, proposal, ""
            yield MessageKind.FORMER_CONTACT_TOKENS, owner, proposal, ""


def _about_handoff(event: happened.HandoffEvent) -> Iterable[_Recipient]:
    match event:
        case happened.HandoffOffered():
            yield MessageKind.HANDOFF, event.contact, event.token, ""
        case happened.HandoffNudged():
            yield MessageKind.HANDOFF_NUDGE, event.contact, event.token, ""
        case happened.HandoffCollected():
            yield MessageKind.HANDOFF_COLLECTED, event.owner, event.token, ""
        case happened.HandoffLapsed():
            yield MessageKind.HANDOFF_LAPSED, event.owner, event.token, ""
        case happened.HandoffDeclined():
            yield MessageKind.HANDOFF_DECLINED, event.owner, event.token, ""
        case happened.HandoffNotSeen(times=times, replaced=replaced) if (
            times >= TELL_OWNER_AFTER_NOT_SEEN or not replaced
        ):
            yield MessageKind.HANDOFF_NOT_SEEN, event.owner, event.token, ""
        case happened.HandoffConfirmedByUse(contact=contact, by_former_contact=former):
            readers = (event.owner,) if former else (event.owner, contact)
            yield from ((MessageKind.FIRST_USE, reader, event.token, "") for reader in readers)
        case happened.HandoffDisputed():
            yield MessageKind.DISPUTE, None, event.token, ""
            yield MessageKind.DISPUTE, event.owner, event.token, ""


REVOKED_FROM_OUTSIDE: Final = {
    RevocationCause.BY_THIRD_PARTY.value: MessageKind.REVOKED_BY_THIRD_PARTY,
    RevocationCause.BY_HOLDER.value: MessageKind.REVOKED_BY_HOLDER,
    RevocationCause.AT_COMMAND_LINE.value: MessageKind.REVOKED_AT_COMMAND_LINE,
}
"""What tells of a token that nobody revoked in Slack, by the cause of its end."""


def _about_revocation(event: happened.TokenRevoked | happened.RevocationAsked) -> Iterable[_Recipient]:
    match event:
        case happened.RevocationAsked(token=token, owner=owner, contact=contact, opened_by=opened_by):
            contacts = filter(None, (contact, opened_by)) if opened_by else ()
            for reader in dict.fromkeys([None, owner, *contacts]):
                yield REVOKED_FROM_OUTSIDE[event.cause], reader, token, ""
        case happened.TokenRevoked(token=token, owner=owner, contact=contact, cause=cause, collected=True):
            if contact is not None and cause not in _TOLD_OTHERWISE:
                yield MessageKind.TOKEN_ENDED, contact, token, ""
            if cause == RevocationCause.BY_HAND:
                yield MessageKind.TOKEN_ENDED, owner, token, ""


_TOLD_OTHERWISE: Final = frozenset({RevocationCause.NOT_SEEN.value, *REVOKED_FROM_OUTSIDE})


_READ_BY_OWNER: Final = frozenset(
    {
        MessageKind.OWNER_ASSIGNED,
        MessageKind.SWITCHED,
        MessageKind.REMOVED,
        MessageKind.HANDOFF_COLLECTED,
        MessageKind.HANDOFF_LAPSED,
        MessageKind.HANDOFF_DECLINED,
        MessageKind.HANDOFF_NOT_SEEN,
        MessageKind.MODAL_REFUSED,
        MessageKind.UNDELIVERABLE,
    }
)
"""What cannot be delivered to the owner is told to the admins instead."""
