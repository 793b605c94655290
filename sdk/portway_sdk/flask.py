"""A `CloudApp` in a Flask application. Needs Flask, which portway_sdk itself does not."""

import flask

from portway_sdk._cloud_app import BODY_LIMIT_BYTES, CloudApp
from portway_sdk._forge_remote import ForgeRemote
from portway_sdk._requests import Request


def blueprint(app: CloudApp, *, name: str = "portway") -> flask.Blueprint:
    """Return the paths of `app`, to register under the path of its base URL, if that has one."""
    routes = flask.Blueprint(name, __name__)

    def answer() -> flask.Response:
        response = app.handle(_to_request(flask.request))
        return flask.Response(response.body, response.status, dict(response.headers))

    for path in app.paths:
        endpoint = path.strip("/").replace("/", "-").replace(".", "-")
        routes.add_url_rule(path, endpoint, answer, methods=_METHODS)
    return routes


def forge_blueprint(
    remote: ForgeRemote, path: str, *, name: str = "portway_forge"
) -> flask.Blueprint:
    """Return the path at which a Forge app's remote takes its events."""
    routes = flask.Blueprint(name, __name__)

    def answer() -> flask.Response:
        response = remote.handle(_to_request(flask.request))
        return flask.Response(response.body, response.status, dict(response.headers))

    routes.add_url_rule(path, "events", answer, methods=_METHODS)
    return routes


_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
"""All of them: the app itself says which one a path takes."""


def _to_request(request: flask.Request) -> Request:
    # Every path is plain ASCII, so decoding has changed nothing the token's hash covers.
    return Request(
        method=request.method,
        path=request.script_root + request.path,
        query=request.query_string.decode("ascii", "replace"),
        headers=dict(request.headers),
        # One byte more than allowed is enough to see that there is too much.
        body=request.stream.read(BODY_LIMIT_BYTES + 1),
    )
