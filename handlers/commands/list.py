"""`/thirdparty list [text]`, and `/thirdparty` alone."""

from collections.abc import Sequence

from access.model.people import Caller
from handlers.answer import Answer
from handlers.commands.words import Word, phrase
from handlers.desk import Desk
from handlers.flows import looking


async def run(words: Sequence[Word], caller: Caller, desk: Desk) -> Answer:
    """Show the third parties whose name contains what was typed."""
    return await looking.overview_of_all(caller, desk, phrase(words))
