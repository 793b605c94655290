"""Messages keep the contract's names and bear what is not known yet."""

import inspect
import json
from datetime import UTC, datetime, timedelta

import pydantic
import pytest
from hypothesis import given
from hypothesis import strategies as st

from portway_sdk import AccessScope, EventType, TransferStatus, wire
from portway_sdk.testing import a_migration
from portway_sdk.wire import (
    AppDataItem,
    AppDescriptor,
    Container,
    Declaration,
    Event,
    Heartbeat,
    InstalledPayload,
    MappingPage,
    MigrationDetails,
    ProgressReport,
    PublicKey,
    Work,
    WorkCompletion,
    WorkKind,
)

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

# Wire contract 3.6, with the example's own values written out.
EVENT = {
    "cloudAppKey": "com.example.notes",
    "transferId": "2c9f6a10-77aa-4b6e-8f13-0d2a5b7c9e01",
    "migrationDetails": {
        "migrationId": "9d3c",
        "migrationScopeId": "1a2b",
        "name": "Wave 3",
        "createdAt": 1763800000000,
        "jiraClientKey": "unknown",
        "confluenceClientKey": "5f1c",
        "cloudUrl": "https://acme.atlassian.net",
    },
    "eventType": "app-data-uploaded",
    "messageId": "b7b0",
    "s3Key": "0f4e",
    "label": "notes-00012",
}


def test_the_contracts_event_is_read_and_written_unchanged():
    event = Event.model_validate(EVENT)

    assert event.event_type is EventType.APP_DATA_UPLOADED
    assert event.s3_key == "0f4e"
    assert event.migration_details.created_at == datetime(2025, 11, 22, 8, 26, 40, tzinfo=UTC)
    written = event.model_dump(mode="json", by_alias=True, exclude_none=True)
    assert written == EVENT


def test_an_event_of_a_type_yet_to_come_is_read_with_all_its_fields():
    event = Event.model_validate(EVENT | {"eventType": "app-data-archived", "archive": [1]})

    assert event.event_type == "app-data-archived"
    assert not isinstance(event.event_type, EventType)
    assert event.model_extra == {"archive": [1]}


@pytest.mark.parametrize(
    ("status", "read"), [("SUCCESS", TransferStatus.SUCCESS), ("PAUSED", "PAUSED"), (None, None)]
)
def test_a_settled_event_may_carry_any_status(status, read):
    event = Event.model_validate(EVENT | {"transferStatus": status})

    assert event.transfer_status == read


@pytest.mark.parametrize(
    ("sent", "instant"),
    [
        (1763800000, datetime(2025, 11, 22, 8, 26, 40, tzinfo=UTC)),
        (1763800000000, datetime(2025, 11, 22, 8, 26, 40, tzinfo=UTC)),
        (1763800000123, datetime(2025, 11, 22, 8, 26, 40, 123000, tzinfo=UTC)),
        (1763800000.5, datetime(2025, 11, 22, 8, 26, 40, 500000, tzinfo=UTC)),
        (0, datetime(1970, 1, 1, tzinfo=UTC)),
    ],
)
def test_created_at_counts_seconds_or_milliseconds(sent, instant):
    details = MigrationDetails.model_validate(EVENT["migrationDetails"] | {"createdAt": sent})

    assert details.created_at == instant


@pytest.mark.parametrize("sent", [True, "soon", 1e30, None])
def test_created_at_is_an_instant(sent):
    with pytest.raises(pydantic.ValidationError):
        MigrationDetails.model_validate(EVENT["migrationDetails"] | {"createdAt": sent})


@given(st.integers(0, 4_000_000_000_000).map(lambda ms: EPOCH + timedelta(milliseconds=ms)))
def test_created_at_is_written_in_milliseconds(instant):
    written = a_migration(created_at=instant).to_wire()["createdAt"]

    assert isinstance(written, int)
    assert EPOCH + timedelta(milliseconds=written) == instant


def test_names_are_camel_case_outside_and_snake_case_inside():
    page = MappingPage.model_validate(
        {"meta": {"pageSize": 1, "hasNext": True, "lastEntity": "a"}, "items": {"a": "1"}}
    )

    assert page.meta.has_next
    assert page.meta.last_entity == "a"
    assert AppDataItem(s3_key="k").to_wire() == {"s3Key": "k", "label": None}
    assert AppDataItem.model_validate({"s3Key": "k"}) == AppDataItem(s3_key="k")


def test_messages_cannot_be_changed():
    with pytest.raises(pydantic.ValidationError):
        Container(type="Site").key = "x"


@pytest.mark.parametrize("status", ["READY", "TIMED_OUT", "CANCELLED", "DONE"])
def test_an_app_reports_only_its_own_statuses(status):
    with pytest.raises(pydantic.ValidationError):
        ProgressReport.model_validate({"status": status})


@pytest.mark.parametrize(
    "x", ["", "AAAA", "A" * 44, "A" * 42, "A" * 42 + "=", "!" * 43, "A" * 42 + "B"]
)
def test_a_public_key_is_32_bytes_spelled_one_way(x):
    with pytest.raises(pydantic.ValidationError):
        PublicKey(x=x)


def test_a_public_key_is_an_ed25519_key():
    with pytest.raises(pydantic.ValidationError):
        PublicKey.model_validate({"kty": "RSA", "crv": "Ed25519", "x": "A" * 43})


def test_a_declaration_is_written_in_one_order():
    declaration = Declaration(
        server_app_key="a",
        cloud_app_key="b",
        version="1",
        data_access_scopes=frozenset(AccessScope),
    )

    assert declaration.to_wire()["dataAccessScopes"] == sorted(AccessScope)
    assert Declaration.model_validate(json.loads(json.dumps(declaration.to_wire()))) == declaration


def test_work_of_a_kind_yet_to_come_is_read():
    work = {"workId": "w", "leaseSeconds": 60}

    assert Work.model_validate(work | {"kind": "vendor-check"}).kind is WorkKind.VENDOR_CHECK
    assert Work.model_validate(work | {"kind": "brew-coffee"}).kind == "brew-coffee"


def test_a_lease_lasts():
    with pytest.raises(pydantic.ValidationError):
        Heartbeat.model_validate({"leaseSeconds": 0})


def test_a_completion_without_a_check_is_empty():
    assert WorkCompletion().to_wire() == {}


def test_a_published_descriptor_is_read_with_what_else_it_holds():
    descriptor = AppDescriptor.model_validate(
        {
            "key": "a",
            "name": "A",
            "baseUrl": "https://a.test",
            "vendor": {"name": "V", "url": "https://v.test"},
            "authentication": {"type": "jwt"},
            "lifecycle": {"installed": "/installed"},
            "modules": {"webhooks": []},
            "apiMigrations": {"signed-install": True},
        }
    )

    assert descriptor.cloud_app_migration is None
    assert descriptor.to_wire()["modules"] == {"webhooks": []}


def test_only_jwt_authentication_is_understood():
    with pytest.raises(pydantic.ValidationError):
        AppDescriptor.model_validate(
            {
                "key": "a",
                "name": "A",
                "baseUrl": "https://a.test",
                "authentication": {"type": "none"},
                "lifecycle": {"installed": "/installed"},
            }
        )


def test_the_installation_payload_does_not_show_its_secret():
    payload = InstalledPayload(
        key="a",
        client_key="b",
        shared_secret="hush",
        base_url="https://a.test",
        product_type="confluence",
        event_type="installed",
    )

    assert "hush" not in repr(payload)
    assert payload.to_wire()["sharedSecret"] == "hush"


def test_every_message_is_documented_and_immutable():
    models = [
        model
        for _, model in inspect.getmembers(wire, inspect.isclass)
        if issubclass(model, wire.WireModel)
    ]

    assert len(models) > 30
    for model in models:
        assert model.__doc__, model
        assert model.model_config["frozen"], model
        assert model.model_config["populate_by_name"], model
