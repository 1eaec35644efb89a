"""`/thirdparty find FINGERPRINT`."""

from collections.abc import Sequence

from access.model.credentials import typed_fingerprint
from access.model.people import Caller
from handlers.answer import Answer
from handlers.commands.naming import Misunderstood
from handlers.commands.words import Word, phrase
from handlers.desk import Desk
from handlers.flows import looking
from handlers.views.answers import help_text
from handlers.views.found import no_fingerprint


async def run(words: Sequence[Word], caller: Caller, desk: Desk) -> Answer:
    """Show whose token that is. Raises Misunderstood."""
    if not words:
        raise Misunderstood(help_text("find"))
    fingerprint = typed_fingerprint(phrase(words))
    if fingerprint is None:
        raise Misunderstood(no_fingerprint(phrase(words)))
    return await looking.find(fingerprint, caller, desk)
