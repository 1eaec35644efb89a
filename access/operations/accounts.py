"""Whose Slack accounts people are, where several are shown."""

from collections.abc import Callable, Iterable

from access.model.card import Who
from access.model.ids import PersonId
from access.ports import Reading


async def accounts_of(people: Iterable[PersonId | None], reading: Reading) -> Callable[[PersonId | None], Who]:
    """Look up some people at once; return what tells whose account each of them is: None for nobody, or unknown."""
    known = {each for each in people if each}
    accounts = await reading.people.accounts(known) if known else {}
    return lambda person: accounts.get(person) if person else None
