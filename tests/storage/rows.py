"""Rows to fill a database with: a third party, and what may hang on it."""

import hashlib
from datetime import timedelta
from typing import Any

from access.model.contact import ContactProposal
from access.model.contact_key import ContactKey, KeyKind
from access.model.handoff import Handoff
from access.model.ids import (
    ClientId,
    ContactKeyId,
    Fingerprint,
    HandoffId,
    PersonId,
    ProposalId,
    ThirdPartyId,
    TokenId,
    WorkspaceId,
)
from access.model.messages import MessageKind, PlannedMessage
from access.model.third_party import ThirdParty
from access.model.token import Token
from access.ports import UnitOfWork
from storage.engine import Database
from tests.fakes import MONDAY_MORNING

HERE = WorkspaceId("T0HERE")
THERE = WorkspaceId("T0THERE")
NOW = MONDAY_MORNING
HOUR = timedelta(hours=1)
OWNER = PersonId("owner")
CONTACT = PersonId("contact")
PARTY = ThirdPartyId("party")
TOKEN = TokenId("token")
HANDOFF = HandoffId("handoff")
PROPOSAL = ProposalId("proposal")


def party(name: str = "Acme", **given: Any) -> ThirdParty:
    third_party = given.pop("id", PARTY)
    fields = {"owner": OWNER, "registered_at": NOW, "client_id": ClientId(f"tpc_{third_party}"), **given}
    return ThirdParty(id=third_party, name=name, **fields)


def contact_key(**given: Any) -> ContactKey:
    fields = {"third_party": PARTY, "contact": CONTACT, "asked_at": NOW, "kind": KeyKind.AGE, "text": "age1key"}
    return ContactKey(**{"id": ContactKeyId("key"), **fields, "fingerprint": f"SHA256:{'A' * 43}", **given})


def token(**given: Any) -> Token:
    name = given.pop("id", TOKEN)
    token_digest = hashlib.sha256(name.encode()).digest()
    fields = {
        "third_party": PARTY,
        "fingerprint": Fingerprint(token_digest.hex()[:8]),
        "token_digest": token_digest,
        "secret_digest": hashlib.sha256(token_digest).digest(),
        "issued_at": NOW,
        "expires_at": NOW + timedelta(days=184),
        "issued_by": OWNER,
        **given,
    }
    return Token(id=name, **fields)


def handoff(**given: Any) -> Handoff:
    times = {"offered_at": NOW, "nudge_at": NOW + 48 * HOUR, "lapses_at": NOW + 72 * HOUR}
    return Handoff(**{"id": HANDOFF, "third_party": PARTY, "token": TOKEN, "contact": CONTACT, **times, **given})


def proposal(**given: Any) -> ContactProposal:
    fields = {"third_party": PARTY, "contact": CONTACT, "proposed_by": OWNER, "proposed_at": NOW}
    return ContactProposal(**{"id": PROPOSAL, **fields, **given})


def message(subject: str = "token", kind: MessageKind = MessageKind.HANDOFF, **given: Any) -> PlannedMessage:
    return PlannedMessage(**{"kind": kind, "reader": CONTACT, "third_party": PARTY, "subject": subject, **given})


async def offer_token(uow: UnitOfWork, name: str = "token") -> None:
    """A pending token with its sealed credentials and its open handoff."""
    await uow.tokens.add(token(id=TokenId(name)))
    await uow.sealed.put(TokenId(name), client_secret=f"sealed secret of {name}".encode(), bearer=sealed_bearer(name))
    await uow.handoffs.add(handoff(id=HandoffId(f"handoff of {name}"), token=TokenId(name)))


def sealed_bearer(name: str) -> bytes:
    return f"sealed token of {name}".encode()


async def keep_party(database: Database, *parties: ThirdParty, workspace: WorkspaceId = HERE) -> None:
    async with database.write(workspace) as uow:
        for each in parties or (party(),):
            await uow.third_parties.add(each)
        await uow.commit()
