"""schemathesis reads the documents and calls every operation with all sorts of input.

No answer may be a fault of ours, have a status the document does not know, or a body outside its
schema. The input is the same in every run.
"""

from dataclasses import dataclass
from typing import Any
from wsgiref.types import WSGIApplication

import hypothesis
import pytest
import schemathesis
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from portway_sdk.tokens import sign_gateway_token
from support.app_side import ServerSide
from support.forge import ForgeMove, a_forge_move
from support.manifests import APP_KEY, SERVER_APP_KEY
from support.platform import ADMIN_TOKEN, Running
from support.vendor import VendorApp, sign_as_app

EXAMPLES = 12
CHECKS = (
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
)


@dataclass
class Signing:
    """Signs each request as whoever calls, in front of the platform."""

    app: WSGIApplication
    sign: Any

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Any:
        """Sign, then pass on."""
        query = environ.get("QUERY_STRING", "")
        raw = environ.get("RAW_URI") or environ.get("REQUEST_URI") or environ["PATH_INFO"]
        target = raw.partition("?")[0] + (f"?{query}" if query else "")
        if not environ["PATH_INFO"].startswith("/openapi/"):
            environ["HTTP_AUTHORIZATION"] = self.sign(environ["REQUEST_METHOD"], target)
        return self.app(environ, start_response)


@dataclass
class Scene:
    """A platform with something of everything, and who may call it."""

    move: ForgeMove
    vendor: VendorApp
    forge_transfer: str
    connect_transfer: str
    key: str
    known: dict[str, list[str]]

    @property
    def running(self) -> Running:
        """The platform."""
        return self.move.running

    def signer(self, name: str) -> Any:
        """Return what signs for an interface."""
        if name == "admin":
            return lambda method, target: f"Bearer {ADMIN_TOKEN}"
        if name == "forge":
            token = self.move.app.fresh_token()
            return lambda method, target: f"Bearer {token}"
        now = self.running.clock.now
        if name == "connect":
            return lambda method, target: sign_as_app(
                self.vendor.secret, method, target, now=now(), context_path="/sites/acme/wiki"
            )["Authorization"]
        server: ServerSide = self.move.server
        return lambda method, target: (
            "Bearer "
            + sign_gateway_token(
                private_key=server.key,
                server_app_key=SERVER_APP_KEY,
                listener_id=server.listener_id,
                method=method,
                url=target,
                now=now(),
            )
        )


@pytest.fixture
def scene(running):
    move = a_forge_move(running)
    vendor = running.install()
    forge_transfer = move.start()
    work = move.server.take_work()
    key = move.upload(forge_transfer, label="notes-1")
    move.server.call(
        "PUT",
        "listeners/self",
        json={
            "serverAppKey": SERVER_APP_KEY,
            "cloudAppKey": APP_KEY,
            "version": "1.0.0",
            "dataAccessScopes": ["APP_DATA_UGC"],
        },
    )
    other = running.begin_migration(core="FINISHED")["migrationId"]
    connect_transfer = running.admin(
        "POST", f"migrations/{other}/transfers", json={"appKey": APP_KEY}
    ).json["transferId"]
    upload = move.server.put(connect_transfer, b"more")
    move.work()
    event = move.app.uploads()[0]["messageId"]
    known = {
        "siteKey": ["acme"],
        "serverKey": ["acme-dc"],
        "appKey": [APP_KEY],
        "version": ["1.0.0"],
        "environment": ["development", "PRODUCTION"],
        "migrationId": [move.migration_id, other],
        "transferId": [forge_transfer, connect_transfer],
        "key": [key, upload.json["key"]],
        "s3Key": [key, upload.json["key"]],
        "workId": [work["workId"]],
        "recordId": [move.consent["recordId"]],
        "messageId": [event],
        "index": ["0"],
    }
    return Scene(move, vendor, forge_transfer, connect_transfer, key, known)


@pytest.mark.parametrize("name", ["admin", "gateway", "connect", "forge"])
def test_whatever_is_sent_the_answer_is_documented(scene, name):
    app = Signing(scene.running.app.wsgi_app, scene.signer(name))
    schema = schemathesis.openapi.from_wsgi(f"/openapi/{name}.json", app)
    operations = [found.ok() for found in schema.get_all_operations() if isinstance(found, Ok)]
    assert len(operations) > 5

    for operation in operations:
        _probe(scene, operation, app)


def _probe(scene, operation, app):
    @hypothesis.settings(
        max_examples=EXAMPLES,
        derandomize=True,
        database=None,
        deadline=None,
        suppress_health_check=list(hypothesis.HealthCheck),
        phases=[hypothesis.Phase.explicit, hypothesis.Phase.generate],
    )
    @hypothesis.given(case=operation.as_strategy(), choice=st.integers(0, 3))
    def run(case, choice):
        for name, known in scene.known.items():
            # Three times of four what a path names is there.
            if name in (case.path_parameters or {}) and choice:
                case.path_parameters[name] = known[choice % len(known)]
        if "siteKey" in (case.path_parameters or {}) and "atlassian-connect" in operation.path:
            case.path_parameters["siteKey"] = "acme"
        if operation.path == "/gateway/v1/work":
            case.query = {"waitSeconds": 0}
        case.call_and_validate(checks=CHECKS)

    run()
