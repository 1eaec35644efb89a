"""From a name that somebody typed to the third party they mean."""

from difflib import get_close_matches

from access.model.authority import Right, may
from access.model.errors import NotPermitted
from access.model.ids import PersonId, ThirdPartyId
from access.model.people import Caller
from access.model.third_party import name_key
from access.operations.command import OnThirdParty, record_refusal
from access.ports import Ports, Reading

_SUGGESTED_FROM = 200


async def find_third_party(
    caller: Caller, name: str, ports: Ports, *, or_removed: bool = False
) -> tuple[ThirdPartyId | None, list[str]]:
    """Return the id of the third party of that name, or None and up to three names that are close to it.

    Names are suggested only to a caller who may see them; what may be done with the id is the operation's to decide.
    To an owner, somebody else's third party is one that there is not, and their asking is recorded as a refusal: the
    names that they guess would otherwise be answered in two ways.

    `or_removed`: to a caller who may see them all, a name that none has now means the one that was removed last.
    """
    async with ports.read(caller.workspace) as reading:
        sees_all = may(caller.role, Right.LOOK)
        person = await reading.people.known(caller.slack)
        party = await reading.third_parties.by_name(name)
        if party is None and or_removed and sees_all:
            party = await reading.third_parties.removed_by_name(name)
        if party is not None and (sees_all or person is None or party.is_owned_by(person)):
            return party.id, []
        theirs = await _names(None if sees_all else person, reading) if sees_all or person is not None else []
    if party is not None:
        if not theirs:
            return party.id, []
        refusal = NotPermitted(right=Right.LOOK.value, role=caller.role.value)
        await record_refusal("show_third_party", OnThirdParty(caller=caller, third_party=party.id), refusal, ports)
    keys = {name_key(each): each for each in theirs}
    return None, [keys[key] for key in get_close_matches(name_key(name), keys, n=3)]


async def _names(owner: PersonId | None, reading: Reading) -> list[str]:
    parties, _ = await reading.third_parties.search("", owner=owner, limit=_SUGGESTED_FROM)
    return [party.name for party in parties]
