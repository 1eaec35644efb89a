"""Nobody reaches the page through another one, or under another name of this machine."""

from collections.abc import AsyncIterator

import pytest
from aiohttp import ClientSession

from sandbox import Sandbox
from tests.sandbox.apps import MANIFEST

FROM_THE_PAGE = {"Sec-Fetch-Site": "same-origin"}


@pytest.fixture
async def slack() -> AsyncIterator[Sandbox]:
    async with await Sandbox.start(manifest=MANIFEST) as sandbox:
        yield sandbox


@pytest.fixture
async def browser(slack: Sandbox) -> AsyncIterator[ClientSession]:
    async with ClientSession(slack.address) as session:
        yield session


async def test_it_may_load_nothing_from_elsewhere_and_run_nothing_of_its_text(browser: ClientSession) -> None:
    for path in ("/as/anna/channel/general", "/static/page.js", "/as/anna/app/home"):
        answer = await browser.get(path)
        policy = answer.headers["Content-Security-Policy"]
        assert answer.status == 200
        assert "unsafe" not in policy
        assert "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:" in policy
        assert "frame-ancestors 'none'" in policy
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Referrer-Policy"] == "no-referrer"


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "127.0.0.1:1", "localhost"])
async def test_another_name_of_this_machine_is_not_answered(browser: ClientSession, host: str) -> None:
    answer = await browser.get("/as/anna/channel/general", headers={"Host": host})
    assert answer.status == 403
    assert "127.0.0.1 or localhost" in await answer.text()


async def test_localhost_is_this_machine(browser: ClientSession, slack: Sandbox) -> None:
    port = slack.address.rpartition(":")[2]
    answer = await browser.get("/as/anna/channel/general", headers={"Host": f"localhost:{port}"})
    assert answer.status == 200


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Origin": "http://evil.example", "Sec-Fetch-Site": "cross-site"},
        {"Origin": "null", **FROM_THE_PAGE},
        {"Origin": "{own}", "Sec-Fetch-Site": "same-site"},
        {"Origin": "{own}", "Sec-Fetch-Site": "cross-site"},
    ],
)
async def test_only_the_page_itself_does_something(
    browser: ClientSession, slack: Sandbox, headers: dict[str, str]
) -> None:
    sent = {name: value.format(own=slack.address) for name, value in headers.items()}
    answer = await browser.post("/as/anna/channel/general/say", data={"text": "Hello"}, headers=sent)
    assert answer.status == 403
    assert slack.person("anna").reads("#general") == []
    answer = await browser.post("/clock", data={"step": "1 day"}, headers=sent)
    assert answer.status == 403


async def test_the_page_itself_does(browser: ClientSession, slack: Sandbox) -> None:
    headers = {"Origin": slack.address, **FROM_THE_PAGE}
    answer = await browser.post("/as/anna/channel/general/say", data={"text": "Hello"}, headers=headers)
    assert answer.status == 200
    assert [seen.reading for seen in slack.person("anna").reads("#general")] == ["Hello"]


async def test_another_site_may_link_to_it_and_read_nothing(browser: ClientSession) -> None:
    linked = await browser.get("/as/anna", headers={"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"})
    assert linked.status == 200
    read = await browser.get("/travelled/0", headers={"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors"})
    assert read.status == 403


@pytest.mark.parametrize(
    "path",
    [
        "/as/nobody",
        "/as/anna/channel/none",
        "/as/carla/channel/general",
        "/as/hookbot/channel/general",
        "/as/anna/app/none",
        "/travelled/999",
        "/static/page.py",
        "/static/..%2Fsite.py",
        "/static/%2Fetc%2Fpasswd",
    ],
)
async def test_what_is_not_there_is_not_found(browser: ClientSession, path: str) -> None:
    assert (await browser.get(path)).status == 404


@pytest.mark.parametrize(
    ("path", "form"),
    [
        ("/as/anna/message/C01GENERAL0/1.0", {"press": "0"}),
        ("/as/carla/message/C01GENERAL0/1.0", {"press": "0"}),
        ("/as/anna/view/V1", {}),
        ("/as/anna/view/V1/close", {}),
        ("/as/dora/app/messages/say", {"text": "Hello"}),
    ],
)
async def test_what_cannot_be_done_is_told(
    browser: ClientSession, slack: Sandbox, path: str, form: dict[str, str]
) -> None:
    answer = await browser.post(path, data=form, headers={"Origin": slack.address, **FROM_THE_PAGE})
    assert answer.status == 409
    assert await answer.text()
