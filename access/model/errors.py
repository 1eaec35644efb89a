"""Every reason for which an operation can be refused.

One tree. An error carries a code and safe fields only: ids, counts, dates and words from fixed lists, never a name, a
text somebody typed, or a secret. What people read is in `handlers/error_text.py`, the only such table.
"""

from datetime import datetime
from typing import ClassVar

Safe = str | int | datetime | None


class AccessError(Exception):
    """A refusal. `code` names it in logs and in the audit trail; `fields` say which case it is."""

    code: ClassVar[str]

    def __init__(self, **fields: Safe) -> None:
        super().__init__(self.code)
        self.fields = fields


class NotPermitted(AccessError):
    """The caller's role does not allow this operation."""

    code = "not_permitted"


class DirectoryUnavailable(AccessError):
    """Slack did not say in time who somebody is, so nothing is allowed (fails closed)."""

    code = "directory_unavailable"


class ThirdPartyNotFound(AccessError):
    """No third party of that name or id, or it was removed."""

    code = "third_party_not_found"


class ImportOutdated(AccessError):
    """What was to be imported suited when it was looked at, and does not any more."""

    code = "import_outdated"


class NameInvalid(AccessError):
    """`problem`: empty, too_long, or invisible (control, bidi or zero-width characters)."""

    code = "name_invalid"


class NameTaken(AccessError):
    """Another third party has this name, compared without regard to case, width or runs of spaces."""

    code = "name_taken"


class AskerUnknown(AccessError):
    """Whoever asks about a token has not proved to be a resource server. Source: RFC 7662 §2.1."""

    code = "asker_unknown"


class ResourceServerNameTaken(AccessError):
    """Another resource server has this name, compared as third parties' are."""

    code = "resource_server_name_taken"


class ClientUnknown(AccessError):
    """Client ID and client secret do not prove a third party. Source: RFC 6749 §5.2."""

    code = "client_unknown"


class TokenOfAnother(AccessError):
    """The token was issued to another third party than the one that asks. Source: RFC 7009 §2.1."""

    code = "token_of_another"


class ResourceServerNotFound(AccessError):
    """No resource server of that name, or it was removed."""

    code = "resource_server_not_found"


class PersonNotKnown(AccessError):
    """Nobody of that Slack user ID has done anything here, or they were erased."""

    code = "person_not_known"


class PersonStillNeeded(AccessError):
    """Somebody cannot be erased who is still something here: in `count` ways."""

    code = "person_still_needed"


class CallbackUrlInvalid(AccessError):
    """`problem`: not_a_url, not_https, fragment, user_info or too_long."""

    code = "callback_url_invalid"


class TextTooLong(AccessError):
    """A note or a reason longer than `limit` characters."""

    code = "text_too_long"


class OwnerUnsuitable(AccessError):
    """`problem`: unknown, bot, deactivated, guest, foreign, or same (owner and deputy are one person)."""

    code = "owner_unsuitable"


class AlreadyEnabled(AccessError):
    """The third party is enabled already."""

    code = "already_enabled"


class AlreadyDisabled(AccessError):
    """The third party is not enabled, so there is nothing to disable."""

    code = "already_disabled"


class ThirdPartyDisabled(AccessError):
    """The operation needs an enabled third party."""

    code = "third_party_disabled"


class ContactUnsuitable(AccessError):
    """`problem`: unknown, bot, deactivated, admin or stranger."""

    code = "contact_unsuitable"


class ContactUnchanged(AccessError):
    """The person is the approved contact already."""

    code = "contact_unchanged"


class DeputyWithoutContact(AccessError):
    """A deputy takes over from a contact, and there is none at the moment."""

    code = "deputy_without_contact"


class DeputyUnsuitable(AccessError):
    """`problem`: contact (they are the contact) or deputy (they are the deputy contact already)."""

    code = "deputy_unsuitable"


class NotTheDeputy(AccessError):
    """The person meant is not the deputy contact, or not any more."""

    code = "not_the_deputy"


class DeputyNotNeeded(AccessError):
    """There is a contact, whose place a deputy does not take."""

    code = "deputy_not_needed"


class ContactAlreadyProposed(AccessError):
    """The same person is proposed as the same already. `state`: waiting (for the introduction to arrive) or reached."""

    code = "contact_already_proposed"


class ContactNotApproved(AccessError):
    """There is no approved contact, so nobody may receive credentials."""

    code = "contact_not_approved"


class ContactReplaced(AccessError):
    """Another contact was approved while Slack was asked about the former one."""

    code = "contact_replaced"


class ProposalNotFound(AccessError):
    """No such proposal in this workspace."""

    code = "proposal_not_found"


class ProposalDecided(AccessError):
    """`outcome`: how the proposal ended before."""

    code = "proposal_decided"


class ProposalNotReady(AccessError):
    """The introduction has not reached the proposed contact yet."""

    code = "proposal_not_ready"


class KeyUnusable(AccessError):
    """What was given as a public key is none that can be encrypted to.

    `problem`: empty, several, unknown (of a kind that is not known), old_kind (ECDSA, DSA, of a security key), short
    (RSA of less than 2,048 bits), long (of more than 4,096) or damaged.
    """

    code = "key_unusable"


class KeyUnchanged(AccessError):
    """That is so already. `state`: waiting (for a decision) or in_force."""

    code = "key_unchanged"


class KeysChangedOften(AccessError):
    """The contact has asked for several changes of their key within an hour."""

    code = "keys_changed_often"


class NoKeyToRemove(AccessError):
    """The contact has no approved public key."""

    code = "no_key_to_remove"


class KeyChangeNotFound(AccessError):
    """No such change of a contact's key in this workspace."""

    code = "key_change_not_found"


class KeyChangeDecided(AccessError):
    """`outcome`: how the change of a key was decided before."""

    code = "key_change_decided"


class KeyChangedSince(AccessError):
    """The proposed contact has another public key than the one that was shown to who approves."""

    code = "key_changed_since"


class OwnKey(AccessError):
    """Nobody decides about their own key."""

    code = "own_key"


class KeyRequired(AccessError):
    """Credentials are shown encrypted only, and the contact has no approved public key.

    `problem`: offer (none is made) or reveal (nothing is shown).
    """

    code = "key_required"


class CannotEncrypt(AccessError):
    """The credentials could not be encrypted to the contact's key. Nothing was claimed."""

    code = "cannot_encrypt"


class PrivateKeyPasted(AccessError):
    """A text holds what looks like a private key; nothing of it was kept."""

    code = "private_key_pasted"


class SelfApproval(AccessError):
    """Proposing and approving take two different admins."""

    code = "self_approval"


class TokenExists(AccessError):
    """`issue` is for the first token; `state` says what the existing one is."""

    code = "token_exists"


class MadeElsewhere(AccessError):
    """A token that another system made and checks; only there can a new one be made. `problem`: what was wanted."""

    code = "made_elsewhere"


class NotOffered(AccessError):
    """The imported credentials wait to be offered, so there is no offer to put a new one in the place of."""

    code = "not_offered"


class NothingToRenew(AccessError):
    """No token is live, so there is none to put another one beside."""

    code = "nothing_to_renew"


class TwoTokens(AccessError):
    """Two tokens are live, the limit: the old one has not ended yet."""

    code = "two_tokens"


class RenewedSince(AccessError):
    """A newer token was offered in the place of this one, and that is the one to speak of."""

    code = "renewed_since"


class NothingToResend(AccessError):
    """There is no token that waits to be collected."""

    code = "nothing_to_resend"


class OfferedJustNow(AccessError):
    """The open offer is younger than `seconds`: a second press, or Slack's repetition of the first."""

    code = "offered_just_now"


class OfferReplaced(AccessError):
    """A newer token has taken the place of the one that was to be replaced."""

    code = "offer_replaced"


class TookTooLong(AccessError):
    """Slack gives an answer three seconds, and they are nearly over: nothing is shown that might not arrive."""

    code = "took_too_long"


class TokenNotFound(AccessError):
    """No token with that id or fingerprint."""

    code = "token_not_found"


class TokenAmbiguous(AccessError):
    """Several tokens could be meant: `count`."""

    code = "token_ambiguous"


class TokenEnded(AccessError):
    """The token has ended already: `state` is retired, expired or revoked."""

    code = "token_ended"


class CredentialsEnded(AccessError):
    """What the contact says of their credentials comes too late: the token is revoked or has expired."""

    code = "credentials_ended"


class TokenNotSuspended(AccessError):
    """A decision about a suspension came, but the token is not suspended: `state`."""

    code = "token_not_suspended"


class NotOverlapping(AccessError):
    """Only a token whose successor works may retire. `state`: pending, active or suspended."""

    code = "not_overlapping"


class RenewalUnneeded(AccessError):
    """There is nothing to decide about the token's renewal.

    `state`: renewed (a newer token works in its place), newer (there is one beside it), pending (it was never
    collected) or suspended.
    """

    code = "renewal_unneeded"


class LeftToLapse(AccessError):
    """Somebody decided that the token is to lapse, so nobody has to look after its renewal."""

    code = "left_to_lapse"


class AlreadySnoozed(AccessError):
    """Somebody else is to be reminded again, at `until`, and one person at a time is."""

    code = "already_snoozed"


class CannotSnooze(AccessError):
    """A reminder is put off until the next one at most. `problem`: no_time (that is at `next_at`) or passed."""

    code = "cannot_snooze"


class HandoffNotFound(AccessError):
    """No such handoff in this workspace."""

    code = "handoff_not_found"


class NotTheContact(AccessError):
    """The caller is not the currently approved contact of this third party."""

    code = "not_the_contact"


class AdminCannotCollect(AccessError):
    """The contact has become an admin since their approval, and no admin ever sees a secret."""

    code = "admin_cannot_collect"


class HandoffEnded(AccessError):
    """The offer has ended: `end` is lapsed, withdrawn or declined."""

    code = "handoff_ended"


class HandoffPaused(AccessError):
    """The third party is disabled, which pauses the opening of handoffs."""

    code = "handoff_paused"


class AlreadyCollected(AccessError):
    """The credentials were shown already; they are never shown twice."""

    code = "already_collected"


class NotCollected(AccessError):
    """The credentials have not been shown yet."""

    code = "not_collected"


class AlreadyConfirmed(AccessError):
    """The handoff was confirmed already."""

    code = "already_confirmed"


class AlreadyDisputed(AccessError):
    """*That wasn't me* was said already for this handoff."""

    code = "already_disputed"


class ModalRefused(AccessError):
    """Slack does not let this person open a modal, and credentials are shown nowhere else."""

    code = "modal_refused"


class CredentialsUnreadable(AccessError):
    """The sealed credentials do not open with the keys at hand. Nothing was claimed.

    `problem`: missing (the key `key_id` is not at hand), wrong (it is, and does not fit) or damaged (no key is named).
    """

    code = "credentials_unreadable"


class SecretPasted(AccessError):
    """A text holds what looks like a token or client secret; nothing of it was kept. `token`: its id, if known."""

    code = "secret_pasted"


class CannotAsk(AccessError):
    """The contact cannot ask for a new token now.

    `problem`: removed, disabled, not_opened (they have not opened this token), ended (it has), suspended, offered (a
    new one waits for them), two (another one works beside it), asked (they have asked already) or declined (within the
    last hour).
    """

    code = "cannot_ask"


class TokenRequestNotFound(AccessError):
    """No such request of a contact's in this workspace."""

    code = "token_request_not_found"


class TokenRequestDecided(AccessError):
    """`outcome`: how the request ended before."""

    code = "token_request_decided"


class ChangedMeanwhile(AccessError):
    """The details were changed by somebody else since the caller was shown them."""

    code = "changed_meanwhile"


class NothingToConfirm(AccessError):
    """After a restore, everything was decided about, or nothing was restored."""

    code = "nothing_to_confirm"
