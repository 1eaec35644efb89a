"""Work that nobody waits for leaves room for people who do.

Whoever writes to a workspace waits for those who came before. Where fifty messages are sent at the same time, somebody
who types a command would wait until the relay has noted most of them; so it notes a few at a time, and is as quick.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import replace
from typing import Any, Final, TypeVar

from access.model.ids import WorkspaceId
from access.ports import Ports

AT_ONCE: Final = 3
"""Transactions. With two or four it made no difference that could be measured; without a limit others waited thrice."""

_T = TypeVar("_T")


def few_at_once(ports: Ports) -> Ports:
    """Return the same ports, through which only a few transactions are open at the same time: the others wait.

    A task that has one open may not open another one in it: that raises RuntimeError, as all might wait for each other.
    """
    room, inside = asyncio.Semaphore(AT_ONCE), set[asyncio.Task[Any] | None]()

    def in_room(
        open_: Callable[[WorkspaceId], AbstractAsyncContextManager[_T]],
    ) -> Callable[[WorkspaceId], AbstractAsyncContextManager[_T]]:
        @asynccontextmanager
        async def opened(workspace: WorkspaceId) -> AsyncIterator[_T]:
            task = asyncio.current_task()
            if task in inside:
                raise RuntimeError("a transaction in another one, of which only a few may be open")
            async with room, open_(workspace) as transaction:
                inside.add(task)
                try:
                    yield transaction
                finally:
                    inside.remove(task)

        return opened

    return replace(ports, read=in_room(ports.read), write=in_room(ports.write))
