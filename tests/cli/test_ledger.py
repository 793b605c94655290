"""`portway ledger`: verifying from outside, against a platform that answers what it likes."""

import json

import orjson
import pytest
from click.testing import CliRunner
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from portway_cli.ledger_checks import check_ledger, check_proof
from portway_cli.main import portway
from portway_scopes.ledger import LedgerFaultError
from portway_service.wsgi_transport import StreamingWSGITransport
from support.ledger import PRIVATE_KEY, checkpoint_of, given, refused, withdrawn, written
from support.platform import ADMIN_TOKEN, a_platform

ENTRIES = written([given(), refused(1), withdrawn(), refused(2), given("record-2")])


def a_key_set(private_key=PRIVATE_KEY):
    from jwt.algorithms import OKPAlgorithm

    return orjson.dumps({"keys": [OKPAlgorithm.to_jwk(private_key.public_key(), as_dict=True)]})


def a_record(record_id="record-1", **changes):
    return {
        "recordId": record_id,
        "appKey": "com.example.notes",
        "scopes": ["APP_DATA_UGC"],
        "givenBy": "admin-1",
        "givenAt": "2026-01-05T09:00:00Z",
        "expiresAt": None,
        "withdrawnAt": "2026-01-05T10:00:00Z" if record_id == "record-1" else None,
        "supersededAt": None,
        **changes,
    }


RECORDS = [a_record(), a_record("record-2")]


def checked(entries=ENTRIES, *, note=None, **options):
    return check_ledger(
        entries,
        note or checkpoint_of(ENTRIES),
        **{"key_set": a_key_set(), "consents": RECORDS, **options},
    )


def test_a_whole_ledger_has_no_problems():
    assert checked(earlier_notes={"kept": checkpoint_of(ENTRIES[:2])}).problems == []


def test_entries_cut_off_are_counted():
    assert checked(ENTRIES[:3], consents=None).problems == [
        "the newest checkpoint covers 5 entries: the last 2 were cut off"
    ]


def test_a_ledger_cut_off_together_with_its_checkpoint_is_found_by_one_that_was_kept():
    found = checked(
        ENTRIES[:3],
        note=checkpoint_of(ENTRIES[:3]),
        earlier_notes={"kept.txt": checkpoint_of(ENTRIES)},
        consents=None,
    )

    assert found.problems == ["kept.txt covers 5 entries: the last 2 were cut off"]


def test_a_ledger_written_anew_is_found_by_a_checkpoint_that_was_kept():
    other = written([given(), *(refused(number) for number in range(4))])

    found = checked(
        other,
        note=checkpoint_of(other),
        earlier_notes={"kept.txt": checkpoint_of(ENTRIES)},
        consents=None,
    )

    assert found.problems == ["kept.txt was made over other entries than the first 5 of today"]


def test_entries_beyond_the_checkpoint_are_named():
    found = checked(note=checkpoint_of(ENTRIES[:3]))

    assert found.problems == ["2 entries at the end are covered by no checkpoint"]


@pytest.mark.parametrize(
    ("records", "problem"),
    [
        (RECORDS[:1], "consent record-2 is in the ledger and not among the records"),
        (
            [*RECORDS, a_record("record-3")],
            "consent record-3 is among the records and not in the ledger",
        ),
        (
            [a_record(scopes=["APP_DATA_PII"]), RECORDS[1]],
            "consent record-1: scopes is not what the ledger tells",
        ),
        (
            [a_record(withdrawnAt=None), RECORDS[1]],
            "consent record-1: withdrawnAt is not what the ledger tells",
        ),
    ],
)
def test_consent_records_that_disagree_are_named(records, problem):
    assert checked(consents=records).problems == [problem]


def test_a_checkpoint_of_another_key_is_not_believed():
    other = Ed25519PrivateKey.from_private_bytes(bytes(32))

    with pytest.raises(LedgerFaultError, match="no key of the key set"):
        checked(key_set=a_key_set(other))


@pytest.mark.parametrize("key_set", [b"", b"[]", b'{"keys": [{}]}', b'{"keys": 1}', b"{}"])
def test_a_key_set_that_is_none_helps_nothing(key_set):
    with pytest.raises(LedgerFaultError):
        checked(key_set=key_set)


# The command, against a platform


@pytest.fixture
def cli(monkeypatch):
    """Run `portway ledger …` as admin of a platform."""
    from portway_cli import connections

    with a_platform() as running:
        running.add_site()
        running.add_server()
        running.publish()
        running.agree()
        caller = connections.Connection(running.platform.services.settings.public_url, ADMIN_TOKEN)
        original = connections.Connection.caller

        def in_process(connection, **options):
            transport = StreamingWSGITransport(running.app)
            return original(caller, **{**options, "transport": transport})

        monkeypatch.setattr(connections.Connection, "caller", in_process)
        monkeypatch.setenv("PORTWAY_ADMIN_TOKEN", ADMIN_TOKEN)

        def run(*arguments):
            return CliRunner().invoke(portway, ["ledger", *arguments])

        run.running = running
        yield run


def test_verify_says_that_the_ledger_is_whole(cli):
    found = cli("verify")

    assert found.exit_code == 0, found.output
    assert "whole: 1 entries, 1 consent records rebuilt" in found.output


def test_verify_answers_in_json(cli):
    found = json.loads(cli("verify", "--json").output)

    assert found == {
        "whole": True,
        "entries": 1,
        "kinds": {"consent.given": 1},
        "consents": 1,
        "problems": [],
    }


def test_a_proof_is_printed_and_checks_offline(cli, tmp_path):
    proof, keys = tmp_path / "entry.tlog-proof", tmp_path / "keys.json"
    proof.write_text(cli("proof", "0").output)
    keys.write_bytes(cli.running.call("GET", "/.well-known/jwks.json").data)

    found = cli("check-proof", str(proof), "--keys", str(keys))

    assert found.exit_code == 0, found.output
    assert "consent.given" in found.output
    assert check_proof(proof.read_text(), key_set=keys.read_bytes()).index == 0


def test_a_proof_that_was_changed_shows_nothing(cli, tmp_path):
    proof, keys = tmp_path / "entry.tlog-proof", tmp_path / "keys.json"
    proof.write_text(cli("proof", "0").output.replace("index 0", "index 1"))
    keys.write_bytes(cli.running.call("GET", "/.well-known/jwks.json").data)

    found = cli("check-proof", str(proof), "--keys", str(keys))

    assert found.exit_code == 1
    assert "The proof shows nothing" in found.output


def test_verify_names_what_was_changed_behind_the_ledgers_back(cli, tmp_path):
    from sqlalchemy import text

    kept = tmp_path / "kept.txt"
    kept.write_text(cli("checkpoint").output)
    with cli.running.platform.services.database.write() as connection:
        connection.execute(text("UPDATE ledger_entries SET raw = replace(raw, 'ada', 'eve')"))

    found = cli("verify", "--checkpoint", str(kept))

    assert found.exit_code == 1
    assert "made over other entries than the first 1" in found.output


def test_list_shows_the_newest_entries(cli):
    found = cli("list", "--kind", "consent.given")

    assert found.exit_code == 0, found.output
    assert found.output.startswith("0 2")
    assert "consent.given by ada" in found.output
