"""*What I hold*: what a contact has, of all their third parties."""

from access.model.contact_key import ContactKeys
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
    parties = await _parties_of(person, reading) if person else []
    held = [await _holding(party, person, reading, ports) for party in parties]
    held = [each for each in held if each.is_contact or each.tokens]
    return Holdings(sorted(held, key=lambda each: not each.is_contact), ports.clock.now())


async def _parties_of(person: PersonId, reading: Reading) -> list[ThirdParty]:
    theirs = [party for party in await reading.third_parties.of_person(person) if party.contact == person]
    opened = {token.third_party for token in await reading.tokens.opened_by(person)}
    former = [await reading.third_parties.find(each) for each in sorted(opened - {party.id for party in theirs})]
    return [*theirs, *(party for party in former if party is not None)]


async def _holding(party: ThirdParty, person: PersonId | None, reading: Reading, ports: Ports) -> Holding:
    now, is_contact = ports.clock.now(), party.contact == person
    opened = [token for token in await reading.tokens.of(party.id) if token.holder(party.contact) == person]
    if not is_contact:
        return Holding(party, False, [token for token in opened if token.works(now)], None, None)
    offer = await reading.handoffs.open_for(party.id)
    request = await reading.token_requests.open_for(party.id)
    return Holding(
        party,
        True,
        [token for token in opened if token.is_live(now)],
        offer if offer is not None and offer.contact == person and now < offer.lapses_at else None,
        request if request is not None and request.asked_by == person else None,
        await reading.contact_keys.of(party.id, person) if person else ContactKeys(),
    )
