"""Everything that hangs on content arrives, or is named: whole migrations of small exports."""

import sqlite3
from contextlib import closing

import httpx
import pytest

from support.exports import ExportBuilder, Ref, page_ref, user_ref
from support.runs import CutAt, Place

SPACE = Ref("Space", 100)
PAGES = "/sites/cloud/wiki/api/v2/pages"
ACCESS = "/sites/cloud/wiki/portway/v1/access"


@pytest.fixture
def export():
    """An export of one space, whose page 200 is its home, with Ann, Ben and a member group."""
    builder = ExportBuilder()
    builder.space(homePage=page_ref(200))
    for name in ("ann", "ben"):
        builder.user(name)
        builder.account(name)
    builder.page("Start", object_id=200)
    group = builder.add("InternalGroup", object_id=50, name="Devs", lowerName="devs")
    builder.add(
        "HibernateMembership",
        parentGroup=Ref("InternalGroup", group),
        userMember=Ref("InternalUser", 51),
    )
    for name in ("key-ann", "key-ben"):
        builder.add("SpacePermission", type="VIEWSPACE", space=SPACE, userSubject=user_ref(name))
    return builder


@pytest.fixture
def place(tmp_path):
    return Place(tmp_path / "data")


@pytest.fixture
def run(place, export, tmp_path):
    """Migrate the export and return the report, whose proof must be complete."""

    def run(**settings):
        report = place.run(export.write(tmp_path / "export.zip"), **settings)
        assert report.proof.complete, report.proof.differences
        return report

    return run


def ids(place):
    """Return the ids of pages by title, archived ones too."""
    return {page["title"]: page["id"] for page in place.get(PAGES, limit="250")["results"]}


def accounts(place):
    """Return account ids by name."""
    with closing(sqlite3.connect(place.path / "site.db")) as database:
        rows = database.execute("SELECT display_name, account_id FROM wiki_people").fetchall()
    return dict(rows)


def may_view(place, name, title):
    who = accounts(place).get(name, name)
    return place.get(ACCESS, account=who, content=ids(place)[title])["view"]


def reasons(report, what):
    return {group.code: group.count for group in report.not_moved if group.what.startswith(what)}


def test_older_versions_move_with_author_date_and_message(run, place, export):
    export.page(
        "Begin",
        object_id=210,
        originalVersion=page_ref(200),
        version=1,
        versionComment="first",
        lastModifier=user_ref("key-ben"),
        body="<p>Once</p>",
    )

    report = run()

    assert report.counts["version"] == {"created": 1}
    answer = place.get(f"{PAGES}/{ids(place)['Start']}/versions", **{"body-format": "storage"})
    old = answer["results"][-1]
    assert (old["message"], old["page"]["title"]) == ("first", "Begin")
    assert old["authorId"] == accounts(place)["Ben"]
    assert old["page"]["body"]["storage"]["value"] == "<p>Once</p>"


def test_version_numbers_that_repeat_or_lack_are_kept_and_noted(run, place, export):
    export.page("Uneven", object_id=201, version=7)
    for number, version in enumerate((2, 2, 5)):
        export.page(
            f"v{version}",
            originalVersion=page_ref(201),
            version=version,
            lastModificationDate=f"2021-01-0{number + 1} 00:00:00.000",
        )

    report = run()

    assert any("a version number twice" in note for note in report.notes)
    assert any("lack version numbers" in note for note in report.notes)
    assert report.counts["version"] == {"created": 3}


def test_an_older_version_marked_deleted_moves_and_one_of_a_deleted_page_does_not(run, export):
    export.page("Then", originalVersion=page_ref(200), contentStatus="deleted", version=1)
    gone = page_ref(export.page("Gone", contentStatus="deleted"))
    export.page("Gone before", originalVersion=gone, version=1)

    report = run()

    assert report.counts["version"] == {"created": 1}
    assert reasons(report, "page") == {"deleted": 1, "history": 1}
    [trash] = [group for group in report.not_moved if group.code == "deleted"]
    assert trash.examples == ("Gone",)


def test_older_files_move_with_their_bytes_and_those_without_are_named(run, place, export):
    export.attachment("a.txt", page_ref(200), object_id=400, data=b"three", version=3)
    for version, data in ((1, b"one"), (2, None)):
        export.attachment(
            "a.txt",
            page_ref(200),
            data=data,
            version=version,
            folder=400,
            originalVersion=Ref("Attachment", 400),
        )

    report = run()

    assert report.counts["attachmentVersion"] == {"created": 1, "skipped": 1}
    assert reasons(report, "older version of an attachment") == {"file_missing": 1}


def test_what_hangs_on_a_file_without_bytes_stays_behind_without_failing(run, export):
    export.attachment("a.txt", page_ref(200), object_id=400, data=None)
    on_file = Ref("Attachment", 400)
    comment = Ref("Comment", export.comment(on_file))
    export.content_property(on_file, "color", "blue")
    export.add("LikeEntity", content=comment, user=user_ref("key-ann"))

    report = run()

    assert report.run.status == "FINISHED"
    assert report.counts["property"] == report.counts["like"] == {"skipped": 1}


def test_archived_pages_and_all_on_them_move_as_archived(run, place, export):
    export.page("Old", object_id=220, contentStatus="archived", parent=page_ref(200))
    export.page("Below it", object_id=221, parent=page_ref(220))
    export.comment(page_ref(220))
    export.attachment("old.txt", page_ref(220))
    export.label(page_ref(220), "past")
    export.restriction(page_ref(220), "View", users=["key-ann"])
    export.page("Older", originalVersion=page_ref(220), version=0)

    report = run()

    pages = {p["title"]: p for p in place.get(PAGES, limit="250")["results"]}
    assert pages["Old"]["status"] == "archived"
    assert pages["Old"]["parentId"] == pages["Start"]["id"]
    assert pages["Below it"]["parentId"] == pages["Start"]["id"]
    for kind in ("comment", "attachment", "label", "restriction", "version"):
        assert report.counts[kind] == {"created": 1}
    assert not may_view(place, "Ben", "Old")


def test_drafts_and_trash_stay_behind_by_name(run, export):
    export.page("Sketch", contentStatus="draft")
    export.blog_post("Thrown away", contentStatus="deleted")

    report = run()

    assert {(g.what, g.code, g.examples) for g in report.not_moved} >= {
        ("page", "draft", ("Sketch",)),
        ("blog post", "deleted", ("Thrown away",)),
    }


def test_a_restriction_closes_its_page_and_the_pages_below(run, place, export):
    export.page("Closed", object_id=201, parent=page_ref(200))
    export.page("Below", object_id=202, parent=page_ref(201))
    export.restriction(page_ref(201), "View", users=["key-ann"])
    export.restriction(page_ref(200), "Edit", users=["key-ben"])

    run()

    assert [may_view(place, "Ann", title) for title in ("Start", "Closed", "Below")] == [True] * 3
    assert [may_view(place, "Ben", title) for title in ("Start", "Closed", "Below")] == [
        True,
        False,
        False,
    ]
    assert not may_view(place, "anonymous", "Start")


def test_several_sets_of_one_type_must_all_be_passed(run, place, export):
    export.restriction(page_ref(200), "View", users=["key-ann", "key-ben"])
    export.restriction(page_ref(200), "View", users=["key-ben"])

    report = run()

    assert report.counts["restriction"] == {"created": 2}
    assert not may_view(place, "Ann", "Start")
    assert may_view(place, "Ben", "Start")


def test_a_page_of_somebody_unknown_stays_closed_and_is_warned_of(run, place, export):
    export.page("Lost", object_id=201)
    export.restriction(page_ref(201), "View", users=["long-gone"], groups=["no such group"])

    report = run()

    [check] = [check for check in report.checks if check.check_id == "restricted-pages"]
    assert check.outcome == "warned"
    assert check.message.startswith("1: Lost. ")
    assert not may_view(place, "Ann", "Lost")
    assert not may_view(place, "Ben", "Lost")


def test_a_page_is_closed_at_every_moment_of_its_migration(place, export, tmp_path):
    """Cut off after every request, nobody who may not see the page in the end sees it."""
    export.page("Closed", object_id=201)
    export.restriction(page_ref(201), "View", users=["key-ann"])
    package = export.write(tmp_path / "export.zip")
    seen = 0
    for number in range(1, 60):
        here = Place(tmp_path / f"cut-{number}")

        def wrap(transport: httpx.BaseTransport, number: int = number) -> httpx.BaseTransport:
            return CutAt(transport, number, after=True)

        report = here.run(package, wrap=wrap)
        try:
            titles = ids(here)
        except httpx.HTTPStatusError:
            continue  # the site is not there yet
        if "Closed" in titles and "Ben" in accounts(here):
            seen += 1
            assert not may_view(here, "Ben", "Closed")
        if report.run.status == "FINISHED":
            break
    assert seen > 2


def test_permissions_arrive_in_both_spellings_of_anonymous_and_never_for_the_unknown(
    run, place, export
):
    export.add("SpacePermission", type="COMMENT", space=SPACE)
    export.add("SpacePermission", type="VIEWSPACE", space=SPACE, allUsersSubject="anonymous-users")
    export.add(
        "SpacePermission", type="EDITSPACE", space=SPACE, allUsersSubject="authenticated-users"
    )
    export.add("SpacePermission", type="REMOVEMAIL", space=SPACE)
    export.add("SpacePermission", type="USECONFLUENCE", group="users")

    report = run()

    assert report.counts["spacePermission"] == {"created": 4, "skipped": 2}
    assert reasons(report, "space permission") == {
        "permission_subject_unknown": 1,
        "permission_without_counterpart": 1,
        "of_the_site": 1,
    }
    assert may_view(place, "anonymous", "Start")
    [check] = [check for check in report.checks if check.check_id == "public-spaces"]
    assert (check.outcome, check.message[:8]) == ("warned", "1: DEMO.")


def test_properties_move_and_those_of_the_server_do_not(run, place, export):
    for name in ("color", "sync-rev", "macro-count.toc", "MEDIA_TYPE"):
        export.content_property(page_ref(200), name, "x")
    export.content_property(page_ref(200), "count", 7)
    export.content_property(page_ref(200), "color", "again")

    report = run()

    assert report.counts["property"] == {"created": 3}
    assert reasons(report, "content propert") == {"server_property": 2, "carried": 1}
    answer = place.get(f"{PAGES}/{ids(place)['Start']}/properties")
    assert sorted((p["key"], p["value"]) for p in answer["results"]) == [
        ("color", "again"),
        ("color", "x"),
        ("count", 7),
    ]


def test_templates_likes_watches_and_labels_of_templates_move(run, export):
    export.add("PageTemplate", object_id=600, name="Minutes", content="<p/>", space=SPACE)
    export.add("PageTemplate", object_id=601, name="Global", content="h1. x", bodyType=0)
    label = export.add("Label", name="form", namespace="global")
    export.add("Labelling", label=Ref("Label", label), pageTemplate=Ref("PageTemplate", 600))
    for _ in range(2):
        export.add("LikeEntity", content=page_ref(200), user=user_ref("key-ben"))
    export.add("Notification", content=page_ref(200), receiver=user_ref("key-ann"))
    export.add("Notification", space=SPACE, receiver=user_ref("key-ann"), type="blogpost")
    export.add("Notification", receiver=user_ref("key-ann"), digest="true")

    report = run()

    assert report.counts["template"] == {"created": 2}
    assert report.counts["label"] == {"created": 1}
    assert report.counts["like"] == {"created": 1}
    assert report.counts["watch"] == {"created": 2}
    assert reasons(report, "watch") == {"of_the_site": 1}


def test_app_content_is_left_to_its_vendor_by_plugin(run, export):
    for module in ("com.example.notes:note", "com.example.notes:list"):
        export.add("CustomContentEntityObject", pluginModuleKey=module, space=SPACE, title="N")

    report = run()

    [group] = [group for group in report.not_moved if group.code == "app_content"]
    assert (group.count, group.what) == (2, "items of app content")
    assert "com.example.notes, whose vendor" in group.reason


def test_everything_is_unchanged_the_second_time(run, export):
    export.page("Then", originalVersion=page_ref(200), version=0)
    export.restriction(page_ref(200), "View", users=["key-ann"], groups=["Devs"])
    export.content_property(page_ref(200), "color", "blue")
    export.add("LikeEntity", content=page_ref(200), user=user_ref("key-ben"))
    run()

    again = run()

    outcomes = {outcome for by_outcome in again.counts.values() for outcome in by_outcome}
    assert outcomes == {"unchanged"}


def test_a_restriction_that_comes_later_closes_and_one_that_is_lifted_opens(place, tmp_path):
    def a_package(name, *, restricted):
        builder = ExportBuilder()
        builder.space(homePage=page_ref(200))
        builder.user("ben")
        builder.account("ben")
        builder.page("Start", object_id=200)
        builder.add(
            "SpacePermission", type="VIEWSPACE", space=SPACE, userSubject=user_ref("key-ben")
        )
        if restricted:
            builder.restriction(page_ref(200), "View", users=["key-ann"])
        return builder.write(tmp_path / f"{name}.zip")

    open_ = a_package("open", restricted=False)
    assert place.run(open_).proof.complete
    seen = [may_view(place, "Ben", "Start")]
    assert place.run(a_package("closed", restricted=True)).proof.complete
    seen.append(may_view(place, "Ben", "Start"))
    assert place.run(open_, deletions=True).proof.complete
    seen.append(may_view(place, "Ben", "Start"))

    assert seen == [True, False, True]
