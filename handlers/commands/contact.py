"""`/thirdparty contact NAME @user [deputy]`."""

from collections.abc import Sequence
from typing import Final

from access.model.people import Caller
from handlers.answer import Answer
from handlers.commands.naming import Misunderstood, named, named_with
from handlers.commands.words import Word
from handlers.desk import Desk
from handlers.flows import contacts
from handlers.topic import speaking_of
from handlers.views.answers import sentence

_DEPUTY: Final = "deputy"
_NOT_A_MENTION: Final = (
    "I can't tell who that is. Type @ and the first letters of the name, then choose the person from the list that "
    "Slack shows. If they are not on it, type the command without them: the form finds everybody."
)
_ONE_ONLY: Final = (
    "A third party has one contact at a time. Please name one person; a deputy is proposed by a command of their own, "
    "with the word deputy behind them."
)


async def run(words: Sequence[Word], caller: Caller, desk: Desk) -> Answer:
    """Propose the person who is mentioned, as the deputy if that word is behind them; without one, open the form."""
    users = [word.user_id for word in words if word.user_id]
    name = [word for word in words if not word.user_id]
    if len(users) > 1:
        raise Misunderstood(sentence(_ONE_ONLY))
    last = next((word for word in reversed(name) if not word.is_keyword(_DEPUTY)), None)
    if not users and last and last.text.startswith("@") and not last.quoted:
        raise Misunderstood(sentence(_NOT_A_MENTION))
    if len(name) > 1 and words[-2].user_id and words[-1].is_keyword(_DEPUTY):
        third_party, deputy = await named("contact", name[:-1], caller, desk), True
    else:
        third_party, deputy = await named_with(_DEPUTY, "contact", name, caller, desk)
    async with speaking_of(third_party, desk):
        if users:
            return await contacts.propose(third_party, users[0], caller, desk, deputy=deputy)
        return await contacts.open_propose(third_party, caller, desk, deputy=deputy)
