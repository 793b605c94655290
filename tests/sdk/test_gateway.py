"""What a handler can ask its gateway."""

import hashlib

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from portway_sdk import (
    AccessScope,
    ConfigurationError,
    ContainerType,
    Gateway,
    IntegrityError,
    ScopeNotGrantedError,
)
from portway_sdk._platform_port import PlatformPort
from portway_sdk.testing import a_migration
from support.sdk import TRANSFER, FakePlatform, ManualTime, a_caller, refusal


def a_gateway(platform):
    caller = a_caller(platform.transport, ManualTime())
    port = PlatformPort(caller, cleaner=caller, transfer_id=TRANSFER)
    return Gateway(port, transfer_id=TRANSFER, migration=a_migration())


def pages_of(*pages):
    """Return a platform whose mapping pages are these."""
    answers = iter(pages)
    answer = httpx.MockTransport(lambda _request: httpx.Response(200, json=next(answers)))
    return type("Pages", (), {"transport": answer})


def a_page(items, *, has_next, last_entity):
    meta = {"pageSize": 2, "hasNext": has_next, "lastEntity": last_entity}
    return {"meta": meta, "items": items}


def test_mappings_are_read_page_by_page():
    known = {f"{number:05}": str(number) for number in range(2500)}
    platform = FakePlatform(mappings={"confluence:page": known})

    pages = list(a_gateway(platform).mapping_pages("confluence:page"))

    assert [len(page.items) for page in pages] == [1200, 1200, 100]
    assert dict(a_gateway(platform).mappings("confluence:page")) == known


@given(st.integers(0, 20), st.integers(1, 8))
def test_every_mapping_is_read_once_whatever_the_page_size(count, page_size):
    known = {f"{number:02}": str(number) for number in range(count)}
    gateway = a_gateway(FakePlatform(mappings={"confluence:page": known}))

    read = [
        item
        for page in gateway.mapping_pages("confluence:page", page_size=page_size)
        for item in page.items.items()
    ]

    assert read == sorted(known.items())


@pytest.mark.parametrize("last_entity", [None, "b"])
def test_pages_end_with_has_next_whatever_the_last_one_carries(last_entity):
    platform = pages_of(
        a_page({"a": "1"}, has_next=True, last_entity="a"),
        a_page({"b": "2"}, has_next=False, last_entity=last_entity),
    )

    assert list(a_gateway(platform).mappings("confluence:page")) == [("a", "1"), ("b", "2")]


@pytest.mark.parametrize("last_entity", [None, "a"])
def test_pages_that_go_in_a_circle_are_found_out(last_entity):
    platform = pages_of(
        a_page({"a": "1"}, has_next=True, last_entity="a"),
        a_page({"a": "1"}, has_next=True, last_entity=last_entity),
    )

    with pytest.raises(IntegrityError):
        list(a_gateway(platform).mappings("confluence:page"))


def test_keys_are_looked_up_a_hundred_at_a_time_and_once_each():
    known = {str(number): str(-number) for number in range(250)}
    platform = FakePlatform(mappings={"confluence:page": known})
    keys = [str(number) for number in range(300)] * 2

    found = a_gateway(platform).mappings_by_id("confluence:page", iter(keys))

    assert found == known
    assert len(platform.requests) == 3


def test_no_keys_are_no_request():
    platform = FakePlatform()

    assert a_gateway(platform).mappings_by_id("confluence:page", []) == {}
    assert platform.requests == []


@pytest.mark.parametrize("kind", [ContainerType.CONFLUENCE_SPACE, "ConfluenceSpace"])
def test_containers_are_the_items_of_the_plan(kind):
    (container,) = a_gateway(FakePlatform()).containers(kind)

    assert (container.type, container.source_id) == ("ConfluenceSpace", "100")
    assert (container.key, container.name) == ("DEMO", "Demo")


@pytest.mark.parametrize("feedback", [None, {}, {"imported": 3}])
def test_feedback_is_what_the_cloud_app_left(feedback):
    assert a_gateway(FakePlatform(feedback=feedback)).feedback() == feedback


def test_the_end_of_the_export_is_told():
    platform = FakePlatform()

    a_gateway(platform).complete_export()

    assert platform.export_completed


def test_granted_scopes_are_asked_for_once():
    platform = FakePlatform()
    gateway = a_gateway(platform)

    assert gateway.granted_scopes == gateway.granted_scopes == {AccessScope.APP_DATA_UGC}
    assert len(platform.requests) == 1


def test_a_namespace_without_its_scope_is_refused():
    platform = FakePlatform()
    path = f"/gateway/v1/transfers/{TRANSFER}/mappings/page"
    platform.refusals[f"GET {path}"] = refusal(403, "scope_not_granted")

    with pytest.raises(ScopeNotGrantedError):
        list(a_gateway(platform).mappings("identity:user"))


def test_a_file_is_uploaded_as_it_is(tmp_path):
    platform, content = FakePlatform(), bytes(range(256)) * 20_000
    (tmp_path / "notes.db").write_bytes(content)

    upload = a_gateway(platform).upload_file(
        tmp_path / "notes.db", label="db", data_class=AccessScope.APP_DATA_OTHER
    )

    (stored,) = platform.uploads.values()
    assert (stored.content, stored.label, stored.data_class) == (content, "db", "APP_DATA_OTHER")
    assert upload.sha256 == hashlib.sha256(content).hexdigest()


def test_an_id_cannot_lead_to_another_path():
    paths = []

    def note(request):
        paths.append(request.url.raw_path)
        return httpx.Response(204)

    caller = a_caller(httpx.MockTransport(note), ManualTime())
    PlatformPort(caller, cleaner=caller, transfer_id="../x?y#z").complete_export()

    assert paths == [b"/gateway/v1/transfers/..%2Fx%3Fy%23z/export-completion"]


@pytest.mark.parametrize("transfer_id", ["", ".", ".."])
def test_what_is_no_id_is_sent_nowhere(transfer_id):
    caller = a_caller(httpx.MockTransport(lambda _request: None), ManualTime())

    with pytest.raises(ConfigurationError):
        PlatformPort(caller, cleaner=caller, transfer_id=transfer_id)
