"""What somebody is shown in the bot's Home tab."""

from dataclasses import dataclass, field, replace
from typing import Final

from access.model.authority import Right, may
from access.model.home import Filter, Home, ListPage, Look, Needs, Register, RequestLine, SuspendedLine
from access.model.ids import PersonId, ProposalId
from access.model.people import Role
from access.model.reminder import is_still_in_use
from access.model.report import LOOKS_AHEAD, AwaitingLine, GapLine, Some
from access.model.third_party import ThirdParty
from access.model.token_request import RequestReason
from access.operations.accounts import accounts_of
from access.operations.command import Command
from access.operations.list_third_parties import overview_lines
from access.operations.make_report import awaiting_of, expiring_of, months_of, waiting_keys_of
from access.operations.show_holdings import holdings_of
from access.ports import Ports, Reading
from access.ports.overviews import Found, Walk

PAGE: Final = 20
LOOKED_AT: Final = 1_000
"""Third parties, for one page: so that nobody waits, however many there are."""

_SOUGHT: Final = 20
_SHOWN: Final = 3
"""Of each kind that waits for somebody."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MakeHome(Command):
    """Show the caller their Home tab, at the place in the list where they are."""

    look: Look = field(default_factory=Look)


async def make_home(cmd: MakeHome, ports: Ports) -> Home:
    """Return what the caller is shown, as things are now. Nobody is refused: who may see nothing is shown nothing.

    It reads a bounded number of rows, however many third parties there are.
    """
    role = cmd.caller.role
    async with ports.read(cmd.caller.workspace) as reading:
        person = await reading.people.known(cmd.caller.slack)
        sees_all = may(role, Right.LOOK)
        owns = person is not None and role is not Role.OUTSIDER and await reading.lists.owns_any(person)
        register = None
        if sees_all or owns:
            register = await _register(cmd, person, reading, ports)
        held = await holdings_of(person, reading, ports)
    return Home(ports.clock.now(), ports.policy.time_zone, role, cmd.look, held, register)


async def _register(cmd: MakeHome, person: PersonId | None, reading: Reading, ports: Ports) -> Register:
    role = cmd.caller.role
    sees_all = may(role, Right.LOOK)
    owner = None if sees_all else person
    return Register(
        needs=await _needs(person, owner, reading, ports),
        page=await _page(cmd.look, owner, reading, ports),
        months=await months_of(reading, ports, owner=owner),
        askers=await reading.resource_servers.askers(),
        sees_all=sees_all,
        may_manage=may(role, Right.MANAGE),
        may_serve=may(role, Right.SERVE, owns=not sees_all),
    )


async def _page(look: Look, owner: PersonId | None, reading: Reading, ports: Ports) -> ListPage:
    plain = not look.search and look.filter is Filter.ALL
    walk = Walk(look.search, look.filter, look.after, owner, PAGE, PAGE + 1 if plain else LOOKED_AT)
    walked = await reading.lists.page(walk, ports.clock.now())
    lines = await overview_lines(walked.found, reading, ports)
    return ListPage(lines, walked.next, walked.begins, LOOKED_AT if walked.stopped else None)


async def _needs(person: PersonId | None, owner: PersonId | None, reading: Reading, ports: Ports) -> Needs:
    now, found = ports.clock.now(), reading.overviews
    awaiting = await awaiting_of(await found.awaiting_approval(owner=owner, limit=_SOUGHT), reading)
    expiring = await found.expiring(now, now + LOOKS_AHEAD, owner=owner, limit=_SOUGHT)
    old = await found.still_in_use(now, owner=owner, limit=_SOUGHT)
    still = [line for line in old.items if is_still_in_use(line.token, ports.policy, now)]
    return Needs(
        suspended=await _suspended(owner, reading, ports),
        awaiting=awaiting,
        keys=await waiting_keys_of(owner, reading, limit=_SOUGHT),
        requests=await _requests(owner, reading),
        expiring=await expiring_of(expiring, reading, ports, shown=_SHOWN),
        uncollected=_first(await found.uncollected(owner=owner, limit=_SOUGHT)),
        unused=_first(await found.unused(now, owner=owner, limit=_SOUGHT)),
        still_in_use=_first(replace(old, items=still)),
        without_owner=await _without_owner(owner, reading),
        not_mine=_not_theirs(awaiting, person, ports),
    )


async def _suspended(owner: PersonId | None, reading: Reading, ports: Ports) -> Some[SuspendedLine]:
    found = await reading.lists.suspended(ports.clock.now(), owner=owner, limit=_SOUGHT)
    first = found.items[:_SHOWN]
    who = await accounts_of([each.token.collected_by for each in first], reading)
    lines = [SuspendedLine(each.party, each.token, who(each.token.collected_by)) for each in first]
    return Some(lines, len(found.items), found.complete)


async def _requests(owner: PersonId | None, reading: Reading) -> Some[RequestLine]:
    """Return those that are no alarm: to decide about one of these is to decide about the suspended token."""
    found = await reading.lists.open_requests(owner=owner, limit=_SOUGHT)
    calm = [each for each in found.items if each.request.why is RequestReason.STILL_WORKS]
    who = await accounts_of([each.request.asked_by for each in calm[:_SHOWN]], reading)
    lines = [RequestLine(each.party, each.request, who(each.request.asked_by)) for each in calm[:_SHOWN]]
    return Some(lines, len(calm), found.complete)


async def _without_owner(owner: PersonId | None, reading: Reading) -> Some[ThirdParty]:
    if owner is not None:
        return Some([], 0)
    found = await reading.lists.without_owner(limit=_SOUGHT)
    return Some.of(found.items, _SHOWN, exact=found.complete)


def _not_theirs(awaiting: Some[AwaitingLine], person: PersonId | None, ports: Ports) -> frozenset[ProposalId]:
    if ports.policy.self_approval:
        return frozenset()
    return frozenset(line.proposal.id for line in awaiting.lines if line.proposal.proposed_by == person)


def _first(found: Found[GapLine]) -> Some[GapLine]:
    return Some.of(found.items, _SHOWN, exact=found.complete)
