"""*Snooze*: be reminded of a token again."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from access.model.care import must_be_before, next_threshold_at, snooze_choices
from access.model.ids import PersonId
from access.model.people import Caller
from access.model.third_party import ThirdParty
from access.model.token import Token
from access.operations.caring import token_to_care_for
from access.operations.command import OnToken, operation
from access.ports import Ports, Reading


@dataclass(frozen=True, slots=True, kw_only=True)
class PreviewSnooze(OnToken):
    """Say when one may be reminded again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SnoozeToken(OnToken):
    """Remind the caller again, at that time."""

    until: datetime


@dataclass(frozen=True, slots=True)
class SnoozeOffer:
    """When the caller, who is in that time zone, may be reminded again. `next_at`: when everybody is anyway."""

    token: Token
    party: ThirdParty
    choices: Sequence[datetime]
    next_at: datetime
    time_zone: str


@operation("snooze_token")
async def preview_snooze(cmd: PreviewSnooze, ports: Ports) -> SnoozeOffer:
    """Check that the caller may be reminded of this token again; return when. Changes nothing.

    A refusal is recorded under the operation that this one leads to.

    Raises: NotPermitted, TokenNotFound, ThirdPartyNotFound, ThirdPartyDisabled, TokenEnded, RenewalUnneeded,
    LeftToLapse, AlreadySnoozed, CannotSnooze, DirectoryUnavailable.
    """
    time_zone = await _time_zone(cmd.caller, ports)
    async with ports.read(cmd.caller.workspace) as reading:
        now = ports.clock.now()
        found = await token_to_care_for(cmd, reading, now)
        person = await reading.people.known(cmd.caller.slack)
        found.token.must_be_free_to_snooze(person, now)
        next_at = await _next_at(found.token, person, reading, ports, now)
    choices = snooze_choices(next_at, time_zone, now)
    return SnoozeOffer(found.token, found.party, choices, next_at, time_zone)


@operation("snooze_token")
async def snooze_token(cmd: SnoozeToken, ports: Ports) -> Token:
    """Remind the caller of a token again at a time before the next threshold. Nobody else's reminders change.

    Raises: NotPermitted, TokenNotFound, ThirdPartyNotFound, ThirdPartyDisabled, TokenEnded, RenewalUnneeded,
    LeftToLapse, AlreadySnoozed, CannotSnooze, DirectoryUnavailable.
    """
    time_zone = await _time_zone(cmd.caller, ports)
    now = ports.clock.now()
    async with ports.write(cmd.caller.workspace) as uow:
        actor = await uow.people.id_of(cmd.caller.slack)
        found = await token_to_care_for(cmd, uow, now)
        snoozed, news = found.token.snooze(actor, cmd.until, now)
        must_be_before(cmd.until, await _next_at(found.token, actor, uow, ports, now), now)
        await uow.people.note_time_zone(actor, time_zone)
        await uow.tokens.save(snoozed)
        uow.record(actor, news, at=now)
        await uow.commit()
    return snoozed


async def _time_zone(caller: Caller, ports: Ports) -> str:
    """Ask Slack where the caller is, before any transaction is open. Raises DirectoryUnavailable."""
    slack = await ports.directory.look_up(caller.slack.user_id)
    return (slack.time_zone if slack else None) or ports.policy.time_zone


async def _next_at(token: Token, person: PersonId | None, reading: Reading, ports: Ports, now: datetime) -> datetime:
    (situation,) = await reading.reminders.situations([token.id], now)
    return next_threshold_at(situation, person, ports.policy, now)
