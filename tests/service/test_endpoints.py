"""Endpoints: stated access, typed input, one shape of refusal."""

from typing import Annotated

import flask
import pytest
from pydantic import BaseModel, Field

from portway_service.endpoints import (
    Api,
    Open,
    install_error_answers,
    refuse_unstated_access,
    states_access,
)
from portway_service.error_codes import UNAUTHENTICATED
from portway_service.errors import Refusal
from portway_service.ids import SeededIds

ANYBODY = Open("a test")


class Note(BaseModel):
    text: Annotated[str, Field(max_length=10)]
    stars: int = 0


def an_app(api: Api) -> flask.Flask:
    app = flask.Flask("test")
    install_error_answers(app, ids=SeededIds(1))
    api.register(app)
    return app


def an_api(admit=lambda *_: "somebody") -> Api:
    return Api("test", "/v1", admit)


def test_an_endpoint_reads_its_body_and_answers_with_its_value():
    api = an_api()

    @api.endpoint("POST", "/notes", access=ANYBODY, body=Note, status=201)
    def create(call):
        return {"text": call.body.text, "by": call.admitted}

    answer = an_app(api).test_client().post("/v1/notes", json={"text": "hello"})

    assert (answer.status_code, answer.json) == (201, {"text": "hello", "by": "somebody"})
    assert answer.headers["X-Request-Id"]


def test_every_fault_of_a_body_is_named_and_no_value_is_repeated():
    api = an_api()

    @api.endpoint("POST", "/notes", access=ANYBODY, body=Note)
    def create(_call):
        raise AssertionError("never called")

    sent = {"text": "secret" * 10, "stars": "many"}
    answer = an_app(api).test_client().post("/v1/notes", json=sent)

    assert answer.status_code == 400
    assert answer.json["code"] == "invalid_request"
    assert [fault["field"] for fault in answer.json["details"]] == ["text", "stars"]
    assert "secret" not in answer.text
    assert set(answer.json) >= {"code", "message", "cause", "fix", "request_id", "docs"}


def test_a_caller_who_is_not_admitted_has_no_body_read():
    def admit(request, *_):
        raise Refusal(UNAUTHENTICATED, problem="no token")

    api = an_api(admit)

    @api.endpoint("POST", "/notes", access=ANYBODY, body=Note)
    def create(_call):
        raise AssertionError("never called")

    answer = an_app(api).test_client().post("/v1/notes", data=b"not json")

    assert (answer.status_code, answer.json["code"]) == (401, "unauthenticated")


def test_a_body_above_the_limit_is_refused():
    api = an_api()

    @api.endpoint("POST", "/notes", access=ANYBODY, body=Note, max_body_bytes=100)
    def create(_call):
        raise AssertionError("never called")

    answer = an_app(api).test_client().post("/v1/notes", data=b"x" * 101)

    assert (answer.status_code, answer.json["code"]) == (413, "body_too_large")


def test_a_fault_of_our_own_says_nothing_about_itself(caplog):
    api = an_api()

    @api.endpoint("GET", "/notes", access=ANYBODY)
    def show(_call):
        raise ValueError("the password is 1234")

    answer = an_app(api).test_client().get("/v1/notes")

    assert (answer.status_code, answer.json["code"]) == (500, "internal_error")
    assert "1234" not in answer.text


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [("GET", "/nowhere", 404, "not_found"), ("DELETE", "/v1/notes", 405, "method_not_allowed")],
)
def test_wrong_addresses_and_methods_are_refused_in_the_same_shape(method, path, status, code):
    api = an_api()
    api.endpoint("GET", "/notes", access=ANYBODY)(lambda _call: {})

    answer = an_app(api).test_client().open(path, method=method)

    assert (answer.status_code, answer.json["code"]) == (status, code)


def test_an_endpoint_without_a_stated_access_cannot_be_made():
    with pytest.raises(TypeError, match="states no access"):
        an_api().endpoint("GET", "/notes", access=None)


def test_a_route_without_a_stated_access_keeps_the_service_from_starting():
    app = an_app(an_api())
    app.add_url_rule("/page", view_func=lambda: "hello", endpoint="page")

    with pytest.raises(RuntimeError, match="/page"):
        refuse_unstated_access(flask_without_static(app))


def test_a_page_states_its_access_by_a_mark():
    app = flask.Flask("test", static_folder=None)
    app.add_url_rule("/page", view_func=states_access(ANYBODY)(lambda: "hello"), endpoint="page")

    refuse_unstated_access(app)


def flask_without_static(app: flask.Flask) -> flask.Flask:
    app.view_functions.setdefault("static", states_access(ANYBODY)(lambda filename: ""))
    app.view_functions["static"] = states_access(ANYBODY)(lambda filename: "")
    return app
