"""See whether an old token can be retired, before asking whether it is meant."""

from access.operations.command import operation
from access.operations.retire_token import RetireToken
from access.operations.succession import Overlap, overlap_to_end
from access.ports import Ports


@operation("retire_token")
async def preview_retirement(cmd: RetireToken, ports: Ports) -> Overlap:
    """Check that the caller may retire this token now; return it and its successor. Changes nothing.

    A refusal is recorded under the operation that this one leads to.

    Raises: NotPermitted, NotTheContact, TokenNotFound, TokenEnded, NotOverlapping, ThirdPartyNotFound.
    """
    async with ports.read(cmd.caller.workspace) as reading:
        return await overlap_to_end(cmd, reading, ports.clock.now(), as_contact=cmd.as_contact)
