"""One reminder in words: what expires when, how it is with the renewal, and what there is to do."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from access.model.card import Who
from access.model.handoff import Handoff
from access.model.ids import PersonId
from access.model.reminder import ReaderRole, ReminderKind
from access.model.third_party import ThirdParty
from access.model.token import Token, TokenState
from access.model.working_hours import local_day
from handlers.mrkdwn import code, command, instant, person, strong

_HOUR: Final = timedelta(hours=1)
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
    people are reminded of it before. `zone`: the reader's.
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
    def whom_to_ask(self) -> str:
        """Whom the contact asks."""
        return self.name_of(self.owner) if self.owner else "an admin of the workspace"

    def for_admins(self, typed: str) -> str:
        """Return a command that only admins may type, as advice to this reader."""
        return typed if self.role is ReaderRole.ADMINS else f"an admin types {typed}"

    def name_of(self, somebody: PersonId | None) -> str:
        """Return a mention."""
        return person(self.people.get(somebody) if somebody else None)


def line_of(shown: ReminderShown) -> str:
    """Say everything about one token, in the words that its reader needs."""
    return " ".join(_sentences(shown))


def until_words(at: datetime, now: datetime, zone: ZoneInfo) -> str:
    """Say how long it is, as people there count: days by the calendar, and hours where it is tomorrow at the latest."""
    days = (local_day(at, zone) - local_day(now, zone)).days
    if days > 1:
        return f"in {days} days"
    hours = (at - now) // _HOUR
    if hours < 1:
        return "in less than an hour"
    return "in 1 hour" if hours == 1 else f"in {hours} hours"


def _sentences(shown: ReminderShown) -> Iterator[str]:
    if shown.matters and shown.concerned and ReminderKind.SNOOZED in shown.kinds:
        yield "You wanted to be reminded again."
    yield _head(shown)
    if not shown.matters:
        yield from _what_became_of_it(shown)
    elif not shown.concerned:
        lost = "an admin" if shown.role is ReaderRole.ASKER else f"the {shown.role.value}"
        yield f"You are not {lost} any more, so there is nothing to do for you."
    elif shown.role is ReaderRole.CONTACT:
        yield from _for_contact(shown)
    else:
        yield from _for_owner(shown)


def _head(shown: ReminderShown) -> str:
    token, at = shown.token, instant(shown.token.expires_at)
    which = f"The token {code(token.fingerprint)} of {strong(shown.party.name)}"
    if shown.expired and token.retired_at is None and token.revoked_at is None:
        refused = ": calls with it are refused since." if shown.matters else "."
        return f"{which} expired {at}{refused}"
    if token.state(shown.now) in (TokenState.RETIRED, TokenState.REVOKED):
        return f"{which} was to expire {at}."
    return f"{which} expires {at}, {until_words(token.expires_at, shown.now, shown.zone)}."


def _what_became_of_it(shown: ReminderShown) -> Iterator[str]:
    token, party = shown.token, shown.party
    if party.removed_at is not None:
        yield f"The third party was removed {instant(party.removed_at)}, so there is nothing to do."
    elif token.revoked_at is not None:
        yield f"It was revoked {instant(token.revoked_at)} and doesn't work any more."
    elif token.retired_at is not None:
        yield f"It was retired {instant(token.retired_at)}: a newer one has taken its place."
    elif shown.replaced and shown.newer is not None:
        yield from _renewed(shown, shown.newer)
    elif not party.enabled:
        yield "The third party is not enabled at the moment, so calls are refused and I remind nobody."
        if shown.role is ReaderRole.CONTACT:
            yield f"Please ask {shown.whom_to_ask} when it is on again."
        else:
            yield f"To switch it on: {shown.for_admins(command('enable', party.name))}."
    elif token.suspended_at is not None:
        yield "It is suspended: an admin decides about it."
    elif shown.expired:
        yield "Nothing has taken its place."
    elif shown.is_about_account_alone:
        yield from _account_no_matter(shown)


def _account_no_matter(shown: ReminderShown) -> Iterator[str]:
    if shown.to_lapse:
        yield from _decided(shown)
    else:
        yield "The contact's account does not end before it any more, so there is nothing to do."


def _renewed(shown: ReminderShown, newer: Token) -> Iterator[str]:
    which, until = code(newer.fingerprint), instant(newer.expires_at)
    opened = f", opened {instant(newer.collected_at)}" if newer.collected_at else ""
    if shown.role is ReaderRole.CONTACT:
        yield f"Settled: you have a newer one, {which}{opened}, which works until {until}."
        return
    offered = f"{shown.name_of(newer.issued_by)} offered a new one {instant(newer.issued_at)}"
    yield f"Settled: {offered}. It is {which}{opened}, and works until {until}."


def _for_owner(shown: ReminderShown) -> Iterator[str]:
    if shown.in_use and shown.newer is not None:
        yield from _in_use(shown, shown.newer)
        yield f"Please ask {shown.name_of(shown.party.contact)} to switch every program to the new one."
    elif not shown.is_about_account_alone:
        yield from _renewal(shown)
        yield from _decided(shown)
    yield from _account(shown)
    yield from _responsible(shown)


def _renewal(shown: ReminderShown) -> Iterator[str]:
    newer, name = shown.newer, shown.party.name
    contact = shown.name_of(shown.party.contact)
    if newer is not None and shown.offer is not None and newer.collected_at is None:
        offered = f"offered by {shown.name_of(newer.issued_by)} {instant(newer.issued_at)}"
        until = instant(shown.offer.lapses_at)
        yield f"A new one, {code(newer.fingerprint)}, {offered}, waits for {contact} until {until}."
    elif newer is not None and newer.suspended_at is not None:
        yield f"The new one, {code(newer.fingerprint)}, is suspended: an admin decides about it."
    elif newer is not None and newer.collected_at is not None:
        opened = f"was opened {instant(newer.collected_at)}, but no program uses it yet"
        yield f"The new one, {code(newer.fingerprint)}, {opened}. Please ask {contact} to switch."
    elif shown.expired:
        if shown.to_lapse:
            yield f"That was decided by {shown.name_of(shown.token.let_lapse_by)}, so there is nothing to do."
        else:
            yield f"Nobody has offered a new one. To go on: {shown.for_admins(command('issue', name))}."
    elif not shown.to_lapse:
        yield "Nobody has offered a new one yet."
    if shown.party.contact is None and not shown.to_lapse:
        propose = shown.for_admins(command("contact", name, "@user"))
        yield f"There is no approved contact who could receive one, and that comes first: {propose}."


def _decided(shown: ReminderShown) -> Iterator[str]:
    token = shown.token
    if shown.expired:
        return
    if token.let_lapse_at is not None:
        by, at = shown.name_of(token.let_lapse_by), instant(token.let_lapse_at)
        again = "I remind you once more before it expires, and tell" if shown.once_more else "I tell"
        yield f"{by} decided {at} to let it lapse: {again} you when it has."
        return
    if token.claimed_at is not None and shown.claimer_gone:
        yield f"{shown.name_of(token.claimed_by)}, who was on it, is gone, so somebody else has to be."
    elif token.claimed_at is not None:
        yield f"{shown.name_of(token.claimed_by)} is on it, since {instant(token.claimed_at)}."
    if token.snoozed_until is not None and shown.now < token.snoozed_until:
        yield f"I remind {shown.name_of(token.snoozed_by)} again {instant(token.snoozed_until)}."


def _in_use(shown: ReminderShown, newer: Token) -> Iterator[str]:
    used_at, until = shown.token.last_accepted_at, instant(shown.token.retires_at or shown.token.expires_at)
    opened = f" was opened {instant(newer.collected_at)}" if newer.collected_at else " is there"
    used = f", last {instant(used_at)}" if used_at else ""
    yield f"The new one, {code(newer.fingerprint)},{opened}, but a program still uses this old one{used}."
    yield f"The old one works until {until}."


def _account(shown: ReminderShown) -> Iterator[str]:
    if ReminderKind.ACCOUNT_ENDS not in shown.kinds or shown.account_ends_at is None:
        return
    contact, ends_at = shown.name_of(shown.party.contact), instant(shown.account_ends_at)
    propose = shown.for_admins(command("contact", shown.party.name, "@user"))
    yield (
        f"The guest account of {contact}, the contact, ends {ends_at}, before the token does. Please have it extended, "
        f"or have another contact proposed: {propose}."
    )


def _responsible(shown: ReminderShown) -> Iterator[str]:
    """Name whoever has to do something, which rings for them; where they are gone, say what is needed."""
    if shown.owner is None:
        yield f"It needs a new owner, because the one it had is gone: {command('edit', shown.party.name)}."
    if shown.role is not ReaderRole.ADMINS or shown.to_lapse:
        return
    claimed = shown.token.claimed_at is not None and not shown.claimer_gone
    if claimed and not shown.expired and not shown.in_use:
        return  # named already
    if shown.owner is not None:
        yield f"Responsible is {shown.name_of(shown.owner)}."


def _for_contact(shown: ReminderShown) -> Iterator[str]:
    ask, newer = shown.whom_to_ask, shown.newer
    if shown.in_use and newer is not None:
        yield from _in_use(shown, newer)
        yield "Please switch every program to the new one, then press *Everything is switched*."
    elif newer is not None and newer.collected_at is None and shown.offer is not None:
        yield (
            f"New credentials wait for you in my message with the button *Show credentials*, until "
            f"{instant(shown.offer.lapses_at)}. Please open them and switch your programs to them."
        )
    elif newer is not None and newer.suspended_at is not None:
        yield f"The new one, {code(newer.fingerprint)}, is suspended: an admin decides about it. Ask {ask} for more."
    elif newer is not None and newer.collected_at is not None:
        yield (
            f"You opened the new credentials {instant(newer.collected_at)}, but no program uses them yet. Please "
            "switch your programs to them."
        )
    elif shown.to_lapse:
        yield f"It was decided that it is not renewed. If you still need the access, please tell {ask}."
    elif shown.expired:
        yield f"If you still need the access, please ask {ask} for new credentials."
    else:
        yield (
            f"There is nothing to do for you now: {ask} is reminded, too. When I offer you new credentials, please "
            "switch to them before then."
        )
