"""A secret leaves its type in a handful of places; each is named here with its reason."""

import ast

from tests.house import PACKAGES, ROOT

ALLOWED = {
    "access/model/credentials.py": "to hash it, and to write it into the file that is shown or encrypted",
    "access/model/import_rows.py": "to see whether it stands in a file twice",
    "access/operations/check_token.py": "to see its checksum before any query",
    "bot/age_keys.py": "to encrypt it to the contact's key",
    "bot/cli/keys.py": "a keyring on its way to a secret manager, by standard output that is no terminal",
    "bot/cli/resource_server.py": "the one time that a resource server's secret is shown",
    "bot/keyring_place.py": "to read and replace the keyring",
    "bot/settings.py": "the address of a database, which may hold a password, to open it with; and its default",
    "bot/sandbox_command.py": "the secret of the resource server that the sandbox adds for trying",
    "bot/slack_client.py": "slack_sdk sends the bot token",
    "bot/socket_mode.py": "slack_sdk opens connections with the app-level token",
    "bot/vault.py": "to seal it",
    "handlers/http/slack_events.py": "to verify Slack's signature",
    "handlers/views/handoff.py": "the reveal",
}


def reveals(source: str) -> bool:
    calls = (node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Attribute))
    return any(call.attr == "reveal" for call in calls)


def test_nothing_is_revealed_elsewhere() -> None:
    files = [file for package in PACKAGES for file in (ROOT / package).rglob("*.py")]
    found = {file.relative_to(ROOT).as_posix() for file in files if reveals(file.read_text())}
    # `handlers.flows.handoff.reveal` is a flow of that name, handed to the dictionary of modals.
    assert found - {"handlers/register.py"} == ALLOWED.keys()
