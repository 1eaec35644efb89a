"""Person ids and the Slack accounts behind them."""

from access.model.ids import PersonId
from access.model.people import SlackUser
from access.ports import Random
from storage.scope import Scope
from storage.tables import people


class PersonRows:
    """The port `People`."""

    def __init__(self, scope: Scope, random: Random) -> None:
        self._scope = scope
        self._random = random

    async def id_of(self, slack: SlackUser) -> PersonId:
        """Return the person id of an account, made on first sight (in a writing unit of work)."""
        known = await self.known(slack)
        if known is not None:
            return known
        person = PersonId(self._random.identifier())
        await self._scope.insert(people, id=person, org=slack.org, user_id=slack.user_id)
        return person

    async def known(self, slack: SlackUser) -> PersonId | None:
        """Return the person id of an account, or None if it was never seen."""
        statement = self._scope.select(people, people.c.id)
        row = await self._scope.first(statement.where(people.c.org == slack.org, people.c.user_id == slack.user_id))
        return PersonId(row.id) if row else None

    async def slack_of(self, person: PersonId) -> SlackUser | None:
        """Return the account of a person, or None if the mapping was deleted."""
        row = await self._scope.first(self._scope.select(people).where(people.c.id == person))
        return SlackUser(user_id=row.user_id, org=row.org) if row else None

    async def note_time_zone(self, person: PersonId, time_zone: str) -> None:
        """Keep where somebody is, by an IANA name."""
        await self._scope.execute(self._scope.update(people).where(people.c.id == person).values(time_zone=time_zone))
