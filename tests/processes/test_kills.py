"""`kill -9` at any moment of a migration: the end is the same as if nothing had happened."""

import random
import sqlite3
import subprocess
import threading
import time
from contextlib import closing
from pathlib import Path

import pytest

from support.large_exports import a_large_export
from support.processes import (
    PORTWAY,
    Served,
    an_environment,
    last_json,
    portway,
    serving,
    wait_until,
)
from support.site_state import site_state

pytestmark = pytest.mark.processes

KILLS = 40


@pytest.fixture(scope="module")
def export(tmp_path_factory):
    """An export large enough to be hit in every phase."""
    path = tmp_path_factory.mktemp("export") / "kill.zip"
    return a_large_export(pages=600).write(path)


def migrate_with(served: Served, export: Path, customer: Path) -> list[str]:
    return [
        *(*PORTWAY, "migrate", str(export), "--platform", served.url),
        *("--data", str(customer), "--json", "--quiet", "--patience", "60"),
    ]


def start(command: list[str], environment: dict[str, str]) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def something_arrived(served: Served) -> bool:
    """Tell whether the first items of a migration are at the site."""
    with closing(sqlite3.connect(f"file:{served.data / 'site.db'}?mode=ro", uri=True)) as site:
        return bool(site.execute("SELECT count(*) FROM wiki_origins").fetchone()[0])


def test_forty_kills_of_a_large_migration_end_as_if_nothing_had_happened(tmp_path):
    """Platform and migration are killed by chance, 40 times in all, wherever they are."""
    export = a_large_export(pages=2000).write(tmp_path / "large.zip")
    environment = an_environment(tmp_path)
    with serving(tmp_path / "undisturbed", environment) as served:
        command = migrate_with(served, export, tmp_path / "customer-1")
        began = time.monotonic()
        undisturbed = last_json(portway(*command[len(PORTWAY) :], environment=environment))
        seconds = time.monotonic() - began
        expected = site_state(served.data)
    assert undisturbed["status"] == "FINISHED", undisturbed

    chance = random.Random(7)
    with serving(tmp_path / "killed", environment) as served:
        command = migrate_with(served, export, tmp_path / "customer-2")
        process = start(command, environment)
        for _ in range(KILLS):
            time.sleep(chance.uniform(0.0, seconds / 10))
            if chance.random() < 0.5:
                served.kill()
                served.start()
            else:
                process.kill()
                process.communicate()
                process = start(command, environment)
        output, errors = process.communicate(timeout=240)
        killed = last_json(subprocess.CompletedProcess([], process.returncode, output, errors))
        found = site_state(served.data)
        again = last_json(portway(*command[len(PORTWAY) :], environment=environment))

    assert killed["status"] == "FINISHED", killed
    assert killed["items"] == undisturbed["items"]
    assert killed["proof"] == {"complete": True, "unexplained": 0}
    assert found == expected
    assert again["items"]["created"] == 0


def test_a_killed_migrate_goes_on_where_it_stopped(export, tmp_path):
    environment = an_environment(tmp_path)
    chance = random.Random(11)
    with serving(tmp_path / "portway", environment) as served:
        command = migrate_with(served, export, tmp_path / "customer")
        ended = False
        while not ended:
            process = subprocess.Popen(
                command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
            )
            timer = threading.Timer(chance.uniform(0.8, 3.0), process.kill)
            timer.start()
            output, errors = process.communicate(timeout=240)
            timer.cancel()
            ended = process.returncode >= 0
        answer = last_json(subprocess.CompletedProcess([], process.returncode, output, errors))
        again = last_json(portway(*command[len(PORTWAY) :], environment=environment))

    assert answer["status"] == "FINISHED", answer
    assert answer["items"]["failed"] == 0
    assert answer["proof"] == {"complete": True, "unexplained": 0}
    assert (again["status"], again["items"]["created"]) == ("FINISHED", 0)


def test_a_migration_whose_platform_stays_away_stops_and_can_go_on(export, tmp_path):
    environment = an_environment(tmp_path)
    with serving(tmp_path / "portway", environment) as served:
        command = migrate_with(served, export, tmp_path / "customer")
        command[command.index("60")] = "1"
        process = subprocess.Popen(
            command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        wait_until(lambda: something_arrived(served))
        served.kill()
        output, errors = process.communicate(timeout=120)
        stopped = last_json(subprocess.CompletedProcess([], process.returncode, output, errors))
        served.start()
        finished = last_json(portway(*command[len(PORTWAY) :], environment=environment))

    assert (stopped["status"], process.returncode) == ("STOPPED", 4)
    assert finished["status"] == "FINISHED", finished


def test_another_process_stops_a_run_and_it_goes_on(export, tmp_path):
    environment = an_environment(tmp_path)
    with serving(tmp_path / "portway", environment) as served:
        command = migrate_with(served, export, tmp_path / "customer")
        process = start(command, environment)
        wait_until(lambda: something_arrived(served))
        # What `portway plan stop` does, without the time a process takes to start.
        folder = tmp_path / "customer" / "assistant"
        with closing(sqlite3.connect(folder / "ledger.db", timeout=30)) as ledger:
            ledger.execute("UPDATE plans SET stop_asked_at = 1")
            ledger.commit()
        output, errors = process.communicate(timeout=120)
        stopped = last_json(subprocess.CompletedProcess([], process.returncode, output, errors))
        late = portway(
            "plan", "stop", "kill.zip", "--data", str(tmp_path / "customer"),
            environment=environment,
        )  # fmt: skip
        finished = last_json(portway(*command[len(PORTWAY) :], environment=environment))

    assert (stopped["status"], process.returncode) == ("STOPPED", 4)
    assert stopped["reason"] == "Somebody asked it to stop."
    assert "plan_not_running" in late.stderr
    assert (finished["status"], finished["runId"]) == ("FINISHED", stopped["runId"])
