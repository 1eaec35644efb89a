"""An API of the organisation's that asks whether a token is active: RFC 7662's protected resource."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from access.model.errors import ResourceServerNotFound
from access.model.ids import ResourceServerId


@dataclass(frozen=True, slots=True)
class ResourceServer:
    """A resource server as it is kept. `secret_digest` is the SHA-256 of its secret; all instants are UTC.

    `first_asked_at` and `last_asked_at`: of its first and its last check, as far as checks were noted.
    """

    id: ResourceServerId
    name: str
    secret_digest: bytes
    added_at: datetime
    removed_at: datetime | None = None
    first_asked_at: datetime | None = None
    last_asked_at: datetime | None = None

    def remove(self, now: datetime) -> "ResourceServer":
        """Let it ask no more: its next check is refused. Raises ResourceServerNotFound, if it was removed before."""
        if self.removed_at is not None:
            raise ResourceServerNotFound
        return replace(self, removed_at=now)


@dataclass(frozen=True, slots=True)
class Askers:
    """Who asks whether tokens are accepted, and so what can be known of their use.

    `names`: of the resource servers, also of those that were removed. `there`: some were not. `since`: since when
    checks are made; None where none of those that are there has asked, so that nobody can know what is used.
    """

    names: Mapping[ResourceServerId, str] = field(default_factory=dict)
    there: bool = False
    since: datetime | None = None

    @property
    def unnamed(self) -> "Askers":
        """The same for people who need not know what the organisation's APIs are called."""
        return replace(self, names={})


def askers_of(servers: Iterable[ResourceServer]) -> Askers:
    """Return who asks, of all the resource servers that a workspace has or had."""
    known = list(servers)
    there = [each for each in known if each.removed_at is None]
    asked = [each.first_asked_at for each in known if each.first_asked_at is not None]
    since = min(asked) if any(each.first_asked_at is not None for each in there) else None
    return Askers({each.id: each.name for each in known}, bool(there), since)
