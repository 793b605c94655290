"""Builders for tests of the cloud site: a site to call, and the items that fill it."""

import hashlib
import json
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import flask
from flask.testing import FlaskClient
from sqlalchemy import event

from portway_cloud_site import AppCaller, CloudSiteSettings, Limits, create_app, schema
from portway_service.admin_access import AdminAccess
from portway_service.clock import ManualClock
from portway_service.database import Database, open_database, sqlite_url
from portway_service.error_codes import UNAUTHENTICATED
from portway_service.errors import Refusal
from portway_service.ids import SeededIds
from support.databases import Template, close_at_end, database_url

TOKEN = "admin-token-of-the-tests"
PUBLIC_URL = "https://portway.example"
SOURCE = "server-1"
WRITTEN = "2024-04-22T13:35:21.700Z"
LATER = "2024-05-02T08:00:00.000Z"


class KnownApps:
    """Stands in for the platform: `JWT <site>/<app>` is an app installed on that site."""

    writers = frozenset({"writer-app"})
    moving = frozenset({"moving-app"})

    def authenticate(self, request: flask.Request, site_key: str) -> AppCaller:
        """Admit an app of this site."""
        token = request.headers.get("Authorization", "").partition(" ")[2]
        token = token or request.args.get("jwt", "")
        site, _, app_key = token.partition("/")
        if site != site_key or not app_key:
            raise Refusal(UNAUTHENTICATED, problem="the app is not installed on this site")
        return AppCaller(
            app_key,
            site_key,
            app_key.title(),
            may_write=app_key in self.writers,
            in_migration=app_key in self.moving,
        )


@dataclass
class Site:
    """One site as an admin's program meets it."""

    app: flask.Flask
    client: FlaskClient
    key: str
    clock: ManualClock
    files: Path

    def call(
        self, method: str, path: str, *, headers: Mapping[str, str] | None = None, **more: Any
    ):
        """Call an address below the site's base; as the admin, unless `headers` say otherwise."""
        if headers is None:
            headers = {"Authorization": f"Bearer {TOKEN}"}
        return self.client.open(
            f"/sites/{self.key}/wiki{path}", method=method, headers=headers, **more
        )

    def get(self, path: str, **more: Any) -> Any:
        """Return the JSON of an answer that must be 200."""
        response = self.call("GET", path, **more)
        assert response.status_code == 200, response.get_data(as_text=True)
        return response.get_json()

    def product(self, path: str, **more: Any) -> Any:
        """Return the JSON of a 200 answer of the product REST."""
        return self.get(f"/api/v2{path}", **more)

    def page_html(self, path: str = "") -> str:
        """Return the HTML of a page that must be 200."""
        response = self.call("GET", path)
        assert response.status_code == 200, response.get_data(as_text=True)
        assert response.mimetype == "text/html"
        return response.get_data(as_text=True)

    def send(self, *items: Mapping[str, Any], source: str = SOURCE) -> list[dict[str, Any]]:
        """Send items in one batch and return their results."""
        body = b"\n".join(json.dumps(item, ensure_ascii=False).encode() for item in items)
        response = self.call("POST", f"/portway/v1/sources/{source}/items", data=body)
        assert response.status_code == 200, response.get_data(as_text=True)
        return response.get_json()["results"]

    def must_send(self, *items: Mapping[str, Any], source: str = SOURCE) -> list[str]:
        """Send items none of which may fail, and return their ids."""
        results = self.send(*items, source=source)
        assert [r for r in results if r["outcome"] in {"failed", "skipped"}] == []
        return [result["id"] for result in results]

    def send_file(self, source_key: str, content: bytes, *, source: str = SOURCE) -> Any:
        """Send the bytes of an attachment."""
        return self.call(
            "PUT",
            f"/portway/v1/sources/{source}/files",
            query_string={"sourceKey": source_key},
            data=content,
        )

    def inventory(self, source: str = SOURCE) -> dict[str, dict[str, Any]]:
        """Return the inventory by source key; its last line must be there."""
        response = self.call("GET", f"/portway/v1/sources/{source}/inventory")
        assert response.status_code == 200
        *lines, end = [json.loads(line) for line in response.get_data().splitlines()]
        assert end == {"end": True, "items": len(lines)}
        return {line["sourceKey"]: line for line in lines}


def a_site(folder: Path, *, key: str = "acme", name: str = "Acme", **limits: int) -> Site:
    """Return a site of its own database and files folder, made and empty."""
    clock = ManualClock()
    app = create_app(
        CloudSiteSettings(
            database=_open_database(folder / "site.db"),
            files_folder=folder / "files",
            public_url=PUBLIC_URL,
            admin=AdminAccess(TOKEN, clock),
            app_authenticator=KnownApps(),
            clock=clock,
            ids=SeededIds(7),
            limits=Limits(**limits),
        )
    )
    site = Site(app, app.test_client(use_cookies=False), key, clock, folder / "files")
    make_site(site, name)
    return site


def _open_database(file: Path) -> Database:
    """Open an empty database that does not wait for the disk: no test here cuts the power."""
    url = database_url(file, _TEMPLATE)
    database = open_database(url)
    if not database.is_sqlite:
        return close_at_end(database)
    file.write_bytes(_empty_database())

    @event.listens_for(database.engine, "connect")
    def hurry(connection: Any, _record: Any) -> None:
        connection.execute("PRAGMA synchronous=OFF")

    return database


_TEMPLATE = Template(schema.upgrade)


@cache
def _empty_database() -> bytes:
    """Return the bytes of a database with the newest schema: making one for each test is slow."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "empty.db"
        database = open_database(sqlite_url(path))
        schema.upgrade(database)
        with database.engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        database.close()
        return path.read_bytes()


def make_site(site: Site, name: str = "Acme") -> None:
    """Make the site, as the assistant does before a run."""
    response = site.call("PUT", "/portway/v1/site", json={"name": name})
    assert response.status_code == 201, response.get_data(as_text=True)


def beside(site: Site, key: str, name: str = "Beside") -> Site:
    """Return another site of the same app."""
    other = Site(site.app, site.client, key, site.clock, site.files)
    make_site(other, name)
    return other


def edit_page(
    site: Site, page_id: str, body: str = "<p>Ours</p>", title: str | None = None
) -> None:
    """Write a page's next version, as somebody at the site does."""
    page = site.product(f"/pages/{page_id}")
    answer = site.call(
        "PUT",
        f"/api/v2/pages/{page_id}",
        json={
            "id": page_id,
            "status": "current",
            "title": title or page["title"],
            "body": {"representation": "storage", "value": body},
            "version": {"number": page["version"]["number"] + 1},
        },
    )
    assert answer.status_code == 200, answer.get_data(as_text=True)


def a_user(key: str = "ada", **fields: Any) -> dict[str, Any]:
    """Return a user item."""
    return {
        "kind": "user",
        "sourceKey": f"user/{key}",
        "email": f"{key}@example.com",
        "displayName": key.title(),
        "active": True,
        "access": True,
        "placeholder": False,
    } | fields


def a_group(name: str = "writers", **fields: Any) -> dict[str, Any]:
    """Return a group item."""
    return {
        "kind": "group",
        "sourceKey": f"group/{name.lower()}",
        "name": name,
        "description": None,
        "merge": False,
    } | fields


def a_membership(group: str = "writers", user: str = "ada") -> dict[str, Any]:
    """Return a membership item."""
    return {
        "kind": "membership",
        "sourceKey": f"membership/{group}/{user}",
        "group": f"group/{group}",
        "user": f"user/{user}",
    }


def a_space(key: str = "DEMO", number: int = 100, **fields: Any) -> dict[str, Any]:
    """Return a space item."""
    return {
        "kind": "space",
        "sourceKey": f"space/{number}",
        "key": key,
        "name": f"{key} space",
        "description": "A space",
        "type": "global",
        "status": "current",
        "author": "user/ada",
        "createdAt": WRITTEN,
    } | fields


def a_page(number: int = 200, **fields: Any) -> dict[str, Any]:
    """Return a page item."""
    return {
        "kind": "page",
        "sourceKey": f"page/{number}",
        "space": "space/100",
        "parent": None,
        "home": False,
        "title": f"Page {number}",
        "status": "current",
        "restricted": False,
        "body": f"<p>Body of {number}</p>",
        "representation": "storage",
        "position": None,
        "author": "user/ada",
        "createdAt": WRITTEN,
        "lastAuthor": "user/ada",
        "updatedAt": LATER,
        "version": 3,
        "versionMessage": None,
    } | fields


def a_blog_post(number: int = 300, **fields: Any) -> dict[str, Any]:
    """Return a blog post item."""
    page = a_page(number, kind="blogPost", sourceKey=f"blogPost/{number}", title=f"Post {number}")
    for name in ("parent", "home", "position"):
        del page[name]
    return page | fields


def a_comment(number: int = 400, **fields: Any) -> dict[str, Any]:
    """Return a comment item."""
    return {
        "kind": "comment",
        "sourceKey": f"comment/{number}",
        "container": "page/200",
        "parent": None,
        "body": f"<p>Comment {number}</p>",
        "representation": "storage",
        "author": "user/ada",
        "createdAt": WRITTEN,
        "lastAuthor": "user/ada",
        "updatedAt": WRITTEN,
        "version": 1,
        "inline": None,
    } | fields


def an_anchor(**fields: Any) -> dict[str, Any]:
    """Return what ties a comment to a selection of the text."""
    return {
        "markerRef": "ref-1",
        "selection": "these words",
        "resolved": False,
        "resolvedBy": None,
        "resolvedAt": None,
    } | fields


def an_attachment(number: int = 500, content: bytes = b"hello", **fields: Any) -> dict[str, Any]:
    """Return an attachment item for these bytes."""
    return {
        "kind": "attachment",
        "sourceKey": f"attachment/{number}",
        "container": "page/200",
        "title": f"file-{number}.txt",
        "mediaType": "text/plain",
        "comment": None,
        "sizeBytes": len(content),
        "sha256": hashlib.sha256(content).hexdigest(),
        "author": "user/ada",
        "createdAt": WRITTEN,
        "version": 1,
    } | fields


def a_version(number: int = 700, **fields: Any) -> dict[str, Any]:
    """Return an item of an older version of a page."""
    return {
        "kind": "version",
        "sourceKey": f"version/{number}",
        "of": "page/200",
        "title": f"Page 200 as of {number}",
        "body": f"<p>Before {number}</p>",
        "representation": "storage",
        "author": "user/ada",
        "createdAt": WRITTEN,
        "version": 1,
        "versionMessage": None,
    } | fields


def an_attachment_version(
    number: int = 800, content: bytes = b"hell", **fields: Any
) -> dict[str, Any]:
    """Return an item of an older version of a file, for these bytes."""
    attachment = an_attachment(number, content)
    del attachment["container"]
    return (
        attachment
        | {
            "kind": "attachmentVersion",
            "sourceKey": f"attachmentVersion/{number}",
            "of": "attachment/500",
        }
        | fields
    )


def a_restriction(
    *users: str, on: str = "page/200", to: str = "read", **fields: Any
) -> dict[str, Any]:
    """Return an item that closes a page to all but these people."""
    return {
        "kind": "restriction",
        "sourceKey": f"restriction/{on}/{to}",
        "container": on,
        "operation": to,
        "users": [f"user/{user}" for user in users],
        "groups": [],
    } | fields


def a_permission(
    subject: str = "user/ada", to: str = "read space", **fields: Any
) -> dict[str, Any]:
    """Return an item that lets somebody do something in the space."""
    operation, target = to.split()
    return {
        "kind": "spacePermission",
        "sourceKey": f"spacePermission/100/{subject}/{operation}:{target}",
        "space": "space/100",
        "subject": subject,
        "operation": operation,
        "target": target,
    } | fields


def a_property(name: str = "color", on: str = "page/200", **fields: Any) -> dict[str, Any]:
    """Return an item of a named value."""
    return {
        "kind": "property",
        "sourceKey": f"property/{on}/{name}",
        "container": on,
        "name": name,
        "text": "blue",
        "number": None,
        "instant": None,
    } | fields


def a_template(number: int = 900, **fields: Any) -> dict[str, Any]:
    """Return an item of a page template."""
    return {
        "kind": "template",
        "sourceKey": f"template/{number}",
        "space": "space/100",
        "name": f"Template {number}",
        "description": None,
        "body": "<p>Fill me in</p>",
        "representation": "storage",
        "author": "user/ada",
        "createdAt": WRITTEN,
        "version": 1,
    } | fields


def a_like(user: str = "ada", on: str = "page/200", **fields: Any) -> dict[str, Any]:
    """Return an item of a like."""
    return {
        "kind": "like",
        "sourceKey": f"like/{on}/{user}",
        "container": on,
        "user": f"user/{user}",
        "createdAt": WRITTEN,
    } | fields


def a_watch(user: str = "ada", on: str = "page/200", **fields: Any) -> dict[str, Any]:
    """Return an item of a watch."""
    return {
        "kind": "watch",
        "sourceKey": f"watch/{on}/{user}",
        "container": on,
        "user": f"user/{user}",
        "type": None,
    } | fields


def a_label(number: int = 600, **fields: Any) -> dict[str, Any]:
    """Return a label item."""
    return {
        "kind": "label",
        "sourceKey": f"label/{number}",
        "container": "page/200",
        "name": f"label-{number}",
        "prefix": "global",
    } | fields


def frames(files: Iterable[tuple[str, bytes]]) -> bytes:
    """Return the body of a request to the multi-file door."""
    return b"".join(
        json.dumps({"sourceKey": key, "sizeBytes": len(content)}).encode() + b"\n" + content
        for key, content in files
    )


def a_filled_site(folder: Path, **limits: int) -> Site:
    """Return a site that holds one of everything."""
    site = a_site(folder, **limits)
    site.must_send(
        a_user(),
        a_space(),
        a_page(200, home=True, title="Home"),
        a_page(201, parent="page/200"),
        a_blog_post(),
        a_comment(),
        an_attachment(),
        a_label(),
        a_version(),
        an_attachment_version(),
        a_template(),
        a_property(),
        a_restriction("ada", to="update"),
        a_like(),
        a_watch(),
        a_permission(),
    )
    assert site.send_file("attachment/500", b"hello").status_code == 201
    assert site.send_file("attachmentVersion/800", b"hell").status_code == 201
    return site
