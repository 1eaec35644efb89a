"""Socket Mode's server: tickets, connections, envelopes, acknowledgements (docs: apis/events-api/using-socket-mode)."""

import asyncio
import json
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from aiohttp import WSMsgType, web

from sandbox import cast
from sandbox.chance import word
from sandbox.clock import real_seconds
from sandbox.delivery import TIMED_OUT, UNREACHABLE, Reply
from sandbox.faults import Delay, Dropped, Error, Fault, Faults, LostAnswer, RateLimited, Silence, Status, cut
from sandbox.payloads import Parcel
from sandbox.timing import Timing
from sandbox.traffic import Traffic

CONNECTION_LIMIT = 10


class Connection:
    """One open WebSocket of the app.

    Attributes:
        retiring: The app was asked to reconnect.
        closed: Set once nothing can come from it any more.
    """

    def __init__(self, socket: web.WebSocketResponse) -> None:
        self.socket = socket
        self.retiring = False
        self.closed = asyncio.Event()

    def cut(self, request: web.Request) -> None:
        """End it without a word."""
        self.closed.set()
        cut(request)


class SocketMode:
    """All connections of the app; each envelope goes to exactly one of them."""

    def __init__(self, timing: Timing, faults: Faults, traffic: Traffic) -> None:
        self._timing = timing
        self._faults = faults
        self._traffic = traffic
        self._tickets: dict[str, float] = {}
        self._connections: dict[Connection, web.Request] = {}
        self._waiting: dict[str, asyncio.Future[Reply]] = {}
        self._names: dict[str, str] = {}
        self._arrived = asyncio.Condition()
        self._turn = 0

    def issue_ticket(self) -> str:
        """A ticket for one connection."""
        ticket = word(36)
        self._tickets[ticket] = real_seconds() + self._timing.ticket_lives
        return ticket

    async def connected(self) -> None:
        """Wait until a connection is open that is not about to be replaced."""
        async with self._arrived:
            await self._arrived.wait_for(self._fresh)

    async def refresh(self, reason: str) -> None:
        """Ask the app to reconnect every connection: `disconnect` with a reason of Slack's."""
        for connection in list(self._connections):
            connection.retiring = True
            await self._disconnect(connection, reason)

    async def drop(self) -> None:
        """Cut every connection without a word."""
        for connection, request in list(self._connections.items()):
            connection.cut(request)
            del self._connections[connection]

    async def carry(self, parcel: Parcel, attempt: int, reason: str) -> Reply:
        """Deliver an envelope and wait for its acknowledgement.

        Where the connection is lost before that, the envelope goes to another one, as long as Slack waits.
        """
        if not self._connections:
            return UNREACHABLE
        self._names[parcel.envelope_id] = parcel.name
        answer = self._waiting.setdefault(parcel.envelope_id, asyncio.get_running_loop().create_future())
        try:
            async with asyncio.timeout(self._timing.acknowledge_within):
                while not answer.done():
                    connection = await self._next_connection()
                    await self._send(connection, _envelope(parcel, attempt, reason), parcel.name)
                    await _first(answer, connection.closed)
                    attempt, reason = attempt + 1, "connection_lost"
                return answer.result()
        except TimeoutError:
            return TIMED_OUT
        finally:
            self._waiting.pop(parcel.envelope_id, None)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """The WebSocket's end in Slack."""
        fault = self._faults.take("socket")
        refused = await self._handshake_fault(fault, request)
        if refused is not None:
            return refused
        if self._tickets.pop(request.query.get("ticket", ""), 0.0) < real_seconds():
            return web.Response(status=408, text="ticket expired")
        socket = web.WebSocketResponse(heartbeat=self._timing.ping_every)
        await socket.prepare(request)
        connection = Connection(socket)
        if isinstance(fault, Error) or len(self._connections) >= CONNECTION_LIMIT:
            await self._disconnect(connection, fault.code if isinstance(fault, Error) else "too_many_websockets")
            await socket.close()
        else:
            await self._serve(connection, request)
        return socket

    async def _serve(self, connection: Connection, request: web.Request) -> None:
        await self._greet(connection)
        async with self._arrived:
            self._connections[connection] = request
            self._arrived.notify_all()
        try:
            with suppress(ConnectionResetError):  # a bot that is killed answers no ping
                async for message in connection.socket:
                    if message.type is WSMsgType.TEXT:
                        self._acknowledge(connection, request, message.data)
        finally:
            connection.closed.set()
            self._connections.pop(connection, None)

    def _acknowledge(self, connection: Connection, request: web.Request, text: str) -> None:
        content = _object(text)
        envelope_id = str(content.get("envelope_id", ""))
        reply = Reply(acknowledged=True, body=content.get("payload") or {})
        self._traffic.came("ack", self._names.get(envelope_id, ""), text)
        match self._faults.take("ack"):
            case None:
                self._resolve(envelope_id, reply)
            case Error(code):
                self._resolve(envelope_id, Reply(acknowledged=False, error=code))
            case Delay(seconds):
                asyncio.get_running_loop().call_later(seconds, self._resolve, envelope_id, reply)
            case LostAnswer():
                self._resolve(envelope_id, reply)
                connection.cut(request)
            case Dropped():
                connection.cut(request)
            case Silence() | Status() | RateLimited():
                pass

    def _resolve(self, envelope_id: str, reply: Reply) -> None:
        answer = self._waiting.get(envelope_id)
        if answer is not None and not answer.done():
            answer.set_result(reply)

    async def _handshake_fault(self, fault: Fault | None, request: web.Request) -> web.Response | None:
        match fault:
            case Delay(seconds):
                await asyncio.sleep(seconds)
            case Silence():
                await asyncio.Event().wait()
            case Status(http_status):
                return web.Response(status=http_status)
            case RateLimited(retry_after):
                return web.Response(status=429, headers={"Retry-After": str(retry_after)})
            case Dropped() | LostAnswer():
                return cut(request)
            case _:
                pass
        return None

    async def _greet(self, connection: Connection) -> None:
        hello = {
            "type": "hello",
            "num_connections": len(self._connections) + 1,
            "debug_info": {"host": "applink-sandbox", "build_number": 1, "approximate_connection_time": 18060},
            "connection_info": {"app_id": cast.APP_ID},
        }
        await self._send(connection, hello, "hello")

    async def _disconnect(self, connection: Connection, reason: str) -> None:
        content = {"type": "disconnect", "reason": reason, "debug_info": {"host": "applink-sandbox"}}
        await self._send(connection, content, "disconnect")

    async def _send(self, connection: Connection, content: Mapping[str, Any], name: str) -> None:
        text = json.dumps(content)
        self._traffic.went("envelope", name, text)
        try:
            await connection.socket.send_str(text)
        except ConnectionError:
            connection.closed.set()
            self._connections.pop(connection, None)

    async def _next_connection(self) -> Connection:
        """One of the open connections, in turns; one that is being replaced only when there is no other."""
        async with self._arrived:
            await self._arrived.wait_for(lambda: bool(self._connections))
        candidates = self._fresh() or list(self._connections)
        self._turn += 1
        return candidates[self._turn % len(candidates)]

    def _fresh(self) -> list[Connection]:
        return [connection for connection in self._connections if not connection.retiring]


def _envelope(parcel: Parcel, attempt: int, reason: str) -> dict[str, Any]:
    envelope = {
        "envelope_id": parcel.envelope_id,
        "type": parcel.type,
        "accepts_response_payload": parcel.type != "events_api" and parcel.name != "block_actions",
        "payload": parcel.payload,
    }
    if parcel.type == "events_api" or attempt:
        envelope |= {"retry_attempt": attempt, "retry_reason": reason}
    return envelope


def _object(text: str) -> dict[str, Any]:
    """What an acknowledgement says; nothing where it is no JSON object."""
    try:
        content = json.loads(text)
    except ValueError:
        return {}
    return content if isinstance(content, dict) else {}


async def _first(answer: asyncio.Future[Reply], closed: asyncio.Event) -> None:
    """Wait for an acknowledgement or for the end of the connection, whichever comes first."""
    end = asyncio.create_task(closed.wait())
    answer.add_done_callback(lambda _: end.cancel())
    try:
        await asyncio.wait([end])
    finally:
        end.cancel()
