"""Who did what to a third party."""

from collections.abc import Sequence
from dataclasses import dataclass

from access.model.authority import Right, must_be_allowed
from access.model.card import AuditLineShown
from access.operations.command import OnThirdParty, operation
from access.ports import Ports

_LINES = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class ShowAuditTrail(OnThirdParty):
    """Show its records."""


@operation("show_audit_trail")
async def show_audit_trail(cmd: ShowAuditTrail, ports: Ports) -> Sequence[AuditLineShown]:
    """Return the newest audit records about a third party, newest first. For admins and auditors.

    Raises: NotPermitted.
    """
    must_be_allowed(cmd.caller.role, Right.LOOK)
    async with ports.read(cmd.caller.workspace) as reading:
        shown = []
        for line in await reading.audit_trail(cmd.third_party, _LINES):
            entry = line.entry
            person = await reading.people.slack_of(entry.actor) if entry.actor else None
            shown.append(AuditLineShown(line.number, entry.at, entry.actor, person, entry.action, entry.outcome))
    return shown
