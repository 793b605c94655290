"""The addresses of the pages, and the guard in front of them."""

import hashlib
from collections.abc import Callable
from dataclasses import replace
from functools import wraps
from pathlib import Path
from typing import Any

import flask
from jinja2 import StrictUndefined

from portway_cloud_site.access import SiteAccess
from portway_cloud_site.content.rules import find_tiny_id
from portway_cloud_site.content.tables import ARCHIVED, BLOG_POST, CURRENT, PAGE
from portway_cloud_site.pages.contexts import Frame, Link, RefusedPage
from portway_cloud_site.pages.people import PeopleReader
from portway_cloud_site.pages.service import PageReader
from portway_cloud_site.services import Services
from portway_service.endpoints import Open, states_access
from portway_service.errors import Refusal

_SVG = "image/svg+xml"
_STATIC = Path(__file__).parent / "static"
_CONTENT_SECURITY_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_HEADINGS = {401: "Please sign in", 404: "Nothing is here", 400: "That address is not right"}
_NOT_SIGNED_IN = "Only signed-in admins can look at migrated content."
_LOOK_AGAIN = "The address may be mistyped, or what it names may be gone from this site."
_SIGN_IN = (
    "Open the address that `portway serve` printed when it started: it signs this browser in. "
    "Then come back to this page."
)

View = Callable[..., flask.Response]


def add_pages(app: flask.Flask, services: Services) -> None:
    """Add the pages, their style sheet and the default picture to the app."""
    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    pages = _Pages(services)
    wiki = "/sites/<site_key>/wiki"
    for rule, view in (
        ("/sites/", pages.show_sites),
        (wiki, pages.show_spaces),
        (f"{wiki}/spaces", pages.show_spaces),
        (f"{wiki}/spaces/<space_key>", pages.show_space),
        (f"{wiki}/spaces/<space_key>/pages", pages.show_all_pages),
        (f"{wiki}/spaces/<space_key>/pages/<content_id>", pages.show_page),
        (f"{wiki}/spaces/<space_key>/pages/<content_id>/<path:slug>", pages.show_page),
        (f"{wiki}/spaces/<space_key>/blog", pages.show_all_posts),
        (f"{wiki}/spaces/<space_key>/archived/pages", pages.show_archived_pages),
        (f"{wiki}/spaces/<space_key>/archived/blog", pages.show_archived_posts),
        (f"{wiki}/spaces/<space_key>/blog/<content_id>", pages.show_post),
        (f"{wiki}/spaces/<space_key>/blog/<content_id>/<path:slug>", pages.show_post),
        (f"{wiki}/people", pages.show_people),
        (f"{wiki}/groups", pages.show_groups),
        (f"{wiki}/groups/<group_id>", pages.show_group),
        (f"{wiki}/x/<code>", pages.follow_tiny_link),
    ):
        app.add_url_rule(
            rule,
            endpoint=f"pages.{rule}",
            view_func=pages.guard(view),
            provide_automatic_options=False,
            strict_slashes=False,
        )
    for name, media_type in (("site.css", "text/css"), ("person.svg", _SVG), ("mark.svg", _SVG)):
        app.add_url_rule(
            f"/sites/-/{name}",
            endpoint=f"static.{name}",
            view_func=_static_file(_STATIC / name, media_type),
            provide_automatic_options=False,
        )


class _Pages:
    def __init__(self, services: Services) -> None:
        self._services = services
        digest = hashlib.sha256((_STATIC / "site.css").read_bytes()).hexdigest()[:12]
        static = f"{services.addresses.prefix}/sites/-"
        self._bare = Frame("", f"{static}/site.css?v={digest}", f"{static}/mark.svg")

    def guard(self, view: View) -> View:
        """Let admins in; show a refusal as a page; tell browsers to run and load nothing else."""

        @states_access(SiteAccess.ADMIN)
        @wraps(view)
        def guarded(**path: str) -> flask.Response:
            try:
                self._services.gatekeeper.admin.admit(flask.request)
                response = view(**path)
            except Refusal as refusal:
                response = self._show_refusal(refusal)
            response.headers["Content-Security-Policy"] = _CONTENT_SECURITY_POLICY
            response.headers["Referrer-Policy"] = "same-origin"
            response.headers["Cross-Origin-Opener-Policy"] = "same-origin"
            response.headers["Cache-Control"] = "private, no-cache"
            return response

        return guarded

    def show_sites(self) -> flask.Response:
        """The list of sites."""
        return self._show("sites.html", PageReader.sites)

    def show_spaces(self, site_key: str) -> flask.Response:
        """The list of a site's spaces."""
        return self._show("spaces.html", lambda reader: reader.spaces(site_key))

    def show_space(self, site_key: str, space_key: str) -> flask.Response:
        """A space."""
        return self._show("space.html", lambda reader: reader.space(site_key, space_key))

    def show_all_pages(self, site_key: str, space_key: str) -> flask.Response:
        """All pages of a space, some at a time."""
        return self._show_contents(site_key, space_key, PAGE)

    def show_all_posts(self, site_key: str, space_key: str) -> flask.Response:
        """All blog posts of a space, some at a time."""
        return self._show_contents(site_key, space_key, BLOG_POST)

    def show_archived_pages(self, site_key: str, space_key: str) -> flask.Response:
        """The archived pages of a space, some at a time."""
        return self._show_contents(site_key, space_key, PAGE, status=ARCHIVED)

    def show_archived_posts(self, site_key: str, space_key: str) -> flask.Response:
        """The archived blog posts of a space, some at a time."""
        return self._show_contents(site_key, space_key, BLOG_POST, status=ARCHIVED)

    def show_page(
        self, site_key: str, space_key: str, content_id: str, slug: str = ""
    ) -> flask.Response:
        """A page."""
        return self._show_content(site_key, space_key, PAGE, content_id)

    def show_post(
        self, site_key: str, space_key: str, content_id: str, slug: str = ""
    ) -> flask.Response:
        """A blog post."""
        return self._show_content(site_key, space_key, BLOG_POST, content_id)

    def show_people(self, site_key: str) -> flask.Response:
        """The accounts of a site, some at a time."""
        return self._show_people(
            "people.html", lambda reader, after: reader.people(site_key, after)
        )

    def show_groups(self, site_key: str) -> flask.Response:
        """The groups of a site, some at a time."""
        return self._show_people(
            "groups.html", lambda reader, after: reader.groups(site_key, after)
        )

    def show_group(self, site_key: str, group_id: str) -> flask.Response:
        """A group and its members."""
        return self._show_people(
            "group.html", lambda reader, after: reader.group(site_key, group_id, after)
        )

    def follow_tiny_link(self, site_key: str, code: str) -> flask.Response:
        """Lead from a short link to what it stands for."""
        with self._services.database.read() as connection:
            reader = PageReader(self._services, connection, self._bare)
            address = reader.find_address(site_key, find_tiny_id(code))
        response = flask.Response(status=302)
        response.headers["Location"] = address
        return response

    def _show_contents(
        self, site_key: str, space_key: str, kind: str, *, status: str = CURRENT
    ) -> flask.Response:
        after = flask.request.args.get("after")
        return self._show(
            "contents.html",
            lambda reader: reader.contents(site_key, space_key, kind, after, status=status),
        )

    def _show_content(
        self, site_key: str, space_key: str, kind: str, content_id: str
    ) -> flask.Response:
        version = flask.request.args.get("version")
        return self._show(
            "content.html",
            lambda reader: reader.content(site_key, space_key, kind, content_id, version),
        )

    def _show_people(
        self, template: str, read: Callable[[PeopleReader, str | None], Any]
    ) -> flask.Response:
        after = flask.request.args.get("after")
        with self._services.database.read() as connection:
            page = read(PeopleReader(self._services, connection, self._bare), after)
        return flask.Response(flask.render_template(template, page=page), mimetype="text/html")

    def _show(self, template: str, read: Callable[[PageReader], Any]) -> flask.Response:
        with self._services.database.read() as connection:
            page = read(PageReader(self._services, connection, self._bare))
        return flask.Response(flask.render_template(template, page=page), mimetype="text/html")

    def _show_refusal(self, refusal: Refusal) -> flask.Response:
        status = refusal.error.status
        sign_in = status == 401
        heading = _HEADINGS.get(status, "That did not work")
        all_sites = Link(f"{self._services.addresses.prefix}/sites/", "All sites")
        page = RefusedPage(
            frame=replace(self._bare, title=heading),
            status=status,
            heading=heading,
            message=_NOT_SIGNED_IN if sign_in else refusal.message,
            fix=_SIGN_IN if sign_in else _LOOK_AGAIN,
            back=None if sign_in else all_sites,
            request_id=flask.g.get("request_id", ""),
        )
        html = flask.render_template("refused.html", page=page)
        return flask.Response(html, status, dict(refusal.headers), mimetype="text/html")


def _static_file(path: Path, media_type: str) -> View:
    content = path.read_bytes()
    digest = hashlib.sha256(content).hexdigest()

    @states_access(Open("holds nothing of anybody"))
    def serve() -> flask.Response:
        response = flask.Response(content, mimetype=media_type)
        response.headers["Cache-Control"] = "public, max-age=86400"
        response.set_etag(digest)
        response.make_conditional(flask.request)
        return response

    return serve
