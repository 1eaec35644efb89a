"""Answer a resource server: is this token accepted?"""

import hmac

from access.model.credentials import TOKEN_PREFIX, digest, is_well_formed
from access.model.ids import WorkspaceId
from access.model.secret import Secret
from access.model.token import Verdict, verdict
from access.ports import Ports


async def check_token(workspace: WorkspaceId, presented: Secret, ports: Ports) -> Verdict:
    """Say whether a presented token is accepted now, or why not. The reason is for us alone.

    A malformed token is refused by its checksum, without a query. `workspace` is the asker's.
    """
    text = presented.reveal()
    if not text.startswith(TOKEN_PREFIX) or not is_well_formed(text):
        return Verdict.UNKNOWN
    presented_digest = digest(presented)
    async with ports.read(workspace) as reading:
        token = await reading.tokens.by_digest(presented_digest)
        if token is None or not hmac.compare_digest(token.token_digest, presented_digest):
            return Verdict.UNKNOWN
        party = await reading.third_parties.find(token.third_party)
    return verdict(token, party, ports.clock.now())
