"""Core migration from an export's ZIP to the written report, in this process and without apps.

The clock begins when the export is opened: making the keys and tables of a new folder is not part.
"""

import sqlite3
import threading
import time
from collections.abc import Sequence
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

from bench.measuring import Row, Target, alternate, seconds_of
from bench.workplace import Workplace
from portway_assistant.clients import PlatformClient, SiteClient
from portway_assistant.core.loader import batches
from portway_assistant.core.outgoing import OutgoingItem
from portway_assistant.core.source import Source
from portway_assistant.exports.package import ExportPackage
from portway_assistant.exports.work_store import open_work_store
from portway_assistant.folder import AssistantFolder
from portway_assistant.progress import Silent
from portway_assistant.reports.report import Report
from portway_assistant.runs.engine import Destination, Engine, Surroundings
from portway_assistant.runs.preparation import prepare_source
from portway_assistant.runs.settings import PlanSettings
from portway_assistant.samples.options import SampleKind, SampleOptions
from portway_assistant.samples.writing import write_sample
from portway_cli.composition import Composition
from portway_cli.connections import DEFAULT_URL, Connection
from portway_cli.data_folder import DataFolder
from portway_service.clock import SystemClock
from portway_service.ids import RandomIds
from portway_service.outbound import Outbound
from portway_service.wsgi_transport import StreamingWSGITransport

WANTED_PER_SECOND = 3_000


def measure_core_migration(place: Workplace) -> Row:
    """Migrate the same export into a new folder each time, as `portway migrate` does."""
    pages = place.pick(2_500, 400)
    export = write_sample(
        place.folder / "export.zip",
        SampleOptions(
            kind=SampleKind.SPACE,
            pages=pages,
            users=200,
            comments=pages * 7 // 5,
            attachments=pages // 3,
            blogposts=pages // 10,
            revisions=0,
            app_notes=0,
            body_bytes=3_500,
            plain=True,
        ),
    ).package
    items = _items_of(export, place.folder / "stores")
    counter = iter(range(100))
    courses: list[Watch] = []

    def migrated() -> float:
        watch = Watch()
        report = migrate(export, place.folder / f"run-{next(counter)}", watch)
        if sum(_created(report).values()) != len(items):
            raise AssertionError(f"of {len(items)} items not all arrived: {report.counts}")
        courses.append(watch)
        return len(items) / watch.total

    def floor() -> float:
        path = place.folder / f"floor-{next(counter)}.db"
        return len(items) / seconds_of(lambda: _insert_bare(path, items))

    found, floors = alternate(place.pick(3, 1), migrated, floor, budget_seconds=20)
    best, best_floor = max(found), max(floors)
    course = courses[found.index(best)]
    shares = ", ".join(f"{name.lower()} {seconds:.2f} s" for name, seconds in course.parts.items())
    return Row(
        measured=best,
        unit="items/s",
        floor=best_floor,
        floor_unit="items/s",
        floor_is="items serialised into one SQLite table, full sync",
        share=best / best_floor,
        targets=[Target("rate", best, WANTED_PER_SECOND, "/s")],
        notes=[
            f"{len(items):,} items: {shares}",
            f"moving alone: {len(items) / course.parts[MOVING]:,.0f} items/s",
        ],
        rounds={"items": found, "floor": floors},
    )


MOVING = "Moving people and spaces"


class Watch(Silent):
    """Notes how long each part of a run takes."""

    def __init__(self) -> None:
        self.parts: dict[str, float] = {}
        self.begin()

    def begin(self) -> None:
        """The run begins: it reads the export."""
        self._began = self._part_began = time.perf_counter()
        self._part = "Reading"
        self.total = 0.0

    def step(self, title: str) -> None:
        """A part begins, and the one before ends."""
        now = time.perf_counter()
        self.parts[self._part] = now - self._part_began
        self._part, self._part_began = title, now

    def end(self) -> None:
        """The run is over."""
        self.step("")
        self.total = time.perf_counter() - self._began


def migrate(export: Path, data: Path, watch: Watch) -> Report:
    """Migrate an export into the cloud site of a data folder; the report is written."""
    with ExitStack() as stack:
        folder = DataFolder.open(data)
        assistant = AssistantFolder.open(folder.assistant, SystemClock(), RandomIds())
        stack.callback(assistant.close)
        composition = Composition(folder, public_url=DEFAULT_URL, outbound=Outbound.LOOPBACK)
        transport = StreamingWSGITransport(composition.open())
        stack.callback(composition.stop)
        watch.begin()
        prepared = stack.enter_context(
            prepare_source(
                assistant,
                export,
                people=None,
                space_keys=(),
                server_key="server",
                site_key="cloud",
                name="Bench",
                app_keys=(),
                settings=PlanSettings(),
                progress=watch,
                trusted_domains=("all",),
            )
        )
        token = folder.admin_token(RandomIds())
        caller = Connection(DEFAULT_URL, token).caller(transport=transport, patience_seconds=0)
        engine = Engine(
            prepared.plan,
            prepared.source,
            [],
            destination=Destination(
                PlatformClient(caller), lambda key, source: SiteClient(caller, key, source)
            ),
            processes=_NoProcesses(),
            surroundings=Surroundings(
                ledger=assistant.ledger,
                folder=assistant.path,
                progress=watch,
                stop=threading.Event(),
                clock=SystemClock(),
            ),
        )
        report, _ = engine.run()
        watch.end()
    if report.proof is None or not report.proof.complete:
        raise AssertionError(f"the migration is not proven: {report.run.reason}")
    return report


class _NoProcesses:
    def start_cloud(self, app: Any) -> None:
        raise AssertionError("no app goes along")

    def start_server(self, app: Any, enrolment_token: str) -> None:
        raise AssertionError("no app goes along")


def _created(report: Report) -> dict[str, int]:
    return {kind: outcomes.get("created", 0) for kind, outcomes in report.counts.items()}


def _items_of(export: Path, folder: Path) -> list[OutgoingItem]:
    with open_work_store(ExportPackage.open(export), folder) as store:
        items = (item for phase in Source(store).phases() for item in phase.items())
        return [item for item in items if item.gap is None]


def _insert_bare(path: Path, items: Sequence[OutgoingItem]) -> None:
    """Serialise the items and insert them into one table, in the batches of a migration."""
    with closing(sqlite3.connect(path, isolation_level=None)) as database:
        database.execute("PRAGMA journal_mode=WAL")
        database.execute("PRAGMA synchronous=FULL")
        database.execute("CREATE TABLE items (source_key TEXT PRIMARY KEY, line BLOB)")
        for batch in batches(items):
            rows = [(item.source_key, item.line()) for item in batch]
            database.execute("BEGIN IMMEDIATE")
            database.executemany("INSERT INTO items VALUES (?, ?)", rows)
            database.execute("COMMIT")


ROWS = {"core-migration": measure_core_migration}
