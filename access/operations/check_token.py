"""Answer a resource server: is this token accepted?"""

import hmac
from dataclasses import dataclass, field
from typing import NamedTuple

from access.model.check import Looked, Use
from access.model.credentials import TOKEN_PREFIX, digest, is_well_formed
from access.model.errors import AskerUnknown
from access.model.ids import ResourceServerId, WorkspaceId
from access.model.secret import Secret
from access.model.token import AskedToken, Verdict, verdict
from access.ports import Ports


@dataclass(frozen=True, slots=True)
class Asker:
    """How a resource server proves itself: with its secret, and with its id where it gives one."""

    secret: Secret
    id: str | None = field(default=None, repr=False)  # a client may have mixed the two up


class Check(NamedTuple):
    """The answer. The verdict, if it is a refusal, is for us alone; `token` is None where there is no such one."""

    verdict: Verdict
    asker: ResourceServerId
    token: AskedToken | None

    @property
    def accepted(self) -> AskedToken | None:
        """The token, if it is accepted."""
        return self.token if self.verdict is Verdict.ACCEPTED else None


async def check_token(asker: Asker, presented: Secret, ports: Ports) -> Check:
    """Say whether a presented token of the asker's workspace is accepted now, or why not.

    One query decides, of what is committed when it begins; a token that its checksum shows to be none of ours is looked
    up no further, unless tokens were imported that were made elsewhere. What the check shows is noted in memory.

    Raises: AskerUnknown; CannotKeep.
    """
    token_digest = digest(presented) if _is_token(presented.reveal()) else None
    secret_digest = digest(asker.secret)
    looked = await ports.lookup.look_up(secret_digest, token_digest)
    if looked is None or not hmac.compare_digest(looked.secret_digest, secret_digest):
        raise AskerUnknown
    if asker.id is not None and not hmac.compare_digest(looked.asker.encode(), asker.id.encode()):
        raise AskerUnknown
    if looked.has_keyed:
        found = await _made_elsewhere(secret_digest, presented, looked.workspace, ports)
    else:
        found = _token_in(looked, token_digest)
    now = ports.clock.now()
    decided = verdict(found, found, now)
    ports.notes.note(looked.workspace, found.id if found else None, decided, Use(now, looked.asker))
    return Check(decided, looked.asker, found)


async def _made_elsewhere(
    secret_digest: bytes, presented: Secret, workspace: WorkspaceId, ports: Ports
) -> AskedToken | None:
    """Look for a token under each key of the keyring, also where it was found: so an unknown one takes as long."""
    digests = [each.digest for each in ports.vault.keyed_digests(workspace, presented)]
    looked = [(await ports.lookup.look_up(secret_digest, each), each) for each in digests]
    found = [_token_in(*each) for each in looked]
    return next(filter(None, found), None)


def _token_in(looked: Looked | None, token_digest: bytes | None) -> AskedToken | None:
    if looked is None or token_digest is None:
        return None
    return looked.token if hmac.compare_digest(looked.token_digest or b"", token_digest) else None


def _is_token(text: str) -> bool:
    return text.startswith(TOKEN_PREFIX) and is_well_formed(text)
