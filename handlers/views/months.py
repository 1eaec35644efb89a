"""What expires when: a small chart in preformatted text, and the same in words."""

import calendar
from collections.abc import Iterator, Sequence
from typing import Final

from access.model.months import Month
from access.model.rendered import Block
from handlers.mrkdwn import escape
from handlers.views.kit import Spoken, context, section
from handlers.views.table import Column, table

_LONGEST: Final = 20
_BAR: Final = "█"


def chart(months: Sequence[Month], time_zone: str) -> Iterator[Block | Spoken]:
    """Give the chart, up to the last month in which something expires; nothing at all where nothing does.

    Its bars are as long as they are many in comparison with the month that has most; none is shorter than one block.
    """
    if not months:
        return
    most = max(each.count for each in months)
    rows = [[_name(each), _bar(each.count, most), _number(each)] for each in months]
    yield section("*What expires in the next twelve months*")
    columns = [Column("Month"), Column("", _LONGEST), Column("Tokens", right=True)]
    said = ", ".join(f"{_name(each)}: {_number(each)}" for each in months)
    yield Spoken(table(columns, rows), [f"Tokens that expire in each month: {said}."])
    yield context(f"Tokens that a newer one has followed don't count. The months are those of {escape(time_zone)}.")


def _name(month: Month) -> str:
    return f"{calendar.month_name[month.month]} {month.year}"


def _bar(count: int, most: int) -> str:
    return _BAR * (max(1, count * _LONGEST // most) if count else 0)


def _number(month: Month) -> str:
    if month.exact:
        return f"{month.count:,}" if month.count else "none"
    return f"{month.count:,} or more"
