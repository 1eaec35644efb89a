"""From a name that somebody typed to the third party they mean."""

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Final

from access.model.authority import Right, may
from access.model.errors import NotPermitted
from access.model.ids import ThirdPartyId
from access.model.people import Caller
from access.model.third_party import ThirdParty, name_key
from access.operations.command import OnThirdParty, record_refusal
from access.ports import Ports, Reading

_SUGGESTED_FROM: Final = 200
_SUGGESTIONS: Final = 3


@dataclass(frozen=True, slots=True)
class Suggestions:
    """Names that somebody may have meant: `alike` can be mistaken for what they typed, `close` are spelt like it."""

    alike: Sequence[str] = ()
    close: Sequence[str] = ()


async def find_third_party(caller: Caller, name: str, ports: Ports, *, or_removed: bool = False) -> ThirdPartyId | None:
    """Return the id of the third party of that name; what may be done with it is the operation's to decide.

    To an owner, somebody else's third party is one that there is not, and their asking is recorded as a refusal: the
    names that they guess would otherwise be answered in two ways.

    `or_removed`: to a caller who may see them all, a name that none has now means the one that was removed last.
    """
    async with ports.read(caller.workspace) as reading:
        sees_all = may(caller.role, Right.LOOK)
        party = await reading.third_parties.by_name(name)
        if party is None and or_removed and sees_all:
            party = await reading.third_parties.removed_by_name(name)
        if party is None:
            return None
        person = None if sees_all else await reading.people.known(caller.slack)
        if person is None or party.is_owned_by(person) or not await reading.third_parties.names(owner=person):
            return party.id
    refusal = NotPermitted(right=Right.LOOK.value, role=caller.role.value)
    await record_refusal("show_third_party", OnThirdParty(caller=caller, third_party=party.id), refusal, ports)
    return None


async def suggest_third_parties(caller: Caller, typed: Sequence[str], ports: Ports) -> Suggestions:
    """Return at most three names of each kind for what was typed, out of those that the caller may see."""
    async with ports.read(caller.workspace) as reading:
        owner = None
        if not may(caller.role, Right.LOOK):
            owner = await reading.people.known(caller.slack)
            if owner is None:
                return Suggestions()
        skeletons = {ports.lookalikes.skeleton(text) for text in typed}
        alike = await reading.third_parties.alike(skeletons, _SUGGESTIONS, owner=owner)
        names = await reading.third_parties.first_names(_SUGGESTED_FROM, owner=owner)
    keys = {name_key(name): name for name in names if name not in alike}
    close = [keys[key] for text in typed for key in get_close_matches(name_key(text), keys, n=_SUGGESTIONS)]
    return Suggestions(alike, list(dict.fromkeys(close))[:_SUGGESTIONS])


async def names_like(party: ThirdParty, reading: Reading, ports: Ports) -> list[str]:
    """Return at most three names of other third parties that can be mistaken for this one's."""
    alike = await reading.third_parties.alike([ports.lookalikes.skeleton(party.name)], _SUGGESTIONS + 1)
    return [name for name in alike if name_key(name) != name_key(party.name)][:_SUGGESTIONS]
