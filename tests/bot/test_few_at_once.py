"""What nobody waits for has a few transactions open at a time, and everybody else as many as ever."""

import asyncio

import pytest

from access.ports import Ports
from bot.few_at_once import AT_ONCE, few_at_once
from tests.bot.post_room import PostRoom
from tests.bot.waiting import until

MANY = AT_ONCE + 4


class Held:
    """Transactions that stay open until they are let go."""

    def __init__(self, room: PostRoom) -> None:
        self._room = room
        self._end = asyncio.Event()
        self.open = 0
        self.begun = 0

    async def read(self, ports: Ports) -> None:
        async with ports.read(self._room.workspace):
            self.open += 1
            self.begun += 1
            await self._end.wait()
            self.open -= 1

    def let_go(self) -> None:
        self._end.set()


async def test_the_others_wait_until_one_ends(room: PostRoom) -> None:
    few, held = few_at_once(room.ports), Held(room)
    async with asyncio.TaskGroup() as group:
        for _ in range(MANY):
            group.create_task(held.read(few))
        await until(lambda: held.begun == AT_ONCE)
        await asyncio.sleep(0.05)  # in which the others would have begun, too
        assert held.open == held.begun == AT_ONCE
        held.let_go()
    assert (held.open, held.begun) == (0, MANY)


async def test_whoever_writes_and_whoever_reads_wait_for_each_other(room: PostRoom) -> None:
    few, held = few_at_once(room.ports), Held(room)
    async with asyncio.TaskGroup() as group:
        for _ in range(AT_ONCE):
            group.create_task(held.read(few))
        await until(lambda: held.begun == AT_ONCE)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05), few.write(room.workspace):
                pass
        held.let_go()
    async with few.write(room.workspace):
        pass


async def test_nobody_else_waits_for_them(room: PostRoom) -> None:
    few, held = few_at_once(room.ports), Held(room)
    async with asyncio.TaskGroup() as group:
        for _ in range(AT_ONCE):
            group.create_task(held.read(few))
        await until(lambda: held.begun == AT_ONCE)
        async with asyncio.timeout(5), room.ports.read(room.workspace) as reading:
            assert await reading.next_message_due() is None
        held.let_go()


async def test_what_goes_wrong_in_one_is_raised_and_its_place_is_free_again(room: PostRoom) -> None:
    few = few_at_once(room.ports)
    for _ in range(MANY):
        with pytest.raises(RuntimeError, match="broken"):
            async with few.write(room.workspace):
                raise RuntimeError("broken")
    async with asyncio.timeout(5), few.read(room.workspace) as reading:
        assert await reading.next_message_due() is None
