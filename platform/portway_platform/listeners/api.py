"""Listeners at the gateway, and what admins see and do about them."""

import flask
from sqlalchemy import Connection

from portway_platform.admission import AdminMay, ListenerItself
from portway_platform.idempotency.service import answer_once
from portway_platform.listeners import checks, enrolment, service
from portway_platform.listeners.messages import (
    CheckRunCreated,
    CheckRunInput,
    CheckRunOutput,
    EnrolmentInput,
    EnrolmentOutput,
    LeaseQuery,
    ListenerOutput,
    WorkQuery,
)
from portway_platform.services import Interfaces, Services
from portway_sdk.wire import (
    Declaration,
    EnrolmentRequest,
    Heartbeat,
    ListenerError,
    ListenerRegistration,
    Work,
    WorkCompletion,
)
from portway_service.endpoints import Call, Open
from portway_service.error_codes import UNAUTHENTICATED
from portway_service.errors import Refusal
from portway_service.presence import caller_is_gone

BY_TOKEN = Open("the one-time enrolment token is checked by the endpoint itself")
WORK = ListenerItself("take up work and say how it went")


def endpoints(services: Services, interfaces: Interfaces) -> None:
    """Add the endpoints of this feature."""
    _add_admin(services, interfaces)
    _add_enrolment(services, interfaces)
    _add_work(services, interfaces)


def _add_admin(services: Services, interfaces: Interfaces) -> None:
    admin = interfaces.admin

    # No Idempotency-Key here: keeping the answer would keep the token.
    @admin.endpoint(
        "POST",
        "/servers/<server_key>/enrolments",
        access=AdminMay("enrol listeners"),
        body=EnrolmentInput,
        status=201,
    )
    def create_enrolment(call: Call) -> EnrolmentOutput:
        token, expires_at = enrolment.create_enrolment(
            services, call.path["server_key"], call.body.app_key
        )
        return EnrolmentOutput(enrolment_token=token, expires_at=expires_at)

    @admin.endpoint("GET", "/servers/<server_key>/listeners", access=AdminMay("see listeners"))
    def list_listeners(call: Call) -> list[ListenerOutput]:
        return enrolment.list_listeners(services, call.path["server_key"])

    @admin.endpoint(
        "POST",
        "/apps/<app_key>/check-runs",
        access=AdminMay("run vendor checks"),
        body=CheckRunInput,
        answers={201: CheckRunCreated},
    )
    def start_check_run(call: Call) -> flask.Response:
        def create(connection: Connection) -> tuple[int, CheckRunCreated]:
            run_id = checks.start_check_run(connection, services, call.path["app_key"], call.body)
            return 201, CheckRunCreated(check_run_id=run_id)

        return answer_once(services, call, caller="admin", create=create)

    @admin.endpoint(
        "GET", "/check-runs/<check_run_id>", access=AdminMay("see what vendor checks found")
    )
    def get_check_run(call: Call) -> CheckRunOutput:
        with services.database.read() as connection:
            return checks.get_check_run(connection, call.path["check_run_id"])


def _add_enrolment(services: Services, interfaces: Interfaces) -> None:
    gateway = interfaces.gateway

    @gateway.endpoint("POST", "/listeners", access=BY_TOKEN, body=EnrolmentRequest, status=201)
    def enrol(call: Call) -> ListenerRegistration:
        scheme, _, token = call.request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "enrolment" or not token.strip():
            raise Refusal(UNAUTHENTICATED, problem="there is no enrolment token")
        return enrolment.enrol(services, token.strip(), call.body)

    @gateway.endpoint(
        "PUT", "/listeners/self", access=ListenerItself("say what it is"), body=Declaration
    )
    def declare(call: Call) -> ListenerRegistration:
        return enrolment.declare(services, call.admitted.caller.listener_id, call.body)


def _add_work(services: Services, interfaces: Interfaces) -> None:
    gateway = interfaces.gateway

    @gateway.endpoint("GET", "/work", access=WORK, query=WorkQuery)
    def next_work(call: Call) -> Work | None:
        environ = call.request.environ
        return service.next_work(
            services,
            call.admitted.caller.listener_id,
            call.query.wait_seconds,
            is_gone=lambda: caller_is_gone(environ),
        )

    @gateway.endpoint("POST", "/work/<work_id>/heartbeat", access=WORK, query=LeaseQuery)
    def heartbeat(call: Call) -> Heartbeat:
        return service.heartbeat(
            services,
            call.admitted.caller.listener_id,
            call.path["work_id"],
            call.query.attempt,
        )

    @gateway.endpoint(
        "POST", "/work/<work_id>/completion", access=WORK, query=LeaseQuery, body=WorkCompletion
    )
    def complete(call: Call) -> None:
        service.complete_work(
            services,
            call.admitted.caller.listener_id,
            call.path["work_id"],
            call.body,
            call.query.attempt,
        )

    @gateway.endpoint(
        "POST", "/work/<work_id>/failure", access=WORK, query=LeaseQuery, body=ListenerError
    )
    def fail(call: Call) -> None:
        service.fail_work(
            services,
            call.admitted.caller.listener_id,
            call.path["work_id"],
            call.body,
            call.query.attempt,
        )
