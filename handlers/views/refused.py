"""Checks that were refused, in words: when, why, and what helps. Whatever they presented is a fingerprint here."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from access.model.checklist import Refused
from access.model.resource_server import Askers
from access.model.third_party import ThirdParty
from access.model.token import Token, TokenOrigin, Verdict
from handlers.mrkdwn import code, escape, instant, shortened

_NAME_SHOWN: Final = 40
_ENDS: Final[Mapping[Verdict, str]] = {
    Verdict.EXPIRED: "which expired {at}",
    Verdict.RETIRED: "which was retired {at}",
    Verdict.REVOKED: "which was revoked {at}",
}


_TOO_EARLY: Final = (
    "somebody sent the token {which} before its credentials were opened, when nobody could have it yet. Better revoke "
    "it, and find out who did that."
)
_ELSEWHERE: Final[Mapping[Verdict, str]] = {
    Verdict.ELSEWHERE: (
        "the API asked me about the token {which}, which was made elsewhere and is checked there, so I never accept "
        "it. Whoever looks after the API has it ask there."
    ),
    Verdict.NOT_COLLECTED: (
        "somebody sent the token {which}, which was made elsewhere, before I handed it over. So somebody has it from "
        "there already: find out who does."
    ),
}
"""Of a token that was made elsewhere."""


@dataclass(frozen=True, slots=True)
class RefusedShown:
    """What a refusal is told of. `working`: the token that is accepted, if there is one. `whose`: program it was."""

    party: ThirdParty
    askers: Askers
    working: Token | None
    whose: str


def at_server(server: str | None, askers: Askers) -> str:
    """Name the resource server, where its name is known and may be told; with a comma before it."""
    name = next((name for known, name in askers.names.items() if known == server), "")
    return f", at {escape(shortened(name, _NAME_SHOWN))}" if name else ""


def refused_line(refused: Refused, shown: RefusedShown) -> str:
    """Say of a refused check when it was, why it was refused, and what helps."""
    use = refused.refusal.use
    return f"✗  {instant(use.at)}{at_server(use.to, shown.askers)}: {_why(refused, shown)}"


def _why(refused: Refused, shown: RefusedShown) -> str:
    token, reason = refused.token, refused.refusal.verdict
    which = code(token.fingerprint)
    if reason in _ENDS:
        return _ended(token, reason, shown)
    if reason is Verdict.DISABLED:
        return f"the access was switched off.{' It is on again.' if shown.party.enabled else ''}"
    if reason is Verdict.SUSPENDED:
        again = " That was taken back since." if token.suspended_at is None else ""
        return f"the token {which} was suspended.{again}"
    if reason is Verdict.REMOVED:
        return "the third party was removed."
    return (_ELSEWHERE if token.origin is not TokenOrigin.ISSUED else {}).get(reason, _TOO_EARLY).format(which=which)


def _ended(token: Token, reason: Verdict, shown: RefusedShown) -> str:
    at = {Verdict.RETIRED: token.retired_at, Verdict.REVOKED: token.revoked_at}.get(reason) or token.expires_at
    ended = _ENDS[reason].format(at=instant(at))
    if shown.working is None:
        return f"{shown.whose} program sends the token {code(token.fingerprint)}, {ended}."
    newer = code(shown.working.fingerprint)
    return f"{shown.whose} program still sends the old token {code(token.fingerprint)}, {ended}. It needs {newer}."
