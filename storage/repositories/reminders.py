"""When to look at which token, what its reminders hang on, and what people were reminded of."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, Row, and_, bindparam, func, literal, tuple_

from access.model.ids import PersonId, ThirdPartyId, TokenId
from access.model.messages import MessageKind, PlannedMessage
from access.model.people import Acquaintance
from access.model.reminder import HELD_UP_FOR, SAID_AGAIN, STILL_NEWS, Reminded, Reminder, Situation
from access.model.third_party import ThirdParty
from access.model.token import Token
from access.ports.tokens import DueToken
from storage.among import among
from storage.repositories.entities import Entities, values_of
from storage.repositories.people import OF_PERSONS
from storage.repositories.resource_servers import ResourceServerRows
from storage.scope import Scope, selecting
from storage.tables import outbox, reminder_settings, reminders, third_parties, tokens
from storage.types import AT_ONCE, Instant

_DAY: Final = timedelta(days=1)

_REMINDED: Final = selecting(reminders).where(
    among(reminders.c.third_party, "parties"), among(reminders.c.token, "tokens")
)
_SENT: Final = selecting(outbox, outbox.c.key, outbox.c.sent_at).where(
    among(outbox.c.key, "keys"), outbox.c.sent_at.is_not(None)
)
_WAITS: Final = and_(outbox.c.sent_at.is_(None), outbox.c.uncertain_since.is_(None), outbox.c.ended_at.is_(None))
_OF_DAYS: Final = (
    selecting(outbox, outbox.c.reader, outbox.c.subject, outbox.c.planned_at, _WAITS.label("waits"))
    .where(among(outbox.c.key, "keys"))
    .order_by(outbox.c.subject)
)
_BROUGHT: Final = (
    selecting(reminders)
    .where(reminders.c.bundle == bindparam("bundle"), reminders.c.message == bindparam("message"))
    .order_by(reminders.c.planned_at, reminders.c.days, reminders.c.key)
)
_BROUGHT_TO_ADMINS: Final = _BROUGHT.where(reminders.c.reader.is_(None))
_BROUGHT_TO_READER: Final = _BROUGHT.where(reminders.c.reader == bindparam("reader"))


class ReminderRows:
    """The port `Reminders`."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope
        self._tokens = Entities(scope, tokens, Token)
        self._parties = Entities(scope, third_parties, ThirdParty)

    async def due(self, now: datetime, limit: int, after: DueToken | None = None) -> Sequence[DueToken]:
        """Return the tokens that have to be looked at, the longest overdue first, from `after` on."""
        statement = self._scope.select(tokens, tokens.c.next_reminder_at, tokens.c.id)
        statement = statement.where(tokens.c.next_reminder_at <= now)
        if after is not None:
            place = tuple_(literal(after.since, Instant), literal(after.token))
            statement = statement.where(tuple_(tokens.c.next_reminder_at, tokens.c.id) > place)
        rows = await self._scope.execute(statement.order_by(tokens.c.next_reminder_at, tokens.c.id).limit(limit))
        return [DueToken(row.next_reminder_at, row.id) for row in rows]

    async def situations(self, due: Collection[TokenId], now: datetime) -> Sequence[Situation]:
        """Return what the decision about each of these tokens hangs on, in the order of their expiry."""
        found = sorted(await self._tokens.each(id=due), key=lambda token: (token.expires_at, token.id))
        concerned = {token.third_party for token in found}
        parties = await self._parties.each(id=concerned)
        party_of = {party.id: party for party in parties}
        beside = await self._beside(concerned)
        reminded = await self._reminded(concerned, due)
        deciders = filter(None, (each for token in found for each in (token.snoozed_by, token.claimed_by)))
        known = await self._known({*_readers(parties), *deciders})
        told, waiting = await self._told([*known, None], now)
        checked_since = (await ResourceServerRows(self._scope).askers()).since
        return [
            Situation(
                token=token,
                party=party_of[token.third_party],
                tokens=beside[token.third_party],
                reminded=reminded[token.id],
                people=known,
                told=told,
                checked_since=checked_since,
                waiting=waiting,
            )
            for token in found
        ]

    async def plan(self, planned: Sequence[Reminder], at: datetime) -> None:
        """Note what people are reminded of; nothing happens for what was noted before."""
        rows = [{**values_of(reminder), "key": reminder.key, "planned_at": at} for reminder in planned]
        await self._scope.insert_new(reminders, rows)

    async def advance(self, next_at: Mapping[TokenId, datetime | None]) -> None:
        """Note when to look at each token next."""
        statement = (
            self._scope.update(tokens).where(tokens.c.id == bindparam("of")).values(next_reminder_at=bindparam("at"))
        )
        await self._scope.execute_many(statement, [{"of": token, "at": at} for token, at in next_at.items()])

    async def in_message(self, message: PlannedMessage) -> Sequence[Reminded]:
        """Return the reminders that a message brings, in the order of their planning, the most urgent first."""
        brought = {"bundle": message.subject, "message": message.kind}
        if message.is_for_admins:
            rows = await self._scope.run(_BROUGHT_TO_ADMINS, **brought)
        else:
            rows = await self._scope.run(_BROUGHT_TO_READER, reader=message.reader, **brought)
        return [_reminded(row) for row in rows]

    async def reconsider(self, concerned: Collection[ThirdPartyId], now: datetime) -> None:
        """Have the tokens of third parties looked at anew, those that may matter to somebody."""
        theirs = self._scope.update(tokens).where(tokens.c.third_party.in_(concerned), *_may_matter(now))
        await self._scope.execute(theirs.values(next_reminder_at=AT_ONCE))

    async def settings(self) -> str | None:
        """Return the settings with which all of it was worked out; None before the first time."""
        row = await self._scope.first(self._scope.select(reminder_settings))
        return row.value if row else None

    async def note_settings(self, value: str) -> None:
        """Note the settings with which all of it is worked out from now on."""
        await self._scope.execute(self._scope.delete(reminder_settings))
        await self._scope.insert(reminder_settings, value=value)

    async def reconsider_some(self, after: TokenId | None, limit: int, now: datetime) -> TokenId | None:
        """Have some tokens looked at anew, in the order of their ids; return the last of them, None in the end."""
        some = self._scope.select(tokens, tokens.c.id).where(tokens.c.id > (after or ""))
        ids = (await self._scope.execute(some.order_by(tokens.c.id).limit(limit))).scalars().all()
        if not ids:
            return None
        these = self._scope.update(tokens).where(tokens.c.id >= ids[0], tokens.c.id <= ids[-1], *_may_matter(now))
        await self._scope.execute(these.values(next_reminder_at=AT_ONCE))
        return TokenId(ids[-1])

    async def _beside(self, concerned: Collection[ThirdPartyId]) -> Mapping[ThirdPartyId, list[Token]]:
        found: dict[ThirdPartyId, list[Token]] = defaultdict(list)
        for token in await self._tokens.each(newest_first=True, third_party=concerned):
            found[token.third_party].append(token)
        return found

    async def _reminded(
        self, concerned: Collection[ThirdPartyId], due: Collection[TokenId]
    ) -> Mapping[TokenId, list[Reminded]]:
        found: dict[TokenId, list[Reminded]] = defaultdict(list)
        rows = (await self._scope.run(_REMINDED, parties=list(concerned), tokens=list(due))).all()
        sent = await self._sent({_message_of(row).key for row in rows if row.kind in SAID_AGAIN})
        for row in rows:
            found[row.token].append(_reminded(row, sent.get(_message_of(row).key)))
        return found

    async def _sent(self, keys: Collection[str]) -> Mapping[str, datetime]:
        """Return since when those of these messages are in Slack that are."""
        if not keys:
            return {}
        return {row.key: row.sent_at for row in await self._scope.run(_SENT, keys=list(keys))}

    async def _known(self, persons: Collection[PersonId]) -> Mapping[PersonId, Acquaintance]:
        rows = await self._scope.run(OF_PERSONS, persons=list(persons))
        return {PersonId(row.id): Acquaintance(row.time_zone, row.account_ends_at, row.gone) for row in rows}

    async def _told(
        self, readers: Collection[PersonId | None], now: datetime
    ) -> tuple[Mapping[PersonId | None, datetime], Mapping[PersonId | None, str]]:
        """Return when each reader's newest message of a day was planned, and the bundle of one that still waits.

        The days of all time zones are near today's. Each message is looked up by its key: after a sweep very many wait.
        """
        days = [(now + distance * _DAY).date().isoformat() for distance in range(-HELD_UP_FOR.days, 2)]
        keys = [PlannedMessage(MessageKind.REMINDERS, reader, None, day).key for reader in readers for day in days]
        rows = (await self._scope.run(_OF_DAYS, keys=keys)).all()
        waiting = [each for each in rows if each.waits]
        return {each.reader: each.planned_at for each in rows}, {each.reader: each.subject for each in waiting}


def _may_matter(now: datetime) -> tuple[ColumnElement[bool], ...]:
    """The condition that a token may matter to somebody, however it was found.

    When it expires is asked in a form that no index has: SQLite would look through all that expire later, of whomever.
    """
    expires_at = func.coalesce(tokens.c.expires_at, literal(now, Instant))
    unended = (tokens.c.revoked_at.is_(None), tokens.c.retired_at.is_(None), tokens.c.collected_at.is_not(None))
    return (*unended, expires_at > now - STILL_NEWS)


def _readers(parties: Iterable[ThirdParty]) -> Iterable[PersonId]:
    for party in parties:
        yield from filter(None, (party.owner, party.deputy_owner, party.contact))


def _message_of(row: Row[Any]) -> PlannedMessage:
    return PlannedMessage(row.message, row.reader, None, row.bundle)


def _reminded(row: Row[Any], sent_at: datetime | None = None) -> Reminded:
    return Reminded(
        Reminder(
            kind=row.kind,
            token=row.token,
            third_party=row.third_party,
            days=row.days,
            reader=row.reader,
            role=row.role,
            occasion=row.occasion,
            message=row.message,
            bundle=row.bundle,
        ),
        max(row.planned_at, sent_at or row.planned_at),
    )
