"""*Renew now* beside a reminder: is the token of which it reminds the one that a renewal would replace?"""

from dataclasses import dataclass

from access.model.third_party import ThirdParty
from access.operations.caring import token_to_care_for
from access.operations.command import OnToken, operation
from access.ports import Ports


@dataclass(frozen=True, slots=True, kw_only=True)
class PreviewRenewal(OnToken):
    """Say whose token it is."""


@operation("renew_token")
async def preview_renewal(cmd: PreviewRenewal, ports: Ports) -> ThirdParty:
    """Check that the caller may renew this token, and that it waits for that; return its third party. Changes nothing.

    A refusal is recorded under the operation that this one leads to.

    Raises: NotPermitted, TokenNotFound, ThirdPartyNotFound, ThirdPartyDisabled, TokenEnded, RenewalUnneeded.
    """
    async with ports.read(cmd.caller.workspace) as reading:
        return (await token_to_care_for(cmd, reading, ports.clock.now())).party
