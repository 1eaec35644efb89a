"""HTTP mode's requests, signed as Slack signs them (docs: authentication/verifying-requests-from-slack)."""

import asyncio
import hashlib
import hmac
import json
from contextlib import suppress
from urllib.parse import urlencode

from aiohttp import ClientError, ClientSession, ClientTimeout

from sandbox.delivery import TIMED_OUT, UNREACHABLE, Reply
from sandbox.faults import Delay, Error, Faults
from sandbox.payloads import Parcel
from sandbox.records import JsonObject
from sandbox.traffic import Traffic
from sandbox.workspace import Workspace


class HttpDelivery:
    """Sends payloads to a Request URL; the answer's body is the acknowledgement."""

    def __init__(self, url: str, space: Workspace, faults: Faults, traffic: Traffic) -> None:
        self.url = url
        self._space = space
        self._faults = faults
        self._traffic = traffic

    async def carry(self, parcel: Parcel, attempt: int, reason: str) -> Reply:
        """Deliver a payload once and wait for the answer, as long as Slack waits."""
        body, content_type = _body(parcel)
        headers = {"Content-Type": content_type, "User-Agent": "Slackbot 1.0 (+https://api.slack.com/robots)"}
        headers |= self._signature(body)
        if attempt:
            headers |= {"X-Slack-Retry-Num": str(attempt), "X-Slack-Retry-Reason": f"http_{reason}"}
        self._traffic.went("http", parcel.name, body)
        try:
            async with asyncio.timeout(self._space.timing.acknowledge_within):
                return await self._post(parcel, body, headers)
        except TimeoutError:
            return TIMED_OUT
        except ClientError:
            return UNREACHABLE

    async def _post(self, parcel: Parcel, body: str, headers: dict[str, str]) -> Reply:
        async with (
            ClientSession(timeout=ClientTimeout(total=None)) as session,
            session.post(self.url, data=body.encode(), headers=headers) as response,
        ):
            text = await response.text()
        self._traffic.came("ack", parcel.name, text)
        match self._faults.take("ack"):
            case None:
                pass
            case Delay(seconds):
                await asyncio.sleep(seconds)
            case Error(code):
                return Reply(acknowledged=False, error=code, status=response.status)
            case _:
                return TIMED_OUT
        if response.status != 200:
            return Reply(acknowledged=False, error="dispatch_failed", status=response.status)
        return Reply(acknowledged=True, status=200, body=_content(text, response.content_type))

    def _signature(self, body: str) -> dict[str, str]:
        stamp = str(int(self._space.clock.now().timestamp()))
        base = f"v0:{stamp}:{body}".encode()
        digest = hmac.new(self._space.signing_secret.encode(), base, hashlib.sha256).hexdigest()
        return {"X-Slack-Request-Timestamp": stamp, "X-Slack-Signature": f"v0={digest}"}


def _body(parcel: Parcel) -> tuple[str, str]:
    match parcel.type:
        case "slash_commands":
            return urlencode(parcel.payload), "application/x-www-form-urlencoded"
        case "interactive":
            return urlencode({"payload": json.dumps(parcel.payload)}), "application/x-www-form-urlencoded"
        case _:
            return json.dumps(parcel.payload), "application/json"


def _content(text: str, content_type: str) -> JsonObject:
    """The acknowledgement: JSON, or plain text that stands for `{"text": …}`."""
    if not text:
        return {}
    if content_type == "application/json":
        with suppress(ValueError):
            content = json.loads(text)
            if isinstance(content, dict):
                return content
    return {"text": text}
