"""*I'm on it*: look after a token's renewal."""

from dataclasses import dataclass
from datetime import datetime

from access.model.card import Who
from access.model.third_party import ThirdParty
from access.model.token import Token
from access.operations.caring import token_to_care_for
from access.operations.command import OnToken, operation
from access.ports import Ports


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimToken(OnToken):
    """Look after it."""


@dataclass(frozen=True, slots=True)
class Claim:
    """A token that the caller looks after. `former` did so before, since `former_since`, if anybody else did."""

    token: Token
    party: ThirdParty
    former: Who
    former_since: datetime | None


@operation("claim_token")
async def claim_token(cmd: ClaimToken, ports: Ports) -> Claim:
    """Note who looks after a token's renewal, from now on the caller; it stops no reminder.

    Raises: NotPermitted, TokenNotFound, ThirdPartyNotFound, ThirdPartyDisabled, TokenEnded, RenewalUnneeded,
    LeftToLapse.
    """
    now = ports.clock.now()
    async with ports.write(cmd.caller.workspace) as uow:
        actor = await uow.people.id_of(cmd.caller.slack)
        found = await token_to_care_for(cmd, uow, now)
        claimed, news = found.token.claim(actor, now)
        former, since = found.token.claimed_by, found.token.claimed_at
        others = former if news else None
        account = await uow.people.slack_of(others) if others else None
        await uow.tokens.save(claimed)
        uow.record(actor, news, at=now)
        await uow.commit()
    return Claim(claimed, found.party, account, since if others else None)
