"""*Let it lapse*: have a token expire without a renewal."""

from dataclasses import dataclass

from access.model.care import must_have_no_newer
from access.model.token import Token
from access.operations.caring import token_to_care_for
from access.operations.command import OnToken, operation
from access.ports import Ports


@dataclass(frozen=True, slots=True, kw_only=True)
class LetTokenLapse(OnToken):
    """Let it lapse."""


@operation("let_token_lapse")
async def let_token_lapse(cmd: LetTokenLapse, ports: Ports) -> Token:
    """Decide that a token is to expire: people are reminded once more, at the last threshold, and at the expiry.

    It can be undone, and ends by itself when a new token is offered in its place.

    Raises: NotPermitted, TokenNotFound, ThirdPartyNotFound, ThirdPartyDisabled, TokenEnded, RenewalUnneeded.
    """
    now = ports.clock.now()
    async with ports.write(cmd.caller.workspace) as uow:
        actor = await uow.people.id_of(cmd.caller.slack)
        found = await token_to_care_for(cmd, uow, now)
        must_have_no_newer(found.token, found.tokens, now)
        lapsing, news = found.token.let_lapse(actor, now)
        await uow.tokens.save(lapsing)
        uow.record(actor, news, at=now)
        await uow.commit()
    return lapsing
