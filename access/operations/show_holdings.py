"""*What I hold*: what a contact has, of all their third parties."""

from access.model.contact_key import keys_of
from access.model.holdings import Holding, Holdings
from access.model.ids import PersonId
from access.model.third_party import ThirdParty
from access.operations.command import Command
from access.ports import Ports, Reading


async def show_holdings(cmd: Command, ports: Ports) -> Holdings:
    """Return what the caller holds and what waits for them. Whoever holds nothing is told so, and never refused.

    Of a third party of which they are not the contact any more, only the tokens that they opened and that still work.
    """
    async with ports.read(cmd.caller.workspace) as reading:
        return await holdings_of(await reading.people.known(cmd.caller.slack), reading, ports)


async def holdings_of(person: PersonId | None, reading: Reading, ports: Ports) -> Holdings:
    """Return what somebody holds, as things are now; None is somebody never seen."""
    now = ports.clock.now()
    parties = await _parties_of(person, reading) if person else []
    if person is None or not parties:
        return Holdings([], now)
    ids = [party.id for party in parties]
    tokens, keys = await reading.tokens.of_each(ids), await reading.contact_keys.lasting_of_each(ids)
    offers, requests = await reading.handoffs.open_of(ids), await reading.token_requests.open_of(ids)
    held = []
    for party in parties:
        opened = [token for token in tokens[party.id] if token.holder(party.contact) == person]
        if party.contact != person:
            held.append(Holding(party, False, [token for token in opened if token.works(now)], None, None))
            continue
        offer, request = offers.get(party.id), requests.get(party.id)
        live = [token for token in opened if token.is_live(now)]
        open_to_them = offer if offer and offer.contact == person and now < offer.lapses_at else None
        own = request if request and request.asked_by == person else None
        held.append(Holding(party, True, live, open_to_them, own, keys_of(person, keys[party.id])))
    held = [each for each in held if each.is_contact or each.tokens]
    return Holdings(sorted(held, key=lambda each: not each.is_contact), now)


async def _parties_of(person: PersonId, reading: Reading) -> list[ThirdParty]:
    theirs = [party for party in await reading.third_parties.of_person(person) if party.contact == person]
    opened = {token.third_party for token in await reading.tokens.opened_by(person)}
    others = sorted(opened - {party.id for party in theirs})
    former = await reading.third_parties.find_each(others) if others else {}
    return [*theirs, *(former[each] for each in others if each in former)]
