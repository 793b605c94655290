"""The three endpoints only Jira sites have, and the data behind them over the admin API."""

from collections.abc import Mapping
from typing import Any, get_args

import flask

from portway_platform.admission import AdminMay, AppMay
from portway_platform.jira import service
from portway_platform.jira.lines import Kind
from portway_platform.jira.messages import FieldUpdates, Properties, RuleSearch
from portway_platform.messages import Input, Output
from portway_platform.services import Interfaces, Services
from portway_platform.sites.rules import Product
from portway_scopes import Access
from portway_service.endpoints import Call, Media
from portway_service.error_codes import NOT_FOUND
from portway_service.errors import Refusal

NDJSON = "application/x-ndjson"
BODY_BYTES = 8 << 20
MAY_FILL = AppMay(Access.FILL_SITE, transfer_header="Atlassian-Transfer-Id")


class KindQuery(Input):
    """Which kind of data is asked for; all of it without one."""

    kind: Kind | None = None


class DataReceived(Output):
    """How much an upload held."""

    received: int


TRANSFER_HEADER = {
    "Atlassian-Transfer-Id": {"type": "string", "format": "uuid", "required": True},
}


def endpoints(services: Services, interfaces: Interfaces) -> None:
    """Add the endpoints of this feature."""
    _add_for_apps(services, interfaces)
    _add_for_admins(services, interfaces)


def _add_for_apps(services: Services, interfaces: Interfaces) -> None:
    connect = interfaces.connect

    @connect.endpoint(
        "PUT",
        "/field",
        access=MAY_FILL,
        body=FieldUpdates,
        max_body_bytes=BODY_BYTES,
        answers={200: None},
        headers=TRANSFER_HEADER,
    )
    def update_fields(call: Call) -> flask.Response:
        access = _jira(call)
        service.update_fields(
            services, access.site_id, access.transfer_id, access.app_key, call.body
        )
        return flask.Response(status=200)

    @connect.endpoint(
        "PUT",
        "/properties/<entity_type>",
        access=MAY_FILL,
        body=Properties,
        max_body_bytes=BODY_BYTES,
        answers={200: None},
        headers=TRANSFER_HEADER,
    )
    def set_properties(call: Call) -> flask.Response:
        access = _jira(call)
        entity_type = service.get_entity_type(call.path["entity_type"])
        service.set_properties(services, access.site_id, access.transfer_id, entity_type, call.body)
        return flask.Response(status=200)

    @connect.endpoint(
        "POST", "/workflow/rule/search", access=MAY_FILL, body=RuleSearch, headers=TRANSFER_HEADER
    )
    def search_rules(call: Call) -> Mapping[str, Any]:
        access = _jira(call)
        with services.database.read() as connection:
            return service.search_rules(connection, access.site_id, access.app_key, call.body)


def _jira(call: Call) -> Any:
    """Return the transfer that is worked for; on another product's site there is nothing here."""
    if call.admitted.caller.product is not Product.JIRA:
        raise Refusal(NOT_FOUND)
    return call.admitted.transfer


def _add_for_admins(services: Services, interfaces: Interfaces) -> None:
    admin = interfaces.admin
    path = "/sites/<site_key>/jira-data"

    @admin.endpoint("POST", path, access=AdminMay("seed the data of Jira sites"), raw_body=NDJSON)
    def receive(call: Call) -> DataReceived:
        received = service.receive(services, call.path["site_key"], call.request.stream)
        return DataReceived(received=received)

    @admin.endpoint(
        "GET",
        path,
        access=AdminMay("read the data of Jira sites"),
        query=KindQuery,
        answers={200: Media(NDJSON)},
    )
    def walk(call: Call) -> flask.Response:
        site_id = service.get_jira_site_id(services, call.path["site_key"])
        kinds = get_args(Kind) if call.query.kind is None else (call.query.kind,)
        return flask.Response(service.walk(services, site_id, kinds), mimetype=NDJSON)
