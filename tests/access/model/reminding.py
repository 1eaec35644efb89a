"""A token, whom to remind of it, and what they are told as time goes by."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from access.model.ids import ClientId, Fingerprint, PersonId, ThirdPartyId, TokenId
from access.model.messages import MessageKind
from access.model.people import Acquaintance
from access.model.policy import Policy
from access.model.reminder import Reminded, Reminder, Situation
from access.model.reminders_due import Outlook, reminders_due
from access.model.third_party import ThirdParty
from access.model.token import Token
from access.model.working_hours import local_day, zone_of

DAY = timedelta(days=1)
EXPIRES = datetime(2026, 9, 2, 10, 15, tzinfo=UTC)
"""A Wednesday, a quarter past twelve in Berlin."""

OWNER, DEPUTY, CONTACT, ASKER = PersonId("owner"), PersonId("deputy"), PersonId("contact"), PersonId("asker")
PARTY = ThirdParty(
    ThirdPartyId("tp"), "Acme", ClientId("tpc_1"), OWNER, EXPIRES - 200 * DAY, contact=CONTACT, enabled=True
)
TOKEN = Token(
    id=TokenId("t"),
    third_party=PARTY.id,
    fingerprint=Fingerprint("1a2b3c4d"),
    token_digest=bytes(32),
    secret_digest=bytes(32),
    issued_at=EXPIRES - 184 * DAY,
    expires_at=EXPIRES,
    issued_by=OWNER,
    collected_at=EXPIRES - 183 * DAY,
    collected_by=CONTACT,
)
NEWER = replace(
    TOKEN, id=TokenId("new"), renews=TOKEN.id, issued_at=EXPIRES - 40 * DAY, collected_at=EXPIRES - 39 * DAY,
    expires_at=EXPIRES + 140 * DAY,
)  # fmt: skip
BERLIN = Acquaintance(time_zone="Europe/Berlin")


@dataclass
class Case:
    """What the decision hangs on, changed by the test at will; it remembers what was due, as the database would."""

    token: Token = TOKEN
    party: ThirdParty = PARTY
    others: list[Token] = field(default_factory=list)
    people: dict[PersonId, Acquaintance] = field(default_factory=lambda: {OWNER: BERLIN, CONTACT: BERLIN})
    policy: Policy = field(default_factory=lambda: Policy(time_zone="Europe/Berlin"))
    reminded: list[Reminded] = field(default_factory=list)
    told: dict[PersonId | None, datetime] = field(default_factory=dict)
    checked_since: datetime | None = None
    waiting: dict[PersonId | None, str] = field(default_factory=dict)

    def change(self, **what: Any) -> "Case":
        self.token = replace(self.token, **what)
        return self

    def situation(self) -> Situation:
        tokens = [*self.others, self.token]
        return Situation(
            self.token, self.party, tokens, self.reminded, self.people, self.told, self.checked_since, self.waiting
        )

    def look(self, now: datetime) -> Outlook:
        outlook = reminders_due(self.situation(), self.policy, now)
        assert outlook.next_at is None or outlook.next_at > now
        for reminder in outlook.due:
            assert reminder.key not in {each.reminder.key for each in self.reminded}
            self.reminded.append(Reminded(reminder, now))
            if reminder.message is MessageKind.REMINDERS and len(reminder.bundle) == len("2026-09-02"):
                told_at = self.told.get(reminder.reader)
                zone = zone_of(self.zone(reminder))
                if told_at is None or local_day(told_at, zone) != local_day(now, zone):
                    self.told[reminder.reader] = now
        return outlook

    def zone(self, reminder: Reminder) -> str:
        known = self.people.get(reminder.reader) if reminder.reader else None
        return (known and known.time_zone) or self.policy.time_zone

    def live(self, start: datetime, end: datetime, *, step: timedelta | None = None) -> list[tuple[datetime, Reminder]]:
        """Look again and again: every `step`, or exactly when the decision itself said to."""
        now, heard = start, list[tuple[datetime, Reminder]]()
        while now <= end:
            outlook = self.look(now)
            heard += [(now, reminder) for reminder in outlook.due]
            if step is not None:
                now += step
            elif outlook.next_at is None:
                break
            else:
                now = outlook.next_at
        return heard


def said(heard: Iterable[tuple[datetime, Reminder]], role: str, zone: str = "Europe/Berlin") -> list[tuple[str, int]]:
    """When, by the clock on their wall, a reader was told of which threshold."""
    return [
        (when.astimezone(zone_of(zone)).strftime("%a %d %b %H:%M"), reminder.days)
        for when, reminder in heard
        if reminder.role == role
    ]
