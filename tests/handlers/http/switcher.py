"""Another process, which ends tokens and says so: `python -m tests.handlers.http.switcher FOLDER NUMBER`.

A line for each, once its commit has returned: the token's number, and when that was by the clock of all processes.
"""

import asyncio
import sys
from pathlib import Path

from access.model.ids import ThirdPartyId, TokenId
from access.model.token import RevocationCause
from access.ports import UnitOfWork
from tests.access.world import TEAM, World
from tests.storage import rows


async def revoke(uow: UnitOfWork, number: int) -> None:
    token = await uow.tokens.get(TokenId(f"token {number}"))
    await uow.tokens.save(token.revoke(RevocationCause.BY_HAND, rows.OWNER, rows.NOW)[0])


async def retire(uow: UnitOfWork, number: int) -> None:
    token = await uow.tokens.get(TokenId(f"token {number}"))
    await uow.tokens.save(token.retire(rows.OWNER, None, rows.NOW)[0])


async def disable(uow: UnitOfWork, number: int) -> None:
    party = await uow.third_parties.get(ThirdPartyId(f"party {number}"))
    await uow.third_parties.save(party.disable(None)[0])


async def remove(uow: UnitOfWork, number: int) -> None:
    party = await uow.third_parties.get(ThirdPartyId(f"party {number}"))
    await uow.third_parties.save(party.remove(rows.NOW)[0])


DEEDS = (revoke, retire, disable, remove)


async def main(folder: Path, tokens: int) -> None:
    world = await World.make(folder, seed=1)
    loop = asyncio.get_running_loop()
    sys.stdin.readline()
    for number in range(tokens):
        async with world.database.write(TEAM) as uow:
            await DEEDS[number % len(DEEDS)](uow, number)
            await uow.commit()
            sys.stdout.write(f"{number} {loop.time()}\n")
        sys.stdout.flush()
        await asyncio.sleep(0.005)
    await world.close()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), int(sys.argv[2])))
