"""What people see of the imported notes."""

import html
import re

import pytest

from listener_example.builders import a_file, a_note
from notes_app.cloud.app import make_flask_app
from notes_app.cloud.database import Database
from notes_app.cloud.files import FileStore
from notes_app.cloud.notes import Pair, put_notes
from notes_app.cloud.rules import make_pseudonym, translate
from portway_sdk import CloudAppSettings, MemoryAppStore

SETTINGS = CloudAppSettings(
    app_key="com.example.notes.cloud",
    name="Page notes",
    base_url="http://127.0.0.1:9010",
    install_keys_url="http://127.0.0.1:8484/keys",
    vendor="Example Ltd",
)
ACME = Pair("pair-1", "https://acme.test/sites/acme/wiki")
PAGES = {"100": "9100", "101": "9101"}
ACCOUNTS = {"confluence.userkey/ada": "account-1"}


@pytest.fixture
def keep(tmp_path):
    def keep_notes(*notes, pair=ACME):
        with Database(tmp_path / "notes.db").changing() as connection:
            put_notes(
                connection,
                pair,
                [translate(n, pages=PAGES, accounts=ACCOUNTS, pair_id=pair.id) for n in notes],
            )

    return keep_notes


@pytest.fixture
def browser(tmp_path):
    return make_flask_app(SETTINGS, MemoryAppStore(), tmp_path).test_client()


def test_the_first_page_says_how_many_notes_each_page_has(browser, keep):
    keep(a_note("n1"), a_note("n2"), a_note("n3", page="101"))

    page = browser.get("/")

    assert page.status_code == 200
    assert re.findall(r">(\d+)</a></td>\s*<td class=\"number\">(\d+)<", page.text) == [
        ("9100", "2"),
        ("9101", "1"),
    ]
    assert ACME.site_url in page.text


def test_without_notes_the_first_page_says_so(browser):
    assert "There are no notes yet." in browser.get("/").text


def test_a_page_shows_its_notes_with_author_and_date(browser, keep):
    keep(a_note("n1", text="First."), a_note("n2", text="Elsewhere.", page="101"))

    page = browser.get("/pages/9100").text

    assert "First." in page
    assert "account-1" in page
    assert "05 January 2026, 09:30 UTC" in page
    assert "Elsewhere." not in page


def test_a_page_nobody_left_a_note_on_says_so(browser):
    page = browser.get("/pages/1")

    assert page.status_code == 200
    assert "Nobody has left a note on this page." in page.text


def test_an_author_without_an_account_is_shown_by_pseudonym(browser, keep):
    keep(a_note(author="grace"))

    pseudonym = make_pseudonym("grace", pair_id=ACME.id)
    assert f"Unknown person {pseudonym}" in browser.get("/pages/9100").text


def test_what_people_wrote_is_shown_and_never_run(browser, keep):
    script = "<script>alert(1)</script>"
    keep(a_note(text=script, files=(a_file(name=script + ".html"),)))

    page = browser.get("/pages/9100")

    assert "<script" not in page.text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page.text
    assert page.headers["Content-Security-Policy"] == "default-src 'none'; style-src 'self'"
    assert "<script" not in browser.get("/pages/<script>").text


def test_notes_of_two_sites_stand_apart(browser, keep):
    keep(a_note(text="Ours."))
    keep(a_note(text="Theirs."), pair=Pair("pair-2", "https://other.test/wiki"))

    page = browser.get("/pages/9100").text

    first, second = page.index(ACME.site_url), page.index("https://other.test/wiki")
    assert first < page.index("Ours.") < second < page.index("Theirs.")


def test_the_first_page_leads_to_the_notes_of_one_site(browser, keep):
    keep(a_note(text="Ours."))
    keep(a_note(text="Theirs."), pair=Pair("pair-2", "https://other.test/wiki"))
    links = re.findall(r'href="(/pages/[^"]+)"', browser.get("/").text)

    ours, theirs = (browser.get(html.unescape(link)).text for link in links)

    assert "Ours." in ours
    assert "Theirs." not in ours
    assert "Theirs." in theirs
    assert "Ours." not in theirs


def test_a_file_is_given_as_a_download_under_its_name(browser, keep, tmp_path):
    content = b"<script>alert(1)</script>"
    file = a_file(content, name="täglich.html")
    keep(a_note(files=(file,)))
    FileStore(tmp_path / "files").keep([content])

    answer = browser.get(f"/files/{file.sha256}/täglich.html")

    assert answer.data == content
    assert answer.headers["Content-Type"] == "application/octet-stream"
    assert answer.headers["Content-Disposition"].startswith("attachment;")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    answer.close()


@pytest.mark.parametrize("name", ["plan.txt", "other.txt"])
def test_a_file_that_is_not_here_is_not_found(browser, keep, name):
    file = a_file(b"plan", name="plan.txt")
    keep(a_note(files=(file,)))

    assert browser.get(f"/files/{file.sha256}/{name}").status_code == 404
    assert browser.get(f"/files/..%2Fnotes.db/{name}").status_code == 404


def test_tests_can_read_all_notes_as_json(browser, keep):
    keep(a_note("n1", files=(a_file(b"plan"),)))

    assert browser.get("/api/notes").json == [
        {
            "id": "n1",
            "siteUrl": ACME.site_url,
            "pageId": "9100",
            "accountId": "account-1",
            "pseudonym": None,
            "text": "Good page.",
            "createdAt": "2026-01-05T09:30:00+00:00",
            "attachments": [a_file(b"plan").to_fields()],
        }
    ]


def test_the_descriptor_tells_where_events_go(browser):
    descriptor = browser.get("/atlassian-connect.json").json

    assert descriptor["key"] == "com.example.notes.cloud"
    assert descriptor["baseUrl"] == "http://127.0.0.1:9010"
    assert descriptor["cloudAppMigration"] == {"migrationWebhookPath": "/migration-events"}


def test_an_unsigned_event_is_refused(browser):
    assert browser.post("/migration-events", json={}).status_code == 401
    assert browser.get("/api/notes").json == []


def test_the_style_sheet_is_served_for_light_and_dark(browser):
    with browser.get("/static/notes.css") as answer:
        assert b"light-dark(" in answer.data
