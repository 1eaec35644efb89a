"""What nobody waits for has a few transactions open at a time, and everybody else as many as ever."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from access.ports import Ports
from bot.few_at_once import AT_ONCE, few_at_once
from tests.bot.post_room import PostRoom
from tests.bot.waiting import until

MANY = AT_ONCE + 4


@asynccontextmanager
async def held(few: Ports, room: PostRoom, many: int) -> AsyncIterator[list[int]]:
    """Have so many tasks open a transaction each, if they may; yields those that have it. They end with the block."""
    begun, end = list[int](), asyncio.Event()

    async def hold(number: int) -> None:
        async with few.read(room.workspace):
            begun.append(number)
            await end.wait()

    async with asyncio.TaskGroup() as group:
        for number in range(many):
            group.create_task(hold(number))
        await until(lambda: len(begun) == AT_ONCE)
        yield begun
        end.set()


async def test_the_others_wait_until_one_ends(room: PostRoom) -> None:
    async with held(few_at_once(room.ports), room, MANY) as begun:
        await asyncio.sleep(0.05)  # in which the others would have begun, too
        assert len(begun) == AT_ONCE
    assert len(begun) == MANY


async def test_whoever_writes_and_whoever_reads_wait_for_each_other(room: PostRoom) -> None:
    few = few_at_once(room.ports)
    async with held(few, room, AT_ONCE):
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05), few.write(room.workspace):
                pass
    async with few.write(room.workspace):
        pass


async def test_nobody_else_waits_for_them(room: PostRoom) -> None:
    async with (
        held(few_at_once(room.ports), room, AT_ONCE),
        asyncio.timeout(5),
        room.ports.read(room.workspace) as reading,
    ):
        assert await reading.next_message_due() is None


async def test_one_in_another_is_an_error_and_not_a_wait_without_end(room: PostRoom) -> None:
    few = few_at_once(room.ports)
    with pytest.raises(RuntimeError, match="in another one"):
        async with few.read(room.workspace), few.read(room.workspace):
            pass
    async with few.read(room.workspace):
        pass
    async with few.write(room.workspace):
        pass


async def test_what_goes_wrong_in_one_is_raised_and_its_place_is_free_again(room: PostRoom) -> None:
    few = few_at_once(room.ports)
    for _ in range(MANY):
        with pytest.raises(RuntimeError, match="broken"):
            async with few.write(room.workspace):
                raise RuntimeError("broken")
    async with asyncio.timeout(5), few.read(room.workspace) as reading:
        assert await reading.next_message_due() is None
