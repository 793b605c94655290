"""Opens built exports, and closes them when the test ends."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from portway_assistant.exports.inspect import inspect_export
from portway_assistant.exports.package import ExportPackage
from portway_assistant.exports.work_store import WorkStore, open_work_store
from support.exports import ExportBuilder

SAMPLES = Path(__file__).parents[3] / "cli" / "portway_cli" / "samples"


@pytest.fixture
def export() -> ExportBuilder:
    """An export of the space DEMO with nothing in it yet but the space."""
    builder = ExportBuilder()
    builder.space()
    return builder


@pytest.fixture
def read(tmp_path: Path) -> Iterator[Callable[[ExportBuilder], WorkStore]]:
    """Write an export, read it into a work store and return the store."""
    with ExitStack() as stack:

        def read_export(builder: ExportBuilder) -> WorkStore:
            package = ExportPackage.open(builder.write(tmp_path / "export.zip"))
            return stack.enter_context(open_work_store(package, tmp_path / "stores"))

        yield read_export


@pytest.fixture
def inspect(tmp_path: Path) -> Callable[[ExportBuilder], dict[str, Any]]:
    """Write an export and count it."""
    return lambda builder: inspect_export(builder.write(tmp_path / "export.zip"))
