"""Somebody pastes a private key, wherever one can type: it is known before anything else, and nothing of it stays."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog
from structlog.testing import LogCapture

from handlers import ids
from handlers.commands.table import COMMANDS
from handlers.register import PRESSES, SUBMISSIONS
from tests.attacks.town import Attacked, fields_of_every_form
from tests.handlers.office import Json, command, press, submission, typed

BODY = "b3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQAAAAAAAAABAAAAMwAAAAtzc2gtZW"
PRIVATE = {
    "age": "AGE-SECRET-KEY-1KX5CEVVD4WQXN5A6HS4QVM0E6GQF9EJ8WJ0ZNQ5SC7K6PCVPQLCQYWP3LX",
    "age, small": "age-secret-key-1kx5cevvd4wqxn5a6hs4qvm0e6gqf9ej8wj0znq5sc7k6pcvpqlcqywp3lx",
    "age, broken up": "AGE-SECRET-\nKEY-1KX5CEVVD4WQXN5A6HS4QVM0E6GQF9EJ8WJ0ZNQ5SC7K6PCVPQLCQYWP3LX",
    "openssh": f"-----BEGIN OPENSSH PRIVATE KEY-----\n{BODY}\n-----END OPENSSH PRIVATE KEY-----\n",
    "openssh, without its first line": BODY,
    "rsa": f"-----BEGIN RSA PRIVATE KEY-----\nMII{BODY[3:]}\n-----END RSA PRIVATE KEY-----",
    "putty": f"PuTTY-User-Key-File-3: ssh-ed25519\nEncryption: none\nPrivate-Lines: 1\nAAAAI{BODY[5:]}",
}


def everywhere(user: str, text: str, about: str) -> Iterator[Json]:
    """Every payload that brings a typed text along."""
    for word in ("", *COMMANDS):
        yield command(user, f"{word} {text}")
    fields = fields_of_every_form(user)
    for form in SUBMISSIONS:
        for field in (ids.KEY_FIELD, ids.TEXT_FIELD):
            yield submission(user, form, about, **{**fields, field: typed(f"here it is: {text}")})
    for action in (ids.ADD_KEY, next(iter(PRESSES))):
        beside = press(user, action, about, "channel")
        yield beside | {"state": {"values": {"block": {"field": typed(text)}}}}


@pytest.mark.parametrize("text", PRIVATE.values(), ids=PRIVATE.keys())
async def test_a_private_key_is_neither_repeated_nor_kept_wherever_it_is_pasted(
    town: Attacked, text: str, tmp_path: Path
) -> None:
    logged = LogCapture()
    structlog.configure(processors=[logged])
    pieces = [piece for piece in re.findall(r"[0-9A-Za-z]{16,}", text) if not piece.startswith("PRIVATE")]
    before = town.state()
    try:
        for payload in everywhere("UCARLA", text, town.ids["offered"]):
            await town.sends(payload)
            said = town.everything_said()
            assert "take it for lost" in said, payload
            assert not [piece for piece in pieces if piece in said]
    finally:
        structlog.reset_defaults()
    assert {entry["event"] for entry in logged.entries} == {"private_key_pasted"}
    assert town.state() == before
    kept = b"".join(town.files()).decode("latin-1") + json.dumps(logged.entries, default=str)
    assert not [piece for piece in pieces if piece in kept]
    refusals = town.rows("SELECT DISTINCT action, outcome, details FROM audit WHERE action = 'paste_secret'")
    assert refusals == [("paste_secret", "private_key_pasted", "{}")]
