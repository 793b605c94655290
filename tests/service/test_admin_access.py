"""Who may act as an admin."""

from datetime import timedelta

import flask
import pytest

from portway_service.admin_access import COOKIE, AdminAccess
from portway_service.clock import ManualClock
from portway_service.errors import Refusal


def admit(access: AdminAccess, *, cookie: str | None = None, method: str = "GET", **headers: str):
    app = flask.Flask("test")
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    if cookie is not None:
        sent["Cookie"] = f"{COOKIE}={cookie}"
    with app.test_request_context("/", method=method, headers=sent):
        return access.admit(flask.request)


def an_access(clock: ManualClock | None = None) -> AdminAccess:
    return AdminAccess("right", clock or ManualClock())


def test_the_token_admits():
    assert admit(an_access(), Authorization="Bearer right").name == "admin"


@pytest.mark.parametrize("credentials", ["", "Bearer wrong", "Basic right", "right", "Bearer "])
def test_nothing_else_does(credentials):
    with pytest.raises(Refusal):
        admit(an_access(), Authorization=credentials)


def test_a_session_ends_after_twelve_hours():
    clock = ManualClock()
    access = an_access(clock)
    cookie = access.session_cookie()

    assert admit(access, cookie=cookie).by_cookie
    clock.advance(timedelta(hours=12))
    with pytest.raises(Refusal):
        admit(access, cookie=cookie)


@pytest.mark.parametrize("change", [lambda c: "9" + c, lambda c: c[:-1] + "x", lambda c: "."])
def test_a_changed_cookie_is_no_session(change):
    access = an_access()
    with pytest.raises(Refusal):
        admit(access, cookie=change(access.session_cookie()))


def test_a_form_of_another_site_cannot_use_the_session():
    access = an_access()
    cookie = access.session_cookie()

    with pytest.raises(Refusal):
        admit(access, cookie=cookie, method="POST", Sec_Fetch_Site="cross-site")
    with pytest.raises(Refusal):
        admit(access, cookie=cookie, method="POST")
    assert admit(access, cookie=cookie, method="POST", Sec_Fetch_Site="same-origin")
    assert admit(access, cookie=cookie, method="POST", Origin="http://localhost")


def test_the_token_is_not_shown():
    assert "right" not in repr(an_access())
