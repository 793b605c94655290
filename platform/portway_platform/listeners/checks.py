"""Vendor checks: run by the listener before a migration, read by the admin.

A run ends when every check answered, or when its time is over; a check that has not answered by
then is broken. Source: docs/reference/admin-api.md; wire contract, 2.5.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, insert, select

from portway_platform import error_codes
from portway_platform.catalogue.tables import apps
from portway_platform.listeners.messages import CheckRunInput, CheckRunOutput, CheckRunResult
from portway_platform.listeners.rules import OPEN, WorkStatus, checks_to_run, judge_check
from portway_platform.listeners.tables import check_runs, listener_work, listeners
from portway_platform.listeners.work import end_work, put_work
from portway_platform.services import Services
from portway_platform.sites.service import get_server, get_site
from portway_platform.transfers.context import cloud_url
from portway_platform.work.service import DueWork, schedule
from portway_platform.work.worker import Handler
from portway_sdk.wire import (
    CheckCall,
    CheckContext,
    CheckResult,
    CheckSpec,
    Declaration,
    ListenerError,
    WorkKind,
)
from portway_service.errors import Refusal

DEADLINE = "check-run-deadline"
"""The kind of due work that ends a run whose checks do not answer."""


def start_check_run(
    connection: Connection, services: Services, app_key: str, wanted: CheckRunInput
) -> str:
    """Have the app's listener run its checks; return the run's id."""
    site = get_site(connection, wanted.site_key)
    listener = _get_listener(connection, app_key, wanted.server_key)
    specs = checks_to_run(Declaration.model_validate(listener.declaration))
    context = CheckContext(
        migration_id=wanted.migration_id,
        site_key=site.key,
        cloud_url=cloud_url(services.settings.public_url, site.key),
        containers=wanted.containers,
    )
    run_id = services.ids.uuid()
    now = services.clock.now()
    due_at = now + services.settings.check_time_limit
    connection.execute(
        insert(check_runs).values(
            id=run_id,
            listener_id=listener.id,
            site_id=site.id,
            specs=[spec.to_wire() for spec in specs],
            created_at=now,
            due_at=due_at,
        )
    )
    for spec in specs:
        call = CheckCall(check_id=spec.check_id, context=context)
        put_work(
            connection,
            services,
            listener.id,
            WorkKind.VENDOR_CHECK,
            check_run_id=run_id,
            payload={"check": call.to_wire()},
        )
    schedule(connection, DEADLINE, run_id, due_at)
    return run_id


def get_check_run(connection: Connection, run_id: str) -> CheckRunOutput:
    """Return how far a run has come."""
    run = connection.execute(select(check_runs).where(check_runs.c.id == run_id)).first()
    if run is None:
        raise Refusal(error_codes.CHECK_RUN_UNKNOWN, check_run_id=run_id)
    rows = connection.execute(
        select(listener_work).where(listener_work.c.check_run_id == run_id)
    ).all()
    row_of = {row.payload["check"]["checkId"]: row for row in rows}
    results = [
        _result(spec, row_of[spec.check_id])
        for spec in map(CheckSpec.model_validate, run.specs)
        if row_of[spec.check_id].status not in OPEN
    ]
    is_over = len(results) == len(run.specs)
    return CheckRunOutput(status="FINISHED" if is_over else "RUNNING", results=results)


def deadline_handler(services: Services) -> Handler:
    """Return the handler that ends runs whose time is over."""

    def handle(connection: Connection, work: DueWork) -> datetime | None:
        rows = connection.execute(
            select(listener_work.c.id)
            .where(
                listener_work.c.check_run_id == work.subject_id, listener_work.c.status.in_(OPEN)
            )
            .with_for_update()
        )
        for work_id in rows.scalars().all():
            end_work(connection, work_id, WorkStatus.FAILED)
        return None

    return handle


def _get_listener(connection: Connection, app_key: str, server_key: str) -> Row[Any]:
    server = get_server(connection, server_key)
    if connection.execute(select(apps.c.key).where(apps.c.key == app_key)).first() is None:
        raise Refusal(error_codes.APP_UNKNOWN, key=app_key)
    row = connection.execute(
        select(listeners).where(listeners.c.server_id == server.id, listeners.c.app_key == app_key)
    ).first()
    if row is None:
        raise Refusal(error_codes.LISTENER_MISSING, app_key=app_key)
    return row


def _result(spec: CheckSpec, row: Row[Any]) -> CheckRunResult:
    told = row.result or {}
    found = told.get("checkResult")
    error = told.get("error")
    result = None if found is None else CheckResult.model_validate(found)
    outcome, message, steps = judge_check(
        spec,
        WorkStatus(row.status),
        result,
        None if error is None else ListenerError.model_validate(error),
    )
    return CheckRunResult(
        check_id=spec.check_id,
        title=spec.title,
        outcome=outcome,
        message=message,
        steps=steps,
        affected=None if result is None else result.affected,
    )
