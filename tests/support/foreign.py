"""Programs of others that tests run unchanged: installed by npm from a lock, once per lock."""

import hashlib
import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]


def node_project(name: str) -> Path:
    """Return the folder of `tests/foreign/{name}` with its packages installed.

    Without Node or the registry the test is skipped; on CI that is a failure.
    """
    source = ROOT / "tests" / "foreign" / name
    lock = hashlib.sha256((source / "package-lock.json").read_bytes()).hexdigest()[:12]
    folder = ROOT / "build" / "foreign" / f"{name}-{lock}"
    folder.mkdir(parents=True, exist_ok=True)
    for path in source.iterdir():
        shutil.copyfile(path, folder / path.name)
    if (folder / "installed").exists():
        return folder
    npm = shutil.which("npm")
    if npm is None:
        _cannot("npm is not on this machine")
    done = subprocess.run(
        [str(npm), "ci", "--ignore-scripts", "--no-audit", "--no-fund"],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    if done.returncode != 0:
        _cannot(f"npm ci failed: {done.stderr[-500:]}")
    (folder / "installed").touch()
    return folder


def run_node(folder: Path, script: str, order: dict[str, Any]) -> Any:
    """Run a script with an order; return the JSON it ends with."""
    done = subprocess.run(
        ["node", script, json.dumps(order)],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.strip().splitlines()[-1])


def _cannot(problem: str) -> None:
    if os.environ.get("CI") == "true":
        pytest.fail(problem)
    pytest.skip(problem)
