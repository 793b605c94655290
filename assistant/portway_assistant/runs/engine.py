"""Carries out a plan: prepare, check, move people and spaces, move apps, prove, report.

Each part can be repeated, so a run that was cut off anywhere goes on when it is started again.
"""

import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from importlib.metadata import version
from itertools import islice
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

from portway_assistant.apps import AppMover, AppToMove, CheckResult
from portway_assistant.clients import PlatformClient, SiteClient
from portway_assistant.core.deleter import Deleter
from portway_assistant.core.destination_ids import KEYS_PER_REQUEST
from portway_assistant.core.gone import GoneItem, find_gone
from portway_assistant.core.loader import Loader
from portway_assistant.core.outgoing import OutgoingItem
from portway_assistant.core.source import Source
from portway_assistant.core.space_keys import KEY_TAKEN
from portway_assistant.error_codes import EXPORT_CHANGED, NOTHING_TO_RETRY, RUN_NOT_ENDED
from portway_assistant.people.checks import REFUSED
from portway_assistant.progress import Progress
from portway_assistant.proof.bundle import sign_bundle
from portway_assistant.proof.compare import PROOF_LINES, Proof, prove
from portway_assistant.proof.keys import open_proof_key
from portway_assistant.reports.links import write_links
from portway_assistant.reports.report import Receipt, Report, group_not_moved
from portway_assistant.reports.writing import write_report, write_whole, writing_whole
from portway_assistant.runs.ledger import AppOutcome, Ledger, Run
from portway_assistant.runs.plan import Plan, RunStatus
from portway_assistant.stopping import StopRequested, check, checked
from portway_scopes import RERUNNABLE
from portway_scopes.namespaces import MIGRATED_NAMESPACES
from portway_sdk import APIError, TransportError
from portway_service.clock import Clock
from portway_service.errors import Refusal

DESTINATION_AWAY = "The destination stopped answering."


class AppProcesses(Protocol):
    """Starts the sides of apps that are to run here. The sides of other apps run elsewhere."""

    def start_cloud(self, app: AppToMove) -> None:
        """Start the cloud app and return when it answers."""

    def start_server(self, app: AppToMove, enrolment_token: str) -> None:
        """Start the server app with a way to enrol."""


@dataclass(frozen=True)
class Destination:
    """Where a run goes: the platform, and the site behind it."""

    platform: PlatformClient
    site: Callable[[str, str], SiteClient]
    """Makes the client of a site for a source: site key, server key."""


@dataclass(frozen=True)
class Surroundings:
    """What a run works with, besides its plan."""

    ledger: Ledger
    folder: Path
    """Where reports and scratch files go."""
    progress: Progress
    stop: threading.Event
    clock: Clock
    operator: str = "admin"
    monotonic: Callable[[], float] = time.monotonic
    app_patience_seconds: float = 1800.0


@dataclass
class _Course:
    """What is known of a run while it goes on."""

    run: Run
    began: float
    migration_id: str = ""
    site_name: str = ""
    site_url: str = ""
    checks: list[CheckResult] = field(default_factory=list)
    ready_apps: list[AppToMove] = field(default_factory=list)
    consents: dict[str, str] = field(default_factory=dict)
    apps: list[AppOutcome] = field(default_factory=list)
    retried: int = 0
    """How many items arrived that had failed before."""
    proof: Proof | None = None
    notes: list[str] = field(default_factory=list)


class Engine:
    """Runs one plan."""

    def __init__(
        self,
        plan: Plan,
        source: Source,
        apps: Sequence[AppToMove],
        *,
        destination: Destination,
        processes: AppProcesses,
        surroundings: Surroundings,
    ) -> None:
        self._plan = plan
        self._source = source
        self._apps = apps
        self._platform = destination.platform
        self._site = destination.site(plan.site_key, plan.server_key)
        self._processes = processes
        self._around = surroundings

    def run(self) -> tuple[Report, Path]:
        """Carry out the plan, or go on with it.

        Returns the report and the path of its HTML file. A run that was stopped, or whose
        destination stayed away, ends STOPPED; the next one goes on from there.
        """
        run = self._around.ledger.open_run(self._plan)
        if run.resumed:
            self._around.progress.note("Going on with a run that was interrupted")
        return self._conduct(run)

    def retry(self, run_id: str) -> tuple[Report, Path]:
        """Send again what failed in an ended run of the plan, and prove it anew.

        Raises:
            Refusal: `export_changed`, `run_not_ended`, `nothing_to_retry`.
        """
        ledger = self._around.ledger
        decide_retry(ledger, run_id, self._plan, self._apps)
        return self._conduct(ledger.reopen_run(run_id))

    def _conduct(self, run: Run) -> tuple[Report, Path]:
        ledger, around = self._around.ledger, self._around
        course = _Course(run=run, began=around.monotonic())
        try:
            status, reason = self._carry_out(course)
        except StopRequested:
            status, reason = RunStatus.STOPPED, "Somebody asked it to stop."
        except TransportError:
            status, reason = RunStatus.STOPPED, DESTINATION_AWAY
        except APIError as error:
            status, reason = RunStatus.FAILED, f"{error.message} {error.fix or ''}".strip()
        seconds = around.monotonic() - course.began
        ended = ledger.end_run(
            course.run.run_id, status, reason=reason, busy_milliseconds=round(seconds * 1000)
        )
        course.run = replace(ended, resumed=course.run.resumed)
        return self._report(course, seconds)

    def _carry_out(self, course: _Course) -> tuple[RunStatus, str | None]:
        progress = self._around.progress
        progress.step("Checking")
        if refused := self._check_source(course):
            return RunStatus.FAILED, refused
        progress.step("Preparing")
        self._prepare(course)
        self._check_apps(course)
        progress.step("Moving people and spaces")
        core = self._move_core(course)
        if core is RunStatus.FAILED:
            return core, "No space arrived, so apps were not started."
        if self._apps:
            progress.step("Moving apps")
            self._move_apps(course)
        progress.step("Proving")
        course.proof = self._prove(course)
        return self._verdict(course, core)

    def _prepare(self, course: _Course) -> None:
        plan = self._plan
        site = self._platform.put_site(plan.site_key, plan.site_key)
        self._platform.put_server(plan.server_key, plan.server_key)
        self._site.put_site(plan.site_key)
        course.site_name, course.site_url = site["name"], site["baseUrl"]
        migration = self._platform.create_migration(
            plan.server_key, plan.site_key, course.run.name, key=course.run.run_id
        )
        course.migration_id = str(migration["migrationId"])
        self._around.ledger.set_migration(course.run.run_id, course.migration_id)
        self._platform.add_containers(course.migration_id, self._source.containers())
        ahead = self._around.ledger.files_ahead(plan.server_key, plan.site_key)
        self._source.begin(urlsplit(course.site_url).path, ahead)

    def _check_source(self, course: _Course) -> str | None:
        """Check people and content; returns why nothing may be written, if so."""
        self._source.meet(self._site)
        course.checks += self._source.checks()
        self._tell(course.checks)
        failed = [check for check in course.checks if check.outcome == "failed"]
        if not failed:
            return None
        why = " ".join(f"{check.title}: no. {check.message}{_code(check)}" for check in failed)
        return f"Nothing was written. {why}"

    def _check_apps(self, course: _Course) -> None:
        mover = self._mover()
        run_id = course.run.run_id
        for app in self._apps:
            self._processes.start_cloud(app)
            mover.publish(app)
            results = [mover.install(app)]
            agreement, record_id = mover.agree(app, key=f"{run_id}/consent/{app.key}")
            results.append(agreement)
            if record_id is not None:
                course.consents[app.key] = record_id
            if all(result.outcome == "passed" for result in results):
                enrolment = self._platform.enrol(
                    self._plan.server_key, app.key, key=f"{run_id}/enrol/{app.key}"
                )
                self._processes.start_server(app, enrolment["enrolmentToken"])
                results.append(mover.await_listener(app))
            ready = all(result.outcome == "passed" for result in results)
            if ready:
                course.ready_apps.append(app)
                results += mover.run_checks(
                    app, list(self._source.containers()), key=f"{run_id}/checks/{app.key}"
                )
            results = [replace(result, app_key=app.key) for result in results]
            self._tell(results)
            course.checks += results

    def _tell(self, checks: Sequence[CheckResult]) -> None:
        for result in checks:
            if result.outcome != "passed":
                self._around.progress.note(f"{result.outcome}: {result.title}. {result.message}")

    def _move_core(self, course: _Course) -> RunStatus:
        self._platform.set_core_status(course.migration_id, "RUNNING")
        loader = Loader(
            run_id=course.run.run_id,
            migration_id=course.migration_id,
            site=self._site,
            platform=self._platform,
            ledger=self._around.ledger,
            progress=self._around.progress,
            stop=self._around.stop,
            edited=self._plan.settings.edited,
        )
        phases = self._source.phases()
        for phase in phases:
            loader.load(phase.name, phase.items, total=phase.total, ahead=phase.ahead)
            if phase.name == "spaces":
                self._source.leave_out(self._refused_spaces(course.run.run_id))
            elif phase.name == "attachments":
                self._take_over_files(course)
        if course.run.attempt > 1:
            course.retried = sum(
                loader.load_failed(phase.name, phase.items, ahead=phase.ahead) for phase in phases
            )
        if self._plan.settings.deletions:
            self._delete_gone(course)
        status = self._core_status(course)
        self._platform.set_core_status(course.migration_id, status)
        return status

    def _take_over_files(self, course: _Course) -> None:
        """Unlink what was moved ahead and is gone at the source since; the rest has its pages."""
        plan, spaces = self._plan, [space.id for space in self._source.moving_spaces]
        ahead = self._around.ledger.files_ahead(plan.server_key, plan.site_key)
        keys = (key for key in ahead.of_spaces(spaces) if not self._source.has_attachment(key))
        removed = 0
        while some := list(islice(keys, KEYS_PER_REQUEST)):
            results = self._site.unlink(some)
            removed += sum(result["outcome"] == "unlinked" for result in results)
        ahead.take_over(spaces)
        if removed:
            course.notes.append(
                "Attachments that were moved ahead and are gone at the source since lost their"
                f" link ({removed})"
            )

    def _refused_spaces(self, run_id: str) -> Iterator[str]:
        """Yield the keys of spaces that did not arrive because their keys are taken."""
        for space in self._around.ledger.outcomes(run_id, kinds=("space",), only=("skipped",)):
            if space.code == KEY_TAKEN:
                yield space.source_key

    def _delete_gone(self, course: _Course) -> None:
        deleter = Deleter(
            run_id=course.run.run_id,
            migration_id=course.migration_id,
            site=self._site,
            platform=self._platform,
            ledger=self._around.ledger,
            progress=self._around.progress,
            stop=self._around.stop,
            edited=self._plan.settings.edited,
        )
        deleter.delete(self._find_gone)

    def _find_gone(self) -> Iterator[GoneItem]:
        with self._site.inventory() as inventory:
            yield from find_gone(
                (item.source_key for item in self._items()),
                inventory=checked(inventory, self._around.stop),
                space_keys={f"space/{space.id}" for space in self._source.spaces},
                content=self._plan.settings.content,
                scratch=self._around.folder / "gone.db",
            )

    def _items(self) -> Iterator[OutgoingItem]:
        """Yield everything the source offers, as it would be sent."""
        for phase in self._source.phases():
            yield from checked(phase.items(), self._around.stop)

    def _core_status(self, course: _Course) -> RunStatus:
        run_id = course.run.run_id
        counts = self._around.ledger.counts(run_id)
        spaces = counts.get("space", {})
        absent = spaces.get("failed", 0) + sum(1 for _ in self._refused_spaces(run_id))
        if spaces and sum(spaces.values()) == absent:
            return RunStatus.FAILED
        failed = sum(by_outcome.get("failed", 0) for by_outcome in counts.values())
        return RunStatus.INCOMPLETE if failed else RunStatus.FINISHED

    def _move_apps(self, course: _Course) -> None:
        mover, ledger, run = self._mover(), self._around.ledger, course.run
        attempt = "" if run.attempt == 1 else f"/{run.attempt}"
        for app in self._apps:
            check(self._around.stop)
            if app not in course.ready_apps:
                outcome = _not_started(app, course)
            elif (earlier := self._find_success(course, app)) is not None:
                outcome = earlier
            else:
                outcome = mover.transfer(
                    app,
                    course.migration_id,
                    consent_record_id=course.consents.get(app.key),
                    key=f"{run.run_id}/transfer/{app.key}{attempt}",
                    rerun_of=self._find_failure(course, app),
                )
            ledger.record_app(run.run_id, outcome)
            course.apps.append(outcome)

    def _find_failure(self, course: _Course, app: AppToMove) -> str | None:
        """Return the transfer of a retried run that did not succeed, to be run again."""
        if course.run.attempt == 1:
            return None
        mine = self._around.ledger.find_app_outcome(course.run.run_id, app.key)
        return mine.transfer_id if mine is not None and mine.status in RERUNNABLE else None

    def _find_success(self, course: _Course, app: AppToMove) -> AppOutcome | None:
        """Return the app's success that stands: of a retried run itself, or of an earlier run
        when nothing has come since."""
        ledger, run = self._around.ledger, course.run
        if run.attempt > 1:
            mine = ledger.find_app_outcome(run.run_id, app.key)
            if mine is not None and mine.status == "SUCCESS" and not course.retried:
                return mine
            return None
        counts = ledger.counts(run.run_id)
        if any(by.get("created", 0) + by.get("updated", 0) for by in counts.values()):
            return None
        earlier = ledger.find_app_success(self._plan, app.key, app.version, before=run.run_id)
        if earlier is not None:
            course.notes.append(
                f"{app.key} was moved by an earlier run of this plan and nothing has come"
                " since, so it was not moved again."
            )
        return earlier

    def _prove(self, course: _Course) -> Proof:
        plan, stop = self._plan, self._around.stop

        def mappings() -> Iterator[tuple[str, Iterable[tuple[str, str]]]]:
            for namespace in MIGRATED_NAMESPACES:
                pairs = self._platform.mappings(plan.server_key, plan.site_key, namespace)
                yield namespace, checked(pairs, stop)

        folder = self._around.folder / "reports" / course.run.run_id
        with self._site.inventory() as inventory, writing_whole(folder / PROOF_LINES) as lines:
            return prove(
                self._items(),
                inventory=checked(inventory, stop),
                outcomes=self._around.ledger.outcomes(course.run.run_id),
                mappings=mappings(),
                scratch=self._around.folder / f"proof-{course.run.run_id}.db",
                lines=lines,
            )

    def _verdict(self, course: _Course, core: RunStatus) -> tuple[RunStatus, str | None]:
        problems = []
        if core is RunStatus.INCOMPLETE:
            problems.append("Some items failed.")
        unmoved = [app.app_key for app in course.apps if app.status != "SUCCESS"]
        if unmoved:
            problems.append(f"These apps are not fully moved: {', '.join(unmoved)}.")
        if course.proof is not None and not course.proof.complete:
            problems.append("The proof found differences without an explanation.")
        if problems:
            return RunStatus.INCOMPLETE, " ".join(problems)
        return RunStatus.FINISHED, None

    def _mover(self) -> AppMover:
        return AppMover(
            self._platform,
            server_key=self._plan.server_key,
            site_key=self._plan.site_key,
            operator=self._around.operator,
            progress=self._around.progress,
            stop=self._around.stop,
            patience_seconds=self._around.app_patience_seconds,
            monotonic=self._around.monotonic,
        )

    def _report(self, course: _Course, seconds: float) -> tuple[Report, Path]:
        ledger, run_id = self._around.ledger, course.run.run_id
        folder = self._around.folder / "reports" / run_id
        folder.mkdir(parents=True, exist_ok=True)
        links = write_links(
            folder,
            self._source.link_rows(
                course.site_url, lambda keys: ledger.destination_ids(run_id, keys)
            ),
            self._source.broken_links,
        )
        report = Report(
            version=version("portway"),
            run=course.run,
            seconds=seconds,
            source=self._source.facts(),
            site_name=course.site_name or self._plan.site_key,
            site_url=course.site_url,
            counts=ledger.counts(run_id),
            not_moved=[
                *group_not_moved(ledger.outcomes(run_id, only=("skipped", "failed"))),
                *self._source.left_out(),
            ],
            checks=course.checks,
            apps=course.apps,
            proof=course.proof,
            receipts=list(self._save_receipts(course, folder)),
            repairs=self._source.repairs,
            notes=[*self._source.notes(), *course.notes],
            links=links,
        )
        path = write_report(report, folder)
        proof = course.proof
        facts = {
            "runId": run_id,
            "migrationId": course.run.migration_id,
            "status": course.run.status,
            "export": course.run.export_digest,
            "complete": proof is not None and proof.complete,
            "unexplained": proof.unexplained if proof is not None else None,
        }
        sign_bundle(
            folder,
            open_proof_key(self._around.folder / "keys"),
            facts,
            signed_at=self._around.clock.now(),
        )
        return report, path

    def _save_receipts(self, course: _Course, folder: Path) -> Iterator[Receipt]:
        for app_key, record_id in course.consents.items():
            path = folder / f"consent-{record_id}.jws"
            try:
                receipt = self._platform.consent_receipt(record_id)
            except (APIError, TransportError):
                continue
            write_whole(path, receipt.encode())
            yield Receipt(app_key=app_key, record_id=record_id, path=str(path))


def decide_retry(ledger: Ledger, run_id: str, plan: Plan, apps: Sequence[AppToMove]) -> None:
    """Refuse to send failures again where that cannot be right, or where there are none."""
    run = ledger.get_run(run_id)
    if not ledger.is_of_plan(run_id, plan):
        raise Refusal(EXPORT_CHANGED, path=plan.export_name, plan=plan.name)
    if run.status in {RunStatus.RUNNING, RunStatus.STOPPED}:
        raise Refusal(RUN_NOT_ENDED, run_id=run_id, status=run.status)
    items_failed = any(by_outcome.get("failed") for by_outcome in ledger.counts(run_id).values())
    moved = {app.app_key for app in ledger.app_outcomes(run_id) if app.status == "SUCCESS"}
    if not items_failed and all(app.key in moved for app in apps):
        raise Refusal(NOTHING_TO_RETRY, run_id=run_id)


def _code(check: CheckResult) -> str:
    error = REFUSED.get(check.check_id)
    return "" if error is None else f" ({error.code})"


def _not_started(app: AppToMove, course: _Course) -> AppOutcome:
    failed = [
        check for check in course.checks if check.outcome == "failed" and check.app_key == app.key
    ]
    message = " ".join(f"{check.title}: no. {check.message}" for check in failed)
    return AppOutcome(
        app_key=app.key,
        app_version=app.version,
        status="NOT_STARTED",
        message=message or "A check failed.",
    )
