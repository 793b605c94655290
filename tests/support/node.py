"""Programs for Node with the packages their lock names, installed once for all test runs."""

import hashlib
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from support.processes import ROOT

CACHE = ROOT / "build" / "foreign"
INSTALL_SECONDS = 240


def installed(package: Path) -> Path:
    """A copy of the folder `package` with its node modules, as its lock says.

    It lies below `build/` and is made anew when the lock or the program changes. Without Node or a
    registry that has the packages the test is skipped, or fails where `CI` is `true`.
    """
    digest = hashlib.sha256()
    for file in sorted(package.iterdir()):
        digest.update(file.name.encode() + b"\0" + file.read_bytes() + b"\0")
    place = CACHE / f"{package.name}-{digest.hexdigest()[:16]}"
    if not place.exists():
        draft = place.with_name(f"{place.name}.{os.getpid()}")
        shutil.copytree(package, draft)
        try:
            _npm_ci(draft)
            draft.rename(place)
        except FileExistsError:
            pass  # Another run was faster.
        finally:
            shutil.rmtree(draft, ignore_errors=True)
    return place


def _npm_ci(folder: Path) -> None:
    problem = "node and npm are not on this machine"
    if shutil.which("node") and shutil.which("npm"):
        command = ["npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts", "--prefer-offline"]
        try:
            ended = subprocess.run(
                command,
                cwd=folder,
                capture_output=True,
                text=True,
                timeout=INSTALL_SECONDS,
                check=False,
            )
            if ended.returncode == 0:
                return
            problem = f"npm ci failed: {ended.stderr.strip()[-500:]}"
        except subprocess.TimeoutExpired:
            problem = f"npm ci did not end within {INSTALL_SECONDS} s"
    if os.environ.get("CI") == "true":
        pytest.fail(f"the packages of {folder.name} are needed here: {problem}")
    pytest.skip(f"the packages of {folder.name} cannot be had: {problem}")
