"""The signed report: whole or not, and whose."""

import json
import shutil

import jwt
import pytest
from click.testing import CliRunner

from portway_assistant.proof.bundle import SIGNATURE, sign_bundle, verify_bundle
from portway_assistant.proof.keys import open_proof_key
from portway_cli.main import portway
from portway_service.clock import ManualClock
from support.exports import ExportBuilder, page_ref
from support.runs import Place

NOON = ManualClock().now()


def an_export() -> ExportBuilder:
    builder = ExportBuilder()
    builder.space(homePage=page_ref(200))
    builder.page("Start", object_id=200)
    builder.attachment("plan.txt", page_ref(200), object_id=400, data=b"the plan")
    return builder


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """A folder with a finished migration and its signed report."""
    folder = tmp_path_factory.mktemp("bundle")
    place = Place(folder / "data")
    report = place.run(an_export().write(folder / "export.zip"))
    return place.path / "assistant", report


@pytest.fixture
def bundle(finished, tmp_path):
    """A copy of its bundle, to damage, and the assistant's public keys."""
    assistant, report = finished
    shutil.copytree(assistant / "reports" / report.run.run_id, tmp_path / "bundle")
    keys = tmp_path / "keys.json"
    keys.write_text(json.dumps(open_proof_key(assistant / "keys").key_set))
    return tmp_path / "bundle", keys


def verify(folder, keys=None, exits=0):
    words = ["proof", "verify", str(folder), "--json", *(["--keys", str(keys)] if keys else [])]
    result = CliRunner().invoke(portway, words, catch_exceptions=False)
    assert result.exit_code == exits, result.output
    answer = json.loads(result.output)
    return answer, [f"{fault['problem']}: {fault['what']}" for fault in answer["faults"]]


def test_a_runs_report_and_proof_are_signed_and_verify_offline(bundle, finished):
    folder, keys = bundle

    answer, faults = verify(folder, keys)

    assert faults == []
    assert (answer["genuine"], answer["complete"], answer["withOwnKeys"]) == (True, True, False)
    assert answer["runId"] == finished[1].run.run_id
    names = {path.name for path in folder.iterdir()}
    assert names == {
        "report.json", "report.html", "report.txt", "proof.ndjson", "proof.jws", "keys.json",
        "links.csv", "links.ndjson", "broken-links.csv", "broken-links.ndjson",
    }  # fmt: skip


def test_the_proof_has_a_line_for_every_item_with_both_digests(bundle, finished):
    folder, _ = bundle

    lines = [json.loads(line) for line in (folder / "proof.ndjson").read_text().splitlines()]

    assert len(lines) == sum(finished[1].proof.expected.values())
    assert all(line["expected"] == line["found"] for line in lines)
    assert {line["verdict"] for line in lines} == {"same"}


def test_any_changed_byte_is_named(bundle):
    folder, keys = bundle
    for path in sorted(folder.iterdir()):
        if path.name == SIGNATURE:
            continue
        content = path.read_bytes()
        for place in {0, len(content) // 2, len(content) - 1} if content else ():
            path.write_bytes(content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :])
            assert verify(folder, keys, exits=1)[1] == [f"changed: {path.name}"]
        path.write_bytes(content)
    assert verify(folder, keys)[1] == []


def test_any_changed_character_of_the_signature_is_noticed(bundle):
    folder, keys = bundle
    token = (folder / SIGNATURE).read_text().strip()
    for place in range(0, len(token) - 1, 7):
        other = "A" if token[place] != "A" else "B"
        (folder / SIGNATURE).write_text(token[:place] + other + token[place + 1 :])
        assert not verify_bundle(folder, keys.read_bytes()).is_genuine, place


def test_a_file_that_is_gone_added_or_renamed_is_named(bundle):
    folder, keys = bundle
    (folder / "report.txt").unlink()
    (folder / "more.txt").write_text("more")
    (folder / "report.html").rename(folder / "other.html")

    assert verify(folder, keys, exits=1)[1] == [
        "renamed: report.html is called other.html",
        "missing: report.txt",
        "added: more.txt",
    ]


def test_a_link_in_place_of_a_file_is_a_change(bundle, tmp_path):
    folder, keys = bundle
    shutil.move(folder / "report.txt", tmp_path / "elsewhere.txt")
    (folder / "report.txt").symlink_to(tmp_path / "elsewhere.txt")

    assert verify(folder, keys, exits=1)[1] == ["changed: report.txt"]


def test_a_bundle_signed_anew_by_somebody_else_is_theirs(bundle, tmp_path):
    folder, keys = bundle
    (folder / "report.txt").write_text("Everything moved.")
    sign_bundle(
        folder, open_proof_key(tmp_path / "theirs"), {"complete": True, "runId": "1",
        "status": "FINISHED"}, signed_at=NOON,
    )  # fmt: skip

    answer, faults = verify(folder, keys, exits=1)
    alone, _ = verify(folder)

    assert faults == [f"key: {answer['keyId']} is not in the key set"]
    assert (alone["genuine"], alone["withOwnKeys"]) == (True, True)


def test_a_signature_that_says_none_or_uses_another_algorithm_is_refused(bundle):
    folder, keys = bundle
    token = (folder / SIGNATURE).read_text().strip()
    statement = jwt.decode(token, options={"verify_signature": False})
    header = {"kid": jwt.get_unverified_header(token)["kid"]}
    for algorithm, secret in (("none", None), ("HS256", "s" * 32)):
        forged = jwt.encode(statement, secret, algorithm=algorithm, headers=header)
        (folder / SIGNATURE).write_text(forged)
        assert verify(folder, keys, exits=1)[1][0].startswith("signature:")


def test_the_same_files_at_the_same_time_have_the_same_signature(tmp_path):
    key = open_proof_key(tmp_path / "keys")
    tokens = set()
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "report.txt").write_text("same")
        path = sign_bundle(tmp_path / name, key, {"complete": True}, signed_at=NOON)
        tokens.add(path.read_text())

    assert len(tokens) == 1


def test_a_genuine_bundle_of_an_incomplete_proof_says_so(finished, tmp_path):
    assistant, report = finished
    folder = tmp_path / "bundle"
    shutil.copytree(assistant / "reports" / report.run.run_id, folder)
    key = open_proof_key(assistant / "keys")
    facts = {"complete": False, "runId": "1", "status": "STOPPED"}
    sign_bundle(folder, key, facts, signed_at=NOON)

    answer, _ = verify(folder, exits=4)

    assert (answer["genuine"], answer["complete"]) == (True, False)


@pytest.mark.parametrize("content", [None, "", "three.word.salad", "é"])
def test_a_folder_without_a_readable_signature_is_not_genuine(bundle, content):
    folder, keys = bundle
    (folder / SIGNATURE).unlink()
    if content is not None:
        (folder / SIGNATURE).write_text(content)

    assert not verify(folder, keys, exits=1)[0]["genuine"]


def test_the_key_is_the_owners_alone_and_stays_the_same(finished):
    assistant, _ = finished

    key = open_proof_key(assistant / "keys")

    assert (assistant / "keys" / "proof.pem").stat().st_mode & 0o077 == 0
    assert open_proof_key(assistant / "keys").kid == key.kid
    assert "d" not in key.key_set["keys"][0]
    assert "private" not in repr(key).lower()
