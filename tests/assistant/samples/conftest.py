"""Writes samples and reads them, into folders that go with the test."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from portway_assistant.exports.package import ExportPackage
from portway_assistant.exports.work_store import WorkStore, open_work_store
from portway_assistant.samples.options import SampleOptions
from portway_assistant.samples.writing import write_sample

SMALL: dict[str, Any] = {
    "pages": 40,
    "users": 20,
    "comments": 60,
    "attachments": 45,
    "app_notes": 0,
    "body_bytes": 600,
    "attachment_bytes": 200,
}


@pytest.fixture
def sample(tmp_path: Path) -> Callable[..., Path]:
    """Write a small sample."""
    return lambda **options: (
        write_sample(tmp_path / "x.zip", SampleOptions(**SMALL | options)).package
    )


@pytest.fixture
def read_sample(sample: Callable[..., Path], tmp_path: Path) -> Iterator[Callable[..., WorkStore]]:
    """Write a small sample, and open it."""
    with ExitStack() as stack:

        def read(**options: Any) -> WorkStore:
            package = ExportPackage.open(sample(**options))
            return stack.enter_context(open_work_store(package, tmp_path / "stores"))

        yield read
