"""One reminder in words: what expires when, how it is with the renewal, and what there is to do."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from access.model.reminder import ReaderRole, ReminderKind
from access.model.token import Token, TokenState
from access.model.working_hours import local_day
from handlers.mrkdwn import code, command, instant, strong
from handlers.views.reminder_shown import ReminderShown

_HOUR: Final = timedelta(hours=1)


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
        refused = ": calls with it are refused since." if shown.matters and not token.is_external else "."
        return f"{which} expired {at}{refused}"
    if shown.is_never_used and shown.matters and not shown.is_about_expiry:
        how = "imported" if token.was_delivered_elsewhere else "opened"
        opened = f" was {how} {instant(token.collected_at)}" if token.collected_at else " is there"
        return f"{which}{opened}, and no program has used it yet."
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
    elif not shown.is_about_expiry:
        yield from _no_matter_any_more(shown)


def _no_matter_any_more(shown: ReminderShown) -> Iterator[str]:
    if shown.to_lapse:
        yield from _decided(shown)
    elif shown.is_about_account_alone:
        yield "The contact's account does not end before it any more, so there is nothing to do."
    elif shown.token.last_accepted_at is not None:
        yield "A program uses it now, so there is nothing to do."
    else:
        yield "A newer one has been opened since, so nothing has to use this one."


def _renewed(shown: ReminderShown, newer: Token) -> Iterator[str]:
    which, until = code(newer.fingerprint), instant(newer.expires_at)
    opened = f", opened {instant(newer.collected_at)}" if newer.collected_at else ""
    if shown.role is ReaderRole.CONTACT:
        yield f"Settled: you have a newer one, {which}{opened}, which works until {until}."
        return
    offered = f"{shown.name_of(newer.issued_by)} offered a new one {instant(newer.issued_at)}"
    if newer.issued_by is None:
        offered = f"a new one, made elsewhere {instant(newer.issued_at)}, was imported"
    yield f"Settled: {offered}. It is {which}{opened}, and works until {until}."


def _for_owner(shown: ReminderShown) -> Iterator[str]:
    if shown.in_use and shown.newer is not None:
        yield from _in_use(shown, shown.newer)
        yield f"Please ask {shown.name_of(shown.party.contact)} to switch every program to the new one."
    elif shown.is_about_expiry:
        yield from _renewal(shown)
        yield from _decided(shown)
    yield from _never_used(shown)
    yield from _account(shown)
    yield from _responsible(shown)


def _renewal(shown: ReminderShown) -> Iterator[str]:
    newer, name = shown.newer, shown.party.name
    contact = shown.name_of(shown.party.contact)
    if newer is not None and shown.offer is not None and newer.collected_at is None:
        offered = f"offered by {shown.name_of(newer.issued_by)} {instant(newer.issued_at)}"
        if newer.issued_by is None:
            offered = f"made elsewhere and offered {instant(shown.offer.offered_at)}"
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
        elif shown.token.is_external or shown.waiting:
            yield from _elsewhere(shown)
        else:
            yield f"Nobody has offered a new one. To go on: {shown.for_admins(command('issue', name))}."
    elif not shown.to_lapse:
        yield from _elsewhere(shown)
    if shown.party.contact is None and not shown.to_lapse:
        propose = shown.for_admins(command("contact", name, "@user"))
        yield f"There is no approved contact who could receive one, and that comes first: {propose}."


def _elsewhere(shown: ReminderShown) -> Iterator[str]:
    """Say that nothing was offered yet, and where a new one comes from if it can't be issued here."""
    offers = command("issue" if shown.expired else "renew", shown.party.name)
    if shown.waiting is not None:
        yield f"A new one is imported, and waits to be offered: {offers}."
    elif shown.token.is_external:
        yield (
            "It was made elsewhere, so only there can a new one be made. Please have that done, and have it imported "
            f"on my machine (`thirdparty-bot import`); then {offers} offers it, if the contact doesn't have it already."
        )
    else:
        yield "Nobody has offered a new one yet."


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


def _never_used(shown: ReminderShown) -> Iterator[str]:
    if not shown.is_never_used:
        return
    if shown.is_about_expiry and shown.token.collected_at is not None:
        how = "imported" if shown.token.was_delivered_elsewhere else "opened"
        yield f"No program has used it yet, though it was {how} {instant(shown.token.collected_at)}."
    yield (
        f"Please ask {shown.name_of(shown.party.contact)} whether something is missing: "
        f"{command('test', shown.party.name)} shows what the access depends on."
    )


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
    elif shown.is_never_used:
        yield from _never_used_by_contact(shown)
    elif shown.to_lapse:
        yield f"It was decided that it is not renewed. If you still need the access, please tell {ask}."
    elif shown.expired:
        yield f"If you still need the access, please ask {ask} for new credentials."
    else:
        yield (
            f"There is nothing to do for you now: {ask} is reminded, too. When I offer you new credentials, please "
            "switch to them before then."
        )


def _never_used_by_contact(shown: ReminderShown) -> Iterator[str]:
    if shown.is_about_expiry:
        yield "No program has used it yet."
    yield (
        "Please put the credentials into your program; *Test my access* shows what I know. If you don't have them any "
        f"more, ask for new ones, or ask {shown.whom_to_ask}."
    )
