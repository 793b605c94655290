"""Reads an app's manifest from TOML: what is published, and how to run it here.

Source: docs/reference/app-manifest.md
"""

import sys
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from portway_cli.error_codes import MANIFEST_INVALID, MANIFEST_UNREADABLE
from portway_platform.catalogue.messages import Manifest
from portway_service.endpoints import faults_of
from portway_service.errors import Refusal


@dataclass(frozen=True)
class AppFile:
    """A manifest on disk."""

    path: Path
    manifest: dict[str, Any]
    """Checked, in the form the admin API takes."""
    commands: Mapping[str, tuple[str, ...]]
    """How to start the app's sides here: `server`, `cloud`; may be empty."""

    @property
    def key(self) -> str:
        """The cloud app's key."""
        return str(self.manifest["app_key"])

    def command(self, side: str, *, data: Path, platform_url: str) -> list[str] | None:
        """Return the command that starts one side, with its places filled in."""
        places = {
            "{python}": sys.executable,
            "{data}": str(data),
            "{platform_url}": platform_url,
            "{manifest_dir}": str(self.path.parent),
        }
        parts = self.commands.get(side)
        return None if parts is None else [_fill(part, places) for part in parts]


def _fill(part: str, places: Mapping[str, str]) -> str:
    for place, value in places.items():
        part = part.replace(place, value)
    return part


def read_app_file(path: Path) -> AppFile:
    """Read and check a manifest.

    Raises:
        Refusal: `manifest_unreadable`, or `manifest_invalid` with every fault at once.
    """
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise Refusal(MANIFEST_UNREADABLE, path=path, problem=error) from error
    run = raw.pop("run", {})
    faults = _read_policy_files(raw, path.parent)
    commands: dict[str, tuple[str, ...]] = {}
    for side, command in run.items() if isinstance(run, dict) else ():
        if side not in {"server", "cloud"} or not isinstance(command, list) or not command:
            faults.append({"field": f"run.{side}", "problem": 'give a list: ["program", "word"]'})
        else:
            commands[side] = tuple(map(str, command))
    try:
        manifest = Manifest.model_validate(raw)
    except ValidationError as error:
        faults += faults_of(error)
    if faults:
        raise Refusal(MANIFEST_INVALID, path=path, count=len(faults), details=faults)
    return AppFile(path, manifest.model_dump(mode="json"), commands)


def _read_policy_files(raw: dict[str, Any], folder: Path) -> list[Mapping[str, str]]:
    """Put the text of `file = "…"` policies in their place; return what went wrong."""
    faults: list[Mapping[str, str]] = []
    policies = raw.get("policies")
    for number, policy in enumerate(policies if isinstance(policies, list) else ()):
        if not isinstance(policy, dict) or "file" not in policy:
            continue
        name = str(policy.pop("file"))
        try:
            policy["text"] = (folder / name).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            faults.append({"field": f"policies.{number}.file", "problem": f"{name}: {error}"})
            policy["text"] = "?"
    return faults
