"""The Slack app's manifest: package data of the installed wheel, or the file at the top of a checkout."""

from pathlib import Path
from typing import Any

import yaml


def manifest_path() -> Path:
    """Return where `manifest.yml` is."""
    package = Path(__file__).parent
    packaged = package / "manifest.yml"
    return packaged if packaged.exists() else package.parent / "manifest.yml"


def read_manifest() -> dict[str, Any]:
    """Return the manifest's content."""
    content: dict[str, Any] = yaml.safe_load(manifest_path().read_text("utf-8"))
    return content
