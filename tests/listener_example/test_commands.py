"""Both sides as a vendor starts them."""

import base64
import json
import os
import signal
import socket
import subprocess
import sys
import time

import httpx
import pytest

from notes_app.cloud.__main__ import main as run_cloud
from notes_app.server.__main__ import main as run_server
from notes_app.server.notes import NoteStore

KEYS = "http://127.0.0.1:8484/keys"
LINE = {
    "id": "n1",
    "pageId": "98361",
    "authorKey": "ada",
    "text": "Looks good.",
    "createdAt": "2026-01-05T09:30:00+00:00",
    "attachments": [
        {
            "fileName": "plan.txt",
            "mediaType": "text/plain",
            "base64": base64.b64encode(b"plan").decode(),
        }
    ],
}


def test_the_server_side_says_which_setting_is_missing(tmp_path, capsys):
    assert run_server(["--data", str(tmp_path)], {}) == 2
    assert "PORTWAY_PLATFORM_URL" in capsys.readouterr().err


def test_the_server_side_needs_a_token_the_first_time(tmp_path, capsys):
    assert run_server(["--data", str(tmp_path), "--platform", "http://127.0.0.1:9"], {}) == 2
    assert "PORTWAY_ENROLMENT_TOKEN" in capsys.readouterr().err


def test_the_cloud_side_says_which_setting_is_missing(tmp_path, capsys):
    assert run_cloud(["--data", str(tmp_path)], {}) == 2
    assert "PORTWAY_INSTALL_KEYS_URL" in capsys.readouterr().err


def test_the_server_side_takes_in_notes_from_a_file(tmp_path):
    file = tmp_path / "notes.jsonl"
    file.write_text(json.dumps(LINE) + "\n" + json.dumps(LINE | {"id": "n2", "attachments": []}))

    run_server(["--data", str(tmp_path), "--notes", str(file)], {})

    with NoteStore(tmp_path / "notes.db").snapshot() as snapshot:
        notes = list(snapshot.notes())
        assert [note.id for note in notes] == ["n1", "n2"]
        assert b"".join(snapshot.read_file(notes[0].attachments[0].sha256)) == b"plan"


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("{", "line 2"),
        ("[]", "line 2"),
        (json.dumps(LINE | {"text": 1}), "line 2: text is not a text"),
        (json.dumps(LINE | {"attachments": [{"fileName": "a"}]}), "line 2"),
    ],
)
def test_a_wrong_line_is_named_and_nothing_is_taken_in(tmp_path, capsys, line, complaint):
    file = tmp_path / "notes.jsonl"
    file.write_text(json.dumps(LINE) + "\n" + line)

    assert run_server(["--data", str(tmp_path), "--notes", str(file)], {}) == 2
    assert f"notes.jsonl, {complaint}" in capsys.readouterr().err
    with NoteStore(tmp_path / "notes.db").snapshot() as snapshot:
        assert list(snapshot.notes()) == []


@pytest.mark.processes
def test_the_cloud_side_starts_and_ends_promptly(tmp_path):
    port = _free_port()
    command = [
        sys.executable,
        "-m",
        "notes_app.cloud",
        "--data",
        str(tmp_path),
        "--port",
        str(port),
    ]
    environ = os.environ | {
        "PYTHONPATH": os.pathsep.join(sys.path),
        "PORTWAY_INSTALL_KEYS_URL": KEYS,
    }
    with subprocess.Popen(command, env=environ) as process:
        descriptor = _await_descriptor(port, process)
        process.send_signal(signal.SIGTERM)
        started_at = time.monotonic()
        code = process.wait(10)

    assert descriptor["baseUrl"] == f"http://127.0.0.1:{port}"
    assert code == 0
    assert time.monotonic() - started_at < 5


def _free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _await_descriptor(port, process):
    for _ in range(200):
        assert process.poll() is None
        try:
            return httpx.get(
                f"http://127.0.0.1:{port}/atlassian-connect.json", trust_env=False
            ).json()
        except httpx.TransportError:
            time.sleep(0.05)
    pytest.fail("the cloud side did not answer within 10 s")
