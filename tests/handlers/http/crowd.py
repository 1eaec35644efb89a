"""A crowd that connects and asks nothing: `python -m tests.handlers.http.crowd PORT HOW_MANY`, a process of its own."""

import asyncio
import sys

from bot.open_files import allow_many_files

AT_ONCE = 200


async def main(port: int, how_many: int) -> None:
    """Say how many are connected, and stay until the input ends; then say how many still are."""
    allow_many_files()
    crowd: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []
    while len(crowd) < how_many:
        wanted = min(AT_ONCE, how_many - len(crowd))
        crowd += await asyncio.gather(*(asyncio.open_connection("127.0.0.1", port) for _ in range(wanted)))
    sys.stdout.write(f"{len(crowd)}\n")
    sys.stdout.flush()
    await asyncio.to_thread(sys.stdin.readline)
    sys.stdout.write(f"{sum(not reader.at_eof() for reader, _ in crowd)}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), int(sys.argv[2])))
