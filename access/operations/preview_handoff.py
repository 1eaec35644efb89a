"""See whether an offer can be opened, before anything is shown."""

from dataclasses import dataclass

from access.model.contact_key import ContactKeys
from access.model.errors import NotTheContact
from access.model.handoff import Handoff
from access.operations.command import OnHandoff, operation
from access.operations.offering import must_not_be_admin
from access.ports import Ports


@dataclass(frozen=True, slots=True, kw_only=True)
class PreviewHandoff(OnHandoff):
    """*Show credentials*: the first of the two steps."""


@dataclass(frozen=True, slots=True)
class OfferPreview:
    """An offer that may be opened, and the keys of whoever may: how it would be shown."""

    handoff: Handoff
    third_party_name: str
    keys: ContactKeys


@operation("preview_handoff")
async def preview_handoff(cmd: PreviewHandoff, ports: Ports) -> OfferPreview:
    """Check that the caller may open this handoff now; return what they are told before. Changes nothing.

    Raises: HandoffNotFound, NotTheContact, AlreadyCollected, HandoffEnded, HandoffPaused, KeyRequired,
    AdminCannotCollect, DirectoryUnavailable, TookTooLong.
    """
    await must_not_be_admin(cmd.caller, ports)
    async with ports.read(cmd.caller.workspace) as reading:
        handoff = await reading.handoffs.get(cmd.handoff)
        person = await reading.people.known(cmd.caller.slack)
        party = await reading.third_parties.find(handoff.third_party)
        token = await reading.tokens.get(handoff.token)
        keys = await reading.contact_keys.of(handoff.third_party, handoff.contact)
    if person is None or party is None:
        raise NotTheContact
    handoff.must_open_for(person, party, token, ports.clock.now())
    keys.must_do(ports.policy, problem="reveal")
    return OfferPreview(handoff, party.name, keys)
