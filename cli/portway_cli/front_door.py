"""The first page of a served Portway: sign in, find the sites, find the reports."""

import flask
from jinja2 import PackageLoader

from portway_assistant.runs.ledger import Ledger
from portway_service.admin_access import COOKIE, SESSION_LIFE, AdminAccess
from portway_service.endpoints import (
    Open,
    install_error_answers,
    refuse_unstated_access,
    states_access,
)
from portway_service.errors import Refusal
from portway_service.ids import Ids


def create_front_door(admin: AdminAccess, ledger: Ledger, *, ids: Ids) -> flask.Flask:
    """Return the app behind `/` and `/sign-in`."""
    app = flask.Flask("portway_cli", static_folder=None)
    app.jinja_loader = PackageLoader("portway_cli", "templates")
    install_error_answers(app, ids=ids)

    @app.after_request
    def guard(response: flask.Response) -> flask.Response:
        response.headers["Content-Security-Policy"] = (
            "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'self';"
            " frame-ancestors 'none'"
        )
        # The sign-in address holds the token: it must not travel on as a referrer.
        response.headers["Referrer-Policy"] = "no-referrer"
        response.headers["Cache-Control"] = "no-store"
        return response

    @app.get("/")
    @states_access(Open("it shows nothing to those who are not signed in"))
    def home() -> tuple[str, int]:
        try:
            admin.admit(flask.request)
        except Refusal:
            return flask.render_template("sign_in.html", wrong=False), 401
        runs = ledger.all_runs()
        sites = sorted({run.site_key for run in runs})
        return flask.render_template("home.html", runs=runs[:50], sites=sites), 200

    @app.get("/sign-in")
    @states_access(Open("it asks for the token itself"))
    def sign_in() -> flask.Response:
        if not admin.is_token(flask.request.args.get("token", "")):
            return flask.make_response(flask.render_template("sign_in.html", wrong=True), 401)
        response = flask.redirect("/", 303)
        response = flask.make_response(response)
        response.set_cookie(
            COOKIE,
            admin.session_cookie(),
            max_age=SESSION_LIFE,
            httponly=True,
            samesite="Lax",
            secure=flask.request.is_secure,
        )
        return response

    @app.get("/portway.css")
    @states_access(Open("a style sheet"))
    def style() -> flask.Response:
        return flask.Response(flask.render_template("portway.css"), mimetype="text/css")

    refuse_unstated_access(app)
    return app
