"""Whose token has a fingerprint, in words."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from access.model.card import TokenLine
from access.model.ids import Fingerprint
from access.model.rendered import Block, Rendered
from access.model.resource_server import Askers
from access.model.third_party import ThirdParty
from handlers import ids
from handlers.mrkdwn import code, command, instant, shortened, strong
from handlers.views.kit import actions, button, context, message, section
from handlers.views.token_line import token_line

_SHOWN = 80


@dataclass(frozen=True, slots=True)
class FoundLine:
    """A token with that fingerprint. `may_revoke`: the reader may stop it now."""

    party: ThirdParty
    line: TokenLine
    may_revoke: bool


def found_tokens(fingerprint: Fingerprint, lines: Sequence[FoundLine], askers: Askers, now: datetime) -> Rendered:
    """Return whose token it is, in what state, and when it was used last; or that nobody's is known."""
    if not lines:
        return message(
            section(
                f"I know no token with the fingerprint {code(fingerprint)} that you may see. Please compare all 8 "
                f"digits; for a third party's name: {command('list', rest='TEXT')}."
            ),
            context(
                "Whoever runs me can also put in a whole token, on my machine: "
                f"{code('thirdparty-bot identify')}. Never paste one here."
            ),
        )
    several = f"{len(lines)} tokens have the fingerprint {code(fingerprint)}, by chance:"
    blocks = [section(several)] if len(lines) > 1 else []
    for each in lines:
        blocks += [section(_words(each, askers, now)), *actions(*_buttons(each))]
    return message(*blocks)


def no_fingerprint(typed: str) -> Rendered:
    """Answer what is no fingerprint. The caller has made sure that it holds no secret."""
    return message(
        section(
            f"{code(shortened(typed, _SHOWN))} is no fingerprint: that is 8 digits, from 0 to 9 and from a to f, such "
            f"as {code('1a2b3c4d')}. For a third party's name: {command('list', rest='TEXT')}."
        )
    )


def _words(each: FoundLine, askers: Askers, now: datetime) -> str:
    removed = f", removed {instant(each.party.removed_at)}" if each.party.removed_at else ""
    switch = "" if each.party.enabled or removed else ", not enabled"
    return f"A token of {strong(each.party.name)}{removed}{switch}:\n{token_line(each.line, now, askers)}"


def _buttons(each: FoundLine) -> Iterator[Block]:
    fingerprint = each.line.token.fingerprint
    if each.may_revoke:
        yield button("Revoke", ids.REVOKE, each.line.token.id, spoken=f"Revoke the token {fingerprint}")
    if each.party.removed_at is None:
        yield button("Show", ids.SHOW, each.party.id, spoken=f"Show the third party of the token {fingerprint}")
