"""The public halves of the platform's keys."""

import flask

from portway_platform.services import Interfaces, Services
from portway_service.endpoints import Call, Media, Open
from portway_service.error_codes import NOT_FOUND
from portway_service.errors import Refusal

PEM = "application/x-pem-file"
MAX_AGE = "public, max-age=3600"


def endpoints(services: Services, interfaces: Interfaces) -> None:
    """Add the endpoints of this feature."""

    @interfaces.public.endpoint(
        "GET", "/keys/<kid>", access=Open("public keys"), answers={200: Media(PEM)}
    )
    def get_key(call: Call) -> flask.Response:
        pem = services.keys.find_public_pem(call.path["kid"])
        if pem is None:
            raise Refusal(NOT_FOUND)
        return flask.Response(pem, mimetype=PEM, headers={"Cache-Control": MAX_AGE})

    @interfaces.public.endpoint("GET", "/.well-known/jwks.json", access=Open("public keys"))
    def get_key_set(call: Call) -> dict[str, list[dict[str, str]]]:
        return services.keys.key_set(services.clock.now())
