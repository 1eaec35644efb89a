"""A world whose rows a test writes down as it needs them."""

import hashlib
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from access.model.contact import ContactProposal
from access.model.handoff import Handoff
from access.model.ids import (
    ClientId,
    Fingerprint,
    HandoffId,
    PersonId,
    ProposalId,
    ThirdPartyId,
    TokenId,
)
from access.model.people import SlackUser
from access.model.third_party import ThirdParty
from access.model.token import Token
from access.ports import UnitOfWork
from tests.access.world import TEAM, World

DAY = timedelta(days=1)
VALID = 184 * DAY


@dataclass
class Books:
    """What is written into a world's database, all of it long before now unless said otherwise."""

    world: World
    people: dict[str, PersonId] = field(default_factory=dict)

    @property
    def now(self) -> datetime:
        return self.world.clock.now()

    async def person(self, user_id: str, uow: UnitOfWork) -> PersonId:
        self.people[user_id] = await uow.people.id_of(SlackUser(user_id, TEAM))
        return self.people[user_id]

    async def party(
        self, name: str, *, owner: str = "UANNA", deputy: str = "", contact: str = "UCARLA", **given: Any
    ) -> ThirdParty:
        """A third party, enabled and with a contact unless said otherwise."""
        async with self.world.ports.write(TEAM) as uow:
            people = {
                "owner": await self.person(owner, uow),
                "deputy_owner": await self.person(deputy, uow) if deputy else None,
                "contact": await self.person(contact, uow) if contact else None,
            }
            ids = {"id": ThirdPartyId(self.world.ports.random.identifier()), "client_id": ClientId(f"tpc_{name}")}
            fields = {"enabled": True, "registered_at": self.now - 300 * DAY, **people, **ids, **given}
            party = ThirdParty(name=name, **fields)
            await uow.third_parties.add(party)
            await uow.commit()
        return party

    async def token(
        self, party: ThirdParty, name: str, *, left: timedelta | None = None, confirmed: bool = True, **given: Any
    ) -> Token:
        """A token of it that is collected unless said otherwise, with its handoff. `left`: until it expires."""
        contact = party.contact or self.people["UCARLA"]
        expires_at = self.now + (VALID if left is None else left)
        times = {"issued_at": expires_at - VALID, "expires_at": expires_at, "collected_at": expires_at - VALID + DAY}
        fields = {**times, **given}
        collected_at: datetime | None = fields["collected_at"]
        made = hashlib.sha256(f"{party.id} {name}".encode()).digest()
        token = Token(
            id=TokenId(f"{party.id[:13]}{name:x>13}"),
            third_party=party.id,
            fingerprint=Fingerprint(made.hex()[:8]),
            token_digest=made,
            secret_digest=hashlib.sha256(made).digest(),
            **{"issued_by": party.owner, "collected_by": contact if collected_at else None, **fields},
        )
        offer = Handoff(
            id=HandoffId(f"h{token.id[1:]}"),
            third_party=party.id,
            token=token.id,
            contact=contact,
            offered_at=token.issued_at,
            nudge_at=token.issued_at + 2 * DAY,
            lapses_at=token.issued_at + 3 * DAY,
            collected_at=collected_at,
            confirmed_at=collected_at if confirmed else None,
        )
        async with self.world.ports.write(TEAM) as uow:
            await uow.tokens.add(token)
            await uow.handoffs.add(offer)
            await uow.commit()
        return token

    async def change(self, token: Token, **what: Any) -> Token:
        changed = replace(token, **what)
        async with self.world.ports.write(TEAM) as uow:
            await uow.tokens.save(changed)
            await uow.commit()
        return changed

    async def proposal(self, party: ThirdParty, *, since: timedelta, **given: Any) -> ContactProposal:
        """A proposal that waits, unless said otherwise."""
        async with self.world.ports.write(TEAM) as uow:
            proposal = ContactProposal(
                id=ProposalId(self.world.ports.random.identifier()),
                third_party=party.id,
                contact=await self.person("UERIK", uow),
                proposed_by=await self.person("UANNA", uow),
                proposed_at=self.now - since,
                **given,
            )
            await uow.proposals.add(proposal)
            await uow.commit()
        return proposal
