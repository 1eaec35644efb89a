"""Take out of package-lock.json what names an address: where npm was told to download from, and where to give money.

`npm ci` needs neither: it finds packages by name, and what it gets by the hash.
"""

import json
import sys
from pathlib import Path


def without_addresses(lock: str) -> str:
    """Return the text of a lock that names none."""
    content = json.loads(lock)
    for package in content["packages"].values():
        package.pop("resolved", None)
        package.pop("funding", None)
    return json.dumps(content, indent=2) + "\n"


if __name__ == "__main__":
    file = Path(sys.argv[1])
    file.write_text(without_addresses(file.read_text()))
