"""When a call is repeated, how long it waits, and what becomes of errors."""

import logging
from datetime import timedelta
from email.utils import format_datetime

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from portway_sdk import (
    APIError,
    ConfigurationError,
    ConsentError,
    RateLimitedError,
    ScopeNotGrantedError,
    TransferSettledError,
    TransportError,
)
from portway_sdk.http import Caller, open_client, read_answer
from portway_sdk.wire import MappingPage
from support.sdk import MONDAY, PLATFORM, ManualTime, a_caller, refusal


class Server:
    """Answers with one thing after the other, the last one for ever."""

    def __init__(self, *answers):
        self._answers = list(answers)
        self.requests = []

    def __call__(self, request):
        self.requests.append(request)
        answer = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer


def caller_of(server, time=None, **settings):
    return a_caller(httpx.MockTransport(server), time or ManualTime(), **settings)


OK = httpx.Response(200, json={})
REFUSED = httpx.ConnectError("refused")
BROKEN = httpx.ReadError("reset")


@pytest.mark.parametrize("failure", [REFUSED, BROKEN, httpx.ReadTimeout("slow")])
def test_a_lost_connection_is_made_good(failure):
    server = Server(failure, failure, OK)

    assert caller_of(server).call("GET", "/x").status_code == 200
    assert len(server.requests) == 3


@pytest.mark.parametrize("status", [408, 423, 425, 429, 500, 502, 503, 504])
def test_a_passing_failure_is_waited_out(status):
    server = Server(refusal(status, "starting"), OK)

    assert caller_of(server).call("GET", "/x").status_code == 200


@pytest.mark.parametrize("status", [301, 302, 400, 401, 403, 404, 409, 410, 422, 501])
def test_a_refusal_is_not_asked_twice(status):
    server = Server(refusal(status, "no_such_thing"))

    with pytest.raises(APIError) as refused:
        caller_of(server).call("GET", "/x")

    assert refused.value.status == status
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    ("method", "idempotent", "failure", "attempts"),
    [
        ("GET", None, BROKEN, 2),
        ("PUT", None, BROKEN, 2),
        ("DELETE", None, BROKEN, 2),
        ("HEAD", None, BROKEN, 2),
        ("POST", None, BROKEN, 1),
        ("PATCH", None, BROKEN, 1),
        ("POST", True, BROKEN, 2),
        ("PUT", False, BROKEN, 1),
        ("POST", None, refusal(503, "starting"), 1),
        # What was certainly not carried out may always be sent again.
        ("POST", None, REFUSED, 2),
        ("POST", None, httpx.ConnectTimeout("slow"), 2),
        ("POST", None, refusal(429, "rate_limited"), 2),
    ],
)
def test_only_harmless_calls_are_repeated(method, idempotent, failure, attempts):
    server = Server(failure, OK)
    caller = caller_of(server)

    try:
        caller.call(method, "/x", idempotent=idempotent)
    except (APIError, TransportError):
        assert attempts == 1
    assert len(server.requests) == attempts


def test_each_attempt_is_signed_afresh():
    tokens = iter(["first", "second"])
    server = Server(BROKEN, OK)
    caller = Caller(
        open_client(transport=httpx.MockTransport(server)),
        base_url=PLATFORM,
        authorise=lambda _request: next(tokens),
        timing=ManualTime().timing,
    )

    caller.call("GET", "/x")

    assert [r.headers["Authorization"] for r in server.requests] == ["first", "second"]


def test_waits_double_up_to_their_limit():
    time = ManualTime(chance=1.0)

    with pytest.raises(TransportError):
        caller_of(Server(BROKEN), time, patience_seconds=100).call("GET", "/x")

    assert time.waits == [0.5, 1, 2, 4, 8, 16, 30, 30]


@given(st.floats(0, 1), st.integers(1, 300))
def test_patience_is_never_exceeded(chance, patience):
    time = ManualTime(chance=max(chance, 0.01))

    with pytest.raises(TransportError):
        caller_of(Server(BROKEN), time, patience_seconds=patience).call("GET", "/x")

    assert sum(time.waits) <= patience


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("7", 7.0),
        (" 7 ", 7.0),
        ("0", 0.25),
        ("100000", 300.0),
        (format_datetime(MONDAY + timedelta(seconds=90), usegmt=True), 90.0),
        (format_datetime(MONDAY - timedelta(seconds=90), usegmt=True), 0.25),
        ("soon", 0.25),
        ("-7", 0.25),
        ("1e9", 0.25),
        ("", 0.25),
    ],
)
def test_retry_after_is_honoured_within_reason(value, seconds):
    time = ManualTime(chance=0.5)
    answer = refusal(503, "starting", headers={"Retry-After": value})

    caller_of(Server(answer, OK), time).call("GET", "/x")

    assert time.waits == [seconds]


def test_a_rest_longer_than_patience_is_the_callers_to_take():
    answer = refusal(429, "rate_limited", headers={"Retry-After": "90"})

    with pytest.raises(RateLimitedError) as refused:
        caller_of(Server(answer), patience_seconds=60).call("GET", "/x")

    assert refused.value.retry_after_seconds == 90


def test_a_refusal_after_a_lost_answer_says_so():
    with pytest.raises(TransferSettledError) as refused:
        caller_of(Server(BROKEN, refusal(403, "transfer_settled"))).call("GET", "/x")
    assert refused.value.after_lost_answer

    with pytest.raises(TransferSettledError) as refused:
        caller_of(Server(REFUSED, refusal(403, "transfer_settled"))).call("GET", "/x")
    assert not refused.value.after_lost_answer


@pytest.mark.parametrize(
    ("failure", "sent"),
    [(REFUSED, False), (httpx.PoolTimeout("busy"), False), (BROKEN, True)],
)
def test_a_transport_error_tells_whether_anything_left(failure, sent):
    with pytest.raises(TransportError) as lost:
        caller_of(Server(failure), patience_seconds=0).call("GET", "/x")

    assert lost.value.sent is sent


def test_what_cannot_be_sent_is_not_tried_again():
    with pytest.raises(ConfigurationError):
        caller_of(Server(httpx.UnsupportedProtocol("gopher"))).call("GET", "/x")


@pytest.mark.parametrize(
    ("status", "code", "details", "kind", "fact"),
    [
        (403, "consent_required", None, ConsentError, ("state", "CONSENT_REQUIRED")),
        (403, "consent_withdrawn", None, ConsentError, ("state", "CONSENT_WITHDRAWN")),
        (403, "consent_stale", {"state": "x"}, ConsentError, ("state", "X")),
        (
            403,
            "scope_not_granted",
            {"missing": ["APP_DATA_UGC"]},
            ScopeNotGrantedError,
            ("missing", frozenset({"APP_DATA_UGC"})),
        ),
        (403, "scope_not_declared", None, ScopeNotGrantedError, ("missing", frozenset())),
        (403, "transfer_settled", None, TransferSettledError, ("transfer_status", None)),
        (
            403,
            "transfer_settled",
            {"status": "FAILED"},
            TransferSettledError,
            ("transfer_status", "FAILED"),
        ),
        (409, "upload_offset_mismatch", {"a": 1}, APIError, ("details", {"a": 1})),
    ],
)
def test_the_platforms_words_become_an_error_to_act_on(status, code, details, kind, fact):
    body = {
        "code": code,
        "message": "Not like this.",
        "cause": "Because.",
        "fix": "Do that.",
        "request_id": "r-7",
        "details": details,
    }

    with pytest.raises(APIError) as refused:
        caller_of(Server(httpx.Response(status, json=body))).call("GET", "/x")

    error = refused.value
    assert type(error) is kind
    assert (error.status, error.code, error.request_id) == (status, code, "r-7")
    assert (error.message, error.cause, error.fix) == ("Not like this.", "Because.", "Do that.")
    assert getattr(error, fact[0]) == fact[1]
    assert str(error) == f"Not like this. Because. Do that. ({status} {code}, request r-7)"


@pytest.mark.parametrize(
    "body",
    [b"", b"<html>Not found</html>", b"[]", b'{"error": 1}', b'{"code": "No Code"}', b"[" * 9999],
)
def test_a_foreign_answer_is_told_from_the_platforms(body):
    with pytest.raises(APIError) as refused:
        caller_of(Server(httpx.Response(404, content=body))).call("GET", "/x")

    assert refused.value.code == "unexpected_answer"
    assert refused.value.message == "The server answered 404 without saying why."


def test_an_answer_of_another_shape_names_its_fields_and_no_values():
    answer = httpx.Response(200, json={"meta": {"pageSize": "secret"}, "items": {}})

    with pytest.raises(APIError) as refused:
        read_answer(answer, MappingPage.model_validate_json, "a mapping page")

    assert refused.value.code == "unexpected_answer"
    assert "meta.pageSize" in str(refused.value)
    assert "secret" not in str(refused.value)


def test_redirects_are_not_followed_with_a_token_in_hand():
    server = Server(httpx.Response(307, headers={"Location": "https://elsewhere.test/"}))

    with pytest.raises(APIError):
        caller_of(server).call("GET", "/x")

    assert [r.url.host for r in server.requests] == ["portway.test"]


def test_a_body_in_chunks_is_made_anew_for_each_attempt():
    bodies = []

    def first_breaks(request):
        bodies.append(request.read())
        if len(bodies) == 1:
            raise httpx.ReadError("reset")
        return OK

    chunks = [b"first ", b"second"]

    caller_of(first_breaks).call("PUT", "/x", content=lambda: iter(chunks))

    assert bodies == [b"first second"] * 2


def test_an_answer_can_be_read_while_it_arrives():
    answers = Server(BROKEN, httpx.Response(200, content=b"one\ntwo\n"))

    with caller_of(answers).open("/x", params={"a": 1}) as response:
        assert list(response.iter_lines()) == ["one", "two"]

    assert str(answers.requests[0].url) == f"{PLATFORM}/x?a=1"


def test_an_answer_that_breaks_off_is_a_lost_connection():
    class Breaking(httpx.SyncByteStream):
        def __iter__(self):
            yield b"one\n"
            raise httpx.ReadError("reset")

    def read():
        with caller_of(Server(httpx.Response(200, stream=Breaking()))).open("/x") as response:
            list(response.iter_lines())

    with pytest.raises(TransportError):
        read()


def test_a_refusal_of_a_streamed_answer_is_read_whole():
    with (
        pytest.raises(ConsentError),
        caller_of(Server(refusal(403, "consent_required"))).open("/x"),
    ):
        pass


def test_a_borrowed_transport_stays_open():
    closed = []

    class Transport(httpx.MockTransport):
        def close(self):
            closed.append(True)

    with open_client(transport=Transport(lambda _request: OK)):
        pass

    assert not closed


def test_a_ca_file_without_certificates_is_a_setting_to_mend(tmp_path):
    (tmp_path / "ca.pem").write_text("nothing")

    with pytest.raises(ConfigurationError, match=r"ca\.pem"):
        open_client(ca_file=tmp_path / "ca.pem")


def test_the_http_library_logs_none_of_our_addresses(caplog):
    caplog.set_level(logging.DEBUG)

    caller_of(Server(OK)).call("GET", "/x", params={"signature": "secret"})

    assert "secret" not in caplog.text


def test_the_http_library_goes_on_logging_for_everybody_else(caplog):
    # The library's own logger too: a program of this process may have quietened it.
    caplog.set_level(logging.INFO, logger="httpx")

    httpx.Client(transport=httpx.MockTransport(Server(OK))).get("https://other.test/")

    assert "other.test" in caplog.text
