"""Checks without a break, while another process ends the tokens that they are about."""

import asyncio
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import cycle
from pathlib import Path

from access.model.credentials import fingerprint
from access.model.ids import ThirdPartyId, TokenId
from tests.access.world import TEAM
from tests.bot.waiting import until
from tests.handlers.http.api import FORM, OPENED, Api, digest_of, open_api, secret_text
from tests.handlers.http.wire import Wire, request
from tests.house import ROOT
from tests.storage import rows

TOKENS = 80
WORKERS = 6


@dataclass
class Seen:
    """What was answered about one token: when it was asked, and whether it was accepted."""

    answers: list[tuple[float, bool]] = field(default_factory=list)


def text(number: int) -> str:
    return secret_text(10_000 + number)


async def keep_tokens(api: Api) -> None:
    async with api.world.database.write(TEAM) as uow:
        for number in range(TOKENS):
            party = ThirdPartyId(f"party {number}")
            await uow.third_parties.add(rows.party(f"Party {number}", id=party, enabled=True))
            hashed = digest_of(text(number))
            about = {"third_party": party, "token_digest": hashed, "fingerprint": fingerprint(hashed)}
            overlaps = {"succeeded_at": rows.NOW}
            await uow.tokens.add(rows.token(id=TokenId(f"token {number}"), **about, **OPENED, **overlaps))
        await uow.commit()


def check(api: Api, number: int) -> bytes:
    headers = {"X-Resource-Server-Secret": api.secret, "Authorization": f"Bearer {text(number)}"}
    return request("GET", "/oauth/check", headers)


def introspection(api: Api, number: int) -> bytes:
    headers = {"Content-Type": FORM, "Authorization": api.basic}
    return request("POST", "/oauth/introspect", headers, f"token={text(number)}")


async def hammer(api: Api, worker: int, seen: Sequence[Seen]) -> None:
    """Ask about one token after the other, for ever, in the one way and in the other."""
    loop = asyncio.get_running_loop()
    async with Wire.to(api.url) as wire:
        for turn in cycle(range(worker, worker + TOKENS)):
            number = turn % TOKENS
            asked_at = loop.time()
            await wire.send((check if worker % 2 else introspection)(api, number))
            answer = await wire.answer()
            seen[number].answers.append((asked_at, answer.status == 204 or b'"active":true' in answer.body))


@asynccontextmanager
async def switcher(folder: Path) -> AsyncIterator[Process]:
    command = (sys.executable, "-m", "tests.handlers.http.switcher", str(folder), str(TOKENS))
    process = await asyncio.create_subprocess_exec(*command, cwd=ROOT, stdin=PIPE, stdout=PIPE)
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def ended(process: Process) -> Mapping[int, float]:
    """When each token's end was committed."""
    printed, _ = await process.communicate(b"go\n")
    lines = (line.split() for line in printed.decode().splitlines())
    return {int(number): float(at) for number, at in lines}


async def test_not_one_check_that_begins_after_the_commit_returned_is_accepted(tmp_path: Path) -> None:
    async with open_api(tmp_path) as api, switcher(tmp_path) as process:
        await keep_tokens(api)
        seen = [Seen() for _ in range(TOKENS)]
        hammering = [asyncio.create_task(hammer(api, worker, seen)) for worker in range(WORKERS)]
        ends = await ended(process)
        last = asyncio.get_running_loop().time()
        await until(lambda: min(each.answers[-1][0] for each in seen) > last, within=20)  # once more about each
        for each in hammering:
            each.cancel()
    assert ends.keys() == set(range(TOKENS))
    accepted = {number: [at for at, well in seen[number].answers if well] for number in range(TOKENS)}
    assert all(accepted.values())
    assert [number for number, times in accepted.items() if max(times) >= ends[number]] == []
    assert all(not each.answers[-1][1] for each in seen)
