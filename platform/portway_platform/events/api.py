"""Events, their deliveries, endpoints and keys: over the admin API, and for the apps themselves."""

from sqlalchemy import Connection

from portway_platform import error_codes
from portway_platform.admission import AdminMay, AppItself
from portway_platform.events import health, log, service, webhook_keys
from portway_platform.events.messages import (
    DeliveriesPage,
    DeliveriesQuery,
    EndpointOutput,
    EventOutput,
    LoggedDelivery,
    PublicKeysOutput,
    ReplayInput,
    ReplayOutput,
    WebhookKeysOutput,
)
from portway_platform.events.webhook_keys import WebhookKey
from portway_platform.installations.service import get_installation_id
from portway_platform.services import Interfaces, Services
from portway_platform.transfers.service import get_transfer_row
from portway_service.endpoints import Call
from portway_service.errors import Refusal

SEE = AdminMay("see events and deliveries")
SEND = AdminMay("send events again")
OF_APP = "/sites/<site_key>/installations/<app_key>"


def endpoints(services: Services, interfaces: Interfaces) -> None:
    """Add the endpoints of this feature."""
    _add_log(services, interfaces)
    _add_endpoints(services, interfaces)
    _add_keys(services, interfaces)


def _add_log(services: Services, interfaces: Interfaces) -> None:
    admin = interfaces.admin

    @admin.endpoint("GET", "/transfers/<transfer_id>/events", access=SEE)
    def list_events(call: Call) -> list[EventOutput]:
        with services.database.read() as connection:
            transfer_id = call.path["transfer_id"]
            get_transfer_row(connection, transfer_id)
            return service.list_events(connection, transfer_id)

    @admin.endpoint("GET", "/deliveries", access=SEE, query=DeliveriesQuery)
    def list_deliveries(call: Call) -> DeliveriesPage:
        with services.database.read() as connection:
            return log.list_deliveries(connection, call.query)

    @admin.endpoint("GET", "/deliveries/<delivery_id>", access=SEE)
    def get_delivery(call: Call) -> LoggedDelivery:
        with services.database.read() as connection:
            return log.get_delivery(connection, call.path["delivery_id"])

    @admin.endpoint("POST", "/deliveries/<delivery_id>/resend", access=SEND, status=202)
    def resend(call: Call) -> LoggedDelivery:
        with services.database.write() as connection:
            return log.resend(connection, services, call.path["delivery_id"])

    @admin.endpoint("POST", f"{OF_APP}/replay", access=SEND, body=ReplayInput, status=202)
    def replay(call: Call) -> ReplayOutput:
        count = log.replay(
            services,
            _installation_id(services, call),
            call.body.since,
            only_undelivered=call.body.only_undelivered,
        )
        return ReplayOutput(deliveries=count)


def _add_endpoints(services: Services, interfaces: Interfaces) -> None:
    admin = interfaces.admin

    @admin.endpoint("GET", f"{OF_APP}/endpoints", access=SEE)
    def list_endpoints(call: Call) -> list[EndpointOutput]:
        installation_id = _installation_id(services, call)
        with services.database.read() as connection:
            return _endpoints(connection, installation_id)

    @admin.endpoint("POST", f"{OF_APP}/endpoints/<endpoint_id>/enabling", access=SEND)
    def switch_on(call: Call) -> list[EndpointOutput]:
        installation_id = _installation_id(services, call)
        with services.database.write() as connection:
            if not health.switch_on(connection, installation_id, call.path["endpoint_id"]):
                raise Refusal(error_codes.ENDPOINT_UNKNOWN, endpoint_id=call.path["endpoint_id"])
            return _endpoints(connection, installation_id)


def _add_keys(services: Services, interfaces: Interfaces) -> None:
    @interfaces.admin.endpoint("GET", f"{OF_APP}/webhook-keys", access=SEE)
    def list_public_keys(call: Call) -> PublicKeysOutput:
        installation_id = _installation_id(services, call)
        keys = webhook_keys.get_keys(services, [installation_id])[installation_id]
        return PublicKeysOutput(public_keys=[key.public_text for key in keys])

    @interfaces.admin.endpoint("POST", f"{OF_APP}/webhook-keys/rotation", access=SEND)
    def rotate_for_app(call: Call) -> PublicKeysOutput:
        keys = webhook_keys.rotate(services, _installation_id(services, call))
        return PublicKeysOutput(public_keys=[key.public_text for key in keys])

    @interfaces.connect.endpoint(
        "GET", "/webhook/keys", access=AppItself("read what its events are signed with")
    )
    def get_keys(call: Call) -> WebhookKeysOutput:
        installation_id = call.admitted.caller.installation_id
        return _shown(webhook_keys.get_keys(services, [installation_id])[installation_id])

    @interfaces.connect.endpoint(
        "POST", "/webhook/keys/rotation", access=AppItself("have its events signed with new keys")
    )
    def rotate(call: Call) -> WebhookKeysOutput:
        return _shown(webhook_keys.rotate(services, call.admitted.caller.installation_id))


def _shown(keys: tuple[WebhookKey, ...]) -> WebhookKeysOutput:
    return WebhookKeysOutput(
        secrets=[key.secret_text for key in keys],
        public_keys=[key.public_text for key in keys],
    )


def _installation_id(services: Services, call: Call) -> str:
    with services.database.read() as connection:
        return get_installation_id(connection, call.path["site_key"], call.path["app_key"])


def _endpoints(connection: Connection, installation_id: str) -> list[EndpointOutput]:
    return [
        EndpointOutput(
            endpoint_id=row["lane"],
            url=row["url"],
            failing_since=row["failing_since"],
            switched_off_at=row["disabled_at"],
        )
        for row in health.list_endpoints(connection, installation_id)
    ]
