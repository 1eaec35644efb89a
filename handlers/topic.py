"""A refusal together with the name of the third party it is about, so that the advice can be typed as it stands."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from access.model.errors import AccessError
from access.model.ids import ThirdPartyId
from handlers.desk import Desk


class RefusedAbout(Exception):
    """An operation refused something about the third party `name`."""

    def __init__(self, refusal: AccessError, name: str) -> None:
        super().__init__(refusal.code)
        self.refusal = refusal
        self.name = name


@asynccontextmanager
async def speaking_of(third_party: ThirdPartyId, desk: Desk) -> AsyncIterator[None]:
    """Add the name to a refusal. Rights are checked first by every operation, so who may not look learns no name."""
    try:
        yield
    except AccessError as refusal:
        async with desk.ports.read(desk.workspace) as reading:
            party = await reading.third_parties.find(third_party)
        raise RefusedAbout(refusal, party.name if party else "") from None
