"""The ledger of a running platform: what it says, who can check it, and what it survives."""

import base64
import threading

import pytest
from sqlalchemy import text, update

from portway_platform.consents.tables import consent_records
from portway_scopes.ledger import (
    Draft,
    EntryKind,
    LedgerFaultError,
    NoteKey,
    open_checkpoint,
    parse_entry,
    parse_proof,
    replay_entries,
    verify_consistency,
    verify_proof,
)
from portway_service.instants import format_instant
from support.ledger import refused
from support.manifests import APP_KEY


def entries(running):
    raw = running.admin("GET", "ledger/entries").data.splitlines()
    return [parse_entry(line) for line in raw]


def told(running, kind):
    return [entry for entry in entries(running) if entry.kind == kind]


def the_key(running, note):
    public = running.platform.services.keys.issuer.private_key.public_key()
    return NoteKey(note.split("\n")[0], public.public_bytes_raw())


def verifies(running):
    public = running.platform.services.keys.issuer.private_key.public_key()

    def verify(signature, message):
        public.verify(signature, message)
        return True

    return verify


def withdraw(running, record, by="bob"):
    path = f"consents/{record['recordId']}/withdrawal"
    assert running.admin("POST", path, json={"withdrawnBy": by}).status_code == 200


# What it says


def test_an_agreement_and_its_end_are_written_down(ready):
    first = ready.agree()
    ready.advance(minutes=1)
    second = ready.agree(scopes=["APP_DATA_UGC"])
    ready.advance(minutes=1)
    withdraw(ready, second)

    given, superseded, given_again, withdrawn = entries(ready)

    assert [given.kind, superseded.kind, given_again.kind, withdrawn.kind] == [
        "consent.given",
        "consent.superseded",
        "consent.given",
        "consent.withdrawn",
    ]
    assert given.facts["record"] == superseded.facts["record"] == first["recordId"]
    assert superseded.facts["by"] == given_again.facts["record"] == second["recordId"]
    assert (given.actor, withdrawn.actor) == ("ada", "bob")
    assert given_again.facts["scopes"] == ["APP_DATA_UGC"]
    assert given_again.facts["refused"] == ["MIGRATION_TRACING_PRODUCT"]


def test_replaying_it_rebuilds_every_consent_record(ready):
    for scopes in (None, ["APP_DATA_UGC"], ["MIGRATION_TRACING_PRODUCT"]):
        last = ready.agree(scopes=scopes)
        ready.advance(hours=1)
    withdraw(ready, last)
    raw = ready.admin("GET", "ledger/entries").data.splitlines()

    rebuilt = replay_entries(raw).consents

    kept = {record["recordId"]: record for record in ready.admin("GET", "consents").json}
    assert rebuilt.keys() == kept.keys()
    for record_id, story in rebuilt.items():
        record = kept[record_id]
        assert list(story.scopes) == record["scopes"]
        assert story.given_by == record["givenBy"]
        for told_as, kept_as in (
            ("given_at", "givenAt"),
            ("withdrawn_at", "withdrawnAt"),
            ("superseded_at", "supersededAt"),
        ):
            assert (getattr(story, told_as) is None) == (record[kept_as] is None)


def test_a_transfer_is_written_down_from_its_start_to_its_end(move, transfer_id):
    move.cloud.report(transfer_id, "SUCCESS")

    [started] = told(move.running, "transfer.started")
    [settled] = told(move.running, "transfer.settled")

    assert started.facts["transfer"] == settled.facts["transfer"] == transfer_id
    assert (started.facts["app"], settled.facts["status"]) == (APP_KEY, "SUCCESS")
    assert settled.actor == "cloud-app"


def test_a_transfer_that_a_withdrawal_ended_says_why(move, transfer_id):
    [record] = move.running.admin("GET", "consents").json
    withdraw(move.running, record)

    [settled] = told(move.running, "transfer.settled")

    assert (settled.facts["status"], settled.facts["reason"]) == (
        "CANCELLED",
        "consent_withdrawn",
    )


def test_what_the_gate_refuses_is_written_down_before_it_is_answered(move, transfer_id):
    answer = move.server.call(
        "GET", f"transfers/{transfer_id}/mappings/page", query={"namespace": "nonsense"}
    )
    assert answer.status_code == 400

    [entry] = told(move.running, "access.refused")

    assert entry.facts["code"] == answer.json["code"] == "namespace_unknown"
    assert entry.facts["namespace"] == "nonsense"
    assert (entry.actor, entry.facts["transfer"]) == (APP_KEY, transfer_id)


def test_an_access_that_is_allowed_is_not(move, transfer_id):
    before = len(entries(move.running))

    assert move.server.put(transfer_id).status_code == 201

    assert len(entries(move.running)) == before


def test_a_change_that_fails_leaves_no_entry(ready):
    card = ready.read_card()["card"]
    answer = ready.admin(
        "POST",
        "consents",
        json={
            "appKey": APP_KEY,
            "serverKey": "acme-dc",
            "siteKey": "acme",
            "appVersion": card["appVersion"],
            "scopes": ["APP_DATA_UGC"],
            "policyDigests": {},
            "noticeDigest": "0" * 64,
            "givenBy": "ada",
            "method": "test",
        },
    )

    assert answer.status_code == 409
    assert entries(ready) == []


# Who can check it


def test_the_newest_checkpoint_covers_everything_and_is_signed(ready):
    ready.agree()
    raw = ready.admin("GET", "ledger/entries").data.splitlines()

    note = ready.admin("GET", "ledger/checkpoint").text

    checkpoint = open_checkpoint(note, the_key(ready, note), verifies(ready))
    assert checkpoint.size == len(raw)
    assert replay_entries(raw, roots_at=[len(raw)]).roots[len(raw)] == checkpoint.root


def test_an_empty_ledger_has_a_checkpoint_too(running):
    note = running.admin("GET", "ledger/checkpoint").text

    assert open_checkpoint(note, the_key(running, note), verifies(running)).size == 0


def test_a_proof_of_an_entry_verifies_offline(ready):
    ready.agree()
    for number in range(30):
        ready.platform.services.ledger.append(refused(number))

    text_of_it = ready.admin("GET", "ledger/proofs/0").text

    proof = parse_proof(text_of_it)
    entry = verify_proof(proof, the_key(ready, proof.note), verifies(ready))
    assert (entry.kind, entry.actor) == ("consent.given", "ada")


@pytest.mark.parametrize("index", ["7", "-1", "x", "9" * 40, "٣"])
def test_there_is_no_proof_of_what_is_not_there(ready, index):
    ready.agree()

    answer = ready.admin("GET", f"ledger/proofs/{index}")

    assert (answer.status_code, answer.json["code"]) == (404, "ledger_entry_unknown")


def test_whoever_kept_a_checkpoint_can_see_that_the_ledger_only_grew(ready):
    ledger = ready.platform.services.ledger
    for number in range(5):
        ledger.append(refused(number))
    old = ready.admin("GET", "ledger/checkpoint").text
    for number in range(9):
        ledger.append(refused(number))

    answer = ready.admin("GET", "ledger/consistency?size=5").json

    key, verify = the_key(ready, old), verifies(ready)
    before, now = (open_checkpoint(note, key, verify) for note in (old, answer["checkpoint"]))
    proof = [base64.b64decode(step) for step in answer["proof"]]
    verify_consistency(before.size, before.root, now.size, now.root, proof)


def test_entries_can_be_searched(ready):
    record = ready.agree()
    ready.platform.services.ledger.append(refused())

    found = ready.admin("GET", f"ledger?record={record['recordId']}").json
    newest = ready.admin("GET", "ledger?limit=1").json
    older = ready.admin("GET", f"ledger?before={newest[0]['index']}").json

    assert [entry["kind"] for entry in found] == ["consent.given"]
    assert [entry["kind"] for entry in newest] == ["access.refused"]
    assert [entry["kind"] for entry in older] == ["consent.given"]


@pytest.mark.parametrize("path", ["ledger", "ledger/entries", "ledger/checkpoint"])
def test_only_admins_read_it(ready, path):
    assert ready.call("GET", f"/admin/v1/{path}").status_code == 401


# Tampering in the database


def with_the_ledger_changed(running, statement, **values):
    with running.platform.services.database.write() as connection:
        connection.execute(text(statement), values)


@pytest.mark.parametrize(
    ("statement", "index"),
    [
        ("UPDATE ledger_entries SET raw = replace(raw, 'ada', 'eve') WHERE \"index\" = 0", 1),
        ('DELETE FROM ledger_entries WHERE "index" = 1', 1),
        (
            """UPDATE ledger_entries SET raw =
            (SELECT raw FROM ledger_entries WHERE "index" = 2) WHERE "index" = 1""",
            1,
        ),
    ],
)
def test_an_edit_behind_its_back_is_found_and_named(ready, statement, index):
    for _ in range(3):
        ready.agree()
    with_the_ledger_changed(ready, statement)
    raw = ready.admin("GET", "ledger/entries").data.splitlines()

    with pytest.raises(LedgerFaultError) as caught:
        replay_entries(raw)
    assert caught.value.index == index


def test_entries_cut_off_at_the_end_are_missed_by_the_checkpoint(ready):
    for _ in range(3):
        ready.agree()
    with_the_ledger_changed(ready, 'DELETE FROM ledger_entries WHERE "index" = 4')
    raw = ready.admin("GET", "ledger/entries").data.splitlines()

    note = ready.admin("GET", "ledger/checkpoint").text

    checkpoint = open_checkpoint(note, the_key(ready, note), verifies(ready))
    assert (len(raw), checkpoint.size) == (4, 5)


def test_a_consent_record_changed_behind_its_back_disagrees_with_the_ledger(ready):
    record = ready.agree(scopes=["APP_DATA_UGC"])
    with ready.platform.services.database.write() as connection:
        connection.execute(update(consent_records).values(scopes=["APP_DATA_PII"]))
    raw = ready.admin("GET", "ledger/entries").data.splitlines()

    story = replay_entries(raw).consents[record["recordId"]]

    assert list(story.scopes) != ready.admin("GET", "consents").json[0]["scopes"]
    assert story.given_at == format_instant(ready.clock.now())


# Many at once


def test_writers_at_once_share_transactions_and_lose_nothing(running):
    ledger = running.platform.services.ledger
    began = threading.Barrier(32)

    def write(number):
        began.wait()
        for turn in range(20):
            ledger.append(refused(number * 100 + turn))

    threads = [threading.Thread(target=write, args=(number,)) for number in range(32)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    raw = list(ledger.raw_entries())
    found = replay_entries(raw)
    assert found.frontier.size == 640
    requests = {parse_entry(line).facts["request"] for line in raw}
    assert len(requests) == 640


def test_an_entry_that_cannot_be_written_fails_for_its_writer_alone(running):
    ledger = running.platform.services.ledger
    huge = Draft(EntryKind.ACCESS_REFUSED, "x" * 20_000)
    failed = []

    def write_huge():
        try:
            ledger.append(huge)
        except ValueError:
            failed.append(True)

    threads = [threading.Thread(target=write_huge) for _ in range(4)]
    threads += [threading.Thread(target=ledger.append, args=(refused(n),)) for n in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(failed) == 4
    assert replay_entries(ledger.raw_entries()).frontier.size == 20


def test_a_database_that_fails_fails_everybody_who_waits_and_nobody_after(running, monkeypatch):
    ledger = running.platform.services.ledger
    database = ledger.database
    monkeypatch.setattr(ledger, "database", None)
    with pytest.raises(AttributeError):
        ledger.append(refused())

    monkeypatch.setattr(ledger, "database", database)
    ledger.append(refused())

    assert replay_entries(ledger.raw_entries()).frontier.size == 1
