"""An API of the organisation's that asks whether a token is active: RFC 7662's protected resource."""

from dataclasses import dataclass, replace
from datetime import datetime

from access.model.errors import ResourceServerNotFound
from access.model.ids import ResourceServerId


@dataclass(frozen=True, slots=True)
class ResourceServer:
    """A resource server as it is kept. `secret_digest` is the SHA-256 of its secret; all instants are UTC.

    `last_asked_at`: of its last check, as far as checks were noted.
    """

    id: ResourceServerId
    name: str
    secret_digest: bytes
    added_at: datetime
    removed_at: datetime | None = None
    last_asked_at: datetime | None = None

    def remove(self, now: datetime) -> "ResourceServer":
        """Let it ask no more: its next check is refused. Raises ResourceServerNotFound, if it was removed before."""
        if self.removed_at is not None:
            raise ResourceServerNotFound
        return replace(self, removed_at=now)
