"""A token that somebody is reminded of, and how it is with it now: what a reminder says is written from it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from access.model.card import Who
from access.model.handoff import Handoff
from access.model.ids import PersonId
from access.model.reminder import ReaderRole, ReminderKind, is_waiting_for_use
from access.model.third_party import ThirdParty
from access.model.token import Token
from handlers.mrkdwn import person

_ONE_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class ReminderShown:
    """A token that somebody is reminded of, and how it is with it now.

    `kinds`: of what they are reminded, in one message. `days`: the most urgent threshold of these, None without one.
    `matters`: there is something to be done about it still. `concerned`: the reader is still what they were then.
    `newer`: the newest token that was issued after it and has not ended; `offer`: the handoff of that one, or else the
    one that has taken its place. `replaced`: that one works, and is used where use is known. `in_use`: programs use
    this one beside it. `owner`: who acts as owner, None if nobody is left. `claimer_gone`:
    whoever looked after it is gone. `people`: the accounts of those in it.
    `account_ends_at`: the contact's, before the token does, which is not to lapse. `once_more`: if it is to lapse,
    people are reminded of it before. `zone`: the reader's. `waiting`: the imported one that waits to be offered.
    """

    kinds: frozenset[ReminderKind]
    role: ReaderRole
    reader: PersonId | None
    days: int | None
    party: ThirdParty
    token: Token
    matters: bool
    concerned: bool
    newer: Token | None
    offer: Handoff | None
    replaced: bool
    in_use: bool
    owner: PersonId | None
    claimer_gone: bool
    people: Mapping[PersonId, Who]
    account_ends_at: datetime | None
    once_more: bool
    zone: ZoneInfo
    now: datetime
    waiting: Token | None = None

    @property
    def may_be_renewed(self) -> bool:
        """Tell whether there is something that the contact can be offered in its place, and nothing was."""
        offers = self.waiting is not None or not self.token.is_external
        return offers and self.newer is None and self.party.contact is not None

    @property
    def expired(self) -> bool:
        """Tell whether its time is over."""
        return self.token.expires_at <= self.now

    @property
    def to_lapse(self) -> bool:
        """Tell whether somebody decided that it is to expire, and nothing has ended that."""
        return self.token.let_lapse_at is not None

    @property
    def is_last_call(self) -> bool:
        """Tell whether all admins have to know: at the last day, and when it is over."""
        last = self.days is not None and self.days <= 1
        return self.matters and not self.in_use and (last or self.token.expires_at - self.now <= _ONE_DAY)

    @property
    def is_about_account_alone(self) -> bool:
        """Tell whether all there is to say is that the contact's account ends."""
        return self.kinds == {ReminderKind.ACCOUNT_ENDS}

    @property
    def is_about_expiry(self) -> bool:
        """Tell whether something is to be said about its renewal."""
        return bool(self.kinds - {ReminderKind.ACCOUNT_ENDS, ReminderKind.NEVER_USED})

    @property
    def is_never_used(self) -> bool:
        """Tell whether it is to be said that nothing has used it, and that is still so."""
        return ReminderKind.NEVER_USED in self.kinds and is_waiting_for_use(self.token, self.now)

    @property
    def whom_to_ask(self) -> str:
        """Whom the contact asks."""
        return self.name_of(self.owner) if self.owner else "an admin of the workspace"

    def for_admins(self, typed: str) -> str:
        """Return a command that only admins may type, as advice to this reader."""
        return typed if self.role is ReaderRole.ADMINS else f"an admin types {typed}"

    def name_of(self, somebody: PersonId | None) -> str:
        """Return a mention."""
        return person(self.people.get(somebody) if somebody else None)
