"""What a cloud app asks the platform, and how app data comes down."""

import hashlib
import json

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from portway_sdk import (
    APIError,
    ConfigurationError,
    ConsentError,
    Container,
    Installation,
    IntegrityError,
    ListenerError,
    MigrationClient,
    TransferSettledError,
    TransferStatus,
    TransportError,
)
from portway_sdk._digests import repr_digest
from portway_sdk.testing import a_migration
from portway_sdk.tokens import find_connect_token, verify_connect_token
from support.sdk import ManualTime, refusal

BASE = "https://portway.test/sites/acme/wiki"
API = BASE + "/rest/atlassian-connect/1/migration"
SECRET = "the shared secret of one installation"
INSTALLATION = Installation("client-acme", BASE, "confluence", SECRET)
FILES = "https://files.test/"


def a_client(answer, *, time=None):
    return MigrationClient(
        INSTALLATION,
        app_key="com.example.notes.cloud",
        client=httpx.Client(transport=httpx.MockTransport(answer)),
        timing=(time or ManualTime()).timing,
    )


class Site:
    """Answers by method and what follows the API's base; keeps what was asked."""

    def __init__(self, **answers):
        self._answers = {name.replace("_", " ", 1): value for name, value in answers.items()}
        self.requests = []

    def add(self, method, path, *answers):
        self._answers[f"{method} {path}"] = list(answers)
        return self

    def __call__(self, request):
        self.requests.append(request)
        path = str(request.url).partition("?")[0].removeprefix(API)
        answers = self._answers[f"{request.method} {path}"]
        answer = answers.pop(0) if len(answers) > 1 else answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer


def body_of(request):
    return json.loads(request.content)


# Authentication


def test_calls_are_signed_for_the_path_below_the_base_url():
    site = Site().add("GET", "/webhook", httpx.Response(200, json={"endpoints": []}))

    a_client(site).endpoints()

    (request,) = site.requests
    claims = verify_connect_token(
        find_connect_token(request.headers["Authorization"], ""),
        secret=SECRET,
        issuer="com.example.notes.cloud",
        audience="client-acme",
        method="GET",
        url="/rest/atlassian-connect/1/migration/webhook",
        now=ManualTime().timing.now(),
    )
    assert claims.audience == ("client-acme",)


# Progress and settlement


def test_progress_sends_only_what_is_said():
    site = Site().add("POST", "/progress/t-1", httpx.Response(200, json={}))
    client = a_client(site)

    client.progress("t-1", percent=40, message="Importing")
    client.progress("t-1")

    assert [body_of(request) for request in site.requests] == [
        {"status": "IN_PROGRESS", "percent": 40, "message": "Importing"},
        {"status": "IN_PROGRESS"},
    ]


@pytest.mark.parametrize("status", [TransferStatus.SUCCESS, "INCOMPLETE", "FAILED"])
def test_settling_says_how_it_went(status):
    site = Site().add("POST", "/progress/t-1", httpx.Response(200, json={}))

    a_client(site).settle("t-1", status, "3 notes left out")

    assert body_of(site.requests[0]) == {"status": str(status), "message": "3 notes left out"}


@pytest.mark.parametrize("status", ["IN_PROGRESS", "TIMED_OUT", "done"])
def test_only_an_outcome_settles(status):
    site = Site()

    with pytest.raises(ConfigurationError, match="SUCCESS"):
        a_client(site).settle("t-1", status)

    assert site.requests == []


@pytest.mark.parametrize("report", [{"percent": 101}, {"percent": -1}, {"status": "CANCELLED"}])
def test_an_impossible_report_is_not_sent(report):
    site = Site()

    with pytest.raises(ConfigurationError):
        a_client(site).progress("t-1", **report)

    assert site.requests == []


def test_a_settlement_whose_answer_was_lost_has_settled():
    lost = httpx.ReadError("reset")
    site = Site().add("POST", "/progress/t-1", lost, refusal(403, "transfer_settled"))

    a_client(site).settle("t-1", "SUCCESS")

    assert len(site.requests) == 2


def test_a_transfer_that_had_settled_before_is_an_error():
    site = Site().add("POST", "/progress/t-1", refusal(403, "transfer_settled"))

    with pytest.raises(TransferSettledError):
        a_client(site).settle("t-1", "SUCCESS")


def test_a_transfer_that_settled_otherwise_meanwhile_is_an_error():
    settled = httpx.Response(
        403,
        json={"code": "transfer_settled", "message": "No.", "details": {"status": "CANCELLED"}},
    )
    site = Site().add("POST", "/progress/t-1", httpx.ReadError("reset"), settled)

    with pytest.raises(TransferSettledError) as refused:
        a_client(site).settle("t-1", "SUCCESS")

    assert refused.value.transfer_status == "CANCELLED"


# Mappings, containers, lists


def test_mappings_are_read_page_by_page():
    def page(items, last_entity):
        meta = {"pageSize": 2, "hasNext": last_entity is not None, "lastEntity": last_entity}
        return httpx.Response(200, json={"meta": meta, "items": items})

    site = Site().add(
        "GET", "/mapping/t-1/page", page({"a": "1", "b": "2"}, "b"), page({"c": "3"}, None)
    )

    read = list(a_client(site).mappings("t-1", "confluence:page"))

    assert read == [("a", "1"), ("b", "2"), ("c", "3")]
    assert [dict(request.url.params) for request in site.requests] == [
        {"namespace": "confluence:page", "pageSize": "1200"},
        {"namespace": "confluence:page", "pageSize": "1200", "lastEntity": "b"},
    ]


def test_keys_are_looked_up_a_hundred_at_a_time():
    def find(request):
        keys = body_of(request)
        assert len(keys) <= 100
        return httpx.Response(200, json={key: key.upper() for key in keys if key != "unknown"})

    keys = [f"k{number}" for number in range(201)]

    found = a_client(find).mappings_by_id("t-1", "identity:user", [*keys, "unknown", *keys])

    assert found == {key: key.upper() for key in keys}


def test_containers_are_read_page_by_page():
    def page(key, has_next):
        meta = {"pageSize": 1, "hasNext": has_next, "lastEntity": key}
        items = [{"type": "ConfluenceSpace", "sourceId": key, "key": key, "name": None}]
        return httpx.Response(200, json={"meta": meta, "containers": items})

    site = Site().add("GET", "/container/t-1/page", page("A", True), page("B", False))

    assert list(a_client(site).containers("t-1", "ConfluenceSpace")) == [
        Container(type="ConfluenceSpace", source_id="A", key="A"),
        Container(type="ConfluenceSpace", source_id="B", key="B"),
    ]


def test_app_data_is_listed_with_labels_that_may_be_absent_null_or_empty():
    items = [{"s3Key": "a"}, {"s3Key": "b", "label": None}, {"s3Key": "c", "label": ""}]
    site = Site().add("GET", "/data/t-1/all", httpx.Response(200, json=items))

    listed = a_client(site).app_data_list("t-1")

    assert [(item.s3_key, item.label) for item in listed] == [("a", None), ("b", None), ("c", "")]


def test_recent_transfers_are_told():
    summary = {"transferId": "t-1", "status": "IN_PROGRESS"}
    answer = [summary | {"migrationDetails": a_migration().to_wire()}]
    site = Site().add("GET", "/transfer/recent", httpx.Response(200, json=answer))

    (transfer,) = a_client(site).recent_transfers()

    assert (transfer.transfer_id, transfer.status) == ("t-1", TransferStatus.IN_PROGRESS)
    assert transfer.migration_details == a_migration()


def test_feedback_is_left_whole():
    site = Site().add("POST", "/feedback/t-1", httpx.Response(200))

    a_client(site).leave_feedback("t-1", {"imported": 3, "left_out": ["n-1"]})

    assert body_of(site.requests[0]) == {"details": {"imported": 3, "left_out": ["n-1"]}}


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (
            httpx.Response(200, json={"exceptionType": "E", "safeStackTrace": "at x"}),
            ListenerError(exception_type="E", safe_stack_trace="at x"),
        ),
        (httpx.Response(200, json={}), None),
        (httpx.Response(204), None),
        (refusal(404, "no_error"), None),
    ],
)
def test_the_listeners_error_is_told_if_there_is_one(answer, error):
    site = Site().add("GET", "/error/t-1", answer)

    assert a_client(site).error("t-1") == error


def test_endpoints_are_replaced_as_a_set():
    told = httpx.Response(200, json={"endpoints": ["https://notes.example/events"]})
    site = Site().add("PUT", "/webhook", told).add("GET", "/webhook", told)
    client = a_client(site)

    client.set_endpoints(["https://notes.example/events"])

    assert body_of(site.requests[0]) == {"endpoints": ["https://notes.example/events"]}
    assert client.endpoints() == ("https://notes.example/events",)


def test_a_site_that_stays_away_is_given_up_after_a_minute():
    time = ManualTime(chance=1.0)

    with pytest.raises(TransportError):
        a_client(Site().add("GET", "/webhook", httpx.ConnectError("x")), time=time).endpoints()

    assert 30 <= sum(time.waits) <= 60


# Downloads


class Broken(httpx.SyncByteStream):
    """A body that ends too soon."""

    def __init__(self, content):
        self._content = content

    def __iter__(self):
        yield from (self._content[i : i + 7] for i in range(0, len(self._content), 7))
        raise httpx.ReadError("reset")


class Store:
    """A file store whose addresses run out and whose connections break, as planned."""

    def __init__(self, content, *plan, ranges=True, digest=True):
        self.content = content
        self._plan = list(plan)
        self._ranges = ranges
        self._digest = digest
        self.asked = []
        self.addresses = 0

    def __call__(self, request):
        url = str(request.url)
        if url == f"{API}/data/key-1":
            self.addresses += 1
            return httpx.Response(200, json={"url": f"{FILES}key-1?address={self.addresses}"})
        self.asked.append(request)
        assert url.startswith(FILES)
        assert "Authorization" not in request.headers
        assert request.headers["Accept-Encoding"] == "identity"
        step = self._plan.pop(0) if self._plan else None
        if isinstance(step, httpx.Response):
            return step
        if isinstance(step, Exception):
            raise step
        return self._send(request, step)

    def _send(self, request, cut_after):
        start = int(request.headers.get("Range", "bytes=0-")[6:-1]) if self._ranges else 0
        size = len(self.content)
        if start and start >= size:
            return httpx.Response(416, headers={"Content-Range": f"bytes */{size}"})
        digest = repr_digest(hashlib.sha256(self.content).digest())
        headers = {"Repr-Digest": digest} if self._digest else {}
        if start:
            headers["Content-Range"] = f"bytes {start}-{size - 1}/{size}"
        rest = self.content[start:]
        stream = None if cut_after is None else Broken(rest[:cut_after])
        body = {"content": rest} if stream is None else {"stream": stream}
        return httpx.Response(206 if start else 200, headers=headers, **body)


def read(client, key="key-1"):
    with client.open_app_data(key) as reader:
        content = b"".join(reader)
    return content, reader.digest_checked


EXPIRED = [
    refusal(403, "address_expired"),
    refusal(401, "address_expired"),
    refusal(410, "address_expired"),
    httpx.Response(403, content=b"<Error><Code>AccessDenied</Code></Error>"),
]


def test_a_file_comes_down_as_it_was_uploaded():
    store = Store(b"hello" * 1000)

    assert read(a_client(store)) == (store.content, True)


def test_an_empty_file_comes_down_too():
    assert read(a_client(Store(b""))) == (b"", True)


def test_packed_bytes_are_not_unpacked_on_the_way():
    store = Store(b"\x1f\x8b not really gzip")

    def claims_gzip(request):
        answer = store(request)
        if "data/key-1" not in str(request.url):
            answer.headers["Content-Encoding"] = "gzip"
        return answer

    assert read(a_client(claims_gzip))[0] == store.content


@pytest.mark.parametrize("expired", EXPIRED)
def test_an_address_that_ran_out_is_asked_for_again(expired):
    store = Store(b"hello", expired)

    assert read(a_client(store)) == (b"hello", True)
    assert store.addresses == 2


def test_a_broken_download_goes_on_where_it_broke_with_a_fresh_address():
    store = Store(bytes(range(200)), 100, refusal(403, "address_expired"))

    assert read(a_client(store)) == (store.content, True)
    assert [request.headers.get("Range") for request in store.asked] == [
        None,
        "bytes=100-",
        "bytes=100-",
    ]
    assert store.addresses == 2


def test_a_store_without_ranges_is_read_again_and_the_rest_taken():
    store = Store(bytes(range(200)), 100, 150, ranges=False)

    assert read(a_client(store)) == (store.content, True)


def test_a_break_after_the_last_byte_is_no_loss():
    store = Store(b"hello", 5)

    assert read(a_client(store)) == (b"hello", True)


@given(
    st.binary(max_size=200),
    st.lists(
        st.one_of(
            st.integers(0, 200),
            st.sampled_from([*EXPIRED[:3], refusal(503, "starting"), httpx.ConnectError("x")]),
        ),
        max_size=8,
    ),
    st.booleans(),
)
def test_no_schedule_of_breaks_damages_a_download(content, plan, ranges):
    # Three addresses in a row that have run out without a byte are no accident any more.
    responses = [i for i, step in enumerate(plan) if isinstance(step, httpx.Response)]
    plan = [
        httpx.Response(step.status_code, content=step.content) if i in responses else step
        for i, step in enumerate(plan)
        if i not in responses[2:]
    ]
    store = Store(content, *plan, ranges=ranges)

    assert read(a_client(store)) == (content, True)


def test_a_changed_byte_is_found_out_at_the_end():
    store = Store(b"hello")

    def damaged(request):
        answer = store(request)
        if "data/key-1" in str(request.url):
            return answer
        return httpx.Response(200, headers=answer.headers, content=b"hellO")

    with pytest.raises(IntegrityError):
        read(a_client(damaged))


def test_a_file_that_changes_while_it_is_read_is_found_out():
    store = Store(b"hello" * 10, 20)
    client = a_client(store)

    with client.open_app_data("key-1") as reader:
        pieces = iter(reader)
        next(pieces)
        store.content = b"HELLO" * 10
        with pytest.raises(IntegrityError, match="changed"):
            list(pieces)


def test_a_store_that_answers_with_another_part_is_found_out():
    store = Store(bytes(range(200)), 100)

    def shifted(request):
        answer = store(request)
        if "Range" in request.headers:
            answer.headers["Content-Range"] = "bytes 90-199/200"
        return answer

    with pytest.raises(IntegrityError, match="another part"):
        read(a_client(shifted))


def test_a_store_without_digests_is_read_unchecked():
    store = Store(b"hello", digest=False)

    assert read(a_client(store)) == (b"hello", False)


def test_a_consent_withdrawn_during_a_download_shows_at_the_fresh_address():
    store = Store(bytes(range(200)), 100, refusal(403, "address_expired"))

    def withdrawn(request):
        if store.asked and str(request.url).startswith(API):
            return refusal(403, "consent_withdrawn")
        return store(request)

    with pytest.raises(ConsentError):
        read(a_client(withdrawn))


def test_addresses_that_never_work_are_given_up():
    store = Store(b"hello", *[refusal(403, "address_expired") for _ in range(9)])

    with pytest.raises(APIError) as refused:
        read(a_client(store))

    assert refused.value.code == "address_expired"
    assert store.addresses == 3


def test_a_file_that_is_gone_is_an_error_at_once():
    store = Store(b"hello", refusal(404, "no_such_file"))

    with pytest.raises(APIError) as refused:
        read(a_client(store))

    assert refused.value.status == 404


def test_a_store_that_stays_away_is_given_up():
    store = Store(b"hello", *[httpx.ConnectError("x") for _ in range(99)])

    with pytest.raises(TransportError):
        read(a_client(store))


def test_a_relative_address_is_one_of_the_sites():
    def site(request):
        if str(request.url) == f"{API}/data/key-1":
            return httpx.Response(200, json={"url": "/files/key-1"})
        assert str(request.url) == "https://portway.test/files/key-1"
        return httpx.Response(200, content=b"hello")

    assert read(a_client(site))[0] == b"hello"


def test_reading_may_stop_early():
    with a_client(Store(b"hello" * 1000, 4000)).open_app_data("key-1") as reader:
        assert next(iter(reader))

    assert not reader.digest_checked


# JSON lines


@pytest.mark.parametrize(
    ("content", "lines"),
    [
        (b"", []),
        (b'{"a": 1}', [{"a": 1}]),
        (b'{"a": 1}\n', [{"a": 1}]),
        (b'{"a": 1}\r\n[2]\n\n \n"three"', [{"a": 1}, [2], "three"]),
        ('"é\u2028"\n'.encode(), ["é\u2028"]),
    ],
)
def test_json_lines_are_read_one_by_one(content, lines):
    assert list(a_client(Store(content)).app_data_lines("key-1")) == lines


@given(st.lists(st.dictionaries(st.text(max_size=5), st.integers()), max_size=8))
def test_lines_survive_any_pieces(records):
    content = "".join(json.dumps(record) + "\n" for record in records).encode()
    store = Store(content, *[9] * 3)

    assert list(a_client(store).app_data_lines("key-1")) == records


def test_a_line_that_is_not_json_is_named_not_quoted():
    with pytest.raises(IntegrityError) as wrong:
        list(a_client(Store(b'{"a": 1}\nJane Doe\n')).app_data_lines("key-1"))

    assert str(wrong.value) == "line 2 of app data key-1 is not JSON"


def test_an_endless_line_is_refused(monkeypatch):
    monkeypatch.setattr("portway_sdk._downloads.LINE_BYTES", 100)

    with pytest.raises(IntegrityError, match="longer than"):
        list(a_client(Store(b"x" * 1000, 500)).app_data_lines("key-1"))
