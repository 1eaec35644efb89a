"""Who did what to a third party."""

from collections.abc import Sequence
from dataclasses import dataclass

from access.model.authority import Right, must_be_allowed
from access.model.card import AuditLineShown
from access.model.errors import ThirdPartyNotFound
from access.model.third_party import ThirdParty
from access.operations.command import OnThirdParty, operation
from access.ports import Ports

_LINES = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class ShowAuditTrail(OnThirdParty):
    """Show its records."""


@dataclass(frozen=True, slots=True)
class AuditTrail:
    """A third party, removed or not, and its newest audit records, newest first."""

    party: ThirdParty
    lines: Sequence[AuditLineShown]


@operation("show_audit_trail")
async def show_audit_trail(cmd: ShowAuditTrail, ports: Ports) -> AuditTrail:
    """Return the newest audit records about a third party, removed or not. For admins and auditors.

    Raises: NotPermitted, ThirdPartyNotFound.
    """
    must_be_allowed(cmd.caller.role, Right.LOOK)
    async with ports.read(cmd.caller.workspace) as reading:
        party = await reading.third_parties.find(cmd.third_party)
        if party is None:
            raise ThirdPartyNotFound
        lines = await reading.audit_trail(cmd.third_party, _LINES)
        accounts = await reading.people.accounts({line.entry.actor for line in lines if line.entry.actor})
        shown = []
        for line in lines:
            entry = line.entry
            person = accounts.get(entry.actor) if entry.actor else None
            shown.append(AuditLineShown(line.number, entry.at, entry.actor, person, entry.action, entry.outcome))
    return AuditTrail(party, shown)
