"""Everything about one third party."""

from dataclasses import dataclass

from access.model.authority import Right, may, must_be_allowed
from access.model.card import ThirdPartyCard, TokenLine, Who
from access.model.contact import ContactProposal
from access.model.contact_key import ContactKeys
from access.model.ids import PersonId
from access.model.people import Caller
from access.model.third_party import ThirdParty
from access.model.token import Token
from access.operations.command import OnThirdParty, operation
from access.operations.find_third_party import names_like
from access.ports import Ports, Reading

_TOKENS_SHOWN = 5
"""The newest; a live one is shown however old it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ShowThirdParty(OnThirdParty):
    """Show it."""


@operation("show_third_party")
async def show_third_party(cmd: ShowThirdParty, ports: Ports) -> ThirdPartyCard:
    """Return the card of a third party, with what the caller may do about it.

    Raises: NotPermitted, ThirdPartyNotFound.
    """
    async with ports.read(cmd.caller.workspace) as reading:
        return await card_of(cmd, reading, ports)


async def card_of(cmd: OnThirdParty, reading: Reading, ports: Ports) -> ThirdPartyCard:
    """Return the card of a third party for the caller. Raises NotPermitted, ThirdPartyNotFound."""
    party = await reading.third_parties.get(cmd.third_party)
    person = await reading.people.known(cmd.caller.slack)
    owns = person is not None and party.is_owned_by(person)
    must_be_allowed(cmd.caller.role, Right.LOOK, owns=owns)
    return await _card(party, cmd.caller, owns, reading, ports)


async def line_of(token: Token, party: ThirdParty, reading: Reading) -> TokenLine:
    """Return a token with what else is shown of it."""

    async def who(person: PersonId | None) -> Who:
        return await reading.people.slack_of(person) if person else None

    handoff = await reading.handoffs.find_of(token.id)
    contact = handoff.contact if handoff else token.holder(party.contact)
    decided = [await who(each) for each in (token.claimed_by, token.snoozed_by, token.let_lapse_by)]
    return TokenLine(token, handoff, await who(contact), *decided)


async def _card(party: ThirdParty, caller: Caller, owns: bool, reading: Reading, ports: Ports) -> ThirdPartyCard:
    people = reading.people

    async def who(person: PersonId | None) -> Who:
        return await people.slack_of(person) if person else None

    proposal = await reading.proposals.open_for(party.id)
    approval = await _approval(party.contact, party, reading)
    deputy_approval = await _approval(party.deputy_contact, party, reading)
    keys = await reading.contact_keys.of(party.id, party.contact) if party.contact else ContactKeys()
    proposed = await reading.contact_keys.of(party.id, proposal.contact) if proposal else ContactKeys()
    owners = await people.acquaintances([each for each in (party.owner, party.deputy_owner) if each])
    now = ports.clock.now()
    tokens = enumerate(await reading.tokens.of(party.id))
    shown = [each for place, each in tokens if place < _TOKENS_SHOWN or each.is_live(now)]
    return ThirdPartyCard(
        party=party,
        now=now,
        owner=await who(party.owner),
        deputy_owner=await who(party.deputy_owner),
        contact=await who(party.contact),
        approval=approval,
        approved_by=await who(approval.decided_by if approval else None),
        proposal=proposal,
        proposed=await who(proposal.contact if proposal else None),
        proposed_by=await who(proposal.proposed_by if proposal else None),
        tokens=[await line_of(token, party, reading) for token in shown],
        undelivered=await reading.undelivered(party.id),
        lookalikes=await names_like(party, reading, ports) if may(caller.role, Right.LOOK) else [],
        may_manage=may(caller.role, Right.MANAGE),
        may_serve=may(caller.role, Right.SERVE, owns=owns),
        gone=[each for each, known in owners.items() if not known.may_own],
        deputy_contact=await who(party.deputy_contact),
        deputy_approval=deputy_approval,
        deputy_approved_by=await who(deputy_approval.decided_by if deputy_approval else None),
        askers=await reading.resource_servers.askers(),
        keys=keys,
        key_approved_by=await who(keys.in_force.decided_by if keys.in_force else None),
        proposed_key=proposed.waiting,
        key_required=ports.policy.require_contact_key,
    )


async def _approval(contact: PersonId | None, party: ThirdParty, reading: Reading) -> ContactProposal | None:
    return await reading.proposals.last_approved(party.id, contact) if contact else None
