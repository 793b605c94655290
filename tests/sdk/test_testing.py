"""The helpers vendors test with behave as the platform does."""

import pytest

from portway_sdk import (
    AccessScope,
    APIError,
    CloudApp,
    CloudAppSettings,
    Container,
    EventType,
    Gateway,
    ListenerError,
    MemoryAppStore,
    ScopeNotGrantedError,
    TransferSettledError,
    TransferStatus,
)
from portway_sdk.testing import CloudAppTester, FakeGateway, a_migration

PAGES = {"confluence:page": {str(number): f"c{number}" for number in range(1500)}}
SPACE = Container(type="ConfluenceSpace", source_id="100", key="DEMO", name="Demo")


def an_app():
    settings = CloudAppSettings(
        app_key="com.example.notes.cloud",
        name="Page notes",
        base_url="https://notes.example",
        install_keys_url="https://portway.example/keys",
        vendor="Example",
    )
    return CloudApp(settings, store=MemoryAppStore())


# FakeGateway


def test_a_fake_gateway_is_a_gateway_that_records_uploads(tmp_path):
    gateway = FakeGateway()
    (tmp_path / "notes.db").write_bytes(b"db")

    with gateway.create_app_data(label="notes", data_class=AccessScope.APP_DATA_UGC) as upload:
        upload.write(b'{"a": 1}\n{"a": 2}\n')
    gateway.upload_file(tmp_path / "notes.db")
    gateway.complete_export()

    first, second = gateway.uploads
    assert isinstance(gateway, Gateway)
    assert (first.label, first.data_class) == ("notes", "APP_DATA_UGC")
    assert first.json_lines() == [{"a": 1}, {"a": 2}]
    assert first.key == upload.upload.key
    assert (second.label, second.content) == (None, b"db")
    assert gateway.export_completed


def test_a_large_upload_is_recorded_whole():
    gateway, content = FakeGateway(), bytes(range(256)) * 40_000

    with gateway.create_app_data() as upload:
        upload.write(content)

    assert gateway.uploads[0].content == content


def test_a_withdrawn_upload_is_not_recorded():
    gateway = FakeGateway()

    def export():
        with gateway.create_app_data() as upload:
            upload.write(b"x")
            raise KeyError

    with pytest.raises(KeyError):
        export()

    assert gateway.uploads == []


def test_mappings_containers_and_feedback_are_as_given():
    gateway = FakeGateway(mappings=PAGES, containers=[SPACE], feedback={"a": 1}, attempt=2)

    assert dict(gateway.mappings("confluence:page")) == PAGES["confluence:page"]
    assert gateway.mappings_by_id("confluence:page", ["1", "x"]) == {"1": "c1"}
    assert [len(page.items) for page in gateway.mapping_pages("confluence:page")] == [1200, 300]
    assert list(gateway.containers("ConfluenceSpace")) == [SPACE]
    assert list(gateway.containers("Site")) == []
    assert list(gateway.mappings("confluence:space")) == []
    assert gateway.feedback() == {"a": 1}
    assert FakeGateway().feedback() is None
    assert gateway.attempt == 2


def test_what_was_not_granted_is_refused():
    gateway = FakeGateway(granted_scopes={AccessScope.APP_DATA_UGC}, mappings=PAGES)

    with pytest.raises(ScopeNotGrantedError) as refused:
        list(gateway.mappings("confluence:page"))
    assert refused.value.missing == {"MIGRATION_TRACING_PRODUCT"}
    with pytest.raises(ScopeNotGrantedError):
        gateway.create_app_data(data_class="APP_DATA_PII")
    with pytest.raises(APIError) as unknown:
        gateway.create_app_data(data_class="MIGRATION_TRACING_PRODUCT")
    assert unknown.value.code == "data_class_unknown"
    with pytest.raises(APIError) as unknown:
        list(gateway.mappings("bamboo:plan"))
    assert unknown.value.code == "namespace_unknown"
    assert gateway.granted_scopes == {AccessScope.APP_DATA_UGC}


def test_without_any_data_scope_nothing_is_uploaded():
    gateway = FakeGateway(granted_scopes={AccessScope.MIGRATION_TRACING_PRODUCT})

    with pytest.raises(ScopeNotGrantedError):
        gateway.create_app_data()


def test_a_cancellation_can_be_requested():
    gateway = FakeGateway()

    gateway.request_cancellation()

    assert gateway.cancellation_requested


# CloudAppTester


def test_a_whole_import_runs_without_a_network():
    app = an_app()

    @app.on(EventType.APP_DATA_UPLOADED)
    def import_part(event, client):
        notes = list(client.app_data_lines(event.s3_key))
        pages = client.mappings_by_id(
            event.transfer_id, "confluence:page", [note["page"] for note in notes]
        )
        client.progress(event.transfer_id, percent=50, message=f"{len(pages)} notes")
        client.leave_feedback(event.transfer_id, {"imported": len(pages)})
        client.settle(event.transfer_id, TransferStatus.SUCCESS)

    site = CloudAppTester(app, mappings=PAGES)
    assert site.install().status == 204

    response = site.upload(b'{"page": "1"}\n{"page": "2"}\n', label="notes-00001")

    assert response.status == 200
    assert [report.status for report in site.reports] == ["IN_PROGRESS", "SUCCESS"]
    assert site.reports[0].message == "2 notes"
    assert site.status is TransferStatus.SUCCESS
    assert site.feedback == {"imported": 2}


def test_every_call_of_the_client_is_answered():
    app = an_app()
    site = CloudAppTester(app, mappings=PAGES, containers=[SPACE])
    site.install()
    client = app.client(app.installations()[0])
    transfer = site.transfer_id
    key = site.add_app_data(b"hello", label="greeting")

    assert dict(client.mappings(transfer, "confluence:page")) == PAGES["confluence:page"]
    assert list(client.containers(transfer, "ConfluenceSpace")) == [SPACE]
    assert [(f.s3_key, f.label) for f in client.app_data_list(transfer)] == [(key, "greeting")]
    with client.open_app_data(key) as pieces:
        assert b"".join(pieces) == b"hello"
    assert pieces.digest_checked
    assert [t.transfer_id for t in client.recent_transfers()] == [transfer]
    assert client.error(transfer) is None
    site.listener_error = ListenerError(exception_type="E", safe_stack_trace="at x")
    assert client.error(transfer) == site.listener_error
    client.set_endpoints(["https://notes.example/events"])
    assert client.endpoints() == ("https://notes.example/events",)
    with pytest.raises(APIError):
        client.app_data_list("another-transfer")


def test_a_settled_transfer_gives_no_more():
    app = an_app()
    site = CloudAppTester(app)
    site.install()
    client = app.client(app.installations()[0])
    client.settle(site.transfer_id, "FAILED")

    with pytest.raises(TransferSettledError):
        client.app_data_list(site.transfer_id)


def test_the_tester_grants_only_what_it_is_told_to():
    app = an_app()
    site = CloudAppTester(app, mappings=PAGES, granted_scopes={AccessScope.APP_DATA_UGC})
    site.install()
    client = app.client(app.installations()[0])

    with pytest.raises(ScopeNotGrantedError) as refused:
        client.mappings_by_id(site.transfer_id, "confluence:page", ["1"])

    assert refused.value.missing == {"MIGRATION_TRACING_PRODUCT"}


def test_details_can_be_changed_one_by_one():
    assert a_migration(name="Wave 4").name == "Wave 4"
    assert a_migration(name="Wave 4").migration_id == a_migration().migration_id
