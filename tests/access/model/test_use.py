"""What can be said of use, where checks are made."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from access.model.ids import Fingerprint, PersonId, ThirdPartyId, TokenId
from access.model.token import Token
from access.model.use import Unused, long_unused, never_used_since

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
DAY, SECOND = timedelta(days=1), timedelta(seconds=1)
ANNA = PersonId("anna")
LONG_AGO = NOW - 300 * DAY


def token(name: str = "t", **times: Any) -> Token:
    fields: dict[str, Any] = {"collected_at": NOW - 100 * DAY, **times}
    return Token(
        id=TokenId(name),
        third_party=ThirdPartyId("tp"),
        fingerprint=Fingerprint("0" * 8),
        token_digest=bytes(32),
        secret_digest=bytes(32),
        issued_at=NOW - 101 * DAY,
        expires_at=NOW + 80 * DAY,
        issued_by=ANNA,
        collected_by=ANNA,
        **fields,
    )


@pytest.mark.parametrize(
    ("one", "checked_since", "since"),
    [
        (token(), LONG_AGO, NOW - 100 * DAY),
        (token(), NOW - 3 * DAY, NOW - 3 * DAY),
        (token(), None, None),
        (token(collected_at=None), LONG_AGO, None),
        (token(last_accepted_at=NOW), LONG_AGO, None),
    ],
)
def test_never_used_is_said_of_what_could_have_been_seen(
    one: Token, checked_since: datetime | None, since: datetime | None
) -> None:
    assert never_used_since(one, checked_since) == since


USED = token(last_accepted_at=NOW - 90 * DAY)
RETIRED = replace(USED, id=TokenId("old"), succeeded_at=NOW - 50 * DAY, retired_at=NOW - 40 * DAY)


@pytest.mark.parametrize(
    ("tokens", "checked_since", "unused"),
    [
        ([USED], LONG_AGO, Unused(NOW - 90 * DAY, USED)),
        ([replace(USED, last_accepted_at=NOW - 90 * DAY + SECOND)], LONG_AGO, None),
        ([USED], None, None),
        ([token()], LONG_AGO, Unused(NOW - 100 * DAY, None)),
        ([token()], NOW - 90 * DAY, Unused(NOW - 90 * DAY, None)),
        ([token()], NOW - 90 * DAY + SECOND, None),
        ([token(collected_at=NOW - 89 * DAY)], LONG_AGO, None),
        ([USED, token("other", collected_at=NOW - DAY)], LONG_AGO, None),
        ([USED, token("other", collected_at=None)], LONG_AGO, Unused(NOW - 90 * DAY, USED)),
        ([token(), RETIRED], LONG_AGO, Unused(NOW - 90 * DAY, RETIRED)),
        ([token(), replace(RETIRED, last_accepted_at=NOW - DAY)], LONG_AGO, None),
        ([replace(USED, revoked_at=NOW)], LONG_AGO, None),
        ([replace(USED, suspended_at=NOW)], LONG_AGO, None),
        ([], LONG_AGO, None),
    ],
)
def test_long_unused_is_a_third_party_none_of_whose_tokens_was_used(
    tokens: list[Token], checked_since: datetime | None, unused: Unused | None
) -> None:
    assert long_unused(tokens, checked_since, NOW) == unused
