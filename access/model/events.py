"""What happened: frozen facts, ids and words from fixed lists only, never a secret and never free text.

Each event becomes one record of the audit trail, named by `action`, and plans the messages that
`access.model.messages` lists for it.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

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


@dataclass(frozen=True, slots=True)
class Event:
    """One fact about one third party."""

    action: ClassVar[str]
    third_party: ThirdPartyId


@dataclass(frozen=True, slots=True)
class ThirdPartyRegistered(Event):
    """A third party was registered, not enabled."""

    action = "third_party.registered"
    owner: PersonId


@dataclass(frozen=True, slots=True)
class ThirdPartyImported(Event):
    """A third party was imported at the command line; nobody is told of each one. `enabled`: as it was elsewhere."""

    action = "third_party.imported"
    owner: PersonId
    enabled: bool


@dataclass(frozen=True, slots=True)
class ThirdPartyEdited(Event):
    """Details changed; `fields` names them, never their values."""

    action = "third_party.edited"
    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class OwnerAssigned(Event):
    """The third party has another owner. `former`: the one before, if there was one."""

    action = "third_party.owner_assigned"
    owner: PersonId
    former: PersonId | None = None


@dataclass(frozen=True, slots=True)
class OwnerGone(Event):
    """The owner cannot be it any more. `deputy`: who acts in their place, if anybody.

    `reason`: a word of `access.model.people.Gone`. Told again when the one who acted is gone, too.
    """

    action = "third_party.owner_gone"
    owner: PersonId
    deputy: PersonId | None
    reason: str


@dataclass(frozen=True, slots=True)
class PersonReturned(Event):
    """Somebody who was gone, and whose going was told, is back. Nothing is undone by it."""

    action = "person.returned"
    person: PersonId


@dataclass(frozen=True, slots=True)
class ThirdPartyEnabled(Event):
    """The switch went on."""

    action = "third_party.enabled"
    owner: PersonId


@dataclass(frozen=True, slots=True)
class ThirdPartyDisabled(Event):
    """The switch went off."""

    action = "third_party.disabled"
    owner: PersonId
    reason: ReasonHash | None


@dataclass(frozen=True, slots=True)
class ThirdPartyDisabledByRestore(Event):
    """It was enabled when the backup was made from which the database was restored, and is off until an admin decides.

    Nobody is told of each one: the admins, and the owners of what was enabled, read of all of them in one message.
    """

    action = "third_party.disabled_by_restore"
    owner: PersonId


@dataclass(frozen=True, slots=True)
class ThirdPartyEnabledAfterRestore(Event):
    """An admin has confirmed, together with all others that waited for it, that it is to be enabled as it was."""

    action = "third_party.enabled_after_restore"
    owner: PersonId


@dataclass(frozen=True, slots=True)
class ThirdPartyRemoved(Event):
    """The third party ended; its history stays."""

    action = "third_party.removed"
    owner: PersonId


@dataclass(frozen=True, slots=True)
class ContactProposed(Event):
    """An admin named somebody; the introduction decides whether that person can be reached."""

    action = "contact.proposed"
    proposal: ProposalId
    contact: PersonId


@dataclass(frozen=True, slots=True)
class DeputyProposed(ContactProposed):
    """The same, as the deputy contact."""

    action = "deputy.proposed"


@dataclass(frozen=True, slots=True)
class ContactReached(Event):
    """The introduction arrived, so the proposal can be decided."""

    action = "contact.reached"
    proposal: ProposalId


@dataclass(frozen=True, slots=True)
class ImportedContactReached(ContactReached):
    """The same of somebody whom nobody in Slack has proposed: the admins read of all of an import in one message."""

    action = "contact.imported_reached"


@dataclass(frozen=True, slots=True)
class ContactUnreachable(Event):
    """The introduction could not be delivered, which ends the proposal."""

    action = "contact.unreachable"
    proposal: ProposalId
    proposed_by: PersonId | None


@dataclass(frozen=True, slots=True)
class ContactApproved(Event):
    """A proposal became the contact; `former` lost that place."""

    action = "contact.approved"
    proposal: ProposalId
    contact: PersonId
    proposed_by: PersonId | None
    former: PersonId | None


@dataclass(frozen=True, slots=True)
class DeputyApproved(Event):
    """A proposal became the deputy contact; `former` lost that place."""

    action = "deputy.approved"
    proposal: ProposalId
    contact: PersonId
    proposed_by: PersonId | None
    former: PersonId | None


@dataclass(frozen=True, slots=True)
class ContactRejected(Event):
    """An admin said no to a proposal."""

    action = "contact.rejected"
    proposal: ProposalId
    proposed_by: PersonId | None
    reason: ReasonHash | None


@dataclass(frozen=True, slots=True)
class ProposalSuperseded(Event):
    """A newer proposal took this one's place, or its third party was removed."""

    action = "contact.proposal_superseded"
    proposal: ProposalId


@dataclass(frozen=True, slots=True)
class ContactWithdrawn(Event):
    """The approval of the contact ended without a new contact in its place."""

    action = "contact.withdrawn"
    contact: PersonId


@dataclass(frozen=True, slots=True)
class DeputyWithdrawn(Event):
    """The approval of the deputy contact ended without another one in their place."""

    action = "deputy.withdrawn"
    contact: PersonId


@dataclass(frozen=True, slots=True)
class DeputyTookOver(Event):
    """The deputy contact became the contact, where there was none any more.

    `proposal`: the one by which they were approved as the deputy.
    """

    action = "deputy.took_over"
    proposal: ProposalId
    contact: PersonId
    owner: PersonId


@dataclass(frozen=True, slots=True)
class DeputyBecameAdmin(Event):
    """The deputy contact became an admin, who can't be a contact, so their approval ended.

    `owner`: who acts as owner, if anybody.
    """

    action = "deputy.became_admin"
    contact: PersonId
    owner: PersonId | None


@dataclass(frozen=True, slots=True)
class ContactGone(Event):
    """The contact, or the deputy contact, cannot be it any more, so their approval ended.

    `reason`: a word of `access.model.people.Gone`. `owner`: who acts as owner, if anybody.
    """

    action = "contact.gone"
    contact: PersonId
    deputy: bool
    reason: str
    owner: PersonId | None


@dataclass(frozen=True, slots=True)
class FormerContactGone(Event):
    """Somebody is gone who is not the contact, but opened a token that has not ended. Fields as of ContactGone."""

    action = "contact.former_gone"
    contact: PersonId
    reason: str
    owner: PersonId | None


@dataclass(frozen=True, slots=True)
class FormerContactLeftTokens(Event):
    """The contact changed, and tokens that the former one opened still work: somebody has to decide about them."""

    action = "contact.left_tokens"
    former: PersonId
    proposal: ProposalId
    owner: PersonId
    count: int


@dataclass(frozen=True, slots=True)
class ContactKeyRegistered(Event):
    """The contact, or who waits to become it, gave a public key. `kind`: a word of `access.model.contact_key.KeyKind`.

    `hashed`: the keyed hash of its fingerprint, by which people may be known elsewhere. `of_contact`: an admin is asked
    about the key alone, because its contact is approved already.
    """

    action = "contact_key.registered"
    key: ContactKeyId
    contact: PersonId
    kind: str
    hashed: ReasonHash | None
    of_contact: bool


@dataclass(frozen=True, slots=True)
class ContactKeyRemovalAsked(Event):
    """The contact asked to have no public key any more."""

    action = "contact_key.removal_asked"
    key: ContactKeyId
    contact: PersonId


@dataclass(frozen=True, slots=True)
class ContactKeyApproved(Event):
    """An admin approved the change. `former`: the one whose place it takes."""

    action = "contact_key.approved"
    key: ContactKeyId
    contact: PersonId
    former: ContactKeyId | None


@dataclass(frozen=True, slots=True)
class ContactKeyRejected(Event):
    """An admin said no to the change."""

    action = "contact_key.rejected"
    key: ContactKeyId
    contact: PersonId


@dataclass(frozen=True, slots=True)
class ContactKeySuperseded(Event):
    """A newer change took this one's place before it was decided."""

    action = "contact_key.superseded"
    key: ContactKeyId


@dataclass(frozen=True, slots=True)
class ContactKeyEnded(Event):
    """A key, in force or waiting, ended, because whose it is can be the contact no more."""

    action = "contact_key.ended"
    key: ContactKeyId


@dataclass(frozen=True, slots=True)
class TokenIssued(Event):
    """A token was made, pending until its reveal."""

    action = "token.issued"
    token: TokenId
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class TokenImported(Event):
    """A token that was made elsewhere was entered here.

    `origin`: a word of `access.model.token.TokenOrigin`. `delivered`: whoever is to have it has it already; otherwise
    it waits, sealed, to be offered.
    """

    action = "token.imported"
    token: TokenId
    origin: str
    expires_at: datetime
    delivered: bool


@dataclass(frozen=True, slots=True)
class TokenRevoked(Event):
    """`cause`: a word of `access.model.token.RevocationCause`. `collected`: it was, by `contact` as far as is known."""

    action = "token.revoked"
    token: TokenId
    cause: str
    owner: PersonId
    contact: PersonId | None
    collected: bool


@dataclass(frozen=True, slots=True)
class RevocationAsked(Event):
    """Somebody outside, who has it, asked for a token to be revoked; that it was is an event of its own.

    `cause`: as of TokenRevoked. `presented`: a word of `access.model.credentials.SecretKind`, what they have.
    `contact`: the present one. `opened_by`: who had opened it, if anybody had.
    """

    action = "token.revocation_asked"
    token: TokenId
    cause: str
    presented: str
    owner: PersonId
    contact: PersonId | None
    opened_by: PersonId | None


@dataclass(frozen=True, slots=True)
class RevocationAskedAtCommandLine(RevocationAsked):
    """The same by somebody who runs the bot, where it runs."""

    action = "token.revocation_asked_at_command_line"


@dataclass(frozen=True, slots=True)
class TokenSuspended(Event):
    """The token is refused until an admin decides."""

    action = "token.suspended"
    token: TokenId


@dataclass(frozen=True, slots=True)
class SuspensionLifted(Event):
    """An admin decided that the dispute was a mistake."""

    action = "token.suspension_lifted"
    token: TokenId


@dataclass(frozen=True, slots=True)
class OverlapStarted(Event):
    """`successor` works, so `token`, the old one, is to retire."""

    action = "token.overlap_started"
    token: TokenId
    successor: TokenId


@dataclass(frozen=True, slots=True)
class RetirementCancelled(Event):
    """`successor` stopped working, so `token`, the old one, stays."""

    action = "token.retirement_cancelled"
    token: TokenId
    successor: TokenId


@dataclass(frozen=True, slots=True)
class TokenRetired(Event):
    """An old token ended because its successor has taken its place. `contact`: the present one, if there is one."""

    action = "token.retired"
    token: TokenId
    owner: PersonId
    contact: PersonId | None


@dataclass(frozen=True, slots=True)
class TokenReminded(Event):
    """Somebody is reminded of a token. `reminder`: a word of `access.model.reminder.ReminderKind`.

    `days`: the threshold before its expiry, 0 at the expiry itself. `reader`: None for the admins.
    """

    action = "token.reminded"
    token: TokenId
    reminder: str
    days: int
    reader: PersonId | None


@dataclass(frozen=True, slots=True)
class TokenClaimed(Event):
    """*I'm on it*: the actor looks after the renewal."""

    action = "token.claimed"
    token: TokenId


@dataclass(frozen=True, slots=True)
class TokenSnoozed(Event):
    """*Snooze*: the actor wants to be reminded again at that time."""

    action = "token.snoozed"
    token: TokenId
    until: datetime


@dataclass(frozen=True, slots=True)
class TokenLetLapse(Event):
    """*Let it lapse*: nobody wants the token renewed."""

    action = "token.let_lapse"
    token: TokenId


@dataclass(frozen=True, slots=True)
class LapseUndone(Event):
    """The token is not to lapse after all."""

    action = "token.lapse_undone"
    token: TokenId


@dataclass(frozen=True, slots=True)
class TokenRequested(Event):
    """The contact asked for a new token. `why`: a word of `access.model.token_request.RequestReason`."""

    action = "token.requested"
    request: TokenRequestId
    token: TokenId
    why: str
    contact: PersonId
    owner: PersonId


@dataclass(frozen=True, slots=True)
class TokenRequestEnded(Event):
    """What became of a contact's request for a new token in the place of `token`."""

    request: TokenRequestId
    token: TokenId


@dataclass(frozen=True, slots=True)
class TokenRequestGranted(TokenRequestEnded):
    """The contact gets a new token."""

    action = "token.request_granted"


@dataclass(frozen=True, slots=True)
class TokenRequestDeclined(TokenRequestEnded):
    """*Not now*; or the suspension that came with the request was a mistake."""

    action = "token.request_declined"


@dataclass(frozen=True, slots=True)
class TokenRequestSettled(TokenRequestEnded):
    """Something else has come in between, so there is nothing left to decide."""

    action = "token.request_settled"


@dataclass(frozen=True, slots=True)
class HandoffEvent(Event):
    """A fact about one handoff of one token to one contact."""

    handoff: HandoffId
    token: TokenId
    contact: PersonId
    owner: PersonId


@dataclass(frozen=True, slots=True)
class HandoffOffered(HandoffEvent):
    """The contact is offered the credentials."""

    action = "handoff.offered"


@dataclass(frozen=True, slots=True)
class HandoffNudged(HandoffEvent):
    """The contact is reminded that the offer will lapse."""

    action = "handoff.nudged"


@dataclass(frozen=True, slots=True)
class HandoffCollected(HandoffEvent):
    """The reveal: the contact was shown the credentials, once. `key`: encrypted to that key of theirs."""

    action = "handoff.collected"
    key: ContactKeyId | None = None


@dataclass(frozen=True, slots=True)
class HandoffConfirmed(HandoffEvent):
    """*It works*."""

    action = "handoff.confirmed"


@dataclass(frozen=True, slots=True)
class HandoffConfirmedByUse(HandoffEvent):
    """A check accepted the token for the first time. `by_former_contact`: who opened it is not the contact any more."""

    action = "handoff.confirmed_by_use"
    by_former_contact: bool


@dataclass(frozen=True, slots=True)
class HandoffDeclined(HandoffEvent):
    """*I'm not the right person*, before the reveal."""

    action = "handoff.declined"


@dataclass(frozen=True, slots=True)
class HandoffWithdrawn(HandoffEvent):
    """The offer ended because of something else."""

    action = "handoff.withdrawn"


@dataclass(frozen=True, slots=True)
class HandoffLapsed(HandoffEvent):
    """Nobody opened the offer in time."""

    action = "handoff.lapsed"


@dataclass(frozen=True, slots=True)
class HandoffNotSeen(HandoffEvent):
    """*I didn't see it*, for the `times`-th time in a row. `replaced`: the contact is offered another one."""

    action = "handoff.not_seen"
    times: int
    replaced: bool = True


@dataclass(frozen=True, slots=True)
class HandoffDisputed(HandoffEvent):
    """*That wasn't me*. `by_former_contact`: it only alerts, nothing was suspended."""

    action = "handoff.disputed"
    by_former_contact: bool


@dataclass(frozen=True, slots=True)
class MessageDropped(Event):
    """A queued message had become moot when its turn came. `message`: a word of `MessageKind`."""

    action = "message.dropped"
    message: str


@dataclass(frozen=True, slots=True)
class MessageUndeliverable(Event):
    """Slack refused a message for good. `error`: Slack's error code. `owner`: None, if it was for the owner."""

    action = "message.undeliverable"
    message: str
    message_id: str
    error: str
    owner: PersonId | None
