"""What people are reminded of: a reader's reminders of one day in one message, with what can be done about each."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Final

from access.model.people import SlackUser
from access.model.reminder import ReaderRole
from access.model.rendered import Block, Rendered
from handlers import ids
from handlers.mrkdwn import command, person
from handlers.views.holdings import ask, test_mine
from handlers.views.kit import TEXT_LIMIT, actions, button, confirmation, message, section
from handlers.views.reminder_shown import ReminderShown
from handlers.views.reminder_words import line_of
from handlers.views.token_line import retire, undo_lapse

MOST_SHOWN: Final = 12
"""Tokens in one message, and fewer where names are long: Slack takes 50 blocks and 4,000 characters."""

_MOST_MENTIONED: Final = 20
_FOR_MORE: Final = 150
_MARGIN: Final = 100
"""Of the text: what is put before it when a message is sent again."""


def reminders(lines: Sequence[ReminderShown], admins: Sequence[SlackUser] = ()) -> Rendered:
    """Say what expires when, the most urgent first. `admins`: who is called where it is the last day."""
    lead = list(_lead(lines, admins))
    shown = _fitting(lines, TEXT_LIMIT - _FOR_MORE - _MARGIN - sum(len(each) + 1 for each in lead))
    blocks = [section(each) for each in lead]
    for line, text in sorted(shown, key=lambda each: _urgency(each[0])):  # the same after each change of one
        blocks += [section(text), *actions(*_buttons(line))]
    if any(line.role is ReaderRole.CONTACT and line.concerned for line, _ in shown):
        blocks += actions(button("What I hold", ids.HOLDINGS))
    if more := len(lines) - len(shown):
        blocks.append(section(_more(more, lines[0].role)))
    return message(*blocks)


def _lead(lines: Sequence[ReminderShown], admins: Sequence[SlackUser]) -> Iterator[str]:
    last_call = [line for line in lines if line.role is ReaderRole.ADMINS and line.is_last_call]
    if last_call and admins:
        names = " ".join(person(each) for each in admins[:_MOST_MENTIONED])
        others = f" and {len(admins) - _MOST_MENTIONED} more" if len(admins) > _MOST_MENTIONED else ""
        over = all(line.expired for line in last_call)
        what = "a token has expired" if over else "this is the last call before a token expires"
        decided = all(line.to_lapse for line in last_call)
        todo = "That was decided." if decided else "Please see that somebody is on it."
        yield f"{names}{others}: {what}. {todo}"
    if len(lines) > 1:
        yield f"*{len(lines)} tokens*, the most urgent first:"


def _fitting(lines: Sequence[ReminderShown], room: int) -> list[tuple[ReminderShown, str]]:
    """Return as many as fit, at least one, with their words: those first that matter still, and expire soonest."""
    shown: list[tuple[ReminderShown, str]] = []
    urgent = sorted(lines, key=lambda line: (not line.matters, *_urgency(line)))
    for line in urgent[:MOST_SHOWN]:
        text = line_of(line)
        room -= len(text) + 1
        if shown and room < 0:
            break
        shown.append((line, text))
    return shown


def _urgency(line: ReminderShown) -> tuple[datetime, str]:
    return line.token.expires_at, line.token.id


def _more(count: int, role: ReaderRole) -> str:
    others = f"{count} more token{'' if count == 1 else 's'}"
    if role is ReaderRole.CONTACT:
        return f"There {'is' if count == 1 else 'are'} {others} of yours. Please ask whoever offered them to you."
    return f"There {'is' if count == 1 else 'are'} {others}: {command('report')} shows what expires next."


def _buttons(line: ReminderShown) -> Iterator[Block]:
    if not line.matters or not line.concerned:
        return
    if line.role is ReaderRole.CONTACT:
        yield from _contacts_buttons(line)
        return
    if line.in_use:
        yield retire(line.token)
    elif line.expired:
        yield from _after_expiry(line)
    elif line.is_about_expiry:
        yield from _before_expiry(line)
    if line.is_never_used:
        yield button("Test", ids.TEST, line.party.id, spoken=f"Test the access of the token {line.token.fingerprint}")
    if line.is_about_account_alone and line.role is ReaderRole.ADMINS:
        yield button("Propose another contact", ids.PROPOSE, line.party.id)
    yield button("Show", ids.SHOW, line.party.id, spoken=f"Show the third party of the token {line.token.fingerprint}")


def _after_expiry(line: ReminderShown) -> Iterator[Block]:
    if line.role is ReaderRole.ADMINS and line.may_be_renewed:
        yield button("Issue a token", ids.ISSUE, line.party.id, style="" if line.to_lapse else "primary")


def _before_expiry(line: ReminderShown) -> Iterator[Block]:
    about, fingerprint = line.token.id, line.token.fingerprint
    if line.may_be_renewed:
        renew = f"Renew the token {fingerprint} now"
        yield button("Renew now", ids.RENEW_REMINDED, about, style="" if line.to_lapse else "primary", spoken=renew)
    if line.to_lapse:
        yield undo_lapse(line.token)
        return
    if line.reader is None or line.token.claimed_by != line.reader:
        yield button("I'm on it", ids.CLAIM, about, spoken=f"I look after the token {fingerprint}")
    yield button("Snooze", ids.SNOOZE, about, spoken=f"Remind me of the token {fingerprint} again later")
    if line.newer is None:
        again = " but once more" if line.once_more else ""
        dialog = confirmation(
            "Let it lapse?",
            f"Then it is not renewed, and nobody is reminded of it{again} before it expires. You can undo it.",
            "Let it lapse",
        )
        spoken = f"Let the token {fingerprint} lapse"
        yield button("Let it lapse", ids.LET_LAPSE, about, confirm=dialog, spoken=spoken)


def _contacts_buttons(line: ReminderShown) -> Iterator[Block]:
    """Yield what the contact may press. The place for whatever is for contacts to do about a token they hold."""
    if line.in_use and line.newer is not None:
        yield button("Everything is switched", ids.SWITCHED, line.token.id)
    if line.newer is None and not line.expired:
        yield ask(line.token)
    if line.is_never_used:
        yield test_mine(line.party)
