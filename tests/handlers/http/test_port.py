"""The connections of a port: read strictly, answered in time, so many at most, and to a good end. Over real sockets."""

import asyncio
import socket
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.listening import listening
from handlers.http.exchange import HttpReply, HttpRequest
from handlers.http.port import HttpPort
from tests.bot.waiting import nothing_left, until
from tests.fakes import FrozenClock
from tests.handlers.http.wire import Answer, Wire, ask, request
from tests.thorough import attack

SHORT = 0.3
GET = request("GET", "/")
POST = request("POST", "/", {}, "hello")
CHUNKED = request("POST", "/", {"Transfer-Encoding": "chunked"})


@dataclass
class Desk:
    """Answers with what it was asked; what is asked under /wait when it is told to."""

    go_on: asyncio.Event = field(default_factory=asyncio.Event)
    asked: list[HttpRequest] = field(default_factory=list)

    async def answer(self, request: HttpRequest) -> HttpReply:
        self.asked.append(request)
        if request.path == "/wait":
            await self.go_on.wait()
        if request.path == "/long":
            return HttpReply(200, (), b"x" * 1_000_000)
        return HttpReply(200, (("X-Path", request.path),), request.body or request.path.encode())

    def paths(self) -> Sequence[str]:
        return [each.path for each in self.asked]


@dataclass
class Opened:
    """A port that listens."""

    port: HttpPort
    desk: Desk
    url: str


@asynccontextmanager
async def opened(request_within: float = 10, most: int = 100) -> AsyncIterator[Opened]:
    desk = Desk()
    port = HttpPort(desk.answer, FrozenClock(), most=most, request_within=request_within)
    async with nothing_left(), listening("127.0.0.1", 0, port, settings="X") as url:
        yield Opened(port, desk, url)
        desk.go_on.set()


async def answers(data: bytes, *, many: int = 1) -> Sequence[Answer]:
    async with opened() as here, Wire.to(here.url) as wire:
        await wire.send(data)
        return [await wire.answer() for _ in range(many)]


async def status(data: bytes) -> int:
    """What is answered to bytes after which the connection is closed."""
    async with opened() as here, Wire.to(here.url) as wire:
        await wire.send(data)
        answer = await wire.answer()
        assert answer["Connection"] == "close"
        assert await wire.is_closed()
        return answer.status


# --- what is understood ---------------------------------------------------------------------------------------------


async def test_a_request_arrives_as_it_was_sent() -> None:
    async with opened() as here:
        data = "POST /b%2f?c=%20 HTTP/1.1\r\nHOST: x\r\nA: 1 \r\nb:\r\na:\t\xfc\r\nContent-Length: 5\r\n\r\nhello"
        async with Wire.to(here.url) as wire:
            await wire.send(data.encode("latin-1"))
            await wire.answer()
        [one] = here.desk.asked
        headers = {"host": ["x"], "a": ["1", "ü"], "b": [""], "content-length": ["5"]}
        assert one == HttpRequest("POST", "/b%2f", "c=%20", headers, b"hello")
        assert (one.values("a"), one.values("b"), one.values("c")) == (["1", "ü"], [], [])


def test_what_may_hold_a_secret_is_not_shown() -> None:
    one = HttpRequest("POST", "/b", "token=tpt_x", {"authorization": ["Bearer tpt_x"]}, b"token=tpt_x")
    assert f"{one} {one!r} {[one]}" == "HttpRequest(POST /b) HttpRequest(POST /b) [HttpRequest(POST /b)]"


async def test_an_answer_has_its_date_and_its_length() -> None:
    """RFC 9110 §6.6.1 and §8.6."""
    [answer] = await answers(request("GET", "/a"))
    assert answer["Date"] == "Mon, 02 Mar 2026 09:00:00 GMT"
    assert (answer["Content-Length"], answer.body) == ("2", b"/a")


async def test_head_is_answered_without_the_body() -> None:
    """RFC 9110 §9.3.2: with the headers that GET would have."""
    async with opened() as here, Wire.to(here.url) as wire:
        await wire.send(request("HEAD", "/a") + request("GET", "/b"))
        assert (await wire.answer(to="HEAD"))["Content-Length"] == "2"
        assert (await wire.answer()).body == b"/b"


async def test_rfc_9112_7_1_in_chunks_with_what_they_may_carry_besides() -> None:
    body = b"3;colour=red\r\nhel\r\n2\r\nlo\r\n0\r\nAuthorization: Bearer x\r\n\r\n"
    async with opened() as here, Wire.to(here.url) as wire:
        await wire.send(CHUNKED + body + GET)
        assert [(await wire.answer()).body for _ in range(2)] == [b"hello", b"/"]
        assert [sorted(each.headers) for each in here.desk.asked] == [["host", "transfer-encoding"], ["host"]]


@pytest.mark.parametrize("target", ["http://x/b?c", "HTTP://x:80/b?c", "/b?c"])
async def test_rfc_9112_3_2_2_a_target_as_for_a_proxy_is_understood(target: str) -> None:
    [answer] = await answers(request("GET", target))
    assert answer["X-Path"] == "/b"


async def test_rfc_9110_10_1_1_a_body_that_is_held_back_is_asked_for() -> None:
    async with opened() as here, Wire.to(here.url) as wire:
        await wire.send(request("POST", "/", {"Expect": "100-continue", "Content-Length": "5"}))
        assert (await wire.answer()).status == 100
        await wire.send("hello")
        assert (await wire.answer()).body == b"hello"
        await wire.send(request("POST", "/", {"Expect": "100-continue", "Content-Length": "50000"}))
        assert (await wire.answer()).status == 413


@pytest.mark.parametrize("protocol", ["websocket", "h2c"])
async def test_rfc_9110_7_8_nothing_is_upgraded(protocol: str) -> None:
    [answer] = await answers(request("GET", "/a", {"Connection": "Upgrade", "Upgrade": protocol}))
    assert answer.status == 200


# --- what is not ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "more",
    [
        *("Content-Length: 5\r\nTransfer-Encoding: chunked", "Transfer-Encoding: chunked\r\nContent-Length: 5"),
        *("Content-Length: 5\r\nContent-Length: 5", "Content-Length: 5\r\nContent-Length: 6", "Content-Length: 5, 5"),
        *("Content-Length: +5", "Content-Length: 0x5", "Content-Length: -5", f"Content-Length: {10**30}"),
        *("Content-Length : 5", "Content-Length:\r\n 5"),
        *("Transfer-Encoding: chunked, identity", "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity"),
        *("X: a\rb", "X: a\0b", "X Y: a", "X: a\r\n folded", ": a"),
    ],
)
async def test_rfc_9112_6_3_nobody_hides_a_request_in_another_one(more: str) -> None:
    async with opened() as here, Wire.to(here.url) as wire:
        await wire.send(f"POST / HTTP/1.1\r\nHost: x\r\n{more}\r\n\r\n0\r\n\r\n".encode() + request("GET", "/hidden"))
        assert (await wire.answer()).status == 400
        assert await wire.is_closed()
        assert "/hidden" not in here.desk.paths()


@pytest.mark.parametrize("chunks", [b"-1\r\n", b"z\r\n", b"3\r\nhello\r\n", b"3 \r\nhel", b"ffffffffffffffffff\r\n"])
async def test_rfc_9112_7_1_chunks_that_make_no_sense(chunks: bytes) -> None:
    assert await status(CHUNKED + chunks) == 400


@pytest.mark.parametrize(
    "line",
    [
        *("GET / HTTP/1.2", "GET  HTTP/1.1", "get / HTTP/1.1", "BREW / HTTP/1.1", "/ HTTP/1.1", "\x16\x03\x01"),
        *("GET /\0 HTTP/1.1", "GET / HTTP/1.1 ", "GET / http/1.1", "CONNECT x:1 HTTP/1.1", "GET http://x HTTP/1.1"),
    ],
)
async def test_rfc_9112_3_a_line_that_is_none(line: str) -> None:
    assert await status(f"{line}\r\nHost: x\r\n\r\n".encode()) == 400


async def test_rfc_9112_2_2_a_bare_line_feed_ends_nothing() -> None:
    assert await status(GET.replace(b"\r\n", b"\n")) == 400


async def test_rfc_9110_15_6_6_another_version() -> None:
    assert await status(GET.replace(b"HTTP/1.1", b"HTTP/2.0")) == 505
    assert await status(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n") == 400


async def test_rfc_9112_3_2_the_host_is_named_once() -> None:
    host = b"Host: 127.0.0.1\r\n"
    assert await status(GET.replace(host, b"")) == 400
    assert await status(GET.replace(host, host * 2)) == 400
    [answer] = await answers(b"GET /a HTTP/1.0\r\n\r\n")
    assert (answer.body, answer["Connection"]) == (b"/a", "close")


async def test_rfc_6585_5_too_much_before_the_body() -> None:
    assert await status(request("GET", "/", {"X": "x" * 40_000})) == 431
    assert await status(request("GET", "/" + "a" * 40_000)) == 431
    assert await status(request("GET", "/", [("x", "y")] * 101)) == 431


async def test_rfc_6585_5_headers_without_end() -> None:
    async with opened() as here, Wire.to(here.url) as wire:
        await wire.send(GET[:-2])
        for _ in range(17):
            await asyncio.sleep(0.001)
            await wire.send(b"X: " + b"x" * 1_000 + b"\r\n")
        assert (await wire.answer()).status == 431
        assert await wire.is_closed()


@pytest.mark.parametrize("size", [1, 1_000, 20_000])
async def test_rfc_9110_15_5_14_too_much_of_a_body(size: int) -> None:
    """Told at once where the length is, and else when there is too much."""
    [answer] = await answers(request("POST", "/", {"Content-Length": "16385"}))
    assert answer.status == 413
    chunk = b"%x\r\n%s\r\n" % (size, b"x" * size)
    [answer] = await answers(CHUNKED + chunk * (16_384 // size + 1))
    assert answer.status == 413


# --- one after the other --------------------------------------------------------------------------------------------


async def test_a_connection_takes_one_request_after_the_other() -> None:
    async with opened() as here, Wire.to(here.url) as wire:
        for number in range(3):
            await wire.send(request("POST", f"/{number}", {}, "hello"))
            assert (await wire.answer())["X-Path"] == f"/{number}"


async def test_rfc_9112_9_3_2_many_at_once_are_answered_in_their_order() -> None:
    """Also where the first waits for something."""
    paths = ["/wait", *(f"/{number}" for number in range(2_000))]
    async with opened() as here, Wire.to(here.url) as wire:
        await wire.send(b"".join(request("GET", path) for path in paths))
        await until(lambda: here.desk.paths() == ["/wait"])
        here.desk.go_on.set()
        assert [(await wire.answer()).body.decode() for _ in paths] == paths


async def test_whoever_sends_many_at_once_keeps_nobody_waiting() -> None:
    async with opened() as here, Wire.to(here.url) as greedy:
        sending = asyncio.create_task(greedy.send(GET * 50_000))
        await until(lambda: len(here.desk.asked) > 0)
        assert (await ask(here.url, "GET", "/b")).status == 200
        assert len(here.desk.asked) < 25_000
        sending.cancel()


async def test_byte_by_byte() -> None:
    async with opened() as here, Wire.to(here.url) as wire:
        for each in POST:
            await wire.send(bytes([each]))
            await asyncio.sleep(0)
        assert (await wire.answer()).body == b"hello"


async def test_one_that_goes_away_disturbs_nobody() -> None:
    async with opened() as here:
        async with Wire.to(here.url) as wire:
            await wire.send(request("GET", "/wait"))
            await until(lambda: here.desk.paths() == ["/wait"])
        await until(lambda: len(here.port) == 0)
        here.desk.go_on.set()
        assert (await ask(here.url, "GET", "/b")).status == 200


@pytest.mark.parametrize("last", [GET.replace(b"HTTP/1.1", b"HTTP/1.0"), request("GET", "/", {"Connection": "close"})])
async def test_rfc_9112_9_6_a_last_request_is_answered_and_the_connection_closed(last: bytes) -> None:
    assert await status(last) == 200


async def test_a_refusal_is_read_also_by_somebody_who_is_still_sending() -> None:
    async with opened() as here, Wire.to(here.url) as wire:
        await wire.send(request("POST", "/", {"Content-Length": "1000000"}))
        for _ in range(100):
            await wire.send(b"x" * 10_000)
        assert (await wire.answer()).status == 413
        await wire.send(GET)
        assert (await wire.answer()).status == 200


WHOLE = [GET, POST, CHUNKED + b"5\r\nhello\r\n0\r\n\r\n", GET[:-2], POST[:-1], b"\r\n", b"GET / HTTP/1.1\r\n\r\n"]


@given(
    st.lists(st.sampled_from(WHOLE) | st.binary(max_size=30), max_size=5), st.integers(0, 200), st.binary(max_size=3)
)
@attack(100)
async def test_whatever_comes_the_next_one_is_answered(parts: list[bytes], place: int, damage: bytes) -> None:
    data = b"".join(parts)
    async with opened(request_within=0.5) as here:
        async with Wire.to(here.url) as wire:
            await wire.send(data[:place] + damage + data[place:])
            with suppress(TimeoutError, asyncio.IncompleteReadError):
                while True:
                    assert (await wire.answer(within=0.02)).status < 500
        assert (await ask(here.url, "GET", "/b")).status == 200


# --- in time --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("sent", [b"", b"\r\n", GET[:1], GET[:-2]])
async def test_whoever_does_not_come_to_the_end_of_a_head_is_closed(sent: bytes) -> None:
    """RFC 9110 §15.5.9."""
    async with opened(SHORT) as here, Wire.to(here.url) as wire:
        await wire.send(sent)
        assert (await wire.answer(within=3)).status == 408
        assert await wire.is_closed(within=3)


@pytest.mark.parametrize("sent", [POST[:-1], CHUNKED, CHUNKED + b"5\r\nhel"])
async def test_whoever_does_not_come_to_the_end_of_a_body_is_told_and_closed(sent: bytes) -> None:
    async with opened(SHORT) as here, Wire.to(here.url) as wire:
        await wire.send(sent)
        answer = await wire.answer(within=3)
        assert (answer.status, answer["Connection"]) == (408, "close")
        assert await wire.is_closed(within=3)


@pytest.mark.parametrize("whole", [request("GET", "/" + "a" * 500), request("POST", "/", {}, "x" * 500)])
async def test_a_byte_now_and_then_gains_no_time(whole: bytes) -> None:
    async with opened(SHORT) as here, Wire.to(here.url) as wire:
        start = asyncio.get_running_loop().time()
        dripping = asyncio.create_task(drip(wire, whole))
        assert (await wire.answer(within=3)).status == 408
        assert asyncio.get_running_loop().time() - start < 2
        dripping.cancel()


async def test_what_begins_no_request_keeps_no_connection() -> None:
    async with opened(SHORT) as here, Wire.to(here.url) as wire:
        await wire.send(GET)
        await wire.answer()
        dripping = asyncio.create_task(drip(wire, b"\r\n" * 200))
        await until(lambda: len(here.port) == 0, within=3)
        await dripping


async def drip(wire: Wire, whole: bytes) -> None:
    with suppress(ConnectionError):
        for each in whole:
            await wire.send(bytes([each]))
            await asyncio.sleep(0.02)


async def test_a_connection_at_rest_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("handlers.http.port._RESTS_AT_MOST", 0.2)
    async with opened() as here, Wire.to(here.url) as wire:
        await wire.send(GET)
        await wire.answer()
        assert await wire.is_closed(within=3)


async def test_an_answer_may_take_longer_than_a_sender() -> None:
    async with opened(SHORT) as here, Wire.to(here.url) as wire:
        await wire.send(request("GET", "/wait"))
        await asyncio.sleep(3 * SHORT)
        here.desk.go_on.set()
        assert (await wire.answer()).status == 200


async def test_whoever_reads_no_answers_is_given_none_and_closed() -> None:
    async with opened(SHORT) as here:
        with socket.socket() as deaf:
            deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
            deaf.connect(("127.0.0.1", int(here.url.rpartition(":")[2])))
            deaf.setblocking(False)
            deaf.send(request("GET", "/long") * 100)
            await until(lambda: len(here.desk.asked) > 0)
            await until(lambda: len(here.port) == 0, within=3)
            assert len(here.desk.asked) < 100


# --- so many at most ------------------------------------------------------------------------------------------------


async def test_for_one_more_somebody_goes_who_has_asked_nothing_yet() -> None:
    async with opened(most=3) as here, AsyncExitStack() as stack:
        asked, begun, silent = [await stack.enter_async_context(Wire.to(here.url)) for _ in range(3)]
        await until(lambda: len(here.port) == 3)
        await asked.send(GET)
        await asked.answer()
        await begun.send(GET[:5])
        assert (await ask(here.url, "GET", "/new")).status == 200
        assert await begun.is_closed()
        await until(lambda: len(here.port) == 2)
        for still_there in (asked, silent):
            await still_there.send(GET)
            assert (await still_there.answer()).status == 200


async def test_where_all_have_asked_the_one_goes_that_asked_nothing_for_longest() -> None:
    async with opened(most=2) as here, AsyncExitStack() as stack:
        first, second = [await stack.enter_async_context(Wire.to(here.url)) for _ in range(2)]
        for each in (first, second, first):
            await each.send(GET)
            await each.answer()
        assert (await ask(here.url, "GET", "/new")).status == 200
        assert await second.is_closed()
        await first.send(GET)
        assert (await first.answer()).status == 200


async def test_nobody_who_is_being_answered_makes_room() -> None:
    async with opened(most=2) as here, AsyncExitStack() as stack:
        busy = [await stack.enter_async_context(Wire.to(here.url)) for _ in range(2)]
        for each in busy:
            await each.send(request("GET", "/wait"))
        await until(lambda: len(here.desk.asked) == 2)
        async with Wire.to(here.url) as too_many:
            assert await too_many.is_closed()
        here.desk.go_on.set()
        assert [(await each.answer()).status for each in busy] == [200, 200]


# --- to a good end --------------------------------------------------------------------------------------------------


async def test_in_the_end_what_has_begun_is_answered_and_nobody_let_in() -> None:
    async with opened() as here, AsyncExitStack() as stack:
        asks, sends, rests = [await stack.enter_async_context(Wire.to(here.url)) for _ in range(3)]
        await rests.send(GET)
        await rests.answer()
        await asks.send(request("GET", "/wait"))
        await sends.send(POST[:-1])
        await until(lambda: here.desk.paths() == ["/", "/wait"])
        closing = asyncio.create_task(here.port.close(5))
        assert await rests.is_closed()
        async with Wire.to(here.url) as late:
            assert await late.is_closed()
        await sends.send(POST[-1:])
        here.desk.go_on.set()
        for each in (asks, sends):
            answer = await each.answer()
            assert (answer.status, answer["Connection"]) == (200, "close")
            assert await each.is_closed()
        await closing


async def test_in_the_end_nobody_is_waited_for_too_long() -> None:
    async with opened() as here, Wire.to(here.url) as slow:
        await slow.send(request("GET", "/wait"))
        await until(lambda: here.desk.paths() == ["/wait"])
        await here.port.close(0.1)
        assert await slow.is_closed()
        here.desk.go_on.set()
