import asyncio
from collections.abc import AsyncIterator

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from slack_sdk.web.async_client import AsyncWebClient
from structlog.testing import capture_logs

from handlers.deadline import Deadline
from handlers.replies import Outcome, Replies
from handlers.views.answers import sentence
from tests.bot.waiting import nothing_left
from tests.handlers.office import Json, quiet

VIEW = {"type": "modal", "title": {"type": "plain_text", "text": "x"}, "blocks": []}


class Slack:
    """A Slack that answers what the test says."""

    def __init__(self) -> None:
        self.answer: Json | str | None = {"ok": True}
        self.status = 200
        self.content_type = "text/html"
        self.asked: list[tuple[str, Json]] = []

    async def handle(self, request: web.Request) -> web.Response:
        self.asked.append((request.path, await request.json()))
        if self.answer is None:
            await asyncio.sleep(5)
        if isinstance(self.answer, str):
            return web.Response(text=self.answer, status=self.status, content_type=self.content_type)
        return web.json_response(self.answer, status=self.status)


@pytest.fixture
def slack() -> Slack:
    return Slack()


@pytest.fixture
async def address(slack: Slack) -> AsyncIterator[str]:
    application = web.Application()
    application.router.add_post("/{path:.*}", slack.handle)
    async with TestServer(application) as server:
        yield str(server.make_url("/"))


@pytest.fixture
async def replies(address: str) -> AsyncIterator[Replies]:
    client = AsyncWebClient("xoxb-1", base_url=address, logger=quiet, retry_handlers=[])
    replies = Replies(client, quiet, seconds=0.3)
    yield replies
    await replies.close()


async def test_a_window_opens(replies: Replies, slack: Slack) -> None:
    assert await replies.open_view("1.2", VIEW) is Outcome.DONE
    assert slack.asked == [("/views.open", {"trigger_id": "1.2", "view": VIEW})]


@pytest.mark.parametrize(
    ("code", "outcome"),
    [
        ("expired_trigger_id", Outcome.NOT_NOW),
        ("internal_error", Outcome.NOT_NOW),
        ("ratelimited", Outcome.NOT_NOW),
        ("token_revoked", Outcome.NOT_NOW),
        ("user_not_visible", Outcome.REFUSED),
        ("invalid_arguments", Outcome.REFUSED),
    ],
)
async def test_what_a_refusal_means(replies: Replies, slack: Slack, code: str, outcome: Outcome) -> None:
    slack.answer = {"ok": False, "error": code}

    with capture_logs() as lines:
        assert await replies.open_view("1.2", VIEW) is outcome

    assert [(line["method"], line["code"]) for line in lines] == [("views.open", code)]


@pytest.mark.parametrize("content_type", ["text/html", "application/json"])
@pytest.mark.parametrize("status", [200, 502])
async def test_an_answer_that_is_not_slacks_own_decides_nothing(
    replies: Replies, slack: Slack, status: int, content_type: str
) -> None:
    slack.answer, slack.status, slack.content_type = "<h1>Bad gateway</h1>", status, content_type

    with capture_logs() as lines:
        assert await replies.open_view("1.2", VIEW) is Outcome.NOT_NOW

    assert [(line["method"], line["code"]) for line in lines] == [("views.open", "unreadable_answer")]


async def test_a_server_error_is_no_decision_either(replies: Replies, slack: Slack) -> None:
    slack.answer, slack.status = {"ok": False, "error": "something_new"}, 503

    assert await replies.open_view("1.2", VIEW) is Outcome.NOT_NOW


async def test_a_silent_slack_is_waited_for_briefly_and_asked_once(replies: Replies, slack: Slack) -> None:
    slack.answer = None

    async with asyncio.timeout(2):
        assert await replies.update_view("V1", VIEW) is Outcome.NOT_NOW
    assert len(slack.asked) == 1


async def test_a_call_that_is_late_goes_on_behind_the_acknowledgement(
    replies: Replies, slack: Slack, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("handlers.deadline.SECONDS", 0.0)
    hurried = replies.until(Deadline())

    assert await hurried.say(f"{address}actions/1", sentence("Done."), replace=True) is Outcome.NOT_NOW
    await replies.close()

    assert [said["text"] for _, said in slack.asked] == ["Done."]


async def test_a_call_that_never_ends_is_given_up_at_the_end(replies: Replies, slack: Slack) -> None:
    slack.answer = None
    assert await replies.update_view("V1", VIEW) is Outcome.NOT_NOW

    async with asyncio.timeout(2), nothing_left():
        await replies.close()


async def test_an_answer_takes_the_place_of_the_message(replies: Replies, slack: Slack, address: str) -> None:
    assert await replies.say(f"{address}actions/1", sentence("Done."), replace=True) is Outcome.DONE
    assert await replies.delete(f"{address}actions/1") is Outcome.DONE

    (_, said), (_, deleted) = slack.asked
    assert (said["text"], said["replace_original"], said["response_type"]) == ("Done.", True, "ephemeral")
    assert deleted == {"delete_original": True}


@pytest.mark.parametrize("status", [404, 500])
async def test_a_used_up_response_url_is_logged_without_it(
    replies: Replies, slack: Slack, address: str, status: int
) -> None:
    slack.status = status

    with capture_logs() as lines:
        assert await replies.say(f"{address}actions/1", sentence("Done."), replace=False) is Outcome.NOT_NOW

    assert address not in str(lines)
    assert len(slack.asked) == 1


async def test_nobody_there(slack: Slack) -> None:
    replies = Replies(AsyncWebClient("xoxb-1", base_url="http://127.0.0.1:1/", logger=quiet), quiet)

    assert await replies.open_view("1.2", VIEW) is Outcome.NOT_NOW
    assert await replies.say("", sentence("x"), replace=False) is Outcome.NOT_NOW
