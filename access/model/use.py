"""What can be said of the use of a third party's tokens: where checks are made, and as far as they have shown it."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from access.model.token import Token

LONG: Final = timedelta(days=90)
"""A third party that has not used its access for so long may not need it any more."""


class Unused(NamedTuple):
    """Since when nothing has used a third party's access. `used`: the token that was used then; None if none ever was.

    Then it is since when one could have been seen in use.
    """

    since: datetime
    used: Token | None


def never_used_since(token: Token, checked_since: datetime | None) -> datetime | None:
    """Return since when a collected token could have been seen in use, and was not; None where it was, or could not.

    Of one that another system checks, no use is ever seen.

    `checked_since`: since when checks are made, as of `access.model.resource_server.Askers`.
    """
    if checked_since is None or token.collected_at is None or token.last_accepted_at is not None or token.is_external:
        return None
    return max(token.collected_at, checked_since)


def long_unused(tokens: Sequence[Token], checked_since: datetime | None, now: datetime) -> Unused | None:
    """Return since when none of a third party's tokens was used, if that is long ago and one of them works.

    `tokens`: all of the third party's. Where nobody asks about tokens, nothing is known of their use.
    """
    if not any(token.works(now) for token in tokens):
        return None
    never = (never_used_since(token, checked_since) for token in tokens if token.works(now))
    known = [Unused(since, None) for since in never if since is not None]
    if checked_since is not None:
        known += [Unused(token.last_accepted_at, token) for token in tokens if token.last_accepted_at is not None]
    last = max(known, key=lambda unused: unused.since, default=None)
    return last if last is not None and last.since <= now - LONG else None
