"""`portway assess`, against a platform in this process."""

import json

import pytest
from click.testing import CliRunner

from portway_cli.connections import Connection
from portway_cli.main import portway
from portway_service.wsgi_transport import StreamingWSGITransport
from support.manifests import SERVER_APP_KEY
from support.platform import ADMIN_TOKEN, a_platform

PLACE = ("--server", "acme-dc", "--site", "acme")


@pytest.fixture
def assess(monkeypatch):
    """Run `portway assess …` as admin of a platform with the notes app published."""
    with a_platform() as running:
        running.add_site()
        running.add_server()
        running.publish()
        original = Connection.caller

        def in_process(connection, **options):
            transport = StreamingWSGITransport(running.app)
            return original(connection, **{**options, "transport": transport})

        monkeypatch.setattr(Connection, "caller", in_process)
        monkeypatch.setenv("PORTWAY_ADMIN_TOKEN", ADMIN_TOKEN)
        yield lambda *arguments: CliRunner().invoke(portway, ["assess", *map(str, arguments)])


@pytest.fixture
def listed(assess, tmp_path):
    """The notes app is installed on the server."""
    file = tmp_path / "apps.json"
    app = {"serverAppKey": SERVER_APP_KEY, "name": "Page notes", "version": "1.4.0"}
    file.write_text(json.dumps([app]))
    answer = assess("installed", file, "--server", "acme-dc")
    assert answer.output == "1 app listed.\n"
    return assess


def test_show_says_what_is_left_to_do(listed):
    answer = listed("show", *PLACE)

    assert answer.exit_code == 1
    assert "Page notes 1.4.0" in answer.output
    assert "Next: Decide what becomes of it." in answer.output
    assert "1 app waits for your decision." in answer.output


def test_a_sheet_is_written_changed_and_imported(listed, tmp_path):
    sheet = tmp_path / "sheet.csv"
    listed("sheet", *PLACE, "-o", sheet)
    sheet.write_text(sheet.read_text().replace("No decision made", "Not needed"))

    imported = listed("import", sheet, *PLACE, "--by", "ada")

    assert imported.exit_code == 0, imported.output
    assert "The assessment is done." in imported.output
    assert listed("show", *PLACE).exit_code == 0


def test_a_file_that_is_no_list_is_refused_with_an_example(assess, tmp_path):
    file = tmp_path / "apps.json"
    file.write_text('{"apps": []}')

    answer = assess("installed", file, "--server", "acme-dc")

    assert answer.exit_code == 1
    assert "com.example.notes" in answer.output
