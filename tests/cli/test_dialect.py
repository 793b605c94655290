"""`portway dialect`: the switches, and those of a site."""

import json

import pytest
from click.testing import CliRunner

from portway_cli import connections
from portway_cli.main import portway
from portway_platform.dialect.rules import SWITCHES
from portway_service.wsgi_transport import StreamingWSGITransport
from support.platform import ADMIN_TOKEN, a_platform


def run(*arguments, code=0):
    result = CliRunner().invoke(portway, ["dialect", *arguments])
    assert result.exit_code == code, result.output
    return result.output


@pytest.fixture
def site(monkeypatch):
    """A platform with a site, and `portway` as its admin."""
    with a_platform() as running:
        running.add_site()
        caller = connections.Connection(running.platform.services.settings.public_url, ADMIN_TOKEN)
        original = connections.Connection.caller

        def in_process(_connection, **options):
            transport = StreamingWSGITransport(running.app)
            return original(caller, **{**options, "transport": transport})

        monkeypatch.setattr(connections.Connection, "caller", in_process)
        monkeypatch.setenv("PORTWAY_ADMIN_TOKEN", ADMIN_TOKEN)
        yield "acme"


def test_every_switch_and_every_value_is_listed_without_a_platform():
    output = run()

    for switch in SWITCHES:
        assert f"{switch.name}:" in output
        assert all(f" {value} " in output for value in switch.choices)
    assert [entry["name"] for entry in json.loads(run("--json"))] == [s.name for s in SWITCHES]


def test_a_site_shows_its_switches(site):
    assert "All are the defaults." in run(site)
    assert json.loads(run(site, "--json"))["changed"] == []


def test_switches_are_set_and_put_back(site):
    output = run(site, "--set", "settled-code=409", "--set", "list-label = absent")

    assert "* settled-code           409" in output
    assert json.loads(run(site, "--json"))["changed"] == ["settled-code", "list-label"]
    assert json.loads(run(site, "--set", "settled-code=default", "--json"))["changed"] == [
        "list-label"
    ]


@pytest.mark.parametrize("words", [("--set", "settled-code=409"), ("acme", "--set", "settled")])
def test_what_makes_no_sense_is_wrong_usage(site, words):
    run(*words, code=2)


def test_a_value_that_is_not_there_changes_nothing(site):
    result = CliRunner().invoke(portway, ["dialect", site, "--set", "settled-code=418"])

    assert result.exit_code != 0
    assert json.loads(run(site, "--json"))["changed"] == []
