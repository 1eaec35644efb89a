"""What is sent about a handoff: the living message to the contact, and the news to the owner and the admins."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from access.model.card import Who
from access.model.contact_key import ContactKeys
from access.model.handoff import Handoff, HandoffEnd
from access.model.policy import Policy
from access.model.rendered import Block, Rendered
from access.model.resource_server import Askers
from access.model.third_party import ThirdParty
from access.model.token import Token, TokenOrigin, TokenState
from handlers import ids
from handlers.mrkdwn import code, days, instant, person, strong
from handlers.views.holdings import contact_buttons
from handlers.views.keys import own_key, own_key_buttons
from handlers.views.kit import actions, button, confirmation, context, message, section


@dataclass(frozen=True, slots=True)
class TokenShown:
    """A token and the people in it. `replaced`: a newer one was issued since. `contact`: who has it, or was offered it.

    `others`: the third party's other live tokens. `use_known`: whether a check has ever accepted one of its tokens.
    """

    party: ThirdParty
    token: Token
    contact: Who
    owner: Who
    replaced: bool
    others: Sequence[Token]
    use_known: bool
    askers: Askers
    policy: Policy
    now: datetime

    @property
    def old(self) -> Token | None:
        """The token that this one is to replace, while it works."""
        return next((other for other in self.others if other.id == self.token.renews and other.works(self.now)), None)

    @property
    def successor(self) -> Token | None:
        """The token that is to replace this one, and works."""
        return next((other for other in self.others if other.renews == self.token.id and other.works(self.now)), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class HandoffShown(TokenShown):
    """A token with its handoff. `keys`: the contact's own."""

    handoff: Handoff
    keys: ContactKeys = field(default_factory=ContactKeys)

    @property
    def end(self) -> HandoffEnd | None:
        """How the offer ended; lapsed also where no job has noted it yet."""
        overdue = self.handoff.is_open and self.now >= self.handoff.lapses_at
        return HandoffEnd.LAPSED if overdue else self.handoff.end

    @property
    def is_of_present_contact(self) -> bool:
        """Tell whether the person it was offered to is the approved contact now."""
        return self.party.contact == self.handoff.contact


def handoff_message(shown: HandoffShown, workspace_name: str) -> Rendered:
    """Offer the credentials, and after each change say how things are with them."""
    if shown.end is not None:
        return message(section(_ended(shown, shown.end)))
    if shown.handoff.collected_at is not None:
        return message(
            section(
                f"The credentials of {strong(shown.party.name)} were opened {instant(shown.handoff.collected_at)} "
                f"(fingerprint {code(shown.token.fingerprint)})."
            ),
            section(_after_reveal(shown)),
            *actions(*_buttons_after_reveal(shown)),
            *_buttons_of_holder(shown),
        )
    return message(
        section(
            f"{person(shown.owner)} offers you the credentials with which {strong(shown.party.name)} calls the API of "
            f"{workspace_name}: client ID{', client secret' if shown.token.secret_digest else ''} and token."
        ),
        section(
            f"I show them to you once, when you press *Show credentials*, until {instant(shown.handoff.lapses_at)}. "
            "Best do it at a computer with your password manager open."
        ),
        *_renewal(shown),
        *_paused(shown),
        context(
            "How to be sure that this is real: this message is from the app that introduced itself to you here, and "
            "there is no link and no secret in it. I never ask for a secret. If in doubt, ask "
            f"{person(shown.owner)} by another way whether the name is right."
        ),
        *_buttons_of_offer_and_key(shown),
    )


def handoff_nudge(shown: HandoffShown) -> Rendered:
    """Remind the contact of an offer, and afterwards say that the reminder is settled."""
    if shown.end is not None:
        return message(section(_ended(shown, shown.end)))
    if shown.handoff.collected_at is not None:
        name, at = strong(shown.party.name), instant(shown.handoff.collected_at)
        return message(section(f"Settled: the credentials of {name} were opened {at}."))
    return message(
        section(
            f"The credentials of {strong(shown.party.name)} still wait for you, until "
            f"{instant(shown.handoff.lapses_at)}. After that, {person(shown.owner)} would have to offer new ones. "
            "To see them, press *Show credentials*, best at a computer with your password manager open."
        ),
        *_paused(shown),
        *actions(*_buttons_of_offer(shown)),
    )


_ENDED: Final[Mapping[HandoffEnd, str]] = {
    HandoffEnd.LAPSED: "This offer has lapsed: nobody opened it until {lapses_at}. Please ask {owner} for a new one.",
    HandoffEnd.WITHDRAWN: (
        "This offer was withdrawn. If there is a newer message from me, please use that one; otherwise ask {owner}."
    ),
    HandoffEnd.DECLINED: (
        "You told me that you are not the right person, so you are no longer the contact. Thank you! There is nothing "
        "else to do; if it was a mistake, please tell {owner}."
    ),
}


def _ended(shown: HandoffShown, end: HandoffEnd) -> str:
    text = _ENDED[end].format(lapses_at=instant(shown.handoff.lapses_at), owner=person(shown.owner))
    shown_to_nobody = "The credentials were never shown and don't work."
    if shown.token.origin is not TokenOrigin.ISSUED:
        shown_to_nobody = "The credentials were never shown to you, and I have deleted them."
    return f"{strong(shown.party.name)}: {text} {shown_to_nobody}{old_stays(shown)}"


_STOPPED: Final[Mapping[TokenState, str]] = {
    TokenState.REVOKED: (
        "They were revoked and don't work any more; please remove them from your program. New ones, if there are any, "
        "come in a message of their own. If you didn't expect that, please ask {owner}."
    ),
    TokenState.RETIRED: (
        "The token was retired {retired_at}, because newer credentials have taken its place. It doesn't work any more; "
        "please remove it from your program."
    ),
    TokenState.EXPIRED: "The token expired {expires_at} and doesn't work any more. Please ask {owner} for a new one.",
    TokenState.SUSPENDED: (
        "You told me that {why}. The token is suspended: it is refused, in your own program too, until an admin has "
        "decided. The admins and {owner} know."
    ),
}


_STOPPED_ELSEWHERE: Final[Mapping[TokenState, str]] = {
    TokenState.REVOKED: (
        "They are not to be used any more; please remove them from your program. New ones, if there are any, come in a "
        "message of their own. If you didn't expect that, please ask {owner}."
    ),
    TokenState.SUSPENDED: (
        "You told me that {why}. The admins and {owner} know: they have the token stopped where it was made, and your "
        "own program is refused then, too."
    ),
}
"""What is so where another system made the token, which alone can stop it."""


def _after_reveal(shown: HandoffShown) -> str:
    owner, expires_at = person(shown.owner), instant(shown.token.expires_at)
    state = shown.token.state(shown.now)
    stopped = {**_STOPPED, **(_STOPPED_ELSEWHERE if shown.token.is_external else {})}
    if state in stopped:
        retired_at = instant(shown.token.retired_at) if shown.token.retired_at else ""
        why = suspended_because(shown, "you")
        text = stopped[state].format(owner=owner, expires_at=expires_at, retired_at=retired_at, why=why)
        return f"{text}{old_stays(shown)}"
    if shown.handoff.disputed_at is not None:
        known = f"You told me that it wasn't you, and the admins and {owner} know. "
        if not shown.handoff.disputed_by_former:
            works = f"{known}An admin looked into it, and the token works. If that is wrong, please ask {owner}."
            return f"{works}{_switch(shown)}{_superseded(shown)}"
        return f"{known}The token works until they decide otherwise."
    if not shown.is_of_present_contact:
        return f"Somebody else is the contact now, so please don't use them any more. In doubt, ask {owner}."
    if not shown.party.enabled:
        until = f"At the moment every call is refused, because the access is switched off. {owner} can say more."
    elif shown.successor is not None:
        return _superseded(shown).strip()
    else:
        until = f"The token works until {expires_at}.{_switch(shown)}"
    return f"{_thanks(shown)} {until}"


def _thanks(shown: HandoffShown) -> str:
    if shown.token.last_accepted_at is not None:
        return "A program uses them, and they work."
    return "You told me that they work. Thank you!" if shown.handoff.confirmed_at else "Please tell me how it went."


def suspended_because(shown: HandoffShown, who: str) -> str:
    """Say in a clause why the token is suspended: *That wasn't me* was said of it, or a new one was asked for."""
    return f"it wasn't {who}" if shown.handoff.disputed_at is not None else "somebody else may have them"


def works_until(old: Token, shown: TokenShown) -> str:
    """Say until when an old token works beside its successor."""
    if shown.use_known:
        unused, latest = days(shown.policy.unused_for), instant(old.expires_at)
        return (
            f"The old token {code(old.fingerprint)} works until the new one is in use and nothing has used the old one "
            f"for {unused}, at most until {latest}."
        )
    return f"The old token {code(old.fingerprint)} works until {instant(old.retires_at or old.expires_at)}."


def old_stays(shown: TokenShown) -> str:
    """Say that the token which this one was to replace keeps working, if it does; with a space before it."""
    if shown.old is None:
        return ""
    return f" The old token {code(shown.old.fingerprint)} keeps working until {instant(shown.old.expires_at)}."


def _switch(shown: HandoffShown) -> str:
    if shown.old is None:
        return ""
    return f" {works_until(shown.old, shown)} When every program of yours is switched, press *Everything is switched*."


def _superseded(shown: HandoffShown) -> str:
    if shown.successor is None:
        return ""
    newer = f" Newer credentials have taken their place (fingerprint {code(shown.successor.fingerprint)})."
    return f"{newer} {works_until(shown.token, shown)} Please switch your program to the newer ones."


def _renewal(shown: HandoffShown) -> list[Block]:
    if shown.old is None:
        return []
    fingerprint, latest = code(shown.old.fingerprint), instant(shown.old.expires_at)
    after = f"for {days(shown.policy.overlap)} after that"
    if shown.use_known:
        after = f"after that until nothing has used it for {days(shown.policy.unused_for)}"
    text = (
        f"This is a renewal. The old token {fingerprint} keeps working until you have opened the new ones, and "
        f"{after}, at most until {latest}. So you can switch at leisure."
    )
    return [section(text)]


def _buttons_of_offer(shown: HandoffShown) -> Iterator[Block]:
    about = shown.handoff.id
    yield button("Show credentials", ids.OPEN_HANDOFF, about, style="primary")
    dialog = confirmation(
        "Not the right person?",
        "Then the offer ends and its token is revoked, and you are no longer the contact. The owner is told.",
        "I'm not",
    )
    yield button("I'm not the right person", ids.DECLINE, about, confirm=dialog)


def _buttons_of_offer_and_key(shown: HandoffShown) -> list[Block]:
    """Whoever has no key, and needs none, was told in the introduction what one is for."""
    offer, required = _buttons_of_offer(shown), shown.policy.require_contact_key
    if not shown.is_of_present_contact:
        return actions(*offer)
    if shown.keys.in_force or shown.keys.waiting or required:
        return [*actions(*offer), *own_key(shown.party, shown.keys, required=required)]
    return actions(*offer, *own_key_buttons(shown.party, shown.keys))


def _buttons_after_reveal(shown: HandoffShown) -> Iterator[Block]:
    about = shown.handoff.id
    works = shown.token.works(shown.now)
    if works and shown.old is not None and shown.is_of_present_contact:
        yield button("Everything is switched", ids.SWITCHED, shown.old.id)
    if shown.handoff.disputed_at is not None or shown.party.removed_at is not None:
        return
    renewed = any(other.renews == shown.token.id for other in shown.others)
    if works and not renewed and shown.is_of_present_contact and shown.handoff.confirmed_at is None:
        yield button("It works", ids.WORKS, about, style="primary")
        dialog = confirmation(
            "You didn't see them?",
            "Then this token is revoked at once, and I offer you new credentials in a new message.",
            "I didn't see them",
        )
        yield button("I didn't see it", ids.NOT_SEEN, about, confirm=dialog)
    yield button("That wasn't me", ids.NOT_ME, about)


def _buttons_of_holder(shown: HandoffShown) -> list[Block]:
    """What the contact may do by themselves as long as the token works."""
    if not shown.token.works(shown.now) or not shown.is_of_present_contact:
        return []
    return contact_buttons(shown.token, shown.party, may_ask=shown.party.enabled and not shown.others)


def _paused(shown: HandoffShown) -> list[Block]:
    if shown.party.enabled:
        return []
    return [section(f"At the moment the access is switched off. Please ask {person(shown.owner)} when it is on again.")]
