"""How long a refusal takes tells no more than the noise."""

import asyncio
import statistics
from collections.abc import Mapping, Sequence

from tests.handlers.http.api import Api
from tests.handlers.http.wire import Wire, request

ROUNDS = 400
KINDS = ("unknown", "expired", "revoked", "disabled", "elsewhere")


async def times(api: Api) -> Mapping[str, Sequence[float]]:
    """Seconds for each answer, one kind after the other in each round, so that what slows one slows all."""
    loop = asyncio.get_running_loop()
    taken: dict[str, list[float]] = {kind: [] for kind in KINDS}
    async with Wire.to(api.url) as wire:
        for turn in range(ROUNDS):
            for kind in (*KINDS[turn % len(KINDS) :], *KINDS[: turn % len(KINDS)]):
                headers = {"X-Resource-Server-Secret": api.secret, "Authorization": f"Bearer {api.tokens[kind]}"}
                begun = loop.time()
                await wire.send(request("GET", "/oauth/check", headers))
                await wire.answer()
                taken[kind].append(loop.time() - begun)
    return taken


async def test_refusals_cannot_be_told_apart_by_their_time(api: Api) -> None:
    taken = await times(api)
    low, _, high = statistics.quantiles([each for kind in taken.values() for each in kind], n=4)
    medians = {kind: statistics.median(values) for kind, values in taken.items()}
    assert max(medians.values()) - min(medians.values()) < high - low, medians
