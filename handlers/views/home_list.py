"""The list of third parties in the Home tab: a page of it, with what finds others."""

from collections.abc import Iterator, Mapping
from typing import Final

from access.model.card import OverviewLine
from access.model.home import SEARCH_LIMIT, Filter, Home, ListPage, Register
from access.model.rendered import Block
from access.model.report import LOOKS_AHEAD
from access.model.resource_server import Askers
from handlers import ids
from handlers.mrkdwn import command, days, instant, shortened, strong
from handlers.views.kit import actions, button, context, menu, search_input, section
from handlers.views.overview import show, standing

_FILTERS: Final[Mapping[Filter, str]] = {
    Filter.ALL: "All third parties",
    Filter.ENABLED: "Enabled",
    Filter.NOT_ENABLED: "Not enabled",
    Filter.WITHOUT_CONTACT: "Without a contact",
    Filter.WITHOUT_TOKEN: "Without a token",
    Filter.NOT_COLLECTED: "Credentials not collected",
    Filter.EXPIRING: f"A token expires within {days(LOOKS_AHEAD)}",
    Filter.SUSPENDED: "A token is suspended",
}


def third_party_list(home: Home, register: Register) -> Iterator[Block]:
    """Give a page of the list, with its search, its filter, and the way to the next page."""
    look, page = home.look, register.page
    yield section("*All third parties*" if register.sees_all else "*The third parties that you own*")
    yield search_input(
        ids.HOME_SEARCH,
        "Search by name, then press Enter",
        turn=look.turn,
        initial=look.search,
        longest=SEARCH_LIMIT,
    )
    options = [(label, word.value) for word, label in _FILTERS.items()]
    narrowed = bool(look.search) or look.filter is not Filter.ALL
    everything = [button("Show all", ids.HOME_ALL)] if narrowed else []
    yield from actions(menu(ids.HOME_FILTER, "Which third parties", options, look.filter.value), *everything)
    if said := _said(home, page):
        yield context(said)
    for line in page.lines:
        yield section(f"{strong(line.party.name)}\n{_line(line, home, register.askers)}", button=show(line.party))
    yield from _ways(home, register)


def _said(home: Home, page: ListPage) -> str:
    """Say what the page holds, where that is not plain."""
    look, said = home.look, []
    if look.search:
        how = "begins with" if page.begins else "contains"
        said.append(f"Shown are those whose name {how} {strong(look.search)}.")
    if page.begins:
        anywhere = command("list", shortened(look.search, SEARCH_LIMIT))
        said.append(f"There are too many to look into every name; {anywhere} finds it anywhere in a name.")
    if look.filter is not Filter.ALL:
        said.append(f"Only: {_FILTERS[look.filter].lower()}.")
    if not page.lines:
        said.append(_nothing(home, page))
    if page.looked_at is not None:
        said.append(f"I looked at {page.looked_at:,} third parties for this page; *Next page* goes on from there.")
    return " ".join(said)


def _nothing(home: Home, page: ListPage) -> str:
    look = home.look
    if page.next is not None:
        return "None was found yet."
    if look.after is not None:
        return "There are no more."
    return "None was found." if look.search or look.filter is not Filter.ALL else "There is no third party yet."


def _line(line: OverviewLine, home: Home, askers: Askers) -> str:
    said = standing(line, home.now)
    if line.used is not None and line.used.last_accepted_at is not None:
        return f"{said} · last used {instant(line.used.last_accepted_at)}"
    return f"{said} · never used" if askers.since and line.token else said


def _ways(home: Home, register: Register) -> Iterator[Block]:
    ways = []
    if register.page.next is not None:
        ways.append(button("Next page", ids.HOME_NEXT, register.page.next))
    if home.look.after is not None:
        ways.append(button("Back to the start", ids.HOME_START))
    if register.may_manage:
        ways.append(button("Add a third party", ids.ADD, style="primary"))
    yield from actions(*ways)
