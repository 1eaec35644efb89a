"""Two workspaces in one database, and each of them once more in a database that it has to itself.

What a workspace does is done in both places: whatever it sees, writes or is refused in the one and not in the other
comes from its neighbour. The two may be as like as can be: the same ids, the same secrets, the same names.
"""

import hashlib
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Engine, create_engine, event

from access.model.ids import WorkspaceId
from access.model.people import SlackUser
from access.model.policy import Policy
from access.model.secret import Secret
from access.ports.machine import Random
from bot.keyring import make_keyring
from storage.tables import metadata
from tests.access.world import World
from tests.fakes import CountingRandom, FrozenClock
from tests.isolation.scoped import must_be_scoped

BOREAL, AUSTRAL = WorkspaceId("T0BOREAL"), WorkspaceId("T0AUSTRAL")
OTHER: Final = {BOREAL: AUSTRAL, AUSTRAL: BOREAL}
PARTNER: Final = "E0PARTNER"
"""The organisation of people who have a part in both workspaces, with the same account."""

POLICY: Final = Policy(retention_months=13)

Rows = Mapping[tuple[str, str], Sequence[tuple[Any, ...]]]
"""What each table holds of each workspace, in the order in which it came."""


@dataclass
class TurnRandom:
    """Draws for the workspace whose turn it is, so that nothing hangs on what the other one has drawn."""

    streams: Mapping[WorkspaceId, Random]
    turn: WorkspaceId = BOREAL

    def identifier(self) -> str:
        return self.streams[self.turn].identifier()

    def entropy(self, size: int) -> bytes:
        return self.streams[self.turn].entropy(size)


@dataclass
class ApartRandom:
    """The ids of another generator, with secrets that only one workspace has: a resource server's are unique."""

    random: Random
    workspace: WorkspaceId

    def identifier(self) -> str:
        return self.random.identifier()

    def entropy(self, size: int) -> bytes:
        return hashlib.shake_256(self.workspace.encode() + self.random.entropy(size)).digest(size)


@dataclass
class Home:
    """A workspace in one of the databases. `servers`: the secrets of the resource servers that were added there."""

    world: World
    like_names: bool
    servers: list[Secret] = field(default_factory=list)

    @property
    def workspace(self) -> WorkspaceId:
        return self.world.workspace

    @property
    def marker(self) -> str:
        """A word that stands in whatever is written here."""
        return marker_of(self.workspace)

    def name(self, base: str) -> str:
        """A name, which the neighbour may use as well."""
        return base if self.like_names else f"{base} {self.marker}"

    @property
    def secrets(self) -> list[Secret]:
        """Every token, and every client secret, that was sealed here."""
        return [secret for some in self.world.vault.sealed.values() for secret in some]


def marker_of(workspace: WorkspaceId) -> str:
    return workspace[2:].lower()


class Kept:
    """All rows of a database, as they are kept."""

    def __init__(self, world: World) -> None:
        self._engine = create_engine(f"sqlite:///{world.file}")
        quoted = self._engine.dialect.identifier_preparer.quote
        self._queries = {
            name: f"SELECT workspace, {', '.join(quoted(column.name) for column in table.columns)} FROM {name}"
            for name, table in metadata.tables.items()
        }

    def read(self) -> Rows:
        found: dict[tuple[str, str], list[tuple[Any, ...]]] = {}
        with self._engine.connect() as connection:
            for name, query in self._queries.items():
                for row in connection.exec_driver_sql(query):
                    found.setdefault((name, row[0]), []).append(tuple(row[1:]))
        return found

    def close(self) -> None:
        self._engine.dispose()


@dataclass
class Neighbours:
    """The two beside each other, and each alone. `_acts`: one of them does something at this moment."""

    random: TurnRandom
    clock: FrozenClock
    together: Mapping[WorkspaceId, Home]
    alone: Mapping[WorkspaceId, Home]
    _acts: bool = False

    def __post_init__(self) -> None:
        event.listen(Engine, "before_cursor_execute", self._look)

    @classmethod
    async def make(cls, folder: Path, *, like_ids: bool, like_names: bool) -> "Neighbours":
        clock, seeds = FrozenClock(), {BOREAL: 1, AUSTRAL: 1 if like_ids else 2}
        make_keyring(folder / "keyring", now=clock.now(), random=CountingRandom())
        random = TurnRandom({workspace: CountingRandom(seed) for workspace, seed in seeds.items()})
        shared = await World.make(folder, POLICY, workspace=BOREAL, random=random, clock=clock)
        alone = {}
        for workspace, seed in seeds.items():
            (folder / workspace).mkdir()
            shutil.copy(folder / "keyring", folder / workspace / "keyring")
            world = await World.make(folder / workspace, POLICY, workspace=workspace, seed=seed, clock=clock)
            alone[workspace] = _settled(world, like_names)
        together = {BOREAL: _settled(shared, like_names), AUSTRAL: _settled(shared.beside(AUSTRAL), like_names)}
        return cls(random, clock, together, alone)

    def homes(self, workspace: WorkspaceId) -> tuple[Home, Home]:
        """The same workspace, beside its neighbour and alone."""
        return self.together[workspace], self.alone[workspace]

    @property
    def worlds(self) -> Sequence[World]:
        """One for each database."""
        return [home.world for home in (self.together[BOREAL], *self.alone.values())]

    async def close(self) -> None:
        event.remove(Engine, "before_cursor_execute", self._look)
        for world in self.worlds:
            await world.close()

    @contextmanager
    def turn_of(self, workspace: WorkspaceId) -> Iterator[None]:
        """Let one of them do something: every statement is looked at meanwhile."""
        self.random.turn, self._acts = workspace, True
        try:
            yield
        finally:
            self._acts = False

    def _look(self, _c: Any, _cursor: Any, statement: str, given: Any, _context: Any, executemany: bool) -> None:
        if self._acts:
            must_be_scoped(statement, given, self.random.turn, executemany=executemany)


def _settled(world: World, like_names: bool) -> Home:
    for user_id in ("UCARLA", "UERIK"):
        person = world.town.people[user_id]
        world.town.people[user_id] = replace(person, slack=SlackUser(user_id, PARTNER))
    return Home(world, like_names)
