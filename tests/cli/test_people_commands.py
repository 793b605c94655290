"""`portway people preview` and `portway domains`, as an admin types them."""

import csv
import io
import json

import pytest
from click.testing import CliRunner

from portway_cli.main import portway
from support.exports import ExportBuilder, Ref, user_ref


@pytest.fixture
def export(tmp_path):
    """Two who share an address, one without any, one of a domain nobody knows."""
    builder = ExportBuilder(descriptor={"exportType": "all", "spaceKey": ""})
    builder.space()
    ann = builder.person("ann", email="shared@example.com")
    ben = builder.person("ben", email="shared@example.com", active=False)
    builder.person("eve", email="nonsense")
    builder.person("sue", email="sue@stranger.example")
    builder.group("staff", ann, ben)
    builder.group("chiefs", ann)
    for name in ("VIEWSPACE", "EDITSPACE"):
        builder.add("SpacePermission", type=name, space=Ref("Space", 100),
                    userSubject=user_ref("key-ann"))  # fmt: skip
    builder.add("SpacePermission", type="VIEWSPACE", space=Ref("Space", 100),
                userSubject=user_ref("key-ben"))  # fmt: skip
    return builder.write(tmp_path / "export.zip")


@pytest.fixture
def portway_here(tmp_path):
    def run(*words, code=0):
        result = CliRunner().invoke(
            portway, [*map(str, words), "--data", str(tmp_path / "data")], catch_exceptions=False
        )
        assert result.exit_code == code, result.output
        return result.output

    return run


def test_a_merge_is_shown_with_what_each_holds_and_what_is_left(portway_here, export):
    portway_here("domains", "trust", "example.com")
    found = json.loads(
        portway_here("people", "preview", export, "--duplicate-emails", "merge", "--json")
    )

    [merge] = found["merges"]
    ann, ben = merge["before"]
    assert (ann["groups"], ann["permissions"]) == (
        ["chiefs", "staff"], ["DEMO:EDITSPACE", "DEMO:VIEWSPACE"],
    )  # fmt: skip
    assert (ben["groups"], ben["active"]) == (["staff"], False)
    assert merge["after"] == {
        "key": "key-ann", "name": "Ann", "active": False, "groups": ["staff"],
        "permissions": ["DEMO:VIEWSPACE"],
    }  # fmt: skip


def test_each_bad_address_is_shown_with_what_its_holder_arrives_as(portway_here, export):
    portway_here("domains", "trust", "example.com")
    output = portway_here("people", "preview", export)

    assert "email_malformed  Eve (key-eve): nonsense, arrives as a placeholder" in output
    assert "email_shared     Ben (key-ben): shared@example.com, arrives as a placeholder" in output
    assert "stranger.example (1)" in output


def test_the_csv_can_be_edited_and_handed_in(portway_here, export, tmp_path):
    portway_here("domains", "trust", "example.com")
    output = portway_here("people", "preview", export, "--csv")
    rows = {row["user key"]: row for row in csv.DictReader(io.StringIO(output))}
    assert list(rows["key-ann"]) == [
        "user key", "user name", "error type", "old e-mail", "new e-mail", "tombstone",
    ]  # fmt: skip
    assert [rows[f"key-{name}"]["error type"] for name in ("ann", "ben", "eve", "sue")] == [
        "DUP", "DUP", "INV", "",
    ]  # fmt: skip

    rows["key-eve"] |= {"new e-mail": "eve@example.com", "tombstone": "false"}
    rows["key-ann"] |= {"new e-mail": "", "tombstone": "true"}
    people = tmp_path / "people.csv"
    with people.open("w", newline="") as file:
        writer = csv.DictWriter(file, list(rows["key-ann"]))
        writer.writeheader()
        writer.writerows(rows.values())

    again = portway_here("people", "preview", export, "--people", people, "--csv")
    after = {row["user key"]: row for row in csv.DictReader(io.StringIO(again))}
    assert after["key-eve"]["new e-mail"] == "eve@example.com"
    assert (after["key-ann"]["new e-mail"], after["key-ann"]["tombstone"]) == ("", "true")


def test_domains_are_listed_with_people_and_decisions(portway_here, export):
    found = json.loads(portway_here("domains", "list", export, "--json", code=1))
    assert found["domains"] == [
        {"domain": "example.com", "people": 1, "decision": None},
        {"domain": "stranger.example", "people": 1, "decision": None},
    ]

    portway_here("domains", "trust", "Example.com", "stranger.example")
    assert "TRUSTED" in portway_here("domains", "list", export)

    portway_here("domains", "distrust", "stranger.example")
    assert "NOT_TRUSTED" in portway_here("domains", "list", export, code=1)

    assert "stranger.example" in portway_here("domains", "reset", "stranger.example")
    assert "undecided" in portway_here("domains", "list", export, code=1)


def test_decisions_go_out_and_come_in_as_csv(portway_here, export, tmp_path):
    table = tmp_path / "domains.csv"
    portway_here("domains", "export", export, "-o", table)
    assert table.read_text().splitlines()[0] == "domain,people,decision"
    table.write_text("domain,people,decision\nexample.com,1,trusted\nstranger.example,1,\n")

    assert "TRUSTED: example.com" in portway_here("domains", "import", table)

    found = json.loads(portway_here("domains", "list", "--json"))["domains"]
    assert [(row["domain"], row["decision"]) for row in found] == [("example.com", "TRUSTED")]


@pytest.mark.parametrize("text", ["domain\nx.example\n", "domain,decision\nx.example,maybe\n"])
def test_a_table_that_decides_nothing_is_refused_whole(portway_here, tmp_path, text):
    table = tmp_path / "domains.csv"
    table.write_text(text)

    portway_here("domains", "import", table, code=2)


def test_an_address_is_no_domain(portway_here):
    assert "write it like example.com" in portway_here(
        "domains", "trust", "ann@example.com", code=2
    )
