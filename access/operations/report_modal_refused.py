"""Slack did not let the contact open the window in which alone the credentials are shown."""

from dataclasses import dataclass
from typing import Final

from access.model.audit import entry_of_refusal
from access.model.errors import ModalRefused
from access.model.messages import MessageKind, PlannedMessage
from access.operations.command import OnHandoff, operation
from access.ports import Ports

_OPERATION: Final = "preview_handoff"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportModalRefused(OnHandoff):
    """*Show credentials* was pressed, and Slack refused the window."""


@operation(_OPERATION)
async def report_modal_refused(cmd: ReportModalRefused, ports: Ports) -> None:
    """Tell the owner once, whatever the number of presses, and record it as a refusal. The offer stands.

    Raises: HandoffNotFound, ThirdPartyNotFound, NotTheContact, AlreadyCollected, HandoffEnded, HandoffPaused.
    """
    now = ports.clock.now()
    async with ports.write(cmd.caller.workspace) as uow:
        actor = await uow.people.id_of(cmd.caller.slack)
        handoff = await uow.handoffs.get(cmd.handoff)
        party = await uow.third_parties.get(handoff.third_party)
        token = await uow.tokens.get(handoff.token)
        handoff.must_open_for(actor, party, token, now)
        entry = entry_of_refusal(
            ModalRefused(),
            operation=_OPERATION,
            actor=actor,
            role=cmd.caller.role,
            third_party=party.id,
            at=now,
        )
        uow.enter(entry)
        uow.plan(PlannedMessage(MessageKind.MODAL_REFUSED, party.owner, party.id, token.id, actor), at=now)
        await uow.commit()
