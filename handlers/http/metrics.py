"""`GET /metrics`: for Prometheus. `docs/metrics.md` says what each means."""

from collections.abc import Awaitable, Callable

from handlers.http.exchange import Handler, HttpReply, HttpRequest

WriteMetrics = Callable[[], Awaitable[tuple[str, bytes]]]
"""Writes all metrics as they are now; gives the content type too."""


def metrics(write: WriteMetrics) -> Handler:
    """Return the handler."""

    async def answer(_: HttpRequest) -> HttpReply:
        content_type, text = await write()
        return HttpReply(200, (("Content-Type", content_type), ("Cache-Control", "no-store")), text)

    return answer
