"""How many files may be open."""

import resource

import pytest

from bot.open_files import allow_many_files, most_connections

NO_LIMIT = resource.RLIM_INFINITY


class Limits:
    """What the system allows, and what was asked for."""

    def __init__(self, soft: int, hard: int) -> None:
        self.now = (soft, hard)
        self.asked = False

    def get(self, _: int) -> tuple[int, int]:
        return self.now

    def set(self, _: int, limits: tuple[int, int]) -> None:
        self.now, self.asked = limits, True


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ((1_024, 4_096), (4_096, 4_096)),
        ((1_024, 1_048_576), (65_536, 1_048_576)),
        ((1_024, NO_LIMIT), (65_536, NO_LIMIT)),
        ((100_000, 1_048_576), None),
        ((4_096, 4_096), None),
        ((NO_LIMIT, NO_LIMIT), None),
    ],
)
def test_as_many_as_this_user_may_and_no_fewer_than_before(
    before: tuple[int, int], after: tuple[int, int] | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    limits = Limits(*before)
    monkeypatch.setattr(resource, "getrlimit", limits.get)
    monkeypatch.setattr(resource, "setrlimit", limits.set)
    allow_many_files()
    assert (limits.now if limits.asked else None) == after


@pytest.mark.parametrize(
    ("files", "connections"), [(1_024, 512), (256, 128), (20_000, 16_384), (12_000, 11_488), (NO_LIMIT, 16_384)]
)
def test_files_remain_for_everything_else(files: int, connections: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resource, "getrlimit", Limits(files, files).get)
    assert most_connections() == connections
