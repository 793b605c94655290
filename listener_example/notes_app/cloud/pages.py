"""What people see: how many notes each page has, and the notes of a page.

Anybody who reaches this example sees every note of every site. A real app shows a page's notes to
those who may see the page: it takes site and account from the Connect token of each request. It
would not have `/api/notes` at all; that is here for tests.
"""

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, Response, abort, jsonify, render_template, request, send_file
from flask.typing import ResponseReturnValue

from notes_app.cloud.database import Database
from notes_app.cloud.files import FileStore
from notes_app.cloud.notes import has_attachment, list_notes, list_pages
from notes_app.cloud.rules import CloudNote

# Nothing a note holds can run or load anything, even if escaping failed.
_HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


def make_pages(database: Database, files: FileStore) -> Blueprint:
    """Return the pages over the notes in `database`."""
    pages = Blueprint("pages", __name__)

    @pages.after_request
    def add_headers(response: Response) -> Response:
        response.headers.update(_HEADERS)
        return response

    @pages.get("/")
    def show_pages() -> ResponseReturnValue:
        with database.reading() as connection:
            return render_template("pages.html", pages=list_pages(connection))

    @pages.get("/pages/<page_id>")
    def show_notes(page_id: str) -> ResponseReturnValue:
        # Two sites may well have a page of the same number.
        site_url = request.args.get("site")
        with database.reading() as connection:
            sites_and_notes = list_notes(connection, page_id=page_id, site_url=site_url)
        return render_template("notes.html", page_id=page_id, sites_and_notes=sites_and_notes)

    @pages.get("/files/<digest>/<file_name>")
    def download_file(digest: str, file_name: str) -> ResponseReturnValue:
        with database.reading() as connection:
            if not has_attachment(connection, digest, file_name):
                abort(404)
        if not files.path(digest).is_file():
            abort(404, "This file has not arrived yet.")
        # Always as a download: a file that opens in the page could act in the reader's name.
        return send_file(files.path(digest), "application/octet-stream", True, file_name)

    @pages.get("/api/notes")
    def give_notes() -> ResponseReturnValue:
        with database.reading() as connection:
            return jsonify([_as_json(*site_and_note) for site_and_note in list_notes(connection)])

    return pages


def _as_json(site_url: str, note: CloudNote) -> dict[str, Any]:
    return {
        "id": note.id,
        "siteUrl": site_url,
        "pageId": note.page_id,
        "accountId": note.account_id,
        "pseudonym": note.pseudonym,
        "text": note.text,
        "createdAt": note.created_at.isoformat(),
        "attachments": [attachment.to_fields() for attachment in note.attachments],
    }
