"""The resource servers of one workspace."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import bindparam, case, func

from access.model.ids import ResourceServerId
from access.model.resource_server import Askers, ResourceServer, askers_of
from access.model.third_party import name_key
from storage.repositories.entities import Entities, selecting_all
from storage.scope import Scope
from storage.tables import resource_servers
from storage.types import Instant

_BY_NAME: Final = selecting_all(resource_servers, ResourceServer).order_by(resource_servers.c.name_key)
_PRESENT: Final = _BY_NAME.where(resource_servers.c.removed_at.is_(None))


class ResourceServerRows:
    """The port `ResourceServers`."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope
        self._rows = Entities(scope, resource_servers, ResourceServer)

    async def add(self, server: ResourceServer) -> None:
        """Insert. Raises ResourceServerNameTaken."""
        await self._rows.add(server, name_key=name_key(server.name))

    async def save(self, server: ResourceServer) -> None:
        """Update."""
        await self._rows.save(server)

    async def by_name(self, name: str) -> ResourceServer | None:
        """Return the one with that name, compared without regard to case, width or runs of spaces."""
        return await self._rows.one(name_key=name_key(name), removed_at=None)

    async def by_digest(self, digest: bytes) -> ResourceServer | None:
        """Return the one whose secret's SHA-256 is `digest`, also if it was removed."""
        return await self._rows.one(secret_digest=digest)

    async def all(self) -> Sequence[ResourceServer]:
        """Return those that were not removed, by name."""
        return await self._rows.run(_PRESENT)

    async def askers(self) -> Askers:
        """Return who asks, of all that there are or were."""
        return askers_of(await self._rows.run(_BY_NAME))

    async def note_asked(self, asked: Mapping[ResourceServerId, datetime]) -> None:
        """Note when they asked, at first and last. The last never moves back, the first never on."""
        first, last = resource_servers.c.first_asked_at, resource_servers.c.last_asked_at
        at = bindparam("asked_at", type_=Instant)
        statement = self._scope.update(resource_servers).where(resource_servers.c.id == bindparam("server"))
        times = {
            "first_asked_at": case((at < first, at), else_=func.coalesce(first, at)),
            "last_asked_at": case((at < last, last), else_=at),
        }
        rows = [{"server": server, "asked_at": asked_at} for server, asked_at in asked.items()]
        await self._scope.execute_many(statement.values(times), rows)
