"""Claims after a migration: everything follows, and later runs leave them."""

import sqlite3
from contextlib import closing

import pytest
from click.testing import CliRunner

from portway_cli.main import portway
from support.exports import ExportBuilder, Ref, page_ref, user_ref
from support.runs import Place


@pytest.fixture
def place(tmp_path):
    return Place(tmp_path / "data")


def command(place, *words, code=0):
    result = CliRunner().invoke(
        portway, [*words, "--data", str(place.path)], catch_exceptions=False
    )
    assert result.exit_code == code, result.output
    return result.output


def an_export(folder, *, ann=True):
    """A site export in which somebody unknown wrote a page and is mentioned in it."""
    builder = ExportBuilder(descriptor={"exportType": "all", "spaceKey": ""})
    builder.space(homePage=page_ref(200))
    if ann:
        builder.person("ann")
    lost = builder.person("lost", email="lost@unknown.example")
    builder.group("staff", lost)
    body = '<p>Ask <ac:link><ri:user ri:userkey="key-lost" /></ac:link></p>'
    author = user_ref("key-lost")
    builder.page("By Lost", object_id=200, creator=author, lastModifier=author, body=body)
    builder.restriction(page_ref(200), "View", users=["key-lost"])
    builder.add("LikeEntity", content=page_ref(200), user=user_ref("key-lost"))
    builder.add("SpacePermission", type="VIEWSPACE", space=Ref("Space", 100),
                userSubject=user_ref("key-lost"))  # fmt: skip
    return builder.write(folder / "export.zip")


def mapped(place):
    return place.get(
        "/admin/v1/mappings", server="server", site="cloud", namespace="identity:user"
    )["items"]


@pytest.mark.parametrize("ann_is_there", [True, False])
def test_a_claim_moves_what_was_written_and_what_apps_look_up(place, tmp_path, ann_is_there):
    export = an_export(tmp_path, ann=ann_is_there)
    place.run(export, trust=("example.com",))
    assert "key-lost" in command(place, "people", "list", "--placeholders")

    command(place, "people", "claim", "key-lost", "--email", "ann@example.com")

    author = place.get("/sites/cloud/wiki/api/v2/pages")["results"][0]["authorId"]
    found = mapped(place)
    assert found["email/ann@example.com"] == author
    assert found["confluence.userkey/key-lost"] == author
    assert ("confluence.userkey/key-ann" in found) == ann_is_there
    if ann_is_there:
        assert found["confluence.userkey/key-ann"] == author


@pytest.mark.parametrize("ann_is_there", [True, False])
def test_a_later_run_leaves_a_claim_and_the_proof_explains_it(place, tmp_path, ann_is_there):
    export = an_export(tmp_path, ann=ann_is_there)
    place.run(export, trust=("example.com",))
    command(place, "people", "claim", "key-lost", "--email", "ann@example.com")
    before = place.rows("SELECT account_id, email, access FROM wiki_people ORDER BY account_id")

    report = place.run(export, trust=())

    assert report.run.status == "FINISHED", report.run.reason
    assert report.proof.complete, report.proof.differences
    explained = {each.source_key: each.explanation for each in report.proof.differences}
    assert "claimed" in explained["user/key-lost"]
    assert place.rows("SELECT account_id, email, access FROM wiki_people ORDER BY account_id") == (
        before
    )


def test_restrictions_and_likes_go_to_the_account(place, tmp_path):
    place.run(an_export(tmp_path), trust=("example.com",))
    [ann] = place.rows("SELECT id FROM wiki_people WHERE email = 'ann@example.com'")

    command(place, "people", "claim", "key-lost", "--email", "ann@example.com")

    subjects = place.rows("SELECT subject_id FROM wiki_restriction_subjects")
    assert subjects == [{"subject_id": ann["id"]}]
    assert place.rows("SELECT person_id FROM wiki_likes") == [{"person_id": ann["id"]}]
    assert place.rows("SELECT * FROM wiki_space_permissions") == []


def test_the_same_claim_again_changes_nothing(place, tmp_path):
    place.run(an_export(tmp_path), trust=("example.com",))
    words = ("people", "claim", "key-lost", "--email", "ann@example.com")

    first, again = command(place, *words), command(place, *words)

    assert first == again
    with closing(sqlite3.connect(place.path / "assistant" / "ledger.db")) as ledger:
        assert ledger.execute("SELECT source_key, email, joined FROM claims").fetchall() == [
            ("user/key-lost", "ann@example.com", 1)
        ]


@pytest.mark.parametrize("with_rights", [True, False])
def test_groups_are_given_over_only_when_asked(place, tmp_path, with_rights):
    export = an_export(tmp_path)
    place.run(export, trust=("example.com",))
    asked = ("--with-rights",) if with_rights else ()

    command(place, "people", "claim", "key-lost", "--email", "ann@example.com", *asked)

    count = "SELECT count(*) AS n FROM wiki_memberships"
    assert place.rows(count) == [{"n": int(with_rights)}]
    report = place.run(export, trust=())
    assert (report.run.status, report.proof.complete) == ("FINISHED", True)
    assert place.rows(count) == [{"n": int(with_rights)}]


def test_many_are_claimed_from_the_list_they_were_shown_in(place, tmp_path):
    place.run(an_export(tmp_path), trust=("example.com",))
    table = tmp_path / "placeholders.csv"
    shown = command(place, "people", "list", "--placeholders", "--csv")
    rows = [
        line.removesuffix(",,") + ",ben@example.com,Ben Bow" if "key-lost" in line else line
        for line in shown.splitlines()
    ]
    table.write_text("\n".join(rows))

    command(place, "people", "claim", "--csv", str(table))

    [ben] = place.rows("SELECT display_name, access FROM wiki_people WHERE email LIKE 'ben@%'")
    assert ben == {"display_name": "Ben Bow", "access": 0}


def test_nobody_is_claimed_where_nothing_was_moved(place):
    result = CliRunner().invoke(
        portway,
        ["people", "claim", "x", "--email", "a@example.com", "--data", str(place.path)],
    )

    assert getattr(result.exception, "code", None) == "no_run_yet"
