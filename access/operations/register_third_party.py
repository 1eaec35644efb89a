"""Register a third party."""

from dataclasses import dataclass

from access.model.authority import Right, must_be_allowed
from access.model.ids import ThirdPartyId
from access.model.third_party import ThirdParty, register
from access.operations.command import Command, operation
from access.ports import Ports
from access.ports.machine import client_id


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterThirdParty(Command):
    """Register `name`, with an optional callback URL. The caller becomes its owner."""

    name: str
    callback_url: str | None = None


@operation("register_third_party")
async def register_third_party(cmd: RegisterThirdParty, ports: Ports) -> ThirdParty:
    """Register a third party, not enabled, and return it.

    Raises: NotPermitted, NameInvalid, NameTaken, CallbackUrlInvalid.
    """
    must_be_allowed(cmd.caller.role, Right.MANAGE)
    now = ports.clock.now()
    async with ports.write(cmd.caller.workspace) as uow:
        actor = await uow.people.id_of(cmd.caller.slack)
        party, news = register(
            ThirdPartyId(ports.random.identifier()),
            client_id(ports.random),
            name=cmd.name,
            callback_url=cmd.callback_url,
            owner=actor,
            now=now,
        )
        await uow.third_parties.add(party)
        await uow.third_parties.note_skeleton(party.id, party.name, ports.lookalikes.skeleton(party.name))
        uow.record(actor, news, at=now)
        await uow.commit()
    return party
