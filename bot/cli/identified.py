"""What there is to say of a token or secret that turned up, without a letter of it."""

from collections.abc import Iterator
from typing import Final

from access.model.credentials import SecretKind
from access.model.resource_server import ResourceServer
from access.model.token import Verdict, verdict
from access.operations.identify_secret import IdentifiedToken
from bot.cli.terminal import in_columns, instant, printable

_STATES: Final = {
    Verdict.ACCEPTED: "active: it is accepted",
    Verdict.DISABLED: "refused, because the third party is disabled",
    Verdict.REMOVED: "ended: the third party was removed",
    Verdict.REVOKED: "revoked",
    Verdict.RETIRED: "retired, because its successor took its place",
    Verdict.EXPIRED: "expired",
    Verdict.SUSPENDED: "suspended: refused until an admin decides",
    Verdict.NOT_COLLECTED: "not collected by the contact yet, so refused",
    Verdict.ELSEWHERE: "made elsewhere and checked there: never accepted here",
}


def in_words(identified: IdentifiedToken | ResourceServer) -> str:
    """Say whose it is and how it is with it."""
    return _resource_server(identified) if isinstance(identified, ResourceServer) else _token(identified)


def _token(found: IdentifiedToken) -> str:
    what = "The token" if found.presented is SecretKind.TOKEN else "The client secret that belongs to a token"
    name, client_id = printable(found.party.name), found.party.client_id
    facts = in_columns([("  " + word, said) for word, said in _facts(found)])
    return f"{what} of {name} (client ID {client_id}).\n\n{facts}\n"


def _facts(found: IdentifiedToken) -> Iterator[tuple[str, str]]:
    token = found.token
    yield "fingerprint", token.fingerprint
    yield "state", _STATES[verdict(token, found.party, found.now)]
    yield "issued", instant(token.issued_at)
    yield "collected", instant(token.collected_at)
    yield "expires", instant(token.expires_at)
    if token.revoked_at is not None:
        yield "revoked", instant(token.revoked_at)
    if token.retired_at is not None:
        yield "retired", instant(token.retired_at)
    if token.last_accepted_at is None:
        yield "last use", "never, as far as checks tell"
    else:
        yield "last use", instant(token.last_accepted_at) + (f", at {found.used_at}" if found.used_at else "")


def _resource_server(server: ResourceServer) -> str:
    name = printable(server.name)
    said = (
        f"The secret of the resource server {name} ({server.id}), which was added {instant(server.added_at)} and asked "
        f"last: {instant(server.last_asked_at)}."
    )
    if server.removed_at is not None:
        return f"{said}\nIt was removed {instant(server.removed_at)}, so nobody can ask with it any more."
    return f"""{said}
Whoever has it can ask about tokens that they have, where the bot's internal port can be reached, and learn whose they
are. Add another resource server, give your API that one's secret, then remove this one."""
