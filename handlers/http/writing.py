"""Answers, as the bytes that go over a connection."""

from http import HTTPStatus
from typing import Final

from handlers.http.exchange import HttpReply

_LINES: Final = {status.value: f"HTTP/1.1 {status.value} {status.phrase}\r\n" for status in HTTPStatus}
_CONTINUE: Final = f"{_LINES[100]}\r\n".encode()


def written(reply: HttpReply, *, date: str, has_body: bool, is_last: bool) -> bytes:
    """Write an answer.

    `date`: of now, as RFC 9110 §6.6.1 wants it. `has_body` is False for what answers HEAD: the length is that of what
    would answer GET. `is_last`: the connection is closed behind it.
    """
    status = reply.status
    if status == 100:
        return _CONTINUE
    lines = [_LINES[status], f"Date: {date}\r\n"]
    lines += [f"{name}: {value}\r\n" for name, value in reply.headers]
    if status != 204:  # it never has a body, and must not have a length (RFC 9110 §8.6)
        lines.append(f"Content-Length: {len(reply.body)}\r\n")
    if is_last:
        lines.append("Connection: close\r\n")
    lines.append("\r\n")
    head = "".join(lines).encode("latin-1")
    return head + reply.body if has_body else head
