"""`/thirdparty report`."""

from collections.abc import Sequence

from access.model.people import Caller
from handlers.answer import Answer
from handlers.commands.naming import Misunderstood
from handlers.commands.words import Word
from handlers.desk import Desk
from handlers.flows import looking
from handlers.views.answers import help_text


async def run(words: Sequence[Word], caller: Caller, desk: Desk) -> Answer:
    """Show what there is to see to. Raises Misunderstood: it is about all third parties, and takes no name."""
    if words:
        raise Misunderstood(help_text("report"))
    return await looking.report(caller, desk)
