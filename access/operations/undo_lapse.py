"""*Undo*: a token is not to lapse after all."""

from dataclasses import dataclass

from access.model.token import Token
from access.operations.caring import token_to_care_for
from access.operations.command import OnToken, operation
from access.ports import Ports


@dataclass(frozen=True, slots=True, kw_only=True)
class UndoLapse(OnToken):
    """Have people reminded of it again."""


@operation("undo_lapse")
async def undo_lapse(cmd: UndoLapse, ports: Ports) -> Token:
    """Take back that a token is to lapse; nothing happens if it is not.

    Raises: NotPermitted, TokenNotFound, ThirdPartyNotFound, ThirdPartyDisabled, TokenEnded, RenewalUnneeded.
    """
    now = ports.clock.now()
    async with ports.write(cmd.caller.workspace) as uow:
        actor = await uow.people.id_of(cmd.caller.slack)
        found = await token_to_care_for(cmd, uow, now)
        kept, news = found.token.undo_lapse()
        await uow.tokens.save(kept)
        uow.record(actor, news, at=now)
        await uow.commit()
    return kept
