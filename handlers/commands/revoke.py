"""`/thirdparty revoke NAME [fingerprint]`."""

from collections.abc import Sequence

from access.model.errors import TokenNotFound
from access.model.people import Caller
from access.operations.command import OnThirdParty, refusals_recorded
from handlers.answer import Answer, Say
from handlers.commands.naming import named_first
from handlers.commands.words import Word, phrase
from handlers.desk import Desk
from handlers.flows import tokens
from handlers.flows.cards import card_of
from handlers.topic import speaking_of
from handlers.views.card import third_party_card


async def run(words: Sequence[Word], caller: Caller, desk: Desk) -> Answer:
    """Ask about the token with that fingerprint; without one, about all that still work or will."""
    third_party, rest = await named_first("revoke", words, caller, desk)
    async with speaking_of(third_party, desk):
        card = await card_of(third_party, caller, desk)
        live = [line.token for line in card.live]
        if not rest and not live:
            return Say(third_party_card(card, lead="There is no token to revoke: none works, and none is offered."))
        fingerprint = phrase(rest).lower()
        meant = [token for token in live if fingerprint in ("", token.fingerprint)]
        async with refusals_recorded("revoke_token", OnThirdParty(caller=caller, third_party=third_party), desk.ports):
            if not meant:
                raise TokenNotFound
        return await tokens.ask_which(card, meant, caller, desk)
