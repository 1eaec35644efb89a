"""All third parties at a glance."""

from datetime import datetime

from access.model.card import Overview, OverviewLine
from access.model.rendered import Block, Rendered
from access.model.third_party import ThirdParty
from access.model.token import TokenState
from handlers import ids
from handlers.mrkdwn import command, instant, person, shortened, strong
from handlers.views.kit import actions, button, context, message, section

_TEXT_SHOWN = 80


def overview(o: Overview) -> Rendered:
    """Return one line for each third party that matches, or what to do where there is none."""
    add = [button("Add a third party", ids.ADD, style="primary")] if o.may_manage else []
    if not o.lines:
        return message(section(_nothing(o)), *actions(*add))
    hidden = o.total - len(o.lines)
    more = f"{hidden} more are not shown. {command('list', rest='TEXT')} finds those whose name contains a text."
    return message(
        section(_heading(o)),
        *(section(_line(line, o.now), button=show(line.party)) for line in o.lines),
        *([context(more)] if hidden > 0 else []),
        *actions(*add),
    )


def _heading(o: Overview) -> str:
    count = f"*{o.total} third {'party' if o.total == 1 else 'parties'}*"
    return f"{count} whose name contains {_searched(o)}" if o.text else count


def _nothing(o: Overview) -> str:
    if o.text:
        return f"No third party's name contains {_searched(o)}. {command('list')} shows all of them."
    if o.may_manage:
        return (
            "There is no third party yet. Register the first one with the button below or with "
            f"{command('add', 'Acme Corp')}."
        )
    return "There is no third party here for you to see. An admin can register one."


def _searched(o: Overview) -> str:
    return strong(shortened(o.text, _TEXT_SHOWN))


def _line(line: OverviewLine, now: datetime) -> str:
    return f"{strong(line.party.name)}\n{standing(line, now)}"


def standing(line: OverviewLine, now: datetime) -> str:
    """Say how a third party stands: its switch, its contact, its token."""
    enabled = "✓ Enabled" if line.party.enabled else "✗ Not enabled"
    return f"{enabled} · {_contact(line)} · {_token(line, now)}"


def _contact(line: OverviewLine) -> str:
    contact = f"contact {person(line.contact)}" if line.party.contact else "no contact yet"
    if line.party.contact is None and line.party.deputy_contact:
        contact = "no contact, but a deputy who can take over"
    if line.contact_waits:
        contact += ", another waits for approval" if line.party.contact else ", one waits for approval"
    if line.deputy_waits:
        contact += ", a deputy waits for approval"
    return contact


def _token(line: OverviewLine, now: datetime) -> str:
    if line.token is None:
        return "no token"
    return {
        TokenState.PENDING: "token not collected yet",
        TokenState.ACTIVE: f"token ✓ Active until {instant(line.token.expires_at)}",
        TokenState.OVERLAPPING: f"token ✓ Active until {instant(line.token.retires_at or line.token.expires_at)}",
        TokenState.SUSPENDED: "token ✗ suspended, an admin decides",
    }.get(line.token.state(now), "no token")


def show(party: ThirdParty) -> Block:
    """Return the button that shows everything about a third party."""
    return button("Show", ids.SHOW, party.id, spoken=f"Show {party.name}")
