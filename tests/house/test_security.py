import ast
import re

from tests.house import ROOT

TEXT = (ROOT / "SECURITY.md").read_text()
NAMED = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", TEXT)


def functions(path: str) -> set[str]:
    tree = ast.parse((ROOT / path).read_text())
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}


def test_every_test_that_security_md_names_is_there() -> None:
    assert len(NAMED) > 50
    files = {path: functions(path) if (ROOT / path).is_file() else set[str]() for path, _ in NAMED}
    assert [f"{path}::{name}" for path, name in NAMED if name not in files[path]] == []


def test_every_row_of_promises_names_its_test() -> None:
    promises = TEXT.split("## The promises")[1].split("## Not there yet")[0]
    rows = [row for row in promises.splitlines() if row.startswith("| ") and row != "| promise | test |"]
    assert len(rows) > 30
    assert [row for row in rows if not re.search(r"\| `tests/[^|]+` \|$", row)] == []


def test_every_attack_that_is_tried_is_in_security_md() -> None:
    tried = {
        (path.relative_to(ROOT).as_posix(), name)
        for path in (ROOT / "tests/attacks").glob("test_*.py")
        for name in functions(path.relative_to(ROOT).as_posix())
        if name.startswith("test_nothing_stops_")
    }
    assert tried
    assert tried <= set(NAMED)


def test_the_personal_data_it_lists_are_those_that_a_test_looks_for() -> None:
    listed = re.search(r"\| personal data \| (.*) \|", TEXT)
    assert listed is not None
    kept = re.findall(r"`([a-z_.]+)`", listed[1])
    assert kept == [
        "people.user_id",
        "time_zone",
        "third_parties.name",
        "callback_url",
        "notes",
        "reasons.text",
        "contact_keys.text",
        "fingerprint",
        "outbox",
    ]


def test_what_is_secret_is_compared_in_constant_time() -> None:
    for compares in (
        "access/operations/check_token.py",
        "access/operations/revoke_presented_token.py",
        "bot/vault.py",
        "handlers/http/slack_events.py",
    ):
        called = [
            ast.unparse(node.func)
            for node in ast.walk(ast.parse((ROOT / compares).read_text()))
            if isinstance(node, ast.Call)
        ]
        assert "hmac.compare_digest" in called, compares
