"""Messages that have not arrived: which, why, and what helps."""

from collections.abc import Mapping
from typing import Final

from access.model.card import Undelivered
from access.model.messages import MessageKind
from handlers.mrkdwn import code, instant

_MESSAGES: Final[Mapping[MessageKind, str]] = {
    MessageKind.INTRODUCTION: "my introduction to the proposed contact",
    MessageKind.APPROVAL_REQUEST: "the request to approve a contact",
    MessageKind.PROPOSAL_DECIDED: "the decision about a proposed contact",
    MessageKind.FORMER_CONTACT_TOKENS: "the question about a former contact's tokens",
    MessageKind.DEPUTY_TOOK_OVER: "the message that the deputy contact took over",
    MessageKind.CONTACT_NOW: "the message to the deputy contact that they are the contact now",
    MessageKind.DEPUTY_LOST: "the message that the deputy contact became an admin",
    MessageKind.OWNER_ASSIGNED: "the message to the new owner",
    MessageKind.SWITCHED: "the message that it was enabled or disabled",
    MessageKind.REMOVED: "the message that it was removed",
    MessageKind.TOKEN_ENDED: "the message that a token was revoked",
    MessageKind.REVOKED_BY_THIRD_PARTY: "the message that the third party revoked a token",
    MessageKind.REVOKED_BY_HOLDER: "the alarm that somebody revoked a token who has it",
    MessageKind.REVOKED_AT_COMMAND_LINE: "the alarm that a token had turned up, and was revoked at the command line",
    MessageKind.TOKEN_RETIRED: "the message that an old token is retired",
    MessageKind.HANDOFF: "the offer of the credentials to the contact",
    MessageKind.HANDOFF_NUDGE: "the reminder of the offer to the contact",
    MessageKind.HANDOFF_COLLECTED: "the message that the credentials were collected",
    MessageKind.HANDOFF_LAPSED: "the message that an offer lapsed",
    MessageKind.HANDOFF_DECLINED: "the message that the contact declined",
    MessageKind.HANDOFF_NOT_SEEN: "the message that the contact didn't see the credentials",
    MessageKind.FIRST_USE: "the message that the credentials are in use",
    MessageKind.MODAL_REFUSED: "the message that Slack didn't let the contact open the credentials",
    MessageKind.DISPUTE: "the alarm that somebody else may have opened the credentials",
    MessageKind.TOKEN_REQUEST: "the message that the contact asks for a new token",
    MessageKind.TOKEN_ASKED: "what came of the contact's asking for a new token",
    MessageKind.KEY_REQUEST: "the question about the contact's public key",
    MessageKind.KEY_ASKED: "what came of the contact's public key",
    MessageKind.REMINDERS: "the reminder that its token expires",
    MessageKind.EXPIRED: "the message that its token has expired",
    MessageKind.OWNER_GONE: "the message that an owner is gone",
    MessageKind.CONTACT_GONE: "the message that a contact is gone",
    MessageKind.DIGEST: "the weekly digest",
    MessageKind.IMPORTED: "the message that third parties were imported",
    MessageKind.RESTORED: "the message that the database was restored from a backup",
    MessageKind.AUDIT_HEAD: "the line that says where the audit trail ends",
    MessageKind.UNDELIVERABLE: "the notice that a message was not delivered",
}
_DEACTIVATED: Final = "the account is deactivated. Choose another person."
_OUT_OF_REACH: Final = (
    "Slack doesn't let me write to that person. Invite them to this workspace or to a shared channel."
)
_CHANNEL: Final = "I can't post in the admin channel. Invite me to it, or have another one set."
_REASONS: Final[Mapping[str, str]] = {
    "user_disabled": _DEACTIVATED,
    "user_not_found": _OUT_OF_REACH,
    "user_not_visible": _OUT_OF_REACH,
    "invalid_user_combination": _OUT_OF_REACH,
    "cannot_dm_bot": "that account is an app. Choose a person.",
    "messages_tab_disabled": "my messages tab is switched off. Whoever installed me can switch it on.",
    "person_erased": "that person's account is not known any more. Choose another person.",
    "no_admins": "there is no admin. Whoever runs me can name some.",
}
_OF_THE_CONVERSATION: Final = frozenset({"channel_not_found", "is_archived", "not_in_channel", "restricted_action"})
"""What these errors mean depends on whose conversation it is."""


def undelivered_line(problem: Undelivered) -> str:
    """Say which message has not arrived, since when, why, and what helps."""
    message, at = _MESSAGES[problem.message], instant(problem.at)
    if problem.delayed:
        return f"*Delayed,* since {at}: {message}, because {_reason(problem)} I keep trying."
    return f"*Not delivered,* {at}: {message}, because {_reason(problem)}"


def _reason(problem: Undelivered) -> str:
    if problem.error in _OF_THE_CONVERSATION:
        return _OUT_OF_REACH if problem.to_person else _CHANNEL
    failed = "sending it failed" if problem.delayed else "Slack refused it"
    return _REASONS.get(problem.error, f"{failed} ({code(problem.error)}). Whoever runs me can look into it.")
