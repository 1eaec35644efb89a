"""What a third party's access depends on, and what is wrong with it."""

from dataclasses import dataclass

from access.model.checklist import Checklist, refused_checks
from access.model.people import Acquaintance
from access.operations.command import OnThirdParty, operation
from access.operations.show_third_party import card_of
from access.ports import Ports


@dataclass(frozen=True, slots=True, kw_only=True)
class MakeChecklist(OnThirdParty):
    """Test its access."""


@operation("make_checklist")
async def make_checklist(cmd: MakeChecklist, ports: Ports) -> Checklist:
    """Return the checklist of a third party's access. Nothing is tried out: it tells what a check would be answered.

    Raises: NotPermitted, ThirdPartyNotFound.
    """
    async with ports.read(cmd.caller.workspace) as reading:
        card = await card_of(cmd, reading, ports)
        tokens = await reading.tokens.of(card.party.id)
        refusals = await reading.checks.refusals([token.id for token in tokens])
        contact = card.party.contact
        known = await reading.people.acquaintances([contact]) if contact else {}
        return Checklist(
            card,
            refused_checks(tokens, refusals, card.now),
            known.get(contact, Acquaintance()) if contact else Acquaintance(),
        )
