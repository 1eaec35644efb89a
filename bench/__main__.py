"""Run every measurement, print the figures and write `build/bench.json`. `--huge`: with 10,000,000 tokens too."""

import argparse
import asyncio
import json
import platform
from collections.abc import Callable, Coroutine
from functools import partial
from pathlib import Path
from typing import Any

from bench import checks, dispatch, importing, outbox, reminders, rotation, typing, writers
from bench.result import Result, show

REPORT = Path("build/bench.json")


def main() -> None:
    """Measure, one thing after the other."""
    parser = argparse.ArgumentParser(prog="python -m bench", description="Measure, and write build/bench.json.")
    parser.add_argument("--huge", action="store_true", help="reminders of 10,000,000 tokens too: 11 GB, some minutes")
    parser.add_argument(
        "--only",
        choices=[
            "checks",
            "checks-postgres",
            "commands",
            "dispatch",
            "outbox",
            "writers",
            "reminders",
            "rotation",
            "import",
        ],
        help="one of the measurements",
    )
    given = parser.parse_args()
    print(f"Python {platform.python_version()} on {platform.machine()}")
    measures: dict[str, Callable[[], Coroutine[Any, Any, list[Result]]]] = {
        "dispatch": dispatch.measure,
        "writers": writers.measure,
        "reminders": partial(reminders.measure, huge=given.huge),
        "rotation": rotation.measure,
        "import": importing.measure,
        "commands": typing.measure,
        "outbox": outbox.measure,
        "checks": checks.measure,
        "checks-postgres": checks.measure_on_postgres,
    }
    results = list[Result]()
    for name, measure in measures.items():
        if given.only in (None, name):
            results += show(asyncio.run(measure()))
    if missed := [result.name for result in results if result.met is False]:
        print("goals missed:", ", ".join(missed))
    REPORT.parent.mkdir(exist_ok=True)
    REPORT.write_text(json.dumps([result.as_json() for result in results], indent=2) + "\n")


if __name__ == "__main__":
    main()
