"""From a name that somebody typed to the third party they mean."""

from difflib import get_close_matches

from access.model.authority import Right, may
from access.model.ids import ThirdPartyId
from access.model.people import Caller
from access.model.third_party import name_key
from access.ports import Ports

_SUGGESTED_FROM = 200


async def find_third_party(
    caller: Caller, name: str, ports: Ports, *, or_removed: bool = False
) -> tuple[ThirdPartyId | None, list[str]]:
    """Return the id of the third party of that name, or None and up to three names that are close to it.

    Names are suggested only to a caller who may see them; what may be done with the id is the operation's to decide.
    `or_removed`: to a caller who may see them all, a name that none has now means the one that was removed last.
    """
    async with ports.read(caller.workspace) as reading:
        if (party := await reading.third_parties.by_name(name)) is not None:
            return party.id, []
        sees_all = may(caller.role, Right.LOOK)
        if or_removed and sees_all and (party := await reading.third_parties.removed_by_name(name)) is not None:
            return party.id, []
        person = await reading.people.known(caller.slack)
        if person is None and not sees_all:
            return None, []
        owner = None if sees_all else person
        parties, _ = await reading.third_parties.search("", owner=owner, limit=_SUGGESTED_FROM)
    keys = {name_key(party.name): party.name for party in parties}
    return None, [keys[key] for key in get_close_matches(name_key(name), keys, n=3)]
