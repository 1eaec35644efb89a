"""Whose a token, a client secret or a resource server's secret is that turned up somewhere."""

from dataclasses import dataclass
from datetime import datetime

from access.model.credentials import SecretKind, digest, kind_of
from access.model.ids import WorkspaceId
from access.model.resource_server import ResourceServer
from access.model.secret import Secret
from access.model.third_party import ThirdParty
from access.model.token import Token
from access.operations.presented import find_presented
from access.ports import Ports


@dataclass(frozen=True, slots=True)
class IdentifiedToken:
    """A token, given by itself or by its client secret: `presented`. `used_at`: the API that had its last use."""

    presented: SecretKind
    token: Token
    party: ThirdParty
    used_at: str | None
    now: datetime

    @property
    def is_live(self) -> bool:
        """Tell whether there is anything to revoke."""
        return self.token.is_live(self.now)


async def identify_secret(
    workspace: WorkspaceId, presented: Secret, ports: Ports
) -> IdentifiedToken | ResourceServer | None:
    """Return whose it is, whatever has become of it; None, if that workspace has nothing like it. Raises CannotKeep."""
    async with ports.read(workspace) as reading:
        found = await find_presented(presented, reading, ports)
        party = await reading.third_parties.find(found.token.third_party) if found else None
        if found is None or party is None:
            return await reading.resource_servers.by_digest(digest(presented)) if kind_of(presented) else None
        names = {each.id: each.name for each in await reading.resource_servers.all()}
    token = found.token
    used_at = names.get(token.last_accepted_by) if token.last_accepted_by else None
    return IdentifiedToken(found.presented, token, party, used_at, ports.clock.now())
