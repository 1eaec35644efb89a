"""Every statement is a scope's, which names its workspace; what is asked past one is named here with its reason."""

import ast

from tests.house import ROOT

ALLOWED = {
    "storage/backup.py": "a backup is of the whole file",
    "storage/copying.py": "a copy is of the whole database",
    "storage/engine.py": "which workspaces there are, and whether the file can be written to",
    "storage/inspection.py": "the state of the whole file",
    "storage/keys_in_use.py": "a keyring belongs to the whole file",
    "storage/migrate.py": "the schema",
    "storage/server_inspection.py": "the state of the whole database",
    "storage/postgres.py": "the lock on a workspace, and how a connection behaves",
    "storage/postgres_connections.py": "whether a connection is alive, and whose server it is",
    "storage/postgres_outcome.py": "what became of a transaction, by its number",
    "storage/resealing.py": "a keyring belongs to the whole file; each row is found by its workspace again",
    "storage/scope.py": "the scope itself",
    "storage/sqlite.py": "the journal, and how a connection behaves",
    "storage/sqlite_connection.py": "the driver's own half of a statement",
    "storage/tables.py": "the schema",
    "storage/postgres_lookup.py": "the secret of whoever asks says which workspace is meant",
    "storage/token_lookup.py": "the secret of whoever asks says which workspace is meant",
}
_ASKING = {"execute", "exec_driver_sql", "executemany", "executescript", "fetch", "fetchrow", "fetchval"}
_SCOPES = {"scope", "self._scope"}


def asks_past_a_scope(source: str) -> bool:
    calls = [node.func for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)]
    asking = [each for each in calls if isinstance(each, ast.Attribute) and each.attr in _ASKING]
    return any(ast.unparse(each.value) not in _SCOPES for each in asking)


def test_nothing_is_asked_past_a_scope_elsewhere() -> None:
    """Whether a scope's statements name their workspace in each of their tables, tests/isolation looks at."""
    files = [file for file in (ROOT / "storage").rglob("*.py") if "migrations" not in file.parts]
    found = {file.relative_to(ROOT).as_posix() for file in files if asks_past_a_scope(file.read_text())}
    assert found == ALLOWED.keys()


def test_asking_past_a_scope_is_recognised() -> None:
    assert asks_past_a_scope("await connection.execute(select(tokens))")
    assert asks_past_a_scope("connection.exec_driver_sql('SELECT 1')")
    assert not asks_past_a_scope("await self._scope.execute(self._scope.select(tokens))")
