"""Everything about one third party."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from access.model.authority import Right, may, must_be_allowed
from access.model.card import ThirdPartyCard, TokenLine
from access.model.contact import ContactProposal
from access.model.contact_key import keys_of
from access.model.handoff import Handoff
from access.model.ids import PersonId
from access.model.people import Caller
from access.model.third_party import ThirdParty
from access.model.token import Token
from access.operations.accounts import Telling, accounts_of, telling
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
    owns = not may(cmd.caller.role, Right.MANAGE) and await _owns(party, cmd.caller, reading)
    must_be_allowed(cmd.caller.role, Right.LOOK, owns=owns)
    return await _card(party, cmd.caller, owns, reading, ports)


async def _owns(party: ThirdParty, caller: Caller, reading: Reading) -> bool:
    person = await reading.people.known(caller.slack)
    return person is not None and party.is_owned_by(person)


async def line_of(token: Token, party: ThirdParty, reading: Reading) -> TokenLine:
    """Return a token with what else is shown of it."""
    handoff = await reading.handoffs.find_of(token.id)
    return _line(token, party, handoff, await accounts_of(_people_of(token, party, handoff), reading))


def _line(token: Token, party: ThirdParty, handoff: Handoff | None, who: Telling) -> TokenLine:
    return TokenLine(token, handoff, *map(who, _people_of(token, party, handoff)))


def _people_of(token: Token, party: ThirdParty, handoff: Handoff | None) -> Sequence[PersonId | None]:
    contact = handoff.contact if handoff else token.holder(party.contact)
    return contact, token.claimed_by, token.snoozed_by, token.let_lapse_by


async def _card(party: ThirdParty, caller: Caller, owns: bool, reading: Reading, ports: Ports) -> ThirdPartyCard:
    contacts = [each for each in (party.contact, party.deputy_contact) if each]
    proposals = await reading.proposals.in_view(party.id, contacts)
    proposal = next((each for each in proposals if each.outcome is None), None)
    approval = _approval(party.contact, proposals)
    deputy_approval = _approval(party.deputy_contact, proposals)
    lasting = await reading.contact_keys.lasting(party.id)
    keys = keys_of(party.contact, lasting)
    now = ports.clock.now()
    tokens = enumerate(await reading.tokens.of(party.id))
    shown = [each for place, each in tokens if place < _TOKENS_SHOWN or each.is_live(now)]
    handoffs = await reading.handoffs.of_tokens([token.id for token in shown])
    concerned = [person for token in shown for person in _people_of(token, party, handoffs.get(token.id))]
    decided = [each.decided_by for each in (approval, deputy_approval, keys.in_force) if each]
    proposed = [proposal.contact, proposal.proposed_by] if proposal else []
    parts = [party.owner, party.deputy_owner, party.contact, party.deputy_contact]
    met = await reading.people.met({each for each in (*parts, *decided, *proposed, *concerned) if each})
    who = telling({person: account for person, (account, _) in met.items()})
    owners = [each for each in (party.owner, party.deputy_owner) if each and each in met]
    return ThirdPartyCard(
        party=party,
        now=now,
        owner=who(party.owner),
        deputy_owner=who(party.deputy_owner),
        contact=who(party.contact),
        approval=approval,
        approved_by=who(approval.decided_by if approval else None),
        proposal=proposal,
        proposed=who(proposal.contact if proposal else None),
        proposed_by=who(proposal.proposed_by if proposal else None),
        tokens=[_line(token, party, handoffs.get(token.id), who) for token in shown],
        undelivered=await reading.undelivered(party.id),
        lookalikes=await names_like(party, reading, ports) if may(caller.role, Right.LOOK) else [],
        may_manage=may(caller.role, Right.MANAGE),
        may_serve=may(caller.role, Right.SERVE, owns=owns),
        gone=[each for each in owners if not met[each][1].may_own],
        deputy_contact=who(party.deputy_contact),
        deputy_approval=deputy_approval,
        deputy_approved_by=who(deputy_approval.decided_by if deputy_approval else None),
        askers=await reading.resource_servers.askers(),
        keys=keys,
        key_approved_by=who(keys.in_force.decided_by if keys.in_force else None),
        proposed_key=keys_of(proposal.contact if proposal else None, lasting).waiting,
        key_required=ports.policy.require_contact_key,
    )


def _approval(contact: PersonId | None, newest_first: Iterable[ContactProposal]) -> ContactProposal | None:
    approved = (each for each in newest_first if each.outcome is not None and each.contact == contact)
    return next(approved, None)
