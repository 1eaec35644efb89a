"""Clock, randomness and manifest."""

import re
from datetime import UTC
from pathlib import Path

import pytest

from bot import manifest
from bot.chance import SystemRandom
from bot.clock import SystemClock


def test_the_clock_is_in_utc() -> None:
    first, second = SystemClock().now(), SystemClock().now()
    assert first.tzinfo is UTC
    assert first <= second


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
