"""What holds for all tests.

`HYPOTHESIS_PROFILE=thorough` lets the tests against hostile input try twenty times as much.
"""

import gc
import os
from collections.abc import Iterator

import pytest
from hypothesis import settings
from xdist.scheduler import LoadScopeScheduling

from tests.kinds import Kind
from tests.postgres import start_with
from tests.programs import Programs, nursery

# Every server is on loopback: a proxy of the machine's has no part in it, and slack_sdk ignores NO_PROXY.
for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
    os.environ.pop(name, None)
    os.environ.pop(name.lower(), None)

gc.set_threshold(20_000, 20, 100)  # the collector's usual haste is a twentieth of all processor time
settings.register_profile("unhurried", deadline=None)  # a busy machine breaks no rule
settings.register_profile("thorough", deadline=None, max_examples=2_000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "unhurried"))


def pytest_configure(config: pytest.Config) -> None:
    """Start what all of them share."""
    start_with(config)


ON_BOTH = ("access", "scenarios")
"""Rooms whose tests are tried on both databases, but for those with the mark `on_a_file`; elsewhere, `on_both` are."""


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Try the operations, and the scenarios, on both databases."""
    test = metafunc.definition
    on_both = test.path.parent.name in ON_BOTH or test.get_closest_marker("on_both")
    if on_both and not test.get_closest_marker("on_a_file"):
        metafunc.parametrize("kind", ["sqlite", "postgres"], indirect=True)


@pytest.fixture(autouse=True)
def kind(request: pytest.FixtureRequest) -> Iterator[None]:
    """Have what a test makes on one kind of database."""
    Kind.postgres = getattr(request, "param", "sqlite") == "postgres"
    yield
    Kind.postgres = False


@pytest.fixture(scope="session")
def programs() -> Iterator[Programs]:
    """Starts the bot's command line, as processes of their own."""
    with nursery() as started:
        yield started


def pytest_xdist_auto_num_workers() -> int:
    """Return one worker more than there are processors: a test now and then waits for Slack's three seconds."""
    return (os.cpu_count() or 1) + 1


TOGETHER = {
    "tests/bot/test_process.py": "programs",  # forked from one process
    "tests/house/test_wheel.py": "wheel",  # built once
    "tests/page/": "page",  # in one browser, which costs more to start than most tests in it
    "tests/scenarios/test_command_line.py": "programs",
}
"""What one process runs. The mark `xdist_group` does nothing: xdist 3.8 writes it where pytest 9 does not look."""


def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> object:
    """Hand out tests one by one, but for those that belong together: they come first."""
    scheduling = LoadScopeScheduling(config, log)
    scheduling._split_scope = together
    return scheduling


def together(nodeid: str) -> str:
    """The name of what a test is handed out with: its own, for most."""
    return next((group for path, group in TOGETHER.items() if nodeid.startswith(path)), nodeid)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what takes longest, or at the end all wait for it."""
    items.sort(key=lambda item: not item.nodeid.startswith("tests/year/test_year.py"))


def pytest_collection_finish(session: pytest.Session) -> None:
    """Speed up what is run in this process. One that hands tests out to others collects none."""
    session.config.pluginmanager.import_plugin("tests.quick_sqlite")
