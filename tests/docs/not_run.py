"""Commands of the documentation that these tests do not run, and who does instead. None stands here without need."""

from collections.abc import Mapping
from typing import Final

ON_POSTGRES: Final = frozenset(
    {
        "createuser --no-superuser --no-createdb --no-createrole --pwprompt thirdparty",
        "createdb --owner thirdparty --encoding UTF8 --template template0 thirdparty",
        "pg_dump --format=custom --exclude-table-data=sealed_credentials --file=thirdparty.dump thirdparty",
        "createdb --owner thirdparty --encoding UTF8 --template template0 thirdparty-restored",
        "pg_restore --exit-on-error --no-owner --role=thirdparty --dbname=thirdparty-restored thirdparty.dump",
        "thirdparty-bot restore --from-server",
    }
)
NOT_RUN: Final[Mapping[str, str]] = {
    "make sandbox": "it is `thirdparty-bot sandbox`",
    "make test": "these tests are part of it",
    "make check": "`make test` begins with it",
    "make format": "it would change the code that is tested; `make check` says what it would do",
    "make proxies": "`make test` begins with it",
    "make coverage": "it runs all tests once more",
    "make mutants": "hours; `make coverage`, which is quick, says what no test runs",
    "make crash": "20 minutes; tests/crash runs it small",
    "make faults": "20 minutes; tests/scenarios/test_faults.py runs it small",
    "make year": "minutes; tests/year runs it small",
    "make month": "minutes; tests/year runs it small",
    "make bench": "minutes; tests/house/test_bench.py runs it small",
    "make soak": "20 minutes; tests/house/test_bench.py runs it small",
    "make docs": "tests/house/test_site.py builds the site, tests/house/test_reference.py looks at the reference",
    "make pictures": "a minute, and pictures differ between machines; tests/page lives through the same",
    "make lock": "it asks the registries; tests/house/test_locks.py looks at what it writes",
    "make sbom": "tests/house/test_sbom.py does the same",
    "make wheel": "tests/house/test_wheel.py builds it",
    "thirdparty-bot run": "tests/bot/test_process.py runs it, as a process",
    "thirdparty-bot sandbox": "tests/bot/test_process.py and tests/bot/test_sandbox_command.py run it",
    "python3 -m venv ~/thirdparty": "tests/house/test_wheel.py makes an environment and installs the wheel into it",
    "~/thirdparty/bin/pip install --require-hashes -r requirements/runtime.txt": "it downloads; so does `make test`",
    "~/thirdparty/bin/pip install --no-deps dist/thirdparty_bot-*.whl": "tests/house/test_wheel.py installs it",
    **dict.fromkeys(
        (
            "thirdparty-bot keys rotate --to-stdout | vault kv put secret/thirdparty-bot keyring=-",
            (
                "thirdparty-bot keys rotate --to-stdout | aws secretsmanager put-secret-value "
                "--secret-id thirdparty-keyring --secret-string file:///dev/stdin"
            ),
            "thirdparty-bot keys rotate --to-stdout | gcloud secrets versions add thirdparty-keyring --data-file=-",
            (
                "thirdparty-bot keys rotate --to-stdout | az keyvault secret set "
                "--vault-name example --name thirdparty-keyring --file /dev/stdin"
            ),
        ),
        "what is on its right is an account with somebody; tests/bot/test_keys_command.py goes the same way without",
    ),
    **dict.fromkeys(
        ("thirdparty-bot backup drill.db", "rm thirdparty.db", "thirdparty-bot restore drill.db"),
        "tests/scenarios/test_restore.py goes through the drill, line by line",
    ),
    **dict.fromkeys(
        (
            "thirdparty-bot backup FILE",
            "thirdparty-bot backup backup.db",
            "thirdparty-bot backup /var/backups/thirdparty-2026-03-31.db",
            "thirdparty-bot restore FILE",
            "thirdparty-bot restore /var/backups/thirdparty-2026-03-31.db",
        ),
        "tests/bot/test_backup_command.py runs it, with files of its own",
    ),
    **dict.fromkeys(
        (
            "thirdparty-bot import FILE",
            "thirdparty-bot import parties.csv",
            "thirdparty-bot import parties.csv --dry-run",
            "thirdparty-bot import --template",
            "thirdparty-bot export FILE",
            "thirdparty-bot export all.csv",
            "thirdparty-bot export all.jsonl --format jsonl",
        ),
        "tests/scenarios/test_import.py runs it, with files of its own and the sandbox's Slack",
    ),
    "thirdparty-bot copy-database FROM TO": "tests/bot/test_copy_command.py runs it",
    **dict.fromkeys(ON_POSTGRES, "tests/docs/test_postgresql.py goes through it, line by line"),
    "thirdparty-bot copy-database sqlite:///thirdparty.db postgresql://thirdparty@db.example.com/thirdparty": (
        "tests/bot/test_copy_command.py runs it, with databases of its own"
    ),
    "python -m docs.timeline": "tests/house/test_timeline.py looks at what it writes",
    "python -m docs.reference": "tests/house/test_reference.py looks at what it writes",
    ".venv/bin/python -m pytest tests/house -k manifest": "it is how this test is run, with other words",
}

OF_ROOT: Final[Mapping[str, str]] = {
    "containers.md": "it needs an engine; tests/deploy/test_container.py looks at the files",
    "systemd.md": "tests/deploy/test_systemd.py has systemd read the unit, and runs the command beside it",
}
"""Pages whose lines for a shell are root's, on a machine with systemd or with an engine for containers."""
