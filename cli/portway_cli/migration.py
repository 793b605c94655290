"""Makes plans and runs them: the export, the platform it goes to, the apps that go along."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from portway_assistant.apps import AppToMove
from portway_assistant.clients import PlatformClient, SiteClient
from portway_assistant.error_codes import (
    EXPORT_CHANGED,
    NOTHING_TO_RETRY,
    PEOPLE_FILE_CHANGED,
    PLAN_ARCHIVED,
    RUN_UNKNOWN,
)
from portway_assistant.exports.package import ExportPackage
from portway_assistant.progress import Progress, Silent
from portway_assistant.runs.engine import Destination, Engine, Surroundings
from portway_assistant.runs.plan import (
    PlanDraft,
    PlanLabel,
    PlannedSpace,
    SavedPlan,
)
from portway_assistant.runs.preparation import Prepared, file_digest, prepare_source
from portway_assistant.runs.settings import PlanSettings
from portway_cli.app_processes import AppsHere
from portway_cli.manifests import AppFile, read_app_file
from portway_cli.sessions import Session, Where, open_session
from portway_sdk.http import Caller
from portway_service.clock import SystemClock
from portway_service.errors import Refusal

if TYPE_CHECKING:
    from portway_assistant.reports.report import Report


@dataclass(frozen=True)
class PlanOrder:
    """What the operator wants moved."""

    export: Path
    name: str
    server_key: str = "server"
    site_key: str = "cloud"
    people: Path | None = None
    space_keys: tuple[str, ...] = ()
    manifests: tuple[Path, ...] = ()
    agree: bool = True
    settings: PlanSettings = field(default_factory=PlanSettings)
    trusted_domains: tuple[str, ...] = ()
    """E-mail domains to trust from now on."""
    label: PlanLabel = PlanLabel.PRODUCTION
    newer_export: bool = False


def run_migration(
    order: PlanOrder,
    where: Where,
    progress: Progress | None,
    *,
    app_patience_seconds: float = 1800.0,
) -> tuple["Report", Path]:
    """Make a plan of an order and run it; returns the report and its path.

    Raises:
        Refusal: The export, the people file or a manifest cannot be used; nothing was written.
        StopRequested: While the export was read; nothing was sent.
    """
    watcher = progress or Silent()
    apps = [read_app_file(path) for path in order.manifests]
    with (
        open_session(where) as session,
        session.assistant.lock.hold(),
        _prepared(session, order, apps, watcher) as prepared,
    ):
        plan = session.assistant.plans.keep(_draft(order, prepared, apps))
        session.assistant.lock.name(plan.plan_id)
        maker = _EngineMaker(session, watcher, apps, plan, app_patience_seconds)
        with session.stopped_by_plan(plan.plan_id), maker.make(prepared) as engine:
            return engine.run()


def save_plan(order: PlanOrder, where: Where, progress: Progress | None) -> SavedPlan:
    """Save a plan to be run later. The export is read, so that what cannot work is told now.

    Raises:
        Refusal: As `run_migration`; nothing was saved.
    """
    apps = [read_app_file(path) for path in order.manifests]
    with (
        open_session(where) as session,
        _prepared(session, order, apps, progress or Silent()) as prepared,
    ):
        return session.assistant.plans.save(_draft(order, prepared, apps))


def run_plan(
    reference: str,
    where: Where,
    progress: Progress | None,
    *,
    newer_export: bool = False,
    retry: bool = False,
    run_id: str | None = None,
    app_patience_seconds: float = 1800.0,
) -> tuple["Report", Path]:
    """Run a saved plan, go on with its stopped run, or send again what failed in its last one.

    Args:
        reference: The plan's name or id.
        newer_export: Take the export and the people file as they are now.
        retry: Send again what failed, in the run `run_id` or the plan's last one.

    Raises:
        Refusal: `plan_unknown`, `plan_archived`, `export_changed`, `people_file_changed`, what
            retrying refuses, and what reading the export does.
        StopRequested: While the export was read; nothing was sent.
    """
    watcher = progress or Silent()
    with open_session(where) as session:
        plan = session.assistant.plans.find(reference)
        if plan.archived_at is not None:
            raise Refusal(PLAN_ARCHIVED, plan=plan.name)
        apps = [read_app_file(path) for path in plan.manifests]
        order = order_of(plan)
        with session.assistant.lock.hold(plan.plan_id), session.stopped_by_plan(plan.plan_id):
            may_change = not retry and (newer_export or plan.newer_export)
            refuse_changed_files(plan, may_change=may_change)
            with _prepared(session, order, apps, watcher) as prepared:
                plan = session.assistant.plans.follow(plan, _draft(order, prepared, apps))
                maker = _EngineMaker(session, watcher, apps, plan, app_patience_seconds)
                with maker.make(prepared) as engine:
                    if retry:
                        return engine.retry(run_id or _last_run(session, plan))
                    return engine.run()


def find_plan_of_run(run_id: str | None, where: Where) -> str:
    """Return the id of the plan that a run, or the last one of all, belongs to."""
    with open_session(where) as session:
        runs = [run for run in session.assistant.ledger.all_runs() if run.plan_id is not None]
    for run in runs:
        if run_id is None or run.run_id == run_id:
            return str(run.plan_id)
    raise Refusal(RUN_UNKNOWN, run_id=run_id or "of any plan here")


def refuse_changed_files(plan: SavedPlan, *, may_change: bool) -> None:
    """Refuse files that are not those the plan was made for, unless it follows them."""
    if may_change:
        return
    if ExportPackage.open(plan.export_path).digest() != plan.export_digest:
        raise Refusal(EXPORT_CHANGED, path=plan.export_path, plan=plan.name)
    if plan.people_path is not None and (
        not plan.people_path.is_file() or file_digest(plan.people_path) != plan.people_digest
    ):
        raise Refusal(PEOPLE_FILE_CHANGED, path=plan.people_path, plan=plan.name)


@dataclass(frozen=True)
class _EngineMaker:
    """Puts the engine of a saved plan together."""

    session: Session
    watcher: Progress
    apps: list[AppFile]
    plan: SavedPlan
    app_patience_seconds: float

    @contextmanager
    def make(self, prepared: Prepared) -> Iterator[Engine]:
        """Reach the platform and return the engine that runs the plan there."""
        with ExitStack() as stack:
            caller, url = stack.enter_context(self.session.platform(with_apps=bool(self.apps)))
            here = self.session.where.platform_url is None
            yield Engine(
                replace(prepared.plan, plan_id=self.plan.plan_id),
                prepared.source,
                [AppToMove(app.manifest, agree=self.plan.agree) for app in self.apps],
                destination=destination_of(caller),
                processes=AppsHere(
                    {app.key: app for app in self.apps} if here else {},
                    folder=self.session.folder,
                    url=url,
                    stack=stack,
                ),
                surroundings=Surroundings(
                    ledger=self.session.assistant.ledger,
                    folder=self.session.assistant.path,
                    progress=self.watcher,
                    stop=self.session.stop,
                    clock=SystemClock(),
                    app_patience_seconds=self.app_patience_seconds,
                ),
            )


def destination_of(caller: Caller) -> Destination:
    """Return platform and sites behind one caller."""
    return Destination(
        PlatformClient(caller), lambda site_key, source: SiteClient(caller, site_key, source)
    )


@contextmanager
def _prepared(
    session: Session, order: PlanOrder, apps: list[AppFile], watcher: Progress
) -> Iterator[Prepared]:
    watcher.step("Reading the export")
    with prepare_source(
        session.assistant,
        order.export,
        people=order.people,
        space_keys=order.space_keys,
        server_key=order.server_key,
        site_key=order.site_key,
        name=order.name,
        settings=order.settings,
        trusted_domains=order.trusted_domains,
        app_keys=tuple(app.key for app in apps),
        progress=watcher,
        pulse=session.pulse,
    ) as prepared:
        yield prepared


def _draft(order: PlanOrder, prepared: Prepared, apps: list[AppFile]) -> PlanDraft:
    plan = prepared.plan
    return PlanDraft(
        name=order.name,
        label=order.label,
        server_key=order.server_key,
        site_key=order.site_key,
        export_path=order.export.expanduser().resolve(),
        export_digest=plan.export_digest,
        newer_export=order.newer_export,
        space_keys=plan.space_keys,
        spaces=tuple(
            PlannedSpace(space.id, space.key, space.name or "") for space in prepared.source.spaces
        ),
        people_path=order.people and order.people.expanduser().resolve(),
        people_digest=plan.people_digest,
        app_keys=tuple(app.key for app in apps),
        manifests=tuple(path.expanduser().resolve() for path in order.manifests),
        agree=order.agree,
        settings=order.settings,
    )


def order_of(plan: SavedPlan) -> PlanOrder:
    """Return what a saved plan wants moved."""
    return PlanOrder(
        export=plan.export_path,
        name=plan.name,
        server_key=plan.server_key,
        site_key=plan.site_key,
        people=plan.people_path,
        space_keys=plan.space_keys,
        manifests=plan.manifests,
        agree=plan.agree,
        settings=plan.settings,
        label=plan.label,
        newer_export=plan.newer_export,
    )


def _last_run(session: Session, plan: SavedPlan) -> str:
    runs = session.assistant.ledger.all_runs(plan_id=plan.plan_id)
    if not runs:
        raise Refusal(NOTHING_TO_RETRY, run_id="none")
    return runs[0].run_id
