"""A contact asks to have no public key any more."""

from dataclasses import dataclass

from access.model.contact_key import ContactKey
from access.model.errors import NotTheContact
from access.operations.command import OnContactKey, operation
from access.operations.register_contact_key import ask_for_change
from access.ports import Ports


@dataclass(frozen=True, slots=True, kw_only=True)
class AskKeyRemoval(OnContactKey):
    """*Remove the key*: the one in force."""


@operation("ask_key_removal")
async def ask_key_removal(cmd: AskKeyRemoval, ports: Ports) -> ContactKey:
    """Ask to have no key any more. Until an admin has approved that, it stays in force.

    Raises: KeyChangeNotFound, NotTheContact, NoKeyToRemove, KeyUnchanged, KeysChangedOften.
    """
    async with ports.write(cmd.caller.workspace) as uow:
        actor = await uow.people.id_of(cmd.caller.slack)
        key = await uow.contact_keys.get(cmd.key)
        if key.contact != actor:
            raise NotTheContact
        asked = await ask_for_change(None, key.third_party, uow, ports, actor=actor)
        await uow.commit()
    return asked
