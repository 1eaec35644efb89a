"""Tests about the house itself: what it is made of, how it is packed, which walls hold."""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("access", "bot", "handlers", "sandbox", "storage")
