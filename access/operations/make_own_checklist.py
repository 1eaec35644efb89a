"""*Test my access*: what a contact's own access depends on."""

from dataclasses import dataclass

from access.model.checklist import OwnChecklist, refused_checks
from access.model.errors import NotTheContact
from access.model.token import Verdict
from access.operations.command import OnThirdParty, operation
from access.ports import Ports

_KEPT_FROM_CONTACTS = frozenset({Verdict.NOT_COLLECTED})
"""That somebody tried a token before the contact had it is the owner's and the admins' to look into."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MakeOwnChecklist(OnThirdParty):
    """Test the caller's access."""


@operation("make_own_checklist")
async def make_own_checklist(cmd: MakeOwnChecklist, ports: Ports) -> OwnChecklist:
    """Return the checklist of the caller's own access, as the present contact: of tokens that they opened.

    Raises: NotTheContact, ThirdPartyNotFound.
    """
    async with ports.read(cmd.caller.workspace) as reading:
        party = await reading.third_parties.get(cmd.third_party)
        person = await reading.people.known(cmd.caller.slack)
        if person is None or person != party.contact:
            raise NotTheContact
        now = ports.clock.now()
        tokens = await reading.tokens.of(party.id)
        opened = [token for token in tokens if token.holder(party.contact) == person]
        refusals = await reading.checks.refusals([token.id for token in opened])
        refusals = [each for each in refusals if each.verdict not in _KEPT_FROM_CONTACTS]
        offer = await reading.handoffs.open_for(party.id)
        live = [token for token in tokens if token.is_live(now)]
        return OwnChecklist(
            party=party,
            tokens=[token for token in opened if token.is_live(now)],
            offer=offer if offer is not None and offer.contact == person and now < offer.lapses_at else None,
            refused=refused_checks(opened, refusals, now),
            askers=(await reading.resource_servers.askers()).unnamed,
            owner=await reading.people.slack_of(party.owner),
            may_ask=party.enabled and len(live) == 1 and live[0].holder(party.contact) == person,
            now=now,
        )
