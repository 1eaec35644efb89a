"""The audit trail in words."""

from collections.abc import Mapping, Sequence
from typing import Final

from access.model.audit import DONE
from access.model.card import AuditLineShown
from access.model.rendered import Rendered
from handlers.mrkdwn import instant, person, strong
from handlers.views.kit import message, section, sections

WORDS: Final[Mapping[str, str]] = {
    "third_party.registered": "registered it",
    "third_party.imported": "imported it",
    "third_party.edited": "edited its details",
    "third_party.owner_assigned": "gave it an owner",
    "third_party.owner_gone": "noticed that the owner is gone",
    "person.returned": "noticed that somebody who was gone is back",
    "third_party.enabled": "enabled it",
    "third_party.disabled": "disabled it",
    "third_party.disabled_by_restore": "disabled it, because the database was restored from a backup",
    "third_party.enabled_after_restore": "enabled it again, after the database was restored from a backup",
    "third_party.removed": "removed it",
    "contact.proposed": "proposed a contact",
    "contact.reached": "introduced itself to the person proposed",
    "contact.imported_reached": "introduced itself to the person whom an import proposed",
    "contact.unreachable": "could not reach the person proposed",
    "contact.approved": "approved the contact",
    "contact.rejected": "rejected the person proposed",
    "contact.proposal_superseded": "ended a proposal that something newer replaced",
    "contact.withdrawn": "withdrew the contact's approval",
    "deputy.proposed": "proposed a deputy contact",
    "deputy.approved": "approved the deputy contact",
    "deputy.withdrawn": "removed the deputy contact",
    "deputy.took_over": "made the deputy contact the contact",
    "deputy.became_admin": "ended the approval of a deputy contact who became an admin",
    "contact.gone": "ended the approval of a contact who is gone",
    "contact.former_gone": "noticed that a former contact, who opened a token, is gone",
    "contact.left_tokens": "left working tokens of the former contact to be decided about",
    "contact_key.registered": "gave a public key",
    "contact_key.removal_asked": "asked to have no public key any more",
    "contact_key.approved": "approved a change of the contact's public key",
    "contact_key.rejected": "rejected a change of the contact's public key",
    "contact_key.superseded": "asked for something else than an earlier change of the public key",
    "contact_key.ended": "ended the public key of somebody who is not the contact any more",
    "token.issued": "issued a token",
    "token.imported": "imported a token that was made elsewhere",
    "token.revoked": "revoked a token",
    "token.revocation_asked": "was asked to revoke a token, by somebody who has it",
    "token.revocation_asked_at_command_line": "was asked at the command line to revoke a token",
    "token.suspended": "suspended a token",
    "token.suspension_lifted": "ended the suspension of a token",
    "token.overlap_started": "started the time in which an old token works beside its successor",
    "token.retirement_cancelled": "kept an old token, because its successor stopped working",
    "token.retired": "retired an old token",
    "token.reminded": "reminded somebody of a token",
    "token.claimed": "took on the renewal of a token",
    "token.snoozed": "put a reminder off",
    "token.let_lapse": "decided that a token is to lapse",
    "token.lapse_undone": "decided that a token is not to lapse after all",
    "token.requested": "asked for a new token",
    "token.request_granted": "granted the contact's request for a new token",
    "token.request_declined": "declined the contact's request for a new token",
    "token.request_settled": "settled the contact's request for a new token by something else",
    "handoff.offered": "offered the credentials to the contact",
    "handoff.nudged": "reminded the contact of the offer",
    "handoff.collected": "opened the credentials",
    "handoff.confirmed": "confirmed that the credentials work",
    "handoff.confirmed_by_use": "saw the credentials in use, which confirms that they work",
    "handoff.declined": "said that they are not the right person",
    "handoff.withdrawn": "withdrew the offer",
    "handoff.lapsed": "let the offer lapse, because nobody opened it",
    "handoff.not_seen": "said that they did not see the credentials",
    "handoff.disputed": "said that somebody else opened the credentials",
    "message.dropped": "left out a message that was no longer true",
    "message.undeliverable": "could not deliver a message",
    "register_third_party": "tried to register it",
    "show_third_party": "tried to look at it",
    "find_token": "tried to find out whose token that is",
    "list_third_parties": "tried to list third parties",
    "make_checklist": "tried to test its access",
    "make_own_checklist": "tried to test their access",
    "make_report": "tried to read the report",
    "edit_third_party": "tried to edit its details",
    "propose_contact": "tried to propose a contact",
    "approve_contact": "tried to approve the person proposed",
    "reject_contact": "tried to reject the person proposed",
    "register_contact_key": "tried to give a public key",
    "ask_key_removal": "tried to have no public key any more",
    "approve_contact_key": "tried to approve a change of the contact's public key",
    "reject_contact_key": "tried to reject a change of the contact's public key",
    "promote_deputy": "tried to make the deputy contact the contact",
    "remove_deputy": "tried to remove the deputy contact",
    "list_unconfirmed": "tried to see what waits to be enabled after a restore",
    "confirm_restored": "tried to enable what was enabled before a restore",
    "enable_third_party": "tried to enable it",
    "disable_third_party": "tried to disable it",
    "remove_third_party": "tried to remove it",
    "issue_token": "tried to issue a token",
    "renew_token": "tried to renew a token",
    "resend_token": "tried to offer new credentials",
    "revoke_token": "tried to revoke a token",
    "replace_token": "tried to revoke and replace a token",
    "retire_token": "tried to retire an old token",
    "claim_token": "tried to take on the renewal of a token",
    "snooze_token": "tried to put a reminder off",
    "let_token_lapse": "tried to let a token lapse",
    "undo_lapse": "tried to have a token not lapse after all",
    "lift_suspension": "tried to end the suspension of a token",
    "preview_handoff": "tried to open the credentials",
    "collect_handoff": "tried to see the credentials",
    "confirm_handoff": "tried to confirm that the credentials work",
    "decline_handoff": "tried to say that they are not the right person",
    "report_not_seen": "tried to say that they did not see the credentials",
    "dispute_handoff": "tried to say that somebody else opened the credentials",
    "ask_for_token": "tried to ask for a new token",
    "grant_token_request": "tried to grant the contact's request for a new token",
    "decline_token_request": "tried to decline the contact's request for a new token",
    "show_audit_trail": "tried to read this audit trail",
    "paste_secret": "pasted a token, a client secret or a private key",
}
"""What each action of an audit record says. Those below the events' are operations, recorded when they are refused."""


def audit_trail(name: str, lines: Sequence[AuditLineShown]) -> Rendered:
    """Return who did what to a third party, newest first."""
    if not lines:
        return message(section(f"There are no records about {strong(name)} yet."))
    heading = section(f"*Audit trail* of {strong(name)}, newest first")
    return message(heading, *sections(_line(line) for line in lines))


def _line(line: AuditLineShown) -> str:
    who = person(line.person) if line.actor else "This app"
    refused = "" if line.outcome == DONE else f", refused: {line.outcome.replace('_', ' ')}"
    return f"{line.number}. {instant(line.at)} · {who} {WORDS[line.action]}{refused}"
