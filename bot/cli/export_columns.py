"""What an export says of each token, and of each third party without one."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Final

from access.model.import_rows import OF_PARTY, TOKEN_STATE
from access.model.token import Token
from storage.metadata_export import ExportedParty

_TIMES: Final = (
    "collected_at",
    "suspended_at",
    "succeeded_at",
    "retires_at",
    "retired_at",
    "revoked_at",
    "last_accepted_at",
)
INFORMATIVE: Final = ("third_party_id", "registered_at", "contact_state", "token_id", "fingerprint", *_TIMES)
"""Columns that an import knows, and leaves alone."""

EXPORTED: Final = (
    *OF_PARTY,
    "token_kind",
    "issued_at",
    "expires_at",
    TOKEN_STATE,
    *INFORMATIVE,
)

Value = str | bool | None


def rows_of(exported: ExportedParty, now: datetime) -> Iterator[Mapping[str, Value]]:
    """Give a row for each token, the oldest first, or one without."""
    party, people = exported.party, exported.people
    waiting = exported.proposal.contact if exported.proposal and not exported.proposal.deputy else None
    contact = party.contact or waiting
    of_party: dict[str, Value] = {
        "name": party.name,
        "callback_url": party.callback_url,
        "owner": people.get(party.owner),
        "deputy_owner": people.get(party.deputy_owner) if party.deputy_owner else None,
        "contact": people.get(contact) if contact else None,
        "notes": party.notes,
        "enabled": party.enabled,
        "client_id": party.client_id,
        "third_party_id": party.id,
        "registered_at": _instant(party.registered_at),
        "contact_state": "approved" if party.contact else "proposed" if contact else None,
    }
    tokens: Sequence[Token | None] = [*reversed(exported.tokens)] or [None]
    for token in tokens:
        row = of_party | (_of_token(token, now) if token else {})
        yield {column: row.get(column) for column in EXPORTED}


def _of_token(token: Token, now: datetime) -> dict[str, Value]:
    return {
        "token_kind": token.origin.value,
        "issued_at": _instant(token.issued_at),
        "expires_at": _instant(token.expires_at),
        TOKEN_STATE: token.state(now).value,
        "token_id": token.id,
        "fingerprint": token.fingerprint,
        **{name: _instant(getattr(token, name)) for name in _TIMES},
    }


def _instant(at: datetime | None) -> str | None:
    return None if at is None else at.astimezone(UTC).isoformat()
