"""`/thirdparty disable NAME [reason]`."""

from collections.abc import Sequence

from access.model.people import Caller
from handlers.answer import Answer
from handlers.commands.naming import named_first
from handlers.commands.words import Word, phrase
from handlers.desk import Desk
from handlers.flows import switches
from handlers.topic import speaking_of


async def run(words: Sequence[Word], caller: Caller, desk: Desk) -> Answer:
    """Disable it; what follows the name is the reason."""
    third_party, reason = await named_first("disable", words, caller, desk)
    async with speaking_of(third_party, desk):
        return await switches.disable(third_party, caller, desk, phrase(reason))
