"""Run every measurement, print the figures and write `build/bench.json`."""

import asyncio
import json
import platform
from pathlib import Path

from bench import dispatch, writers

REPORT = Path("build/bench.json")
_SAID = {None: "", True: "goal met", False: "GOAL MISSED"}


def main() -> None:
    """Measure, one thing after the other."""
    print(f"Python {platform.python_version()} on {platform.machine()}")
    results = [*asyncio.run(dispatch.measure()), *asyncio.run(writers.measure())]
    for result in results:
        goal = "" if result.goal is None else f"at most {result.goal:g}"
        print(f"{result.name:34} {result.value:10.3f} {result.unit:6} {goal:12} {_SAID[result.met]}")
    REPORT.parent.mkdir(exist_ok=True)
    REPORT.write_text(json.dumps([result.as_json() for result in results], indent=2) + "\n")


if __name__ == "__main__":
    main()
