"""What the owner and the admins are told about a handoff, and both sides about a token that ended."""

from collections.abc import Mapping
from typing import Final

from access.model.card import Who
from access.model.rendered import Rendered
from access.model.token import TokenOrigin, TokenState
from handlers import ids
from handlers.mrkdwn import code, command, instant, person, strong
from handlers.views.handoff_messages import HandoffShown, TokenShown, old_stays, suspended_because, works_until
from handlers.views.kit import actions, button, message, section
from handlers.views.token_line import lift, replace, stop_elsewhere, suspended_until_decided


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


_ENDED: Final[Mapping[TokenState, str]] = {
    TokenState.REVOKED: "The token was revoked since.",
    TokenState.RETIRED: "The token is retired since: a newer one has taken its place.",
    TokenState.EXPIRED: "The token expired {expires_at}.",
    TokenState.SUSPENDED: "They said that {why}, so the token is suspended until an admin decides.",
}


def _since(shown: HandoffShown) -> str:
    if (ended := _ENDED.get(shown.token.state(shown.now))) is not None:
        why = suspended_because(shown, "them")
        elsewhere = stop_elsewhere(shown.token) if shown.token.is_live(shown.now) or shown.token.revoked_at else ""
        return f"{ended.format(expires_at=instant(shown.token.expires_at), why=why)}{elsewhere}{old_stays(shown)}"
    if shown.handoff.disputed_at is not None:
        return "They said that it wasn't them; the admins know, and the token works."
    if shown.successor is not None:
        return f"A newer token has taken its place. {works_until(shown.token, shown)}"
    until = f"The token works until {instant(shown.token.expires_at)}."
    if shown.old is not None:
        until = f"{until} {works_until(shown.old, shown)}"
    if shown.token.last_accepted_at is not None:
        return f"A program uses it, so it works. {until}"
    if shown.handoff.confirmed_at is not None:
        return f"They said that it works. {until}"
    return f"They haven't said yet whether it works. {until} Nothing to do for you."


def first_use(shown: HandoffShown, *, for_contact: bool) -> Rendered | None:
    """Tell the contact, or the owner, that the credentials are in use; moot where that is over, or no matter."""
    if not shown.token.works(shown.now) or shown.handoff.confirmed_at is None or shown.party.removed_at is not None:
        return None
    used = (
        f"A program used the credentials of {strong(shown.party.name)} for the first time "
        f"{instant(shown.handoff.confirmed_at)} (fingerprint {code(shown.token.fingerprint)}), and they work."
    )
    old = f" {works_until(shown.old, shown)}" if shown.old is not None else ""
    if not for_contact:
        return message(section(f"{used}{old} Nothing to do for you."), *actions(*_show(shown)))
    if not shown.is_of_present_contact:
        return None
    switched = " When every program of yours is switched, press *Everything is switched* in my message about them."
    todo = f"{old}{switched}" if old else " There is nothing to do for you."
    wrong = "If it was no program of yours, press *That wasn't me* in my message about them."
    return message(section(f"{used}{todo} {wrong}"))


def handoff_lapsed(shown: HandoffShown) -> Rendered:
    """Tell the owner that nobody opened an offer, with a button for a new one."""
    text = (
        f"{person(shown.contact)} didn't open the credentials of {strong(shown.party.name)} in time, so the offer "
        f"lapsed {instant(shown.handoff.lapses_at)} and its token was revoked.{_never_shown(shown)}{old_stays(shown)}"
    )
    if shown.party.removed_at is not None:
        return message(section(f"{text} The third party has been removed since."))
    if shown.replaced:
        return message(section(f"{text} A new one has been offered since."), *actions(*_show(shown)))
    if shown.token.is_external:
        return message(section(f"{text} {_made_anew(shown)}"), *actions(*_show(shown)))
    again = []
    if shown.party.enabled and shown.party.contact is not None:
        again = [button("Offer new ones", ids.RESEND, shown.token.id, style="primary")]
    text = f"{text} To offer new ones: {command('resend', shown.party.name)}; best let them know beforehand."
    return message(section(text), *actions(*again, *_show(shown)))


def handoff_declined(shown: HandoffShown) -> Rendered:
    """Tell the owner that the contact says they are the wrong one."""
    deputy = ""
    if shown.party.contact is None and shown.party.deputy_contact:
        deputy = f"There is a deputy contact, whom an admin can make the contact: {command('show', shown.party.name)}. "
    return message(
        section(
            f"{person(shown.contact)} told me that they are not the right person for {strong(shown.party.name)}. The "
            "offer ended, its token was revoked, and they are no longer the contact. Nobody saw the credentials."
            f"{_never_shown(shown)}{old_stays(shown)}"
        ),
        section(f"{deputy}An admin can propose somebody else: {command('contact', shown.party.name, '@user')}."),
        *actions(*_show(shown)),
    )


def handoff_not_seen(shown: HandoffShown) -> Rendered:
    """Tell the owner that the contact has missed the credentials again and again, with advice."""
    times = shown.handoff.not_seen + 1
    often = f"{times} times in a row " if times > 1 else ""
    return message(
        section(
            f"{person(shown.contact)} told me {often}that they didn't see the credentials of "
            f"{strong(shown.party.name)}. {_replaced(shown)}"
        ),
        section(
            "It may help to do it together, in a call: with Slack open at a computer instead of a phone, and a "
            "password manager at hand. If somebody else could be reading their Slack, revoke the token: "
            f"{command('revoke', shown.party.name)}."
        ),
        *actions(*_show(shown)),
    )


def _replaced(shown: HandoffShown) -> str:
    if not shown.token.is_external or shown.replaced:
        return "Each time I revoked the token and offered a new one."
    return (
        "It was made elsewhere, so I can't replace it: please have it stopped there, since nobody can use it. "
        f"{_made_anew(shown)}"
    )


def _made_anew(shown: TokenShown) -> str:
    name = shown.party.name
    return (
        "A new one can be made only where this one was made. Once it is imported on my machine "
        f"(`thirdparty-bot import`), {command('issue', name)} or {command('renew', name)} offers it."
    )


def _never_shown(shown: TokenShown) -> str:
    """Say what an end before the reveal means for what was made elsewhere; with a space before it."""
    if shown.token.origin is TokenOrigin.ISSUED:
        return ""
    return f" I have deleted what was imported of it.{stop_elsewhere(shown.token)}"


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
        what = f"{suspended_until_decided(shown.token)}{old_stays(shown)}"
        decide = [] if for_owner else [replace(shown.token), lift(shown.token)]
    elif shown.token.works(shown.now) and not shown.handoff.disputed_by_former:
        old = f" {works_until(shown.old, shown)}" if shown.old else ""
        what = f"Decided: it was a mistake, and the token works again.{old}"
    elif shown.token.works(shown.now):
        what = (
            "They were not the contact any more, so I changed nothing: the token still works. Replace it, unless you "
            "are sure that it is in the right hands."
        )
        decide = [replace(shown.token)]
    else:
        what = (
            f"The token is {state.value}, so there is nothing left to decide here."
            f"{stop_elsewhere(shown.token) if state is TokenState.REVOKED else ''}"
        )
    return message(section(f"*Possible misuse.* {said}"), section(what), *actions(*decide, *_show(shown)))


def token_ended(shown: TokenShown, *, by: Who, for_contact: bool) -> Rendered:
    """Tell whoever opened a token, or the owner, that it was revoked."""
    token, name = code(shown.token.fingerprint), strong(shown.party.name)
    at = f" {instant(shown.token.revoked_at)}" if shown.token.revoked_at else ""
    ended = f"{person(by)} revoked the token {token} of {name}{at}."
    if not for_contact and shown.token.is_external:
        ended = f"{ended}{stop_elsewhere(shown.token)}"
    elif not shown.token.is_external:
        ended = f"{ended} It doesn't work any more."
    if shown.party.removed_at is not None:
        ended = f"{ended} {name} is to have no access to the API from now on."
    else:
        ended = f"{ended}{_what_is_left(shown, for_contact=for_contact)}"
    if not for_contact:
        return message(section(ended), *actions(*_show(shown)))
    return message(
        section(
            f"{ended} Please remove it from your program. New credentials, if there are any, come in a message of "
            f"their own; if you didn't expect this, please ask {person(shown.owner)}."
        )
    )


def _what_is_left(shown: TokenShown, *, for_contact: bool) -> str:
    name = shown.party.name
    working = next((other for other in shown.others if other.works(shown.now)), None)
    if working is not None:
        until = working.retires_at or working.expires_at
        kept = f" The other token, {code(working.fingerprint)}, keeps working until {instant(until)}."
        return kept if for_contact or len(shown.others) > 1 else f"{kept} For another one: {command('renew', name)}."
    if for_contact:
        return ""
    if shown.others:
        return f" There is another token; {command('show', name)} says how it is with it."
    return f" For a new one, an admin types {command('issue', name)}."


def token_retired(shown: TokenShown, *, by: Who, of_itself: bool, for_contact: bool) -> Rendered:
    """Tell the contact, or the owner, that an old token ended. `of_itself`: because its time was over."""
    token, name = code(shown.token.fingerprint), strong(shown.party.name)
    at = f" {instant(shown.token.retired_at)}" if shown.token.retired_at else ""
    if of_itself:
        retired = f"The old token {token} of {name} retired{at}, because the time in which both work is over."
    else:
        retired = f"{person(by)} retired the old token {token} of {name}{at}, because everything is switched."
    new = "" if for_contact else stop_elsewhere(shown.token)
    if shown.successor is not None:
        until = instant(shown.successor.expires_at)
        new = f"{new} The new one, {code(shown.successor.fingerprint)}, works until {until}."
    if for_contact:
        todo = (
            "If a program of yours is refused now, give it the new credentials. If you don't have them any more, "
            f"please ask {person(shown.owner)}."
        )
        return message(section(f"{retired}{new} {todo}"))
    todo = f"If a program of theirs is refused now and they can't switch it: {command('renew', shown.party.name)}."
    if shown.party.removed_at is not None:
        new, todo = "", "The third party has been removed since, so there is nothing to do."
    return message(section(f"{retired}{new} {todo}"), *actions(*_show(shown)))


def _show(shown: TokenShown) -> list[dict[str, object]]:
    return [] if shown.party.removed_at else [dict(button("Show", ids.SHOW, shown.party.id))]
