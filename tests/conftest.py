"""What holds for all tests.

`HYPOTHESIS_PROFILE=thorough` lets the tests against hostile input try twenty times as much.
"""

import gc
import os
from collections.abc import Iterator

import pytest
from hypothesis import settings

from tests.programs import Programs, nursery

# Every server is on loopback: a proxy of the machine's has no part in it, and slack_sdk ignores NO_PROXY.
for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
    os.environ.pop(name, None)
    os.environ.pop(name.lower(), None)

gc.set_threshold(20_000, 20, 100)  # the collector's usual haste is a twentieth of all processor time
settings.register_profile("unhurried", deadline=None)  # a busy machine breaks no rule
settings.register_profile("thorough", deadline=None, max_examples=2_000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "unhurried"))


@pytest.fixture(scope="session")
def programs() -> Iterator[Programs]:
    """Starts the bot's command line, as processes of their own."""
    with nursery() as started:
        yield started


def pytest_xdist_auto_num_workers() -> int:
    """Return one worker more than there are processors: a test now and then waits for Slack's three seconds."""
    return (os.cpu_count() or 1) + 1


def pytest_collection_finish(session: pytest.Session) -> None:
    """Speed up what is run in this process. One that hands tests out to others collects none."""
    session.config.pluginmanager.import_plugin("tests.quick_sqlite")
