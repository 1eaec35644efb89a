"""How long what is finished is kept."""

from datetime import UTC, datetime
from enum import StrEnum
from typing import Final

from dateutil.relativedelta import relativedelta

from access.model.audit import DONE, AuditEntry

SHORTEST_MONTHS: Final = 13
"""No digest, report or reminder looks back further than a year."""

_RECORDS: Final = "audit.pruned"
_ROWS: Final = "history.pruned"


class Finished(StrEnum):
    """What may be finished, in the order in which it is pruned: first what others refer to no more."""

    THIRD_PARTY = "third_party"
    TOKEN_REQUEST = "token_request"
    TOKEN = "token"
    PROPOSAL = "proposal"
    CONTACT_KEY = "contact_key"
    REASON = "reason"
    """Finished once nothing that is kept names it, as people are."""


def kept_since(now: datetime, months: int) -> datetime:
    """Return the instant before which what was finished is pruned: the first of a month, in UTC.

    So there is something to do once a month, and everything is kept for as many months at least.
    """
    first = now.astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    return first - relativedelta(months=months)


def entry_of_pruned_rows(kind: str, ids: list[str], at: datetime) -> AuditEntry:
    """Return the record of what was pruned with everything of theirs: the ids, which other records may name."""
    return AuditEntry(at, None, _ROWS, None, DONE, {"kind": kind, "ids": ids})


def entry_of_pruned_records(until: int, count: int, at: datetime) -> AuditEntry:
    """Return the record that announces that the trail is pruned up to a number, by `count` records."""
    return AuditEntry(at, None, _RECORDS, None, DONE, {"until": until, "records": count})


def announced_by(entry: AuditEntry) -> tuple[int, datetime] | None:
    """Return up to which number, and when, a record announces that the trail is pruned; None for any other record."""
    until = entry.details.get("until")
    return (until, entry.at) if entry.action == _RECORDS and isinstance(until, int) else None
