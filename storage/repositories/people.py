"""Person ids, the Slack accounts behind them, and what Slack said of these when they were looked at last."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import ColumnElement, and_, bindparam, case, func, literal, or_, text

from access.model.ids import PersonId
from access.model.people import Acquaintance, SlackUser
from access.ports.machine import Random
from access.ports.parties import DueLook
from storage.among import among
from storage.scope import Scope, selecting, updating
from storage.tables import people, third_parties, tokens
from storage.types import AT_ONCE, Instant

PARTS: Final = tuple(third_parties.c[name] for name in ("owner", "deputy_owner", "contact", "deputy_contact"))
"""The columns of a third party that name people. Each has an index of its own, and is asked for by itself."""

_OF_ACCOUNT: Final = selecting(people, people.c.id).where(
    people.c.org == bindparam("org"), people.c.user_id == bindparam("user_id")
)
_IS_ONE_OF: Final = among(people.c.id, "persons")
OF_PERSONS: Final = selecting(people).where(_IS_ONE_OF)
_LOOKING_AFTER: Final = updating(people).where(_IS_ONE_OF, people.c.next_look_at.is_(None))


class PersonRows:
    """The port `People`."""

    def __init__(self, scope: Scope, random: Random) -> None:
        self._scope = scope
        self._random = random

    async def id_of(self, slack: SlackUser) -> PersonId:
        """Return the person id of an account, made on first sight (in a writing unit of work)."""
        known = await self.known(slack)
        if known is not None:
            return known
        person = PersonId(self._random.identifier())
        await self._scope.insert(people, id=person, org=slack.org, user_id=slack.user_id)
        return person

    async def known(self, slack: SlackUser) -> PersonId | None:
        """Return the person id of an account, or None if it was never seen."""
        row = await self._scope.run_first(_OF_ACCOUNT, org=slack.org, user_id=slack.user_id)
        return PersonId(row.id) if row else None

    async def slack_of(self, person: PersonId) -> SlackUser | None:
        """Return the account of a person, or None if the mapping was deleted."""
        row = await self._scope.first(self._scope.select(people).where(people.c.id == person))
        return SlackUser(user_id=row.user_id, org=row.org) if row else None

    async def accounts(self, persons: Collection[PersonId]) -> Mapping[PersonId, SlackUser]:
        """Return the accounts of these people, but for those whose mapping was deleted."""
        return {person: account for person, (account, _) in (await self.met(persons)).items()}

    async def note_time_zone(self, person: PersonId, time_zone: str) -> None:
        """Keep where somebody is, by an IANA name."""
        await self._scope.execute(self._scope.update(people).where(people.c.id == person).values(time_zone=time_zone))

    async def met(self, persons: Collection[PersonId]) -> Mapping[PersonId, tuple[SlackUser, Acquaintance]]:
        """Return the accounts of these people with what was kept of them, but for those whose mapping was deleted."""
        rows = await self._scope.run(OF_PERSONS, persons=list(persons)) if persons else ()
        return {
            PersonId(row.id): (
                SlackUser(user_id=row.user_id, org=row.org),
                Acquaintance(row.time_zone, row.account_ends_at, row.gone),
            )
            for row in rows
        }

    async def acquaintances(self, persons: Collection[PersonId]) -> Mapping[PersonId, Acquaintance]:
        """Return what was kept of these people, but for those whose mapping was deleted."""
        return {person: known for person, (_, known) in (await self.met(persons)).items()}

    async def due(self, now: datetime, limit: int) -> Sequence[DueLook]:
        """Return whom to look at now, those who have waited longest first."""
        matters = self._is_somebody(now).label("matters")
        statement = self._scope.select(people, *people.c, matters).where(people.c.next_look_at <= now)
        rows = await self._scope.execute(statement.order_by(people.c.next_look_at).limit(limit))
        return [
            DueLook(PersonId(row.id), SlackUser(row.user_id, row.org), row.next_look_at, bool(row.matters))
            for row in rows
        ]

    async def note(self, look: DueLook, seen: Acquaintance, next_look_at: datetime) -> None:
        """Keep what a look has shown. The next one is then, or still at once if that was asked for meanwhile."""
        noted = self._scope.update(people).where(people.c.id == look.person)
        await self._scope.execute(
            noted.values(
                time_zone=seen.time_zone,
                account_ends_at=seen.account_ends_at,
                gone=seen.gone,
                next_look_at=case(
                    (people.c.next_look_at == look.since, literal(next_look_at, Instant)), else_=people.c.next_look_at
                ),
            )
        )

    async def put_off(self, look: DueLook, until: datetime) -> None:
        """Look again then, unless it was asked for meanwhile."""
        same = self._scope.update(people).where(people.c.id == look.person, people.c.next_look_at == look.since)
        await self._scope.execute(same.values(next_look_at=until))

    async def let_go(self, persons: Collection[PersonId], now: datetime) -> None:
        """Look no more at those of these people who are nobody here any more."""
        strangers = self._scope.update(people).where(people.c.id.in_(persons), ~self._is_somebody(now))
        await self._scope.execute(strangers.values(next_look_at=None))

    async def looked_after(self, user_id: str) -> Sequence[PersonId]:
        """Return whom of those who are looked at daily a Slack user ID means: one for each organisation."""
        statement = self._scope.select(people, people.c.id).where(people.c.next_look_at.is_not(None))
        rows = await self._scope.execute(statement.where(people.c.user_id == user_id))
        return [PersonId(row.id) for row in rows]

    async def look_at_once(self, persons: Collection[PersonId], now: datetime) -> None:
        """Have those of these people looked at at once who are looked at daily.

        A look that is under way has read another time than this leaves, so that it cannot take this for itself.
        """
        before = people.c.next_look_at
        sooner = case((before > now, literal(now, Instant)), else_=before) - text("1")
        theirs = self._scope.update(people).where(people.c.id.in_(persons), before.is_not(None))
        await self._scope.execute(theirs.values(next_look_at=sooner))

    async def meet_anew(self, person: PersonId, time_zone: str | None) -> None:
        """Have somebody looked at at once, as if nothing were known of them but where they are."""
        them = self._scope.update(people).where(people.c.id == person)
        await self._scope.execute(
            them.values(time_zone=time_zone, account_ends_at=None, gone=None, next_look_at=AT_ONCE)
        )

    def _is_somebody(self, now: datetime) -> ColumnElement[bool]:
        """The condition that somebody has a part in a third party, or opened a token that has not ended."""
        parties = self._scope.select(third_parties, third_parties.c.id).where(third_parties.c.removed_at.is_(None))
        has_part = [parties.where(part == people.c.id).correlate(people).exists() for part in PARTS]
        live = and_(
            tokens.c.revoked_at.is_(None),
            tokens.c.retired_at.is_(None),
            # Not as a bare column, or SQLite looks through all that expire later instead of what they opened.
            func.coalesce(tokens.c.expires_at, literal(now, Instant)) > now,
        )
        opened = self._scope.select(tokens, tokens.c.id).where(tokens.c.collected_by == people.c.id, live)
        return or_(*has_part, opened.correlate(people).exists())


async def look_after(scope: Scope, *persons: str | None) -> None:
    """Have people looked at daily from now on, those who were not yet at once: what is saved names them.

    Of these nothing is known: whatever was, was long ago.
    """
    named = [person for person in persons if person is not None]
    if named:
        await scope.run(_LOOKING_AFTER, persons=named, next_look_at=AT_ONCE, gone=None)
