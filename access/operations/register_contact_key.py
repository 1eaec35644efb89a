"""A contact gives a public key of their own."""

from dataclasses import dataclass

from access.model.contact_key import WITHIN, ContactKey, ContactKeys, PublicKey, change_key, may_have_key
from access.model.errors import NotTheContact
from access.model.ids import ContactKeyId, PersonId
from access.model.third_party import ThirdParty
from access.operations.command import OnThirdParty, operation
from access.ports import Ports, UnitOfWork


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
        party = await reading.third_parties.find(cmd.third_party)
        person = await reading.people.known(cmd.caller.slack)
        proposal = await reading.proposals.open_for(cmd.third_party)
        if party is None or person is None or not may_have_key(person, party, proposal):
            raise NotTheContact
        return KeyPreview(party, await reading.contact_keys.of(party.id, person))


@operation("register_contact_key")
async def register_contact_key(cmd: RegisterContactKey, ports: Ports) -> ContactKey:
    """Ask for another key. Until an admin has approved it, the one before stays in force.

    Whoever waits to become the contact is approved together with it, and a contact's is asked about by itself.

    Raises: NotTheContact, KeyUnusable, KeyUnchanged, KeysChangedOften.
    """
    await preview_contact_key(PreviewContactKey(caller=cmd.caller, third_party=cmd.third_party), ports)
    key = ports.public_keys.read(cmd.text)
    async with ports.write(cmd.caller.workspace) as uow:
        actor = await uow.people.id_of(cmd.caller.slack)
        party = await uow.third_parties.find(cmd.third_party)
        if party is None:
            raise NotTheContact
        asked = await ask_for_change(key, party, uow, ports, actor=actor)
        await uow.commit()
    return asked


async def ask_for_change(
    key: PublicKey | None, party: ThirdParty, uow: UnitOfWork, ports: Ports, *, actor: PersonId
) -> ContactKey:
    """Ask for a change within the caller's transaction.

    Raises: NotTheContact, NoKeyToRemove, KeyUnchanged, KeysChangedOften.
    """
    now = ports.clock.now()
    asked, superseded, news = change_key(
        ContactKeyId(ports.random.identifier()),
        key,
        await uow.contact_keys.of(party.id, actor),
        party,
        await uow.proposals.open_for(party.id),
        by=actor,
        hashed=ports.vault.hash_reason(uow.workspace, key.fingerprint) if key else None,
        lately=await uow.contact_keys.asked_between(party.id, actor, now - WITHIN, now + WITHIN),
        now=now,
    )
    if superseded is not None:
        await uow.contact_keys.save(superseded)
    await uow.contact_keys.add(asked)
    uow.record(actor, news, at=now)
    return asked
