"""What owner, admins and contact are told about a token that was revoked from outside, by somebody who has it."""

from collections.abc import Iterator

from access.model.rendered import Block, Rendered
from access.model.token import TokenOrigin
from handlers import ids
from handlers.mrkdwn import code, command, instant, person, strong
from handlers.views.handoff_messages import TokenShown
from handlers.views.kit import actions, button, message, section
from handlers.views.token_line import last_use, stop_elsewhere


def revoked_from_outside(shown: TokenShown, *, by_third_party: bool, for_owner: bool) -> Rendered:
    """Tell the owner, or the admins, who asked for it and what that means, with what can be done now.

    `by_third_party`: client ID and client secret came with it; otherwise nobody said who they are.
    """
    said = _by_third_party(shown) if by_third_party else _by_holder(shown)
    return _alarm(shown, said, _what_it_means(shown, by_third_party=by_third_party), for_owner=for_owner)


def revoked_at_command_line(shown: TokenShown, *, for_owner: bool) -> Rendered:
    """Tell the owner, or the admins, that somebody who runs the bot has come by it and revoked it."""
    said = (
        f"*Revoked at the command line.* Somebody who runs me had come by the token {code(shown.token.fingerprint)} of "
        f"{strong(shown.party.name)}, or its client secret, and revoked it{_at(shown)}."
    )
    means = (
        f"It had got into other hands, so others may have it too. Please ask whoever runs me where it turned up, and "
        f"talk with {person(shown.contact)} about how it got there."
    )
    return _alarm(shown, said, means, for_owner=for_owner)


def _alarm(shown: TokenShown, said: str, means: str, *, for_owner: bool) -> Rendered:
    opened = shown.token.collected_at is not None
    means = means if opened or shown.token.origin is not TokenOrigin.ISSUED else _NOBODYS
    return message(
        section(f"{said}{_stopped(shown)}{_what_is_left(shown, for_owner=for_owner)}"),
        section(f"{means} {last_use(shown.token, shown.askers)}" if opened else means),
        *actions(*_buttons(shown, for_owner=for_owner)),
    )


def revoked_from_outside_for_contact(shown: TokenShown, *, by_third_party: bool) -> Rendered:
    """Tell the contact the same, and what to do if it was none of them."""
    how = "with its client secret" if by_third_party else "by somebody who has it, or its client secret"
    return _to_contact(
        shown,
        how,
        "If that was neither you nor your program, somebody else has your credentials: please tell "
        f"{person(shown.owner)} at once.",
    )


def revoked_at_command_line_for_contact(shown: TokenShown) -> Rendered:
    """Tell the contact the same."""
    return _to_contact(
        shown,
        "by those who run this app: it, or its client secret, had turned up outside of your program",
        f"Please ask {person(shown.owner)} where that was, and look how it got there.",
    )


def _to_contact(shown: TokenShown, how: str, what_to_do: str) -> Rendered:
    working = next((other for other in shown.others if other.works(shown.now)), None)
    left, ended = "", "is not to be used" if shown.token.is_external else "doesn't work"
    if working is not None and shown.party.removed_at is None:
        left = f" Your other token, {code(working.fingerprint)}, keeps working."
    return message(
        section(
            f"The token {code(shown.token.fingerprint)} of {strong(shown.party.name)} was revoked{_at(shown)}, {how}. "
            f"It {ended} any more; please remove it from your program.{left}"
        ),
        section(f"{what_to_do} New ones, if there are any, come in a message of their own."),
    )


def _stopped(shown: TokenShown) -> str:
    return stop_elsewhere(shown.token) or " It doesn't work any more."


_NOBODYS = (
    "Nobody had opened these credentials, so nobody could have had them. Whoever runs me should look into that before "
    "you offer new ones: somebody may be reading this app's memory or its keys."
)


def _by_third_party(shown: TokenShown) -> str:
    return (
        f"*Revoked by the third party.* A program of {strong(shown.party.name)} revoked the token "
        f"{code(shown.token.fingerprint)}{_at(shown)}, with its client ID and client secret."
    )


def _by_holder(shown: TokenShown) -> str:
    return (
        f"*Revoked by whoever has it.* Somebody who has the token {code(shown.token.fingerprint)} of "
        f"{strong(shown.party.name)}, or its client secret, revoked it{_at(shown)}, and didn't say who they are."
    )


def _what_it_means(shown: TokenShown, *, by_third_party: bool) -> str:
    if by_third_party:
        return f"If {person(shown.contact)} doesn't know of it, somebody else has all of these credentials. Please ask."
    return (
        f"It may be their own program, or somebody who found it where it doesn't belong. Please ask "
        f"{person(shown.contact)}: if it was none of them, it had got into other hands."
    )


def _what_is_left(shown: TokenShown, *, for_owner: bool) -> str:
    name = shown.party.name
    if shown.party.removed_at is not None:
        return " The third party has been removed since."
    working = next((other for other in shown.others if other.works(shown.now)), None)
    if working is not None:
        until = instant(working.retires_at or working.expires_at)
        return f" The other token, {code(working.fingerprint)}, keeps working until {until}."
    if shown.replaced:
        return " A newer one has been offered."
    if shown.others:
        return f" There is another token; {command('show', name)} says how it is with it."
    return f" For a new one, {'an admin types' if for_owner else 'type'} {command('issue', name)}."


def _buttons(shown: TokenShown, *, for_owner: bool) -> Iterator[Block]:
    about = shown.party.id
    if shown.party.removed_at is not None:
        return
    if shown.party.enabled and shown.party.contact is not None and not shown.replaced:
        if any(other.works(shown.now) for other in shown.others):
            yield button("Renew", ids.RENEW, about, style="primary")
        elif not shown.others and not for_owner:
            yield button("Issue a token", ids.ISSUE, about, style="primary")
    yield button("Show", ids.SHOW, about)


def _at(shown: TokenShown) -> str:
    return f" {instant(shown.token.revoked_at)}" if shown.token.revoked_at else ""
