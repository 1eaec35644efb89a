"""`/thirdparty contact NAME @user`."""

from collections.abc import Sequence

from access.model.people import Caller
from handlers.answer import Answer
from handlers.commands.naming import Misunderstood, named
from handlers.commands.words import Word
from handlers.desk import Desk
from handlers.flows import contacts
from handlers.topic import speaking_of
from handlers.views.answers import sentence

_NOT_A_MENTION = (
    "I can't tell who that is. Type @ and the first letters of the name, then choose the person from the list that "
    "Slack shows. If they are not on it, type the command without them: the form finds everybody."
)
_ONE_ONLY = "A third party has one contact. Please name one person."


async def run(words: Sequence[Word], caller: Caller, desk: Desk) -> Answer:
    """Propose the person who is mentioned; without one, open the form."""
    users = [word.user_id for word in words if word.user_id]
    name = [word for word in words if not word.user_id]
    if len(users) > 1:
        raise Misunderstood(sentence(_ONE_ONLY))
    if not users and name and name[-1].text.startswith("@") and not name[-1].quoted:
        raise Misunderstood(sentence(_NOT_A_MENTION))
    third_party = await named("contact", name, caller, desk)
    async with speaking_of(third_party, desk):
        if users:
            return await contacts.propose(third_party, users[0], caller, desk)
        return await contacts.open_propose(third_party, caller, desk)
