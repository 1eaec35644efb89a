"""Answer a resource server: is this token accepted?"""

import hmac
from dataclasses import dataclass, field
from typing import NamedTuple

from access.model.check import Use
from access.model.credentials import TOKEN_PREFIX, digest, is_well_formed
from access.model.errors import AskerUnknown
from access.model.ids import ResourceServerId
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

    One query decides, of what is committed when it begins; a token that its checksum shows to be malformed is looked
    up no further. What the check shows is noted in memory.

    Raises: AskerUnknown; CannotKeep.
    """
    token_digest = digest(presented) if _is_token(presented.reveal()) else None
    secret_digest = digest(asker.secret)
    looked = await ports.lookup.look_up(secret_digest, token_digest)
    if looked is None or not hmac.compare_digest(looked.secret_digest, secret_digest):
        raise AskerUnknown
    if asker.id is not None and not hmac.compare_digest(looked.asker.encode(), asker.id.encode()):
        raise AskerUnknown
    found = looked.token
    if found is not None and not hmac.compare_digest(looked.token_digest or b"", token_digest or b""):
        found = None
    now = ports.clock.now()
    decided = verdict(found, found, now)
    ports.notes.note(looked.workspace, found.id if found else None, decided, Use(now, looked.asker))
    return Check(decided, looked.asker, found)


def _is_token(text: str) -> bool:
    return text.startswith(TOKEN_PREFIX) and is_well_formed(text)
