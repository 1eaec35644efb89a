"""After the database was restored from a backup: what admins have to decide, and what owners have to do anew."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from access.model.ids import ThirdPartyId
from access.model.rendered import Block, Rendered
from access.model.restored import BackupEnd, RestoredLine
from access.model.third_party import ThirdParty
from access.model.token import Token, TokenOrigin, TokenState
from handlers import ids
from handlers.mrkdwn import code, command, escape, instant, person, shortened, strong
from handlers.views.kit import actions, button, context, message, section

_SERVERS_SHOWN: Final = 10
_THEIRS_SHOWN: Final = 15
_NAMES_SHOWN: Final = 10
_NAME: Final = 40


@dataclass(frozen=True, slots=True)
class RestoredShown:
    """What admins are shown.

    `count`: how many third parties were enabled when the backup was made; `waiting`: how many of them nobody has
    decided about; `lines`: the first of these; `following`: the one after them, if there is one. `servers`: the names
    of the resource servers that may ask.
    """

    end: BackupEnd
    count: int
    waiting: int
    lines: Sequence[RestoredLine]
    following: ThirdPartyId | None
    servers: Sequence[str]
    now: datetime


def restored_for_admins(shown: RestoredShown) -> Rendered:
    """Ask the admins which third parties are to work again."""
    heading = section(
        f"*The database was restored from a backup.* {_end(shown.end)} What came later is lost, so the open offers are "
        "withdrawn, and no third party works until an admin has enabled it again."
    )
    if not shown.waiting:
        settled = "All of them are decided about." if shown.count else "None was enabled when the backup was made."
        return message(heading, section(settled))
    return message(
        heading,
        section(_what_to_look_at(shown)),
        section(f"*{_count(shown.waiting)} {_were(shown.waiting)} enabled then, and {_wait(shown.waiting)}:*"),
        *(_line(line, shown.now) for line in shown.lines),
        *_rest(shown.waiting - len(shown.lines), shown.following),
        *actions(_enable_all()),
    )


def unconfirmed_page(
    lines: Sequence[RestoredLine], total: int, following: ThirdPartyId | None, now: datetime, *, may_confirm: bool
) -> Rendered:
    """Show some of those that wait. `following`: with which the next page begins."""
    next_page = [button("Next", ids.UNCONFIRMED, following)] if following else []
    return message(
        section(f"*{_count(total)} {_wait(total)} since the database was restored from a backup*"),
        *(_line(line, now) for line in lines),
        *actions(*next_page, *([_enable_all()] if may_confirm else [])),
    )


def confirm_question(parties: Sequence[ThirdParty]) -> Rendered:
    """Ask whether all of those that wait are to be enabled."""
    return message(
        section(
            f"*Enable {_them(len(parties))} again?* Their tokens work at once as they did when the backup was made: "
            "also those that were revoked or retired after it."
        ),
        section(_names(parties)),
        *actions(
            button("Enable all", ids.CONFIRM_NOW, style="primary"),
            button("Not now", ids.DISMISS),
        ),
    )


def confirmed(parties: Sequence[ThirdParty]) -> Rendered:
    """Say what was enabled."""
    return message(section(f"{_count(len(parties))} {_were(len(parties))} enabled: {_names(parties)}"))


def restored_for_owner(end: BackupEnd, lines: Sequence[RestoredLine]) -> Rendered:
    """Tell an owner what does not work for the moment, and which offers have to be made anew."""
    return message(
        section(
            f"*The database was restored from a backup.* {_end(end)} What you, or others, did later has to be done "
            "again. No third party works until an admin has enabled it again; of yours, this concerns:"
        ),
        *(_theirs(line) for line in lines[:_THEIRS_SHOWN]),
        *_more(len(lines) - _THEIRS_SHOWN),
    )


def _end(end: BackupEnd) -> str:
    return f"The newest of its audit records is number {end.number}, of {instant(end.at)}."


def _what_to_look_at(shown: RestoredShown) -> str:
    servers = ", ".join(code(shortened(name, _NAME)) for name in shown.servers[:_SERVERS_SHOWN])
    more = f" and {len(shown.servers) - _SERVERS_SHOWN} more" if len(shown.servers) > _SERVERS_SHOWN else ""
    ask = (
        f"\n• These resource servers may ask, also one that was removed since; `thirdparty-bot resource-server remove "
        f"NAME` ends that: {servers}{more}"
        if shown.servers
        else ""
    )
    return (
        f"*Before you enable anything*, look at what was done after {instant(shown.end.at)}, in this channel for one:\n"
        "• A token that was revoked, suspended or retired since works again with its third party: revoke it first.\n"
        "• Whoever was the contact then is the contact again, whoever took their place since; a removed third party is "
        f"back.{ask}"
    )


def _line(line: RestoredLine, now: datetime) -> Block:
    party = line.party
    words = [strong(party.name), f"contact {person(line.contact)}" if party.contact else "no contact"]
    words += [
        f"{code(token.fingerprint)} {'is suspended' if token.state(now) is TokenState.SUSPENDED else 'works'} until "
        f"{instant(token.expires_at)}"
        for token in line.live
    ]
    if line.withdrawn:
        words.append(_gone(line.withdrawn) or "its offer was withdrawn")
    return section(" · ".join(words), button=_show(party))


def _gone(withdrawn: Token) -> str:
    """Say what became of imported credentials that waited; empty for what was issued here."""
    if withdrawn.origin is TokenOrigin.ISSUED:
        return ""
    anew = "have new ones made there, and imported" if withdrawn.is_external else "offer a new token in their place"
    return (
        "the imported credentials that waited are deleted, because they may have been handed over since. If nobody has "
        f"them, {anew}"
    )


def _theirs(line: RestoredLine) -> Block:
    party = line.party
    state = "is enabled again" if party.enabled else "is not enabled yet"
    if line.withdrawn is None:
        return section(f"{strong(party.name)} {state}", button=_show(party))
    if gone := _gone(line.withdrawn):
        return section(f"{strong(party.name)} {state}; {gone}", button=_show(party))
    said = f"{strong(party.name)} {state}; what was offered to {person(line.contact)} is withdrawn"
    if not party.enabled:
        return section(f"{said}. Once it is enabled, {command('resend', party.name)} offers anew", button=_show(party))
    spoken = f"Offer anew to {party.name}"
    return section(said, button=button("Offer anew", ids.RESEND, line.withdrawn.id, spoken=spoken))


def _rest(count: int, following: ThirdPartyId | None) -> list[Block]:
    if following is None:
        return []
    return [section(f"… and {count} more", button=button("Show them", ids.UNCONFIRMED, following))]


def _more(count: int) -> Iterator[Block]:
    if count > 0:
        yield context(f"… and {count} more: {command('list')} shows them.")


def _enable_all() -> Block:
    return button("Enable all of these …", ids.CONFIRM)


def _show(party: ThirdParty) -> Block:
    return button("Show", ids.SHOW, party.id, spoken=f"Show {party.name}")


def _names(parties: Sequence[ThirdParty]) -> str:
    names = ", ".join(f"*{escape(shortened(party.name, _NAME))}*" for party in parties[:_NAMES_SHOWN])
    return f"{names} and {len(parties) - _NAMES_SHOWN} more" if len(parties) > _NAMES_SHOWN else names


def _count(count: int) -> str:
    return "One third party" if count == 1 else f"{count} third parties"


def _them(count: int) -> str:
    return "it" if count == 1 else f"all {count} third parties"


def _were(count: int) -> str:
    return "was" if count == 1 else "were"


def _wait(count: int) -> str:
    return "waits for an admin" if count == 1 else "wait for an admin"
