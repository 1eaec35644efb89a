"""Draw docs/token-life.svg: what happens to a token, and who is told when, by the rules themselves.

`python -m docs.timeline` draws it anew; `tests/house/test_timeline.py` fails while it says something else than they do.
"""

import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final
from xml.etree import ElementTree as Xml

from access.model.ids import ClientId, Fingerprint, PersonId, ThirdPartyId, TokenId
from access.model.policy import Policy
from access.model.reminder import ADMINS_FROM, AT_EXPIRY, ReaderRole, Reminded, Situation
from access.model.reminders_due import reminders_due
from access.model.renewal import retires_at
from access.model.third_party import ThirdParty
from access.model.token import Token, expiry

PICTURE: Final = Path(__file__).parent / "token-life.svg"

_OFFERED: Final = datetime(2026, 3, 2, 9, tzinfo=UTC)
"""A Monday."""

_OWNER, _CONTACT = PersonId("owner"), PersonId("contact")
_WIDTH, _LEFT, _RIGHT = 1040, 150, 1000
_INK, _PALE, _LINE, _OLD, _NEW = "#1d2733", "#5b6875", "#cfd6dd", "#2b6cb0", "#2f855a"
_LANES: Final = {ReaderRole.OWNER: "Owner", ReaderRole.ADMINS: "Admin channel", ReaderRole.CONTACT: "Contact"}


@dataclass(frozen=True, slots=True)
class _Life:
    """A token that was collected a day after its offer, and of which everybody was reminded. `told`: at which days."""

    expires_at: datetime
    told: dict[ReaderRole, Sequence[int]]
    overlap: timedelta

    @property
    def days(self) -> list[int]:
        return sorted({days for told in self.told.values() for days in told}, reverse=True)


def life(policy: Policy) -> _Life:
    """Live through a token's life by what the rules decide."""
    party = ThirdParty(ThirdPartyId("p"), "", ClientId("c"), _OWNER, _OFFERED, contact=_CONTACT, enabled=True)
    token = Token(
        id=TokenId("old"),
        third_party=party.id,
        fingerprint=Fingerprint(""),
        token_digest=b"",
        secret_digest=b"",
        issued_at=_OFFERED,
        expires_at=expiry(_OFFERED, policy.token_months),
        issued_by=_OWNER,
        collected_at=_OFFERED + timedelta(days=1),
        collected_by=_CONTACT,
    )
    told: dict[ReaderRole, list[int]] = {role: [] for role in _LANES}
    reminded: list[Reminded] = []
    now: datetime | None = _OFFERED + timedelta(days=1)
    while now is not None:
        outlook = reminders_due(Situation(token, party, [token], reminded, {}, {}), policy, now)
        reminded += [Reminded(each, now) for each in outlook.due]
        for each in outlook.due:
            told[each.role].append(each.days)
        now = outlook.next_at
    return _Life(token.expires_at, dict(told), _overlap(token, policy))


def _overlap(old: Token, policy: Policy) -> timedelta:
    at = old.expires_at - timedelta(days=30)
    newer = replace(old, id=TokenId("new"), renews=old.id, collected_at=at, expires_at=expiry(at, policy.token_months))
    old, _ = old.succeed(newer.id, at)
    return (retires_at(old, [old, newer], policy, at) or old.expires_at) - at


def drawing(policy: Policy) -> str:
    """Return the picture: an SVG document."""
    lived = life(policy)
    hours = policy.handoff_time // timedelta(hours=1)
    root = Xml.Element("svg", xmlns="http://www.w3.org/2000/svg", viewBox=f"0 0 {_WIDTH} 420", role="img")
    root.set("font-family", "system-ui, sans-serif")
    root.set("font-size", "14")
    Xml.SubElement(root, "title").text = "The life of a token"
    Xml.SubElement(root, "desc").text = _in_words(lived, policy)
    Xml.SubElement(root, "rect", width=str(_WIDTH), height="420", rx="8", fill="#ffffff")
    moments = ["offered", "collected", *(f"{days} d" if days else "expiry" for days in lived.days)]
    step = (_RIGHT - _LEFT) / (len(moments) - 1)
    at = {moment: _LEFT + index * step for index, moment in enumerate(moments)}
    _text(root, 24, 34, "The life of a token", size=18, weight="600")
    valid = f"It is valid for {policy.token_months} months. The marks are days before it expires, not to scale."
    _text(root, 24, 56, valid, fill=_PALE)
    for moment, x in at.items():
        _line(root, x, 96, x, 348)
        _text(root, x, 86, moment, anchor="middle", fill=_PALE)
    _text(root, 24, 121, "Token", weight="600")
    _bar(root, (at["offered"], at["collected"]), 106, _OLD, f"open for {hours} h", pale=True)
    _bar(root, (at["collected"], at["expiry"]), 106, _OLD, "works")
    for row, (role, name) in enumerate(_LANES.items()):
        y = 176 + row * 42
        _text(root, 24, y + 5, name, weight="600")
        for days in lived.told[role]:
            _dot(root, at[f"{days} d" if days else "expiry"], y)
    _text(root, 24, 303, "Renewed", weight="600")
    _renewal(root, at, moments, lived.overlap.days)
    _text(root, 24, 383, _mentions(lived), fill=_PALE)
    Xml.indent(root)
    return Xml.tostring(root, encoding="unicode") + "\n"


def _renewal(root: Xml.Element, at: dict[str, float], moments: Sequence[str], overlap: int) -> None:
    """Show a renewal in the middle of the reminders: both tokens work, and then the new one alone."""
    middle = moments[2:] or moments[-1:]
    start = at[middle[max(len(middle) // 2 - 2, 0)]]
    end = start + (_RIGHT - start) / 3
    _bar(root, (at["collected"], end), 288, _OLD, "the old one")
    _bar(
        root,
        (start, _RIGHT),
        316,
        _NEW,
        f"the new one; both work for at least {overlap} days, then the old one retires",
    )


def _in_words(lived: _Life, policy: Policy) -> str:
    hours = policy.handoff_time // timedelta(hours=1)
    told = [f"{name}: {_and_at_expiry(lived.told[role])}." for role, name in _LANES.items()]
    return " ".join(
        [
            f"A token is offered for {hours} hours, and valid for {policy.token_months} months.",
            "Who is reminded how many days before it expires:",
            *told,
            _mentions(lived),
            f"When it is renewed, both work for at least {lived.overlap.days} days from the new one's collection.",
        ]
    )


def _and_at_expiry(told: Sequence[int]) -> str:
    days = ", ".join(str(each) for each in told if each != AT_EXPIRY)
    return f"{days} and at expiry" if days else "at expiry"


def _mentions(lived: _Life) -> str:
    first = max((days for days in lived.told[ReaderRole.ADMINS] if days), default=None)
    if first is None:
        return "Nobody is reminded before the expiry."
    return (
        f"In the admin channel the owner is mentioned from {min(first, ADMINS_FROM)} days on, at 1 day all admins are."
    )


def _text(root: Xml.Element, x: float, y: float, words: str, **style: object) -> None:
    names = {"anchor": "text-anchor", "size": "font-size", "weight": "font-weight"}
    drawn = Xml.SubElement(root, "text", x=f"{x:.0f}", y=f"{y:.0f}", fill=str(style.pop("fill", _INK)))
    for name, value in style.items():
        drawn.set(names[name], str(value))
    drawn.text = words


def _line(root: Xml.Element, x1: float, y1: float, x2: float, y2: float) -> None:
    Xml.SubElement(root, "path", d=f"M{x1:.0f} {y1:.0f}L{x2:.0f} {y2:.0f}", stroke=_LINE)


def _bar(root: Xml.Element, x: tuple[float, float], y: float, fill: str, words: str, *, pale: bool = False) -> None:
    bar = Xml.SubElement(root, "rect", x=f"{x[0]:.0f}", y=f"{y:.0f}", width=f"{x[1] - x[0]:.0f}", height="24", rx="4")
    bar.set("fill", "#ffffff" if pale else fill)
    bar.set("stroke", fill)
    _text(root, sum(x) / 2, y + 16, words, anchor="middle", fill=fill if pale else "#ffffff", size=12)


def _dot(root: Xml.Element, x: float, y: float) -> None:
    Xml.SubElement(root, "circle", cx=f"{x:.0f}", cy=f"{y:.0f}", r="8", fill=_INK)


if __name__ == "__main__":
    PICTURE.write_text(drawing(Policy()), encoding="utf-8")
    sys.stdout.write(f"{PICTURE.name} is drawn.\n")
