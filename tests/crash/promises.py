"""Which messages have to follow from a record of the audit trail: the promises of the product, a second time."""

from collections.abc import Iterator
from typing import Any, Final

from tests.crash.trail import Record

_News = tuple[str, str | None, str, str]
"""Kind, reader, subject and occasion of a message; the last part of its key is left out where it is empty."""

_OWNERS_NEWS: Final = {
    "handoff.collected": "handoff_collected",
    "handoff.lapsed": "handoff_lapsed",
    "handoff.declined": "handoff_declined",
}


_READ_BY_OWNERS: Final = {
    *("owner_assigned", "switched", "removed", "handoff_collected", "handoff_lapsed", "handoff_declined"),
    *("handoff_not_seen", "modal_refused", "undeliverable"),
}
"""What the owner cannot be told is told to the admins."""

_OF_SEVERAL: Final = ("reminders", "expired", "owner_gone", "contact_gone")
"""What is about several third parties at once: that it did not arrive is told for each."""


def promised(record: Record) -> Iterator[str]:
    """The keys of the messages that have to follow from a record. Nobody is told what they did themselves."""
    yield from _to_contact(record)
    for kind, reader, subject, occasion in _to_others(record):
        if reader is None or reader != record.actor:
            yield ":".join(filter(None, [kind, subject, reader or "admins", occasion]))


def _to_contact(record: Record) -> Iterator[str]:
    given = record.details
    match record.action:
        case "contact.proposed" | "deputy.proposed":
            yield f"introduction:{given['proposal']}:{given['contact']}"
        case "deputy.took_over":
            yield f"contact_now:{given['proposal']}:{given['contact']}"
        case "handoff.offered":
            yield f"handoff:{given['token']}:{given['contact']}"
        case "token.requested":
            yield f"token_asked:{given['request']}:{given['contact']}"
        case "contact_key.removal_asked" | "contact_key.registered" if given.get("of_contact", True):
            yield f"key_asked:{given['key']}:{given['contact']}"
        case "handoff.nudged":
            yield f"handoff_nudge:{given['token']}:{given['contact']}"


_TO_ADMINS_AND_OWNER: Final = {
    "deputy.took_over": ("deputy_took_over", "proposal"),
    "contact.left_tokens": ("former_contact_tokens", "proposal"),
    "token.requested": ("token_request", "request"),
}
"""The kind of message, and what it is about."""


def _to_others(record: Record) -> Iterator[_News]:
    given, party = record.details, record.party or ""
    match record.action:
        case "contact.reached" | "contact_key.removal_asked" | "contact_key.registered":
            yield from _to_admins(record)
        case "contact.approved" | "deputy.approved" | "contact.rejected" | "contact.unreachable":
            proposers = filter(None, [given["proposed_by"]])  # nobody, if it was imported
            yield from (("proposal_decided", reader, given["proposal"], "") for reader in proposers)
        case "deputy.took_over" | "contact.left_tokens" | "token.requested":
            kind, about = _TO_ADMINS_AND_OWNER[record.action]
            yield from ((kind, reader, given[about], "") for reader in (None, given["owner"]))
        case "contact.gone" | "contact.former_gone" | "third_party.owner_gone" | "deputy.became_admin":
            yield from _about_leaver(record)
        case "third_party.owner_assigned" | "third_party.enabled" | "third_party.disabled" | "third_party.removed":
            kind = record.action.removeprefix("third_party.")
            again = "" if kind == "removed" else record.at.isoformat()
            yield kind if kind in ("owner_assigned", "removed") else "switched", given["owner"], party, again
        case "token.revoked":
            yield from _about_revocation(given)
        case "token.revocation_asked" | "token.revocation_asked_at_command_line":
            yield from _about_revocation_from_outside(given)
        case "message.undeliverable":
            to_admins = given["message"] in _READ_BY_OWNERS or given["owner"] is None
            occasion = party if given["message"] in _OF_SEVERAL else ""
            yield "undeliverable", None if to_admins else given["owner"], given["message_id"], occasion
        case "token.retired":
            readers = filter(None, (given["owner"], given["contact"]))
            yield from (("token_retired", reader, given["token"], "") for reader in readers)
        case _:
            yield from _about_handoff(record)


def _to_admins(record: Record) -> Iterator[_News]:
    given = record.details
    if record.action == "contact.reached":
        yield "approval_request", None, given["proposal"], ""
    elif given.get("of_contact", True):
        yield "key_request", None, given["key"], ""


def _about_leaver(record: Record) -> Iterator[_News]:
    given, at = record.details, record.at.isoformat()
    if record.action == "third_party.owner_gone":
        kind, leaver, reader = "owner_gone", given["owner"], given["deputy"]
    else:
        kind = "deputy_lost" if record.action == "deputy.became_admin" else "contact_gone"
        leaver, reader = given["contact"], given["owner"]
    yield from ((kind, each, leaver, at) for each in ((None, reader) if reader else (None,)))


def _about_revocation_from_outside(given: dict[str, Any]) -> Iterator[_News]:
    contacts = {given["contact"], given["opened_by"]} if given["opened_by"] else set[str]()
    for reader in {None, given["owner"], *contacts}:
        yield f"revoked_{given['cause']}", reader, given["token"], ""


def _about_revocation(given: dict[str, Any]) -> Iterator[_News]:
    told_otherwise = ("not_seen", "by_third_party", "by_holder", "at_command_line")
    if given["contact"] is not None and given["cause"] not in told_otherwise:
        yield "token_ended", given["contact"], given["token"], ""
    if given["collected"] and given["cause"] == "by_hand":
        yield "token_ended", given["owner"], given["token"], ""


def _about_handoff(record: Record) -> Iterator[_News]:
    given = record.details
    match record.action:
        case "handoff.collected" | "handoff.lapsed" | "handoff.declined":
            yield _OWNERS_NEWS[record.action], given["owner"], given["token"], ""
        case "handoff.not_seen" if given["times"] >= 2:
            yield "handoff_not_seen", given["owner"], given["token"], ""
        case "handoff.confirmed_by_use":
            yield "first_use", given["owner"], given["token"], ""
            if not given["by_former_contact"]:
                yield "first_use", given["contact"], given["token"], ""
        case "handoff.disputed":
            yield "dispute", None, given["token"], ""
            yield "dispute", given["owner"], given["token"], ""
