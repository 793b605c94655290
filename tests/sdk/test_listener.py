"""A listener's life: enrol, declare, wait for work, keep its lease, report how it went."""

import json
import logging
import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest

from portway_sdk import (
    AccessScope,
    APIError,
    CheckResult,
    ConfigurationError,
    CustomFieldMapping,
    Listener,
    ListenerSettings,
    TransferDefinition,
    WorkInterruptedError,
)
from portway_sdk._work_loop import WorkLoop
from support.sdk import (
    ENROLMENT_TOKEN,
    PLATFORM,
    TRANSFER,
    FakePlatform,
    Fault,
    ManualTime,
    check_work,
    refusal,
    start_work,
)


def a_listener(handler=lambda _gateway: None, **changes):
    listener = Listener(
        **{
            "server_app_key": "com.example.notes",
            "cloud_app_key": "com.example.notes.cloud",
            "version": "1.0.0",
            "scopes": {AccessScope.APP_DATA_UGC},
        }
        | changes
    )
    if handler is not None:
        listener.on_start_app_migration(handler)
    return listener


@pytest.fixture
def settings(tmp_path):
    return ListenerSettings(PLATFORM, tmp_path / "listener.key", ENROLMENT_TOKEN, poll_seconds=1)


@pytest.fixture
def platform():
    return FakePlatform()


def run_once(listener, settings, platform):
    return listener.run(settings, once=True, transport=platform.transport)


# Enrolment and declaration


def test_the_first_start_enrols_and_later_ones_declare(settings, platform):
    run_once(a_listener(), settings, platform)
    run_once(a_listener(version="1.1.0"), settings, platform)

    assert platform.requests == [
        "POST /gateway/v1/listeners",
        "GET /gateway/v1/work",
        "PUT /gateway/v1/listeners/self",
        "GET /gateway/v1/work",
    ]
    assert [declared["version"] for declared in platform.declarations] == ["1.1.0"]


def test_an_enrolment_whose_answer_was_lost_is_asked_for_again(settings, platform):
    platform.faults.append(Fault.ANSWER_LOST)

    run_once(a_listener(), settings, platform)

    assert platform.requests[:2] == ["POST /gateway/v1/listeners"] * 2


def test_without_key_and_token_the_cure_is_told(tmp_path, platform):
    settings = ListenerSettings(PLATFORM, tmp_path / "listener.key")

    with pytest.raises(ConfigurationError, match=r"portway app enrol.*PORTWAY_ENROLMENT_TOKEN"):
        run_once(a_listener(), settings, platform)

    assert platform.requests == []


def test_an_enrolled_listener_needs_no_token_any_more(settings, platform):
    run_once(a_listener(), settings, platform)
    without_token = ListenerSettings(PLATFORM, settings.key_file)

    assert run_once(a_listener(), without_token, platform) == 0


def test_a_refused_listener_ends_with_the_refusal(settings, platform):
    platform.refusals["POST /gateway/v1/listeners"] = refusal(409, "enrolment_used")

    with pytest.raises(APIError) as refused:
        run_once(a_listener(), settings, platform)

    assert refused.value.code == "enrolment_used"


def test_a_wrong_address_is_told_at_once(settings, platform):
    platform.refusals["POST /gateway/v1/listeners"] = httpx.Response(404, content=b"<html>")

    with pytest.raises(APIError) as refused:
        run_once(a_listener(), settings, platform)

    assert refused.value.code == "unexpected_answer"


def test_a_platform_under_a_path_is_signed_for_without_it(tmp_path):
    platform = FakePlatform(context_path="/portway")
    settings = ListenerSettings(
        PLATFORM + "/portway/", tmp_path / "key", ENROLMENT_TOKEN, poll_seconds=1
    )
    platform.work.append(start_work())

    assert run_once(a_listener(), settings, platform) == 1
    assert platform.outcomes == [("work-1", "completion", {})]


def test_the_declaration_says_what_the_app_is(settings):
    listener = a_listener(
        scopes=["MIGRATION_TRACING_PRODUCT", AccessScope.APP_DATA_UGC], reruns=False
    )
    listener.vendor_check("empty", title="Empty notes", steps_to_resolve={"a": "b"})(print)

    assert listener.declaration.to_wire() == {
        "serverAppKey": "com.example.notes",
        "cloudAppKey": "com.example.notes.cloud",
        "version": "1.0.0",
        "dataAccessScopes": ["APP_DATA_UGC", "MIGRATION_TRACING_PRODUCT"],
        "reruns": False,
        "forgeAppId": None,
        "forgeEnvironment": "development",
        "transfers": [],
        "preloads": False,
        "macroMappings": {},
        "customFieldMappings": [],
        "workflowRuleMappings": {},
        "checks": [
            {
                "checkId": "empty",
                "title": "Empty notes",
                "description": "",
                "stepsToResolve": {"a": "b"},
            }
        ],
    }


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"server_app_key": ""}, "server_app_key|serverAppKey"),
        ({"version": ""}, "version"),
        ({"scopes": ["APP_DATA"]}, "known scopes: MIGRATION_TRACING_IDENTITY"),
    ],
)
def test_a_listener_that_cannot_be_declared_is_told_when_made(changes, problem):
    with pytest.raises(ConfigurationError, match=problem):
        a_listener(**changes)


def test_there_is_one_handler_of_each_kind():
    listener = a_listener()
    listener.on_rerun_app_migration(lambda _gateway, _original: None)

    with pytest.raises(ConfigurationError):
        listener.on_start_app_migration(lambda _gateway: None)
    with pytest.raises(ConfigurationError):
        listener.on_rerun_app_migration(lambda _gateway, _original: None)


def test_a_listener_without_a_start_handler_does_not_start(settings, platform):
    with pytest.raises(ConfigurationError, match="on_start_app_migration"):
        run_once(a_listener(handler=None), settings, platform)

    assert platform.requests == []


# Work


def test_a_start_calls_the_handler_with_its_transfer(settings, platform):
    def export(gateway):
        assert (gateway.transfer_id, gateway.attempt) == (TRANSFER, 2)
        assert gateway.migration.name == "Wave 3"
        assert gateway.granted_scopes == {AccessScope.APP_DATA_UGC}
        assert not gateway.cancellation_requested

    platform.work.append(start_work(attempt=2))

    assert run_once(a_listener(export), settings, platform) == 1

    assert platform.outcomes == [("work-1", "completion", {})]


def test_a_gateway_ends_with_its_handler(settings, platform):
    kept = []
    platform.work.append(start_work())

    run_once(a_listener(kept.append), settings, platform)

    with pytest.raises(WorkInterruptedError, match="has returned"):
        kept[0].complete_export()


def test_no_work_is_no_harm(settings, platform):
    assert run_once(a_listener(), settings, platform) == 0


def test_a_rerun_calls_its_own_handler_if_there_is_one(settings, platform):
    platform.work.append(start_work(kind="rerun-app-migration", originalTransferId="first"))
    seen = []
    listener = a_listener()
    listener.on_rerun_app_migration(lambda gateway, original: seen.append(original))

    run_once(listener, settings, platform)

    assert seen == ["first"]


def test_a_rerun_without_its_own_handler_starts_again(settings, platform):
    platform.work.append(start_work(kind="rerun-app-migration", originalTransferId="first"))
    seen = []

    run_once(a_listener(seen.append), settings, platform)

    assert len(seen) == 1


def test_work_of_a_kind_yet_to_come_is_reported_as_failure(settings, platform):
    platform.work.append(start_work(kind="brew-coffee"))

    run_once(a_listener(), settings, platform)

    ((_, step, body),) = platform.outcomes
    assert (step, body["exceptionType"]) == ("failure", "UnsupportedWork")


def test_an_exception_is_reported_with_places_but_without_words(settings, platform):
    def export(_gateway):
        raise ValueError("the note of Jane Doe <jane@example.com>")

    platform.work.append(start_work())

    run_once(a_listener(export), settings, platform)

    ((_, step, body),) = platform.outcomes
    assert (step, body["exceptionType"]) == ("failure", "ValueError")
    assert "in test_an_exception_is_reported" in body["safeStackTrace"]
    assert "Jane" not in json.dumps(body)
    assert str(Path(__file__).parent) not in json.dumps(body)


@pytest.mark.parametrize("exit_", [SystemExit(3), KeyboardInterrupt()])
def test_a_handler_cannot_end_the_listener(settings, platform, exit_):
    def export(_gateway):
        raise exit_

    platform.work.append(start_work())

    run_once(a_listener(export), settings, platform)

    assert platform.outcomes[0][1] == "failure"


def test_a_check_answers_with_its_result(settings, platform):
    listener = a_listener()

    @listener.vendor_check("empty-notes", title="t", steps_to_resolve={"delete": "{count}"})
    def empty_notes(context):
        assert context.site_key == "acme"
        return CheckResult.found(
            "delete", values={"count": 1}, headers=["page"], rows=[[context.containers[0].key]]
        )

    platform.work.append(check_work())

    run_once(listener, settings, platform)

    result = {
        "passed": False,
        "stepsToResolve": "delete",
        "values": {"count": "1"},
        "affected": {"headers": ["page"], "rows": [["A"]]},
    }
    assert platform.outcomes == [("work-1", "completion", {"checkResult": result})]


def test_a_check_nobody_declared_is_reported_as_failure(settings, platform):
    platform.work.append(check_work("unheard-of"))

    run_once(a_listener(), settings, platform)

    assert platform.outcomes[0][2]["exceptionType"] == "UnknownCheck"


# Leases


def test_heartbeats_keep_the_lease_while_the_handler_runs(settings, platform):
    def export(_gateway):
        deadline = time.monotonic() + 10
        while platform.heartbeats < 3 and time.monotonic() < deadline:
            time.sleep(0.005)

    platform.work.append(start_work())

    run_once(a_listener(export), settings, platform)

    assert platform.heartbeats >= 3
    assert platform.outcomes == [("work-1", "completion", {})]


def test_reports_say_which_attempt_they_speak_of(settings, platform):
    urls = []

    def note(request):
        urls.append(str(request.url))
        return platform.answer(request)

    platform.work.append(start_work(attempt=2))

    a_listener().run(settings, once=True, transport=httpx.MockTransport(note))

    assert urls[-1] == f"{PLATFORM}/gateway/v1/work/work-1/completion?attempt=2"


def test_a_cancellation_reaches_the_handler(settings, platform):
    cancelled = []

    def export(gateway):
        deadline = time.monotonic() + 10
        while not gateway.cancellation_requested and time.monotonic() < deadline:
            time.sleep(0.005)
        cancelled.append(gateway.cancellation_requested)

    platform.cancelled = True
    platform.work.append(start_work())

    run_once(a_listener(export), settings, platform)

    assert cancelled == [True]


def call_until_interrupted(gateway):
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        gateway.mappings_by_id("confluence:page", ["1"])
        time.sleep(0.005)


def test_a_lost_lease_stops_the_handler_at_its_next_call(settings, platform):
    seen = []

    def export(gateway):
        platform.leases_lost.add("work-1")
        try:
            call_until_interrupted(gateway)
        except WorkInterruptedError as exc:
            seen.append(exc.reason)
            raise

    platform.work.append(start_work())

    run_once(a_listener(export), settings, platform)

    assert seen == ["the lease of the work was lost"]
    assert platform.outcomes == []


def test_an_interrupted_handler_that_returns_as_if_nothing_was_reports_nothing(settings, platform):
    def export(gateway):
        platform.leases_lost.add("work-1")
        with pytest.raises(WorkInterruptedError):
            call_until_interrupted(gateway)

    platform.work.append(start_work())

    run_once(a_listener(export), settings, platform)

    assert platform.outcomes == []


def test_an_interruption_ends_a_wait_for_the_platform(settings, platform):
    """Within a retry of ten minutes, the lost lease is felt at once."""
    seen = []

    def behind_proxy(request):
        if request.url.path.endswith("/mappings/find"):
            platform.leases_lost.add("work-1")
            return refusal(503, "starting", headers={"Retry-After": "300"})
        return platform.answer(request)

    def export(gateway):
        try:
            gateway.mappings_by_id("confluence:page", ["1"])
        except WorkInterruptedError as exc:
            seen.append(exc.reason)
            raise

    platform.work.append(start_work())
    began = time.monotonic()

    a_listener(export).run(settings, once=True, transport=httpx.MockTransport(behind_proxy))

    assert seen == ["the lease of the work was lost"]
    assert time.monotonic() - began < 10


def test_an_interrupted_upload_is_withdrawn(settings, platform):
    def export(gateway):
        with gateway.create_app_data() as upload:
            upload.write(bytes(9 * 1024 * 1024))
            platform.leases_lost.add("work-1")
            call_until_interrupted(gateway)

    platform.work.append(start_work())

    run_once(a_listener(export), settings, platform)

    assert platform.uploads == {}


def test_a_stop_interrupts_the_handler_and_leaves_the_work_to_its_lease(settings, platform):
    stop = threading.Event()
    seen = []

    def export(gateway):
        stop.set()
        try:
            call_until_interrupted(gateway)
        except WorkInterruptedError as exc:
            seen.append(exc.reason)
            raise

    platform.work.append(start_work())

    handled = a_listener(export).run(settings, stop=stop, transport=platform.transport)

    assert handled == 1
    assert seen == ["the listener is ending"]
    assert platform.outcomes == []


def test_a_handler_that_was_done_before_it_felt_the_stop_is_reported(settings, platform):
    stop = threading.Event()
    platform.work.append(start_work())

    a_listener(lambda _gateway: stop.set()).run(settings, stop=stop, transport=platform.transport)

    assert platform.outcomes == [("work-1", "completion", {})]


# Platforms that come and go


def a_loop(settings, platform, time, handler=lambda _gateway: None, stop=None):
    listener = a_listener(handler)
    return WorkLoop(
        settings,
        listener.declaration,
        listener._handlers,
        stop=stop or threading.Event(),
        transport=platform.transport,
        timing=time.timing,
    )


def test_a_restart_is_waited_out_with_growing_rests(settings, platform):
    clock = ManualTime(chance=1.0)
    platform.now = clock.timing.now
    platform.faults.extend([Fault.UNREACHABLE] * 7)
    platform.work.append(start_work())

    handled = a_loop(settings, platform, clock).run(once=True)

    assert handled == 1
    assert clock.waits == [1, 2, 4, 8, 16, 30, 30]


@pytest.mark.parametrize(
    "fault", [Fault.UNREACHABLE, Fault.CUT, Fault.ANSWER_LOST, Fault.BUSY, Fault.FAILS_AFTER]
)
@pytest.mark.parametrize("position", [0, 1, 2])
def test_one_fault_at_any_step_is_waited_out(settings, platform, fault, position):
    clock = ManualTime()
    platform.now = clock.timing.now
    run_once(a_listener(), settings, FakeTwin(platform, clock))
    platform.work.append(start_work(leaseSeconds=60))
    platform.faults.extend([Fault.NONE] * position + [fault])

    a_loop(settings, platform, clock).run(once=True)

    # An answer lost on the way from the queue is work lost to its lease: it comes again.
    handed_out_in_vain = position == 1 and fault in (Fault.ANSWER_LOST, Fault.FAILS_AFTER)
    expected = [] if handed_out_in_vain else [("work-1", "completion", {})]
    assert platform.outcomes == expected


class FakeTwin:
    """The same platform for a listener that lives in real time."""

    def __init__(self, platform, clock):
        self._platform, self._clock = platform, clock

    @property
    def transport(self):
        def answer(request):
            turned_by_hand, self._platform.now = self._platform.now, FakePlatform().now
            try:
                return self._platform.answer(request)
            finally:
                self._platform.now = turned_by_hand

        return httpx.MockTransport(answer)


def test_a_proxys_page_in_the_middle_is_waited_out(settings, platform):
    clock = ManualTime()
    platform.now = clock.timing.now
    answers = iter([None, httpx.Response(404, content=b"<html>"), None])

    def behind_proxy(request):
        return next(answers, None) or platform.answer(request)

    front = type("Front", (), {"transport": httpx.MockTransport(behind_proxy)})
    platform.work.append(start_work())

    assert a_loop(settings, front, clock).run(once=True) == 1


def test_a_refused_report_does_not_end_the_listener(settings, platform):
    platform.refusals["POST /gateway/v1/work/work-1/completion"] = refusal(422, "no_such_step")
    platform.work.append(start_work())

    assert run_once(a_listener(), settings, platform) == 1


def test_a_refused_poll_ends_the_listener(settings, platform):
    platform.refusals["GET /gateway/v1/work"] = refusal(401, "unauthenticated")

    with pytest.raises(APIError):
        run_once(a_listener(), settings, platform)


def test_a_stop_ends_the_wait_for_a_platform_that_is_away(settings):
    stop = threading.Event()

    def away(request):
        stop.set()
        raise httpx.ConnectError("refused", request=request)

    assert a_listener().run(settings, stop=stop, transport=httpx.MockTransport(away)) == 0


class SlowPolls(BaseHTTPRequestHandler):
    """A platform on a real socket that never has work."""

    polled = threading.Event()

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        body = b'{"listenerId": "l", "serverId": "s", "keyId": "k", "issuer": "i"}'
        self.send_response(201)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        self.polled.set()
        self.connection.settimeout(30)
        self.rfile.read(1)
        self.close_connection = True

    def log_message(self, *_):
        pass


@pytest.fixture
def slow_platform():
    SlowPolls.polled.clear()
    server = ThreadingHTTPServer(("127.0.0.1", 0), SlowPolls)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()
    thread.join()


def test_a_stop_ends_a_wait_for_work_at_once(tmp_path, slow_platform):
    stop = threading.Event()
    settings = ListenerSettings(slow_platform, tmp_path / "key", ENROLMENT_TOKEN)
    runner = threading.Thread(target=a_listener().run, args=[settings], kwargs={"stop": stop})
    runner.start()
    assert SlowPolls.polled.wait(10)

    stop.set()
    runner.join(5)

    assert not runner.is_alive()


@pytest.mark.processes
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_a_wait_for_work_at_once(tmp_path, slow_platform, number):
    script = """
        import os
        from portway_sdk import Listener, ListenerSettings
        listener = Listener(server_app_key="a", cloud_app_key="b", version="1", scopes=[])
        listener.on_start_app_migration(print)
        listener.run(ListenerSettings.from_env(os.environ))
        print("ended well")
    """
    environ = os.environ | {
        "PORTWAY_PLATFORM_URL": slow_platform,
        "PORTWAY_KEY_FILE": str(tmp_path / "key"),
        "PORTWAY_ENROLMENT_TOKEN": ENROLMENT_TOKEN,
        "PYTHONPATH": os.pathsep.join(sys.path),
    }
    command = [sys.executable, "-c", textwrap.dedent(script)]
    with subprocess.Popen(command, env=environ, stdout=subprocess.PIPE, text=True) as process:
        assert SlowPolls.polled.wait(30)
        process.send_signal(number)
        told, _ = process.communicate(timeout=10)

    assert (process.returncode, told) == (0, "ended well\n")


def test_signal_handlers_are_left_as_they_were(settings, platform):
    before = signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT)

    run_once(a_listener(), settings, platform)

    assert (signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT)) == before


# Secrets


def test_logs_and_reports_hold_no_secrets(settings, platform, caplog):
    caplog.set_level(logging.DEBUG)
    tokens = []

    def listening(request):
        tokens.append(request.headers["Authorization"].partition(" ")[2])
        return platform.answer(request)

    platform.work.extend([start_work(), start_work(workId="work-2")])
    platform.faults.extend([Fault.NONE, Fault.BUSY])

    def export(_gateway):
        raise ValueError("private")

    a_listener(export).run(settings, once=True, transport=httpx.MockTransport(listening))

    secret_key = json.loads(settings.key_file.read_text())["privateKey"]
    told = caplog.text + repr([vars(record) for record in caplog.records])
    assert len(tokens) >= 3
    for secret in [*tokens, ENROLMENT_TOKEN, secret_key, "private"]:
        assert secret not in told


# Forge apps, several transfers, preload


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"forge_app_id": "notes"}, "UUID|uuid|hexadecimal"),
        ({"forge_environment": "PRODUCTION"}, "write production"),
        ({"transfers": [TransferDefinition(transfer_name="a", depends_on=("b",))]}, "not declared"),
        (
            {
                "transfers": [
                    TransferDefinition(transfer_name="a", access_scopes={AccessScope.APP_DATA_PII})
                ]
            },
            "does not declare",
        ),
        (
            {
                "custom_field_mappings": [
                    CustomFieldMapping(field_type_key="t", cloud_field_key="c")
                ]
            },
            "only Forge apps",
        ),
    ],
)
def test_a_declaration_that_cannot_work_is_refused_where_it_is_written(changes, problem):
    with pytest.raises(ConfigurationError, match=problem):
        a_listener(**changes)


def test_everything_a_java_listener_declares_is_told(settings):
    listener = a_listener(
        forge_app_id="7C1F0A52-3F1E-4A52-9D1C-0F3C5B8E2A11",
        forge_environment="production",
        transfers=[TransferDefinition(transfer_name="notes", tags=("big",), blocking=False)],
        macro_mappings={"note": "note-macro"},
        custom_field_mappings=[CustomFieldMapping(field_type_key="t", cloud_field_key="c")],
        workflow_rule_mappings={"com.example.Rule": "rule"},
    )
    listener.on_preload(print)

    told = listener.declaration.to_wire()

    assert told["forgeAppId"] == "7c1f0a52-3f1e-4a52-9d1c-0f3c5b8e2a11"
    assert told["forgeEnvironment"] == "production"
    assert told["transfers"] == [
        {
            "transferName": "notes",
            "accessScopes": None,
            "tags": ["big"],
            "dependsOn": [],
            "blocking": False,
        }
    ]
    assert told["preloads"] is True
    assert told["macroMappings"] == {"note": "note-macro"}
    assert told["customFieldMappings"] == [
        {"fieldName": None, "fieldTypeKey": "t", "cloudFieldKey": "c"}
    ]
    assert told["workflowRuleMappings"] == {"com.example.Rule": "rule"}


def test_a_handler_knows_which_transfer_it_is_called_for(settings, platform):
    seen = []
    listener = a_listener(
        handler=lambda gateway: seen.append((gateway.transfer_name, gateway.tags))
    )
    platform.work.append(start_work(transferName="notes", tags=["big"]))

    assert run_once(listener, settings, platform) == 1
    assert seen == [("notes", ("big",))]


def test_a_preload_calls_its_own_handler(settings, platform):
    seen = []
    listener = a_listener(handler=lambda gateway: seen.append("start"))
    listener.on_preload(lambda gateway: seen.append("preload"))
    with pytest.raises(ConfigurationError):
        listener.on_preload(print)
    platform.work.append(start_work(kind="preload-app-data"))

    assert run_once(listener, settings, platform) == 1
    assert seen == ["preload"]
