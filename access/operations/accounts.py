"""Whose Slack accounts people are, where several are shown."""

from collections.abc import Callable, Iterable, Mapping

from access.model.card import Who
from access.model.ids import PersonId
from access.model.people import SlackUser
from access.ports import Reading

Telling = Callable[[PersonId | None], Who]
"""Tells whose account somebody has: None for nobody, or unknown."""


async def accounts_of(people: Iterable[PersonId | None], reading: Reading) -> Telling:
    """Look up some people at once."""
    known = {each for each in people if each}
    return telling(await reading.people.accounts(known) if known else {})


def telling(accounts: Mapping[PersonId, SlackUser]) -> Telling:
    """Tell of those who have been looked up."""
    return lambda person: accounts.get(person) if person else None
