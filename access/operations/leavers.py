"""Everything that somebody was to third parties, and what they opened: for whoever has to decide about it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from access.model.ids import PersonId, ThirdPartyId
from access.model.leaving import acting_owner
from access.model.messages import MessageKind, PlannedMessage
from access.model.people import Acquaintance
from access.model.third_party import ThirdParty
from access.model.token import Token
from access.ports import Reading


@dataclass(frozen=True, slots=True)
class LeftParty:
    """A third party that concerns the reader.

    `acting_owner`: None where the owner and the deputy are gone, or there is no deputy.
    """

    party: ThirdParty
    acting_owner: PersonId | None


@dataclass(frozen=True, slots=True)
class Leaver:
    """Somebody who is gone, as one reader is shown what they leave behind.

    `parties`: those that they own still, or were the contact of; `opened`: what they opened, each with its third party,
    what still has to be decided about first.
    """

    person: PersonId
    known: Acquaintance
    parties: Sequence[LeftParty]
    opened: Sequence[tuple[Token, ThirdParty]]


async def leaver_of(message: PlannedMessage, reading: Reading, now: datetime) -> Leaver:
    """Return what a message about somebody's going is written from: to its reader what concerns them, to admins all."""
    person = PersonId(message.subject)
    known = (await reading.people.acquaintances([person])).get(person, Acquaintance())
    if message.kind is MessageKind.OWNER_GONE:
        parties = [each for each in await reading.third_parties.of_person(person) if each.owner == person]
        opened = list[tuple[Token, ThirdParty]]()
    else:
        opened = await _opened_by(person, reading, now)
        parties = await _without_contact_since(person, reading)
    reader = None if message.is_for_admins else message.reader
    left = [await _left(each, reading) for each in parties if reader is None or each.is_owned_by(reader)]
    theirs = [(token, party) for token, party in opened if reader is None or party.is_owned_by(reader)]
    return Leaver(person, known, left, theirs)


async def third_parties_of(person: PersonId, reading: Reading) -> list[ThirdPartyId]:
    """Return the third parties to which somebody was anything that has to be decided about."""
    parties = {each.id: None for each in await reading.third_parties.of_person(person)}
    parties |= {each.id: None for each in await _without_contact_since(person, reading)}
    parties |= {token.third_party: None for token in await reading.tokens.opened_by(person)}
    return list(parties)


async def _left(party: ThirdParty, reading: Reading) -> LeftParty:
    owners = [each for each in (party.owner, party.deputy_owner) if each]
    return LeftParty(party, acting_owner(party, await reading.people.acquaintances(owners)))


async def _opened_by(person: PersonId, reading: Reading, now: datetime) -> list[tuple[Token, ThirdParty]]:
    opened = [
        (each, await reading.third_parties.find(each.third_party)) for each in await reading.tokens.opened_by(person)
    ]
    found = [(token, party) for token, party in opened if party is not None]
    return sorted(found, key=lambda each: not each[0].is_live(now))


async def _without_contact_since(person: PersonId, reading: Reading) -> list[ThirdParty]:
    """Return the third parties that nobody was approved for after them and that they are no contact of, by name."""
    parties = [await reading.third_parties.find(each) for each in await reading.proposals.approved_last(person)]
    present = [each for each in parties if each is not None and each.removed_at is None]
    left = [each for each in present if person not in (each.contact, each.deputy_contact)]
    return sorted(left, key=lambda each: each.name)
