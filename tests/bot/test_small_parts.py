"""Clock, randomness and manifest."""

import re
from datetime import UTC, timedelta
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from bot import manifest
from bot.chance import SystemRandom
from bot.clock import ClockWatch, SystemClock
from tests.bot.fakes import HandClock


def test_the_clock_is_in_utc() -> None:
    first, second = SystemClock().now(), SystemClock().now()
    assert first.tzinfo is UTC
    assert first <= second


async def test_a_clock_that_was_set_is_told_once_and_with_how_much() -> None:
    clock = HandClock()
    watch = ClockWatch(clock)
    with capture_logs() as log:
        for hours in (0, -2, 0, 3, 0):
            clock.move(timedelta(hours=hours))
            await watch.look()
    assert [(line["event"], line["log_level"]) for line in log] == [
        ("clock_went_back", "warning"),
        ("clock_went_forward", "warning"),
    ]
    assert [round(line["seconds"] / 3_600) for line in log] == [2, 3]


async def test_a_clock_that_goes_as_it_should_is_not_told() -> None:
    watch = ClockWatch(SystemClock())
    with capture_logs() as log:
        await watch.look()
    assert log == []


def test_identifiers_have_128_bits_of_base32() -> None:
    ids = {SystemRandom().identifier() for _ in range(200)}
    assert len(ids) == 200
    assert all(re.fullmatch("[a-z2-7]{26}", each) for each in ids)


def test_entropy_is_as_long_as_asked_for() -> None:
    assert len(SystemRandom().entropy(12)) == 12
    assert SystemRandom().entropy(32) != SystemRandom().entropy(32)


def test_the_manifest_is_found_in_a_checkout_and_in_a_wheel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "/thirdparty" in str(manifest.read_manifest()["features"]["slash_commands"])
    (tmp_path / "manifest.yml").write_text("features: {}")
    monkeypatch.setattr(manifest, "__file__", str(tmp_path / "manifest.py"))
    assert manifest.manifest_path() == tmp_path / "manifest.yml"
    assert manifest.read_manifest() == {"features": {}}
