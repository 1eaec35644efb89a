"""`/thirdparty add [name] [callback-url]`."""

from collections.abc import Sequence

from access.model.people import Caller
from handlers.answer import Answer
from handlers.commands.words import Word, phrase
from handlers.desk import Desk
from handlers.flows import details


async def run(words: Sequence[Word], caller: Caller, desk: Desk) -> Answer:
    """Register what was named; without a name, open the form. A last word with `://` is the callback URL."""
    callback_url = ""
    if words and "://" in words[-1].text:
        *words, last = words
        callback_url = last.text
    if not words:
        return await details.open_add(caller, desk, callback_url)
    return await details.register(phrase(words), callback_url, caller, desk)
