"""`/thirdparty help [command]`."""

from collections.abc import Sequence

from access.model.people import Caller
from handlers.answer import Answer
from handlers.commands.naming import Misunderstood
from handlers.commands.words import Word, phrase
from handlers.desk import Desk
from handlers.views.answers import help_text


async def run(words: Sequence[Word], _caller: Caller, _desk: Desk) -> Answer:
    """Show what can be typed, to those who may type it. Raises Misunderstood: so the others learn whom to ask."""
    raise Misunderstood(help_text(phrase(words).lower() or None))
