"""A contact gives a public key of their own."""

from dataclasses import dataclass

from access.model.contact_key import WITHIN, ContactKey, ContactKeys, PublicKey, change_key, may_have_key
from access.model.errors import NotTheContact
from access.model.ids import ContactKeyId, PersonId, ThirdPartyId
from access.model.third_party import ThirdParty
from access.operations.command import OnThirdParty, operation
from access.ports import Ports, Reading, UnitOfWork


@dataclass(frozen=True, slots=True, kw_only=True)
class PreviewContactKey(OnThirdParty):
    """*Add a public key*, *Change the key*: the first of the two steps."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterContactKey(OnThirdParty):
    """The second one: `text` is what was pasted."""

    text: str


@dataclass(frozen=True, slots=True)
class KeyPreview:
    """Whose key may be changed now."""

    party: ThirdParty
    keys: ContactKeys


@operation("register_contact_key")
async def preview_contact_key(cmd: PreviewContactKey, ports: Ports) -> KeyPreview:
    """Check that the caller may have a key of this third party's. Changes nothing. Raises NotTheContact."""
    async with ports.read(cmd.caller.workspace) as reading:
        return await _theirs(cmd.third_party, await reading.people.known(cmd.caller.slack), reading)


@operation("register_contact_key")
async def register_contact_key(cmd: RegisterContactKey, ports: Ports) -> ContactKey:
    """Ask for another key. Until an admin has approved it, the one before stays in force.

    Whoever waits to become the contact is approved together with it, and a contact's is asked about by itself.

    Raises: NotTheContact, KeyUnusable, KeyUnchanged, KeysChangedOften.
    """
    async with ports.write(cmd.caller.workspace) as uow:
        actor = await uow.people.id_of(cmd.caller.slack)
        await _theirs(cmd.third_party, actor, uow)
        asked = await ask_for_change(ports.public_keys.read(cmd.text), cmd.third_party, uow, ports, actor=actor)
        await uow.commit()
    return asked


async def ask_for_change(
    key: PublicKey | None, third_party: ThirdPartyId, uow: UnitOfWork, ports: Ports, *, actor: PersonId
) -> ContactKey:
    """Ask for a change within the caller's transaction.

    Raises: NotTheContact, NoKeyToRemove, KeyUnchanged, KeysChangedOften.
    """
    now = ports.clock.now()
    theirs = await _theirs(third_party, actor, uow)
    asked, superseded, news = change_key(
        ContactKeyId(ports.random.identifier()),
        key,
        theirs.keys,
        theirs.party,
        await uow.proposals.open_for(third_party),
        by=actor,
        hashed=ports.vault.hash_reason(uow.workspace, key.fingerprint) if key else None,
        lately=await uow.contact_keys.asked_between(third_party, actor, now - WITHIN, now + WITHIN),
        now=now,
    )
    if superseded is not None:
        await uow.contact_keys.save(superseded)
    await uow.contact_keys.add(asked)
    uow.record(actor, news, at=now)
    return asked


async def _theirs(third_party: ThirdPartyId, person: PersonId | None, reading: Reading) -> KeyPreview:
    party = await reading.third_parties.find(third_party)
    proposal = await reading.proposals.open_for(third_party)
    if party is None or person is None or not may_have_key(person, party, proposal):
        raise NotTheContact
    return KeyPreview(party, await reading.contact_keys.of(party.id, person))
