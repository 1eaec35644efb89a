"""The append-only record of every operation, chained so that a change, a removal or a re-ordering shows.

A record holds ids, codes, counts and instants: never a secret, and no free text.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from typing import Any, Final

from access.model.errors import AccessError, NotPermitted
from access.model.events import Event
from access.model.ids import PersonId, ThirdPartyId, WorkspaceId
from access.model.people import Role

DONE: Final = "done"
KEYS_ROTATED: Final = "keys.rotated"
KEYS_RETIRED: Final = "keys.retired"

_CANONICAL: Final = json.JSONEncoder(sort_keys=True, separators=(",", ":"))

Detail = str | int | list[str] | None


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """What one record says: when, who (None: the bot itself), what, on what, and with which outcome.

    `outcome` is `done`, or the code of the refusal. `once_key` is set on a refusal that is recorded once an hour only.
    """

    at: datetime
    actor: PersonId | None
    action: str
    third_party: ThirdPartyId | None
    outcome: str
    details: Mapping[str, Detail]
    once_key: str | None = None


def entry_of(event: Event, actor: PersonId | None, at: datetime) -> AuditEntry:
    """Return the record of an event."""
    details = {
        field.name: _detail(getattr(event, field.name)) for field in fields(event) if field.name != "third_party"
    }
    return AuditEntry(at, actor, event.action, event.third_party, DONE, details)


def entry_of_refusal(
    refusal: AccessError, *, operation: str, actor: PersonId, role: Role, third_party: ThirdPartyId | None, at: datetime
) -> AuditEntry:
    """Return the record of a refusal.

    An admin's refusals are all kept. Anybody else's are kept once per person, operation and hour, so that nobody can
    make the trail grow; of somebody who was allowed to ask, once for each third party and reason.
    """
    once_key = None
    if role is not Role.ADMIN:
        about = "" if isinstance(refusal, NotPermitted) else f":{third_party or ''}:{refusal.code}"
        once_key = f"{actor}:{operation}{about}:{at.astimezone(UTC):%Y-%m-%dT%H}"
    details = {name: _detail(value) for name, value in refusal.fields.items()}
    return AuditEntry(at, actor, operation, third_party, refusal.code, details, once_key)


def entry_at_command_line(action: str, at: datetime, *, outcome: str = DONE, **details: object) -> AuditEntry:
    """Return the record of what was done, or refused, at the command line and is about no third party.

    Whoever works there has the machine; who that was is not known.
    """
    return AuditEntry(at, None, action, None, outcome, {name: _detail(value) for name, value in details.items()})


def content(workspace: WorkspaceId, number: int, entry: AuditEntry) -> dict[str, Any]:
    """Return everything that a record says, as JSON has it: what its HMAC covers, and what is exported."""
    return {
        "workspace": workspace,
        "number": number,
        "at": _instant(entry.at),
        "actor": entry.actor,
        "action": entry.action,
        "third_party": entry.third_party,
        "outcome": entry.outcome,
        "details": {**entry.details},
        "once_key": entry.once_key,
    }


def canonical(workspace: WorkspaceId, number: int, entry: AuditEntry) -> bytes:
    """Return the bytes of a record that its HMAC covers, besides the record before it: JSON with sorted keys."""
    return _CANONICAL.encode(content(workspace, number, entry)).encode()


def _detail(value: object) -> Detail:
    if isinstance(value, datetime):
        return _instant(value)
    if isinstance(value, tuple):
        return [str(item) for item in value]
    if value is None or isinstance(value, int):
        return value
    return str(value)


def _instant(value: datetime) -> str:
    return value.astimezone(UTC).isoformat(timespec="microseconds")
