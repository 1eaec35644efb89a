"""The reading of statements can tell one that names its workspace from one that does not."""

import pytest

from tests.isolation.scoped import Unscoped, must_be_scoped, places_of_workspace

HERE = "T0HERE"


@pytest.mark.parametrize(
    ("statement", "places"),
    [
        ("SELECT tokens.id \nFROM tokens \nWHERE tokens.workspace = ? AND tokens.id = ?", [0]),
        ("SELECT tokens.id FROM tokens WHERE tokens.workspace = ? AND tokens.id IN (?, ?) ORDER BY tokens.id", [0]),
        ("SELECT tokens.id FROM tokens WHERE tokens.id = ? AND tokens.workspace = ? LIMIT ? OFFSET ?", [1]),
        (
            "SELECT t.id FROM tokens AS t JOIN handoffs AS h ON h.workspace = t.workspace WHERE t.workspace = ?",
            [0],
        ),
        (
            "SELECT count(*) AS n FROM (SELECT tokens.id AS id FROM tokens WHERE tokens.workspace = ? LIMIT ?) AS some",
            [0],
        ),
        (
            "SELECT id FROM tokens WHERE tokens.workspace = ? UNION SELECT id FROM outbox WHERE outbox.workspace = ?",
            [0, 1],
        ),
        (
            (
                "DELETE FROM people WHERE people.workspace = ? AND "
                "(EXISTS (SELECT at FROM audit WHERE audit.workspace = people.workspace))"
            ),
            [0],
        ),
        ('UPDATE outbox SET "end"=coalesce("end", ?) WHERE outbox.workspace = ?', [1]),
        ("DELETE FROM tokens WHERE tokens.workspace = ?", [0]),
        ("INSERT INTO reasons (third_party, workspace, hash) VALUES (?, ?, ?) ON CONFLICT DO NOTHING", [1]),
        (
            "SELECT t.id FROM tokens AS t WHERE t.workspace = ? AND t.id IN (SELECT u.value FROM json_each(?) AS u)",
            [0],
        ),
        ("PRAGMA wal_checkpoint(TRUNCATE)", []),
    ],
)
def test_what_names_its_workspace_may_be_asked(statement: str, places: list[int]) -> None:
    assert sorted(places_of_workspace(" ".join(statement.split()))) == places


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT tokens.id FROM tokens WHERE tokens.id = ?",
        "SELECT tokens.id FROM tokens WHERE tokens.workspace = ? OR tokens.id = ?",
        "SELECT tokens.id FROM tokens, handoffs WHERE tokens.workspace = ? AND handoffs.token = tokens.id",
        "SELECT tokens.id FROM tokens JOIN handoffs ON handoffs.token = tokens.id WHERE tokens.workspace = ?",
        "SELECT tokens.id FROM tokens WHERE tokens.workspace = tokens.workspace",
        "SELECT t.id FROM tokens AS t, tokens AS u WHERE t.workspace = u.workspace",
        "SELECT t.id FROM tokens AS t WHERE t.workspace = ? AND t.id IN (SELECT handoffs.token FROM handoffs)",
        "SELECT tokens.id FROM tokens WHERE tokens.workspace = ? UNION ALL SELECT handoffs.id FROM handoffs",
        "SELECT count(*) AS n FROM (SELECT tokens.id AS id FROM tokens) AS some",
        "UPDATE outbox SET revision=? WHERE outbox.id = ?",
        "DELETE FROM tokens",
        "INSERT INTO reasons (third_party, hash) VALUES (?, ?)",
        "SELECT t.id FROM tokens AS t WHERE t.workspace = ? AND t.id IN (SELECT u.value FROM json_each(names) AS u)",
        "SELECT rowid FROM sqlite_master",
        "DROP TABLE tokens",
    ],
)
def test_what_reaches_further_is_found(statement: str) -> None:
    with pytest.raises(Unscoped):
        places_of_workspace(statement)


def test_the_workspace_is_the_one_that_is_meant() -> None:
    statement = "DELETE FROM tokens WHERE tokens.workspace = ? AND tokens.id = ?"
    must_be_scoped(statement, (HERE, "a"), HERE)
    with pytest.raises(Unscoped):
        must_be_scoped(statement, ("T0THERE", "a"), HERE)
    with pytest.raises(Unscoped):
        must_be_scoped(statement, [(HERE, "a"), ("T0THERE", "b")], HERE, executemany=True)
