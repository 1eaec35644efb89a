"""A sandbox, an app of Bolt's and a client of slack_sdk's for it."""

from collections.abc import AsyncIterator

import pytest
from slack_bolt.app.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from sandbox import Person, Sandbox
from sandbox.timing import Timing
from tests.sandbox.apps import MANIFEST, Forms, bolt, web_client

QUICK = Timing(acknowledge_within=1.0, retry_events_after=(0.0, 0.02, 0.02))


@pytest.fixture
async def slack() -> AsyncIterator[Sandbox]:
    async with await Sandbox.start(manifest=MANIFEST, timing=QUICK) as sandbox:
        yield sandbox


@pytest.fixture
async def impatient() -> AsyncIterator[Sandbox]:
    """A Slack that hardly waits for an acknowledgement."""
    async with await Sandbox.start(manifest=MANIFEST, timing=Timing(acknowledge_within=0.2)) as sandbox:
        yield sandbox


@pytest.fixture
def app(slack: Sandbox) -> AsyncApp:
    return bolt(slack)


@pytest.fixture
def api(slack: Sandbox) -> AsyncWebClient:
    return web_client(slack)


@pytest.fixture
def anna(slack: Sandbox) -> Person:
    return slack.person("anna")


@pytest.fixture
def forms(app: AsyncApp) -> Forms:
    return Forms(app)
