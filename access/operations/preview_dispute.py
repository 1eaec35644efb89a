"""See whether *That wasn't me* can be said of a handoff, before asking whether it is meant."""

from dataclasses import dataclass

from access.model.errors import NotTheContact
from access.model.resource_server import Askers
from access.model.token import Token
from access.operations.command import OnHandoff, operation
from access.ports import Ports


@dataclass(frozen=True, slots=True, kw_only=True)
class PreviewDispute(OnHandoff):
    """*That wasn't me*: the first of the two steps."""


@operation("dispute_handoff")
async def preview_dispute(cmd: PreviewDispute, ports: Ports) -> tuple[Token, str, Askers]:
    """Check that the caller may dispute this handoff now; return its token, the third party's name, and who asks.

    Changes nothing. A refusal is recorded under the operation that this one leads to.

    Raises: HandoffNotFound, ThirdPartyNotFound, NotTheContact, NotCollected, HandoffEnded, AlreadyDisputed.
    """
    async with ports.read(cmd.caller.workspace) as reading:
        handoff = await reading.handoffs.get(cmd.handoff)
        person = await reading.people.known(cmd.caller.slack)
        party = await reading.third_parties.get(handoff.third_party)
        token = await reading.tokens.get(handoff.token)
        askers = await reading.resource_servers.askers()
    if person is None:
        raise NotTheContact
    handoff.dispute(person, party, ports.clock.now())
    return token, party.name, askers.unnamed
