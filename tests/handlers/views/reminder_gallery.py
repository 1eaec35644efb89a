"""Reminders of every kind, to every reader, whatever became of what they remind of."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from itertools import product
from typing import Any
from zoneinfo import ZoneInfo

from access.model.ids import Fingerprint
from access.model.reminder import ReaderRole, ReminderKind
from access.model.rendered import Rendered
from access.model.token import Token, TokenOrigin
from handlers.views.reminder_shown import ReminderShown
from handlers.views.reminders import reminders
from tests.handlers.views.gallery import (
    ADMIN,
    ANNA,
    BEN,
    CARLA,
    CONTACT,
    DAY,
    DORA,
    NOW,
    OWNER,
    PARTIES,
    SUCCESSOR,
    offer,
    party,
    token,
)

READERS = {ReaderRole.OWNER: OWNER, ReaderRole.ADMINS: None, ReaderRole.CONTACT: CONTACT, ReaderRole.ASKER: ADMIN}
EXPIRING = token(
    expires_at=NOW + 7 * DAY + timedelta(hours=6), collected_at=NOW - 170 * DAY, collected_by=CONTACT, issued_by=ADMIN
)
NEWER = replace(SUCCESSOR, issued_by=ADMIN)
OFFERED = replace(NEWER, collected_at=None, collected_by=None)
OVERLAPPING = replace(EXPIRING, succeeded_at=NOW, retires_at=NOW + 7 * DAY)
ELSEWHERE = replace(EXPIRING, origin=TokenOrigin.EXTERNAL, issued_by=None, collected_by=None)
IMPORTED = replace(OFFERED, origin=TokenOrigin.EXTERNAL, issued_by=None)
SETTLED: Mapping[str, Mapping[str, Any]] = {
    "replaced": {"newer": NEWER, "replaced": True},
    "replaced elsewhere": {"newer": replace(IMPORTED, collected_at=NOW), "replaced": True},
    "revoked": {"token": replace(EXPIRING, revoked_at=NOW)},
    "retired": {"token": replace(OVERLAPPING, retires_at=None, retired_at=NOW), "newer": NEWER},
    "suspended": {"token": replace(EXPIRING, suspended_at=NOW)},
    "disabled": {"party": PARTIES["disabled"]},
    "removed": {"party": PARTIES["removed"], "token": replace(EXPIRING, revoked_at=NOW)},
    "account extended": {"kinds": frozenset({ReminderKind.ACCOUNT_ENDS}), "days": None},
    "account ends, but to lapse": {
        "token": replace(EXPIRING, let_lapse_by=OWNER, let_lapse_at=NOW),
        "kinds": frozenset({ReminderKind.ACCOUNT_ENDS}),
        "days": None,
    },
    "used by now": {
        "token": replace(EXPIRING, last_accepted_at=NOW),
        "kinds": frozenset({ReminderKind.NEVER_USED}),
        "days": None,
    },
    "renewed before it was used": {
        "token": OVERLAPPING,
        "newer": NEWER,
        "kinds": frozenset({ReminderKind.NEVER_USED}),
        "days": None,
    },
    "expired long ago": {"token": replace(EXPIRING, expires_at=NOW - 15 * DAY)},
}
"""Nothing is left to do: told only where it is in Slack already."""
WAITING: Mapping[str, Mapping[str, Any]] = {
    "nothing yet": {},
    "last day": {"token": replace(EXPIRING, expires_at=NOW + timedelta(hours=20)), "days": 1},
    "claimed": {"token": replace(EXPIRING, claimed_by=OWNER, claimed_at=NOW)},
    "claimed by somebody gone": {
        "token": replace(EXPIRING, claimed_by=ADMIN, claimed_at=NOW), "claimer_gone": True,
    },
    "snoozed": {"token": replace(EXPIRING, snoozed_by=ADMIN, snoozed_until=NOW + DAY)},
    "to lapse": {"token": replace(EXPIRING, let_lapse_by=OWNER, let_lapse_at=NOW)},
    "to lapse, told": {
        "token": replace(EXPIRING, let_lapse_by=OWNER, let_lapse_at=NOW), "once_more": False, "days": 1,
    },
    "offered": {"newer": OFFERED, "offer": offer(token=OFFERED.id)},
    "opened": {"newer": NEWER, "offer": offer(collected_at=NOW)},
    "newer suspended": {"newer": replace(NEWER, suspended_at=NOW), "offer": offer(collected_at=NOW)},
    "in use": {"token": replace(OVERLAPPING, last_accepted_at=NOW), "newer": NEWER, "in_use": True},
    "never used": {"kinds": frozenset({ReminderKind.NEVER_USED}), "days": None},
    "never used, too": {"kinds": frozenset({ReminderKind.NEVER_USED, ReminderKind.EXPIRY})},
    "account ends": {"account_ends_at": NOW + DAY, "kinds": frozenset({ReminderKind.ACCOUNT_ENDS}), "days": None},
    "account ends, too": {"account_ends_at": NOW + DAY, "kinds": frozenset(ReminderKind)},
    "no contact": {"party": PARTIES["no contact"]},
    "no owner": {"owner": None},
    "somebody else": {"concerned": False},
    "made elsewhere": {"token": ELSEWHERE},
    "made elsewhere, another imported": {"token": ELSEWHERE, "waiting": IMPORTED},
    "made elsewhere, another offered": {"token": ELSEWHERE, "newer": IMPORTED, "offer": offer(token=IMPORTED.id)},
    "made elsewhere, expired": {"token": replace(ELSEWHERE, expires_at=NOW - DAY), "days": 0},
    "another imported, expired": {
        "token": replace(EXPIRING, expires_at=NOW - DAY), "waiting": IMPORTED, "days": 0,
    },
    "imported, never used": {
        "token": replace(ELSEWHERE, origin=TokenOrigin.MIGRATED), "kinds": frozenset({ReminderKind.NEVER_USED}),
    },
    "expired": {"token": replace(EXPIRING, expires_at=NOW - DAY), "days": 0},
    "expired as decided": {
        "token": replace(EXPIRING, expires_at=NOW - DAY, let_lapse_by=OWNER, let_lapse_at=NOW - DAY),
        "days": 0,
    },
    "expired, offered": {
        "token": replace(EXPIRING, expires_at=NOW - DAY), "newer": OFFERED, "offer": offer(token=OFFERED.id), "days": 0,
    },
}  # fmt: skip


def reminded(state: str, role: ReaderRole, name: str = "Acme Corp", **given: Any) -> ReminderShown:
    fields: dict[str, Any] = {
        "kinds": frozenset({ReminderKind.SNOOZED if role is ReaderRole.ASKER else ReminderKind.EXPIRY}),
        "days": 7,
        "token": EXPIRING,
        "matters": state in WAITING,
        "concerned": True,
        "newer": None,
        "offer": None,
        "replaced": False,
        "in_use": False,
        "owner": OWNER,
        "account_ends_at": None,
        "once_more": True,
        "claimer_gone": False,
        **{**WAITING, **SETTLED}[state],
    }
    fields["party"] = party(name, **fields.get("party", {}))
    accounts = {OWNER: DORA, CONTACT: CARLA, ADMIN: BEN}
    where = {"zone": ZoneInfo("Europe/Berlin"), "now": NOW}
    return ReminderShown(**{"role": role, "reader": READERS[role], "people": accounts, **where, **fields, **given})


def many(count: int, role: ReaderRole, name: str = "Acme Corp") -> list[ReminderShown]:
    """Reminders of several tokens, the most urgent last, as they might be loaded; every third is settled."""
    return [
        reminded("replaced" if number % 3 == 2 else "nothing yet", role, name, token=numbered(number))
        for number in reversed(range(count))
    ]


def numbered(number: int) -> Token:
    expires_at = EXPIRING.expires_at + number * timedelta(hours=1)
    return replace(EXPIRING, fingerprint=Fingerprint(f"{number:08d}"), expires_at=expires_at)


ADMINS = [ANNA, BEN] * 13


def reminder_messages(name: str = "Acme Corp") -> dict[str, Rendered]:
    """By state and reader."""
    return dict(_messages(name))


def _messages(name: str) -> Iterator[tuple[str, Rendered]]:
    for state, role in product((*WAITING, *SETTLED), ReaderRole):
        yield f"reminders: {state}, {role}", reminders([reminded(state, role, name)], ADMINS)
    for role, count in product(ReaderRole, (2, 12, 13, 40)):
        yield f"reminders: {count}, {role}", reminders(many(count, role, name), ADMINS)
