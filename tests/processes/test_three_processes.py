"""The main job over the network: platform, cloud app and server app are processes of their own."""

import shutil
import sys
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest

from portway_cli.processes import free_port
from support.processes import (
    ROOT,
    SAMPLES,
    an_environment,
    answers,
    last_json,
    portway,
    running,
    serving,
    wait_until,
)

pytestmark = pytest.mark.processes

EXPORT = SAMPLES / "confluence-8.5.6-space.xml.zip"
APP = "com.example.notes.cloud"


@pytest.fixture
def place(tmp_path):
    """A machine with a served platform and both sides of the example app."""
    environment = an_environment(tmp_path)
    with ExitStack() as stack:
        served = stack.enter_context(serving(tmp_path / "portway", environment))
        yield Place(tmp_path, environment, served, stack)


class Place:
    def __init__(self, folder, environment, served, stack):
        self.folder, self.environment, self.served, self._stack = folder, environment, served, stack
        self.cloud_port = free_port()
        self.manifest = self._write_manifest()

    def _write_manifest(self) -> Path:
        folder = self.folder / "app"
        shutil.copytree(ROOT / "listener_example" / "notes_app", folder)
        manifest = folder / "portway.toml"
        manifest.write_text(manifest.read_text().replace("9010", str(self.cloud_port)))
        return manifest

    def portway(self, *words):
        completed = portway(*words, environment=self.environment)
        assert completed.returncode in {0, 1}, completed.stderr
        return completed

    def start_cloud_app(self):
        base = f"http://127.0.0.1:{self.cloud_port}"
        process = self._stack.enter_context(
            running(
                [
                    *(sys.executable, "-m", "notes_app.cloud", "--port", str(self.cloud_port)),
                    *("--data", str(self.folder / "cloud"), "--base-url", base),
                    *("--install-keys-url", f"{self.served.url}/keys"),
                ],
                log=self.folder / "cloud.log",
                environment=self.environment,
            )
        )
        wait_until(lambda: answers(f"{base}/atlassian-connect.json"), process)
        return base

    def start_server_app(self):
        self.portway("app", "publish", str(self.manifest), "--platform", self.served.url)
        token = self.portway("app", "enrol", APP, "--platform", self.served.url).stdout.strip()
        self._stack.enter_context(
            running(
                [
                    *(sys.executable, "-m", "notes_app.server"),
                    *("--data", str(self.folder / "server"), "--platform", self.served.url),
                    *("--key-file", str(self.folder / "server.key")),
                ],
                log=self.folder / "server.log",
                environment=self.environment | {"PORTWAY_ENROLMENT_TOKEN": token},
            )
        )

    def seed_notes(self, pages, authors):
        self.portway_python(
            "notes_app.seed", "--data", str(self.folder / "server"),
            "--pages", ",".join(pages), "--authors", ",".join(authors), "--notes", "12",
            "--seed", "7",
        )  # fmt: skip

    def portway_python(self, module, *words):
        import subprocess

        subprocess.run(
            [sys.executable, "-m", module, *words],
            env=self.environment, check=True, capture_output=True,
        )  # fmt: skip

    def migrate(self, *more):
        return self.portway(
            "migrate", str(EXPORT), "--platform", self.served.url, "--data",
            str(self.folder / "customer"), "--app", str(self.manifest), "--json", *more,
        )  # fmt: skip


def pages_and_authors():
    from portway_cli.commands.demo import page_and_author_ids

    ids = page_and_author_ids(EXPORT)
    return ids["pages"], ids["authors"]


def test_a_space_and_an_apps_notes_arrive_and_the_same_command_creates_nothing(place):
    place.seed_notes(*pages_and_authors())
    base = place.start_cloud_app()
    place.start_server_app()

    first = last_json(place.migrate())

    assert first["status"] == "FINISHED", first
    assert [app["status"] for app in first["apps"]] == ["SUCCESS"]
    assert first["items"]["created"] > 0
    assert first["proof"] == {"complete": True, "unexplained": 0}
    assert Path(first["report"]).exists()
    notes = httpx.get(f"{base}/api/notes", trust_env=False).json()

    second = last_json(place.migrate())

    assert second["status"] == "FINISHED", second
    assert second["items"]["created"] == 0
    assert httpx.get(f"{base}/api/notes", trust_env=False).json() == notes


def test_without_an_agreement_the_app_is_refused_and_sees_nothing(place):
    place.seed_notes(*pages_and_authors())
    base = place.start_cloud_app()
    place.start_server_app()

    answer = last_json(place.migrate("--no-agree"))

    assert answer["status"] == "INCOMPLETE"
    assert [app["status"] for app in answer["apps"]] == ["NOT_STARTED"]
    assert httpx.get(f"{base}/api/notes", trust_env=False).json() == []
