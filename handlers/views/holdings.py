"""*What I hold*: what a contact has, as they see it themselves, and the buttons that lead there. Never a secret."""

from collections.abc import Iterator
from typing import Final

from access.model.contact_key import ContactKeys
from access.model.holdings import Holding, Holdings
from access.model.rendered import Block, Rendered
from access.model.third_party import ThirdParty
from access.model.token import Token, TokenState
from handlers import ids
from handlers.mrkdwn import code, instant, strong
from handlers.views.keys import key_name, own_key_buttons
from handlers.views.kit import TEXT_LIMIT, View, actions, button, context, message, modal, section

_ROOM: Final = TEXT_LIMIT - 400
"""For the lines about the third parties: a message takes no more, and the window says the same."""

_MOST: Final = 20
"""Third parties, each with its buttons: a message takes 50 blocks."""

_MOST_IN_HOME: Final = 5
"""There, the list of third parties may stand beneath: a view takes 100 blocks."""

_NO_SECRET: Final = "Tokens and client secrets are shown once, when they are opened, and never again, not even here."


def ask(token: Token) -> Block:
    """Return the button that asks for a new token in the place of one that the reader has."""
    spoken = f"Ask for a new token in the place of {token.fingerprint}"
    return button("Ask for a new token", ids.ASK, token.id, spoken=spoken)


def test_mine(party: ThirdParty) -> Block:
    """Return the button by which the contact sees what their access depends on."""
    return button("Test my access", ids.TEST_MINE, party.id)


def contact_buttons(token: Token, party: ThirdParty, *, may_ask: bool = True) -> list[Block]:
    """Return the row of buttons for the contact who has opened that token, for a message of theirs about it.

    `may_ask`: a new one in its place can be asked for now.
    """
    return actions(*([ask(token)] if may_ask else []), test_mine(party), button("What I hold", ids.HOLDINGS))


def holdings_view(holdings: Holdings) -> View:
    """Return the modal that shows it."""
    return modal("What you hold", _blocks(holdings))


def holdings_message(holdings: Holdings) -> Rendered:
    """Say the same where Slack opens no window."""
    return message(*_blocks(holdings))


def held_in_home(holdings: Holdings) -> Iterator[Block]:
    """Give the same for the Home tab, with what can be done about each; nothing for who holds nothing."""
    if not holdings.held:
        return
    yield section("*What you hold*")
    for each in holdings.held[:_MOST_IN_HOME]:
        yield section("\n".join(_about(each, holdings, where="here, or in my message about them")))
        yield from actions(*_ways(each, holdings))
    if len(holdings.held) > _MOST_IN_HOME:
        yield from actions(button("What I hold", ids.HOLDINGS, spoken="Show all that I hold"))
    yield context(_NO_SECRET)


def _ways(holding: Holding, holdings: Holdings) -> Iterator[Block]:
    """Yield what the contact can do: open what waits, ask for a new token in the place of the newest, test it."""
    if not holding.is_contact:
        return
    if holding.offer is not None:
        yield button("Show credentials", ids.OPEN_HANDOFF, holding.offer.id, style="primary")
    newest = [token for token in holding.tokens if token.state(holdings.now) is TokenState.ACTIVE]
    if newest and holding.offer is None and holding.request is None:
        yield ask(newest[0])
    if holding.tokens:
        yield test_mine(holding.party)
    yield from own_key_buttons(holding.party, holding.keys)


def _blocks(holdings: Holdings) -> list[Block]:
    return [*_held(holdings), context(_NO_SECRET)]


def _held(holdings: Holdings) -> Iterator[Block]:
    if not any(each.is_contact for each in holdings.held):
        nobody = (
            "You are nobody's contact at the moment, so you hold no credentials. If you should, please ask an admin."
        )
        yield section(nobody)
    room = _ROOM
    for count, each in enumerate(holdings.held):
        about = "\n".join(_about(each, holdings))
        room -= len(about) + 1
        if room < 0 or count == _MOST:
            more = len(holdings.held) - count
            others = f"And {more} more third part{'y' if more == 1 else 'ies'}."
            yield section(f"{others} Please ask their owners about the tokens.")
            return
        yield section(about)
        if each.is_contact:
            test = [test_mine(each.party)] if each.tokens else []
            yield from actions(*test, *own_key_buttons(each.party, each.keys))


def _about(holding: Holding, holdings: Holdings, where: str = "in my message about them") -> Iterator[str]:
    party = holding.party
    if not holding.is_contact:
        yield f"{strong(party.name)}: you are not the contact any more, so please don't use what you still have of it."
        for token in holding.tokens:
            yield f"•  Token {code(token.fingerprint)}: {_state(token, holdings)}"
        yield "•  Whether it is replaced, the owner decides."
        return
    yield f"{strong(party.name)}, client ID {code(party.client_id)}"
    for token in holding.tokens:
        yield f"•  Token {code(token.fingerprint)}: {_state(token, holdings)}"
    if not holding.tokens:
        yield "•  No token that you have opened works or will."
    if holding.tokens and not party.enabled:
        yield "•  At the moment every call is refused, because the access is switched off."
    if holding.offer is not None:
        lapses_at = instant(holding.offer.lapses_at)
        yield f"•  New credentials wait for you until {lapses_at}: press *Show credentials* {where}."
    if holding.request is not None:
        yield f"•  You asked for a new token {instant(holding.request.asked_at)}, and that isn't decided yet."
    yield from _keys(holding.keys)


def _keys(keys: ContactKeys) -> Iterator[str]:
    if keys.in_force is not None:
        yield f"•  Your public key: {key_name(keys.in_force)}"
    if keys.waiting is not None:
        what = "You asked to remove it" if keys.waiting.is_removal else f"You gave {key_name(keys.waiting)}"
        yield f"•  {what}, and that isn't decided yet."


def _state(token: Token, holdings: Holdings) -> str:
    if token.state(holdings.now) is TokenState.SUSPENDED:
        if token.is_external:
            return f"suspended: the admins have it stopped where it was made. It expires {instant(token.expires_at)}."
        return f"suspended, so it is refused until an admin has decided. It expires {instant(token.expires_at)}."
    if token.state(holdings.now) is TokenState.OVERLAPPING:
        until = instant(token.retires_at or token.expires_at)
        return f"active, the old one. It works until {until}; a newer one has taken its place."
    imported = "; you had it before I knew of it" if token.was_delivered_elsewhere else ""
    return f"active{imported}. It works until {instant(token.expires_at)}."
