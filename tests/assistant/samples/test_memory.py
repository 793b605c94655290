"""Memory does not grow with the size of an export, where it is made and where it is read."""

import subprocess
import sys

import pytest

pytestmark = pytest.mark.processes

MIB = 1 << 20
_PROGRAM = """
import sys
from pathlib import Path
from portway_assistant.exports.package import ExportPackage
from portway_assistant.exports.work_store import open_work_store
from portway_assistant.samples.options import SampleOptions
from portway_assistant.samples.writing import write_sample

what, folder, pages = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])
if what == "make":
    options = SampleOptions(pages=pages, comments=pages, app_notes=pages)
    write_sample(folder / f"{pages}.zip", options)
else:
    open_work_store(ExportPackage.open(folder / f"{pages}.zip"), folder / "stores").close()
status = Path("/proc/self/status").read_text()  # rusage would count the parent before exec
print(int(status.split("VmHWM:")[1].split()[0]) * 1024)
"""
LARGEST = 200 * MIB
GROWTH = 48 * MIB
"""For ten times the size, which is 55 MiB more: the database's cache may fill up."""


def peak(what: str, folder, pages: int) -> int:
    """Return the most memory a process of its own held, in bytes."""
    command = [sys.executable, "-c", _PROGRAM, what, str(folder), str(pages)]
    found = subprocess.run(command, check=True, capture_output=True, text=True)
    return int(found.stdout)


def test_ten_times_the_export_takes_no_more_memory(tmp_path):
    for what in ("make", "read"):
        small, large = peak(what, tmp_path, 500), peak(what, tmp_path, 5_000)

        assert large < LARGEST
        assert large - small < GROWTH, what
