"""Serves the OpenAPI documents. This feature comes last: it tells of all others' endpoints."""

import flask
import orjson

from portway_platform.openapi.documents import documents
from portway_platform.services import Interfaces, Services
from portway_service.endpoints import JSON, Call, Open
from portway_service.error_codes import NOT_FOUND
from portway_service.errors import Refusal


def endpoints(services: Services, interfaces: Interfaces) -> None:
    """Add the endpoints of this feature."""
    made: dict[str, bytes] = {}

    @interfaces.public.endpoint(
        "GET", "/openapi/<name>.json", access=Open("documentation"), answers={200: dict}
    )
    def get_document(call: Call) -> flask.Response:
        if not made:
            # Made when first asked for: a platform is ready sooner without.
            made.update({name: orjson.dumps(each) for name, each in documents(interfaces).items()})
        if call.path["name"] not in made:
            raise Refusal(NOT_FOUND)
        return flask.Response(made[call.path["name"]], mimetype=JSON)
