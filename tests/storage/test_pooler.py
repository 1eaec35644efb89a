"""A pooler between the bot and PostgreSQL that does not know a setting which the bot asks for."""

import asyncio
import struct

import pytest

from storage.errors import DatabaseUnusable
from storage.postgres_connections import opened

_ASKED_FOR_TLS = 80877103


async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Do as PgBouncer does: no TLS, and a setting that it does not know ends the connection."""
    while True:
        length, code = struct.unpack("!II", await reader.readexactly(8))
        if code != _ASKED_FOR_TLS:
            break
        writer.write(b"N")
    await reader.readexactly(length - 8)
    fields = b"SFATAL\0C08P01\0Munsupported startup parameter: tcp_keepalives_idle\0\0"
    writer.write(b"E" + struct.pack("!I", 4 + len(fields)) + fields)
    writer.close()


async def test_a_pooler_that_does_not_pass_on_what_the_bot_asks_for_is_named() -> None:
    async with await asyncio.start_server(refuse, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        with pytest.raises(DatabaseUnusable, match="see docs/postgresql") as unusable:
            await opened(f"postgresql://tests@127.0.0.1:{port}/tests", "bot")
    assert not unusable.value.may_pass, "nobody waits for what does not change by itself"
