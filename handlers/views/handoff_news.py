"""What the owner and the admins are told about a handoff, and both sides about a token that ended."""

from access.model.card import Who
from access.model.rendered import Rendered
from access.model.token import TokenState
from handlers import ids
from handlers.mrkdwn import code, command, instant, person, strong
from handlers.views.handoff_messages import HandoffShown
from handlers.views.kit import actions, button, message, section
from handlers.views.token_line import lift, replace


def handoff_collected(shown: HandoffShown) -> Rendered | None:
    """Tell the owner that the contact opened the credentials, and what has come of it since."""
    if shown.handoff.collected_at is None:
        return None
    return message(
        section(
            f"{person(shown.contact)} opened the credentials of {strong(shown.party.name)} "
            f"{instant(shown.handoff.collected_at)} (fingerprint {code(shown.token.fingerprint)}). {_since(shown)}"
        ),
        *actions(*_show(shown)),
    )


def _since(shown: HandoffShown) -> str:
    match shown.token.state(shown.now):
        case TokenState.REVOKED:
            return "The token was revoked since and doesn't work any more."
        case TokenState.EXPIRED:
            return f"The token expired {instant(shown.token.expires_at)}."
        case TokenState.SUSPENDED:
            return "They said that it wasn't them, so the token is suspended until an admin decides."
    if shown.handoff.disputed_at is not None:
        return "They said that it wasn't them; the admins know, and the token works."
    until = f"The token works until {instant(shown.token.expires_at)}."
    if shown.handoff.confirmed_at is not None:
        return f"They said that it works. {until}"
    return f"They haven't said yet whether it works. {until} Nothing to do for you."


def handoff_lapsed(shown: HandoffShown) -> Rendered:
    """Tell the owner that nobody opened an offer, with a button for a new one."""
    text = (
        f"{person(shown.contact)} didn't open the credentials of {strong(shown.party.name)} in time, so the offer "
        f"lapsed {instant(shown.handoff.lapses_at)} and its token was revoked."
    )
    if shown.party.removed_at is not None:
        return message(section(f"{text} The third party has been removed since."))
    if shown.replaced:
        return message(section(f"{text} A new one has been offered since."), *actions(*_show(shown)))
    again = []
    if shown.party.enabled and shown.party.contact is not None:
        again = [button("Offer new ones", ids.RESEND, shown.token.id, style="primary")]
    text = f"{text} To offer new ones: {command('resend', shown.party.name)}; best let them know beforehand."
    return message(section(text), *actions(*again, *_show(shown)))


def handoff_declined(shown: HandoffShown) -> Rendered:
    """Tell the owner that the contact says they are the wrong one."""
    return message(
        section(
            f"{person(shown.contact)} told me that they are not the right person for {strong(shown.party.name)}. The "
            "offer ended, its token was revoked, and they are no longer the contact. Nobody saw the credentials."
        ),
        section(f"An admin can propose somebody else: {command('contact', shown.party.name, '@user')}."),
        *actions(*_show(shown)),
    )


def handoff_not_seen(shown: HandoffShown) -> Rendered:
    """Tell the owner that the contact has missed the credentials again and again, with advice."""
    times = shown.handoff.not_seen + 1
    return message(
        section(
            f"{person(shown.contact)} told me {times} times in a row that they didn't see the credentials of "
            f"{strong(shown.party.name)}. Each time I revoked the token and offered a new one."
        ),
        section(
            "It may help to do it together, in a call: with Slack open at a computer instead of a phone, and a "
            "password manager at hand. If somebody else could be reading their Slack, revoke the token: "
            f"{command('revoke', shown.party.name)}."
        ),
        *actions(*_show(shown)),
    )


def modal_refused(shown: HandoffShown) -> Rendered | None:
    """Tell the owner that Slack kept the contact from opening the credentials; moot once the offer has ended."""
    if not shown.handoff.is_open:
        return None
    return message(
        section(
            f"{person(shown.contact)} tried to open the credentials of {strong(shown.party.name)}, but Slack doesn't "
            "let people of their organisation open this app's windows. Nothing is lost: the offer stands until "
            f"{instant(shown.handoff.lapses_at)}."
        ),
        section(
            "Invite them to this workspace as a guest; an admin can then propose that guest account as the contact: "
            f"{command('contact', shown.party.name, '@user')}."
        ),
        *actions(*_show(shown)),
    )


def dispute(shown: HandoffShown, *, for_owner: bool) -> Rendered:
    """Alert owner and admins to a possible misuse of the credentials, and afterwards say what was decided."""
    opened_at = shown.handoff.collected_at
    when = f" {instant(opened_at)}" if opened_at else ""
    said = (
        f"{person(shown.contact)} says that it wasn't them who opened the credentials of {strong(shown.party.name)}"
        f"{when} (fingerprint {code(shown.token.fingerprint)})."
    )
    state, decide = shown.token.state(shown.now), []
    if state is TokenState.SUSPENDED:
        what = (
            "I suspended the token: it is refused until an admin decides. Talk with the contact first, by another way "
            "than Slack."
        )
        decide = [] if for_owner else [replace(shown.token), lift(shown.token)]
    elif state is TokenState.ACTIVE and not shown.handoff.disputed_by_former:
        what = "Decided: it was a mistake, and the token works again."
    elif state is TokenState.ACTIVE:
        what = (
            "They were not the contact any more, so I changed nothing: the token still works. Replace it, unless you "
            "are sure that it is in the right hands."
        )
        decide = [replace(shown.token)]
    else:
        what = f"The token is {state.value} and doesn't work any more, so there is nothing left to decide."
    return message(section(f"*Possible misuse.* {said}"), section(what), *actions(*decide, *_show(shown)))


def token_ended(shown: HandoffShown, *, by: Who, for_contact: bool) -> Rendered:
    """Tell whoever opened a token, or the owner, that it was revoked."""
    token, name = code(shown.token.fingerprint), strong(shown.party.name)
    at = f" {instant(shown.token.revoked_at)}" if shown.token.revoked_at else ""
    ended = f"{person(by)} revoked the token {token} of {name}{at}. It doesn't work any more."
    if shown.party.removed_at is not None:
        ended = f"{ended} {name} has no access to the API from now on."
    elif not for_contact:
        ended = f"{ended} For a new one, an admin types {command('issue', shown.party.name)}."
    if not for_contact:
        return message(section(ended), *actions(*_show(shown)))
    return message(
        section(
            f"{ended} Please remove it from your program. New credentials, if there are any, come in a message of "
            f"their own; if you didn't expect this, please ask {person(shown.owner)}."
        )
    )


def _show(shown: HandoffShown) -> list[dict[str, object]]:
    return [] if shown.party.removed_at else [dict(button("Show", ids.SHOW, shown.party.id))]
