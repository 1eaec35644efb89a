"""A check: a resource server asks whether a token is accepted. What the answer hangs on, and what is noted of it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, NamedTuple, TypeVar

from access.model.ids import ResourceServerId, TokenId, WorkspaceId
from access.model.token import AskedToken, Verdict

REFUSALS_MATTER_FOR: Final = timedelta(days=30)
"""A refusal that is older says nothing about how things are."""

_K = TypeVar("_K")


class Looked(NamedTuple):
    """What one query finds: who asks, from which workspace, and the token there, if there is such a one.

    `has_keyed`: there are tokens that were made elsewhere, so that one which is none of ours may be known all the same.
    It is told only where no token was asked for.
    """

    workspace: WorkspaceId
    asker: ResourceServerId
    secret_digest: bytes
    token_digest: bytes | None
    token: AskedToken | None
    has_keyed: bool


class Use(NamedTuple):
    """When a token was presented, and to which resource server."""

    at: datetime
    to: ResourceServerId


@dataclass(slots=True)
class Noted:
    """What the checks of one workspace have shown since it was written down last: of each kind, the last one.

    `accepted`: by token. `refused`: by token and reason. `asked`: by resource server. It grows with the tokens that
    there are, not with the checks: one that names no token leaves nothing but `asked`.
    """

    accepted: dict[TokenId, Use] = field(default_factory=dict)
    refused: dict[tuple[TokenId, Verdict], Use] = field(default_factory=dict)
    asked: dict[ResourceServerId, datetime] = field(default_factory=dict)

    def parts(self, most: int) -> Iterator["Noted"]:
        """Give the same in parts, each with at most so many accepted tokens and as many refusals."""
        accepted, refused = _pieces(self.accepted, most), _pieces(self.refused, most)
        for number in range(max(len(accepted), len(refused), 1)):
            yield Noted(
                accepted[number] if number < len(accepted) else {},
                refused[number] if number < len(refused) else {},
                {} if number else self.asked,
            )


class CheckNotes:
    """Collects in memory what checks show, so that writing it down is on no check's way."""

    def __init__(self) -> None:
        self._noted: dict[WorkspaceId, Noted] = {}

    def note(self, workspace: WorkspaceId, token: TokenId | None, verdict: Verdict, use: Use) -> None:
        """Note a check. `token` is None where the one that was presented is unknown."""
        noted = self._noted.get(workspace)
        if noted is None:
            noted = self._noted[workspace] = Noted()
        noted.asked[use.to] = use.at
        if token is None:
            return
        if verdict is Verdict.ACCEPTED:
            noted.accepted[token] = use
        else:
            noted.refused[token, verdict] = use

    def take(self) -> Mapping[WorkspaceId, Noted]:
        """Return what was noted, and begin anew."""
        taken, self._noted = self._noted, {}
        return taken

    def give_back(self, taken: Mapping[WorkspaceId, Noted]) -> None:
        """Take back what could not be written down. What was noted since then is newer."""
        for workspace, older in taken.items():
            newer = self._noted.setdefault(workspace, Noted())
            newer.accepted = {**older.accepted, **newer.accepted}
            newer.refused = {**older.refused, **newer.refused}
            newer.asked = {**older.asked, **newer.asked}


@dataclass(frozen=True, slots=True)
class Refusal:
    """The last check of a token that was refused for one reason, as it was written down."""

    token: TokenId
    verdict: Verdict
    use: Use

    def matters(self, last_accepted_at: datetime | None, now: datetime) -> bool:
        """Tell whether it may still be so. `last_accepted_at`: of the same token, which may have worked again since."""
        is_recent = now - REFUSALS_MATTER_FOR < self.use.at
        return is_recent and (last_accepted_at is None or last_accepted_at < self.use.at)


def _pieces(noted: Mapping[_K, Use], most: int) -> list[dict[_K, Use]]:
    entries = list(noted.items())
    return [dict(entries[start : start + most]) for start in range(0, len(entries), most)]
