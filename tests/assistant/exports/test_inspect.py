"""The counts of `portway inspect --json`, on real exports and by their definitions."""

import json
from pathlib import Path

import pytest

from portway_assistant.exports.inspect import COUNTS, STATES, inspect_export
from portway_assistant.exports.rendering import render_inspection
from support.exports import ExportBuilder, Ref, page_ref, user_ref

SAMPLES = Path(__file__).parents[3] / "cli" / "portway_cli" / "samples"


def sample(name):
    return inspect_export(SAMPLES / f"{name}.xml.zip")


def test_the_counts_of_a_server_export():
    found = sample("confluence-8.5.6-space")

    assert (
        found.items()
        >= {
            "spaces": 1,
            "pages_current": 3,
            "pages_draft": 3,
            "pages_history": 0,
            "comments_current": 2,
            "comments_on_content": 1,
            "attachments_current": 11,
            "attachments_on_content": 11,
            "attachment_files": 0,
            "users": 4,
            "space_permissions": 53,
            "content_permission_sets": 2,
            "content_permissions": 5,
            "labels": 2,
            "labellings": 2,
            "bodies": 9,
            "notifications": 3,
            "content_properties": 68,
            "repairs": [],
        }.items()
    )
    assert found["secrets_dropped"] == {"ConfluenceBandanaRecord": 1}


def test_the_counts_of_a_cloud_export_with_attachments():
    found = sample("confluence-cloud-2025-space")

    assert (
        found.items()
        >= {
            "spaces": 1,
            "pages_current": 2,
            "pages_history": 2,
            "pages_draft": 1,
            "attachments_current": 3,
            "attachments_history": 2,
            "attachments_deleted": 1,
            "attachments_on_content": 2,
            "attachment_files": 5,
            "bodies": 38,
            "users": 0,
        }.items()
    )
    assert found["export"]["space_keys"] == ["attachhist"]
    assert found["export"]["timezone"] == "UTC"


def test_the_counts_of_a_cloud_export_with_a_blog():
    found = sample("confluence-cloud-blog-space")

    assert (
        found.items()
        >= {
            "spaces": 1,
            "pages_current": 1,
            "blogposts_current": 1,
            "blogposts_draft": 1,
            "users": 5,
            "space_permissions": 90,
            "content_permission_sets": 2,
            "content_permissions": 2,
            "custom_contents": 3,
            "attachments_on_content": 0,
        }.items()
    )


def test_every_count_is_an_integer_and_all_is_json(export, inspect):
    found = inspect(export)

    assert [name for name in COUNTS if type(found[name]) is not int] == []
    assert json.loads(json.dumps(found)) == found


@pytest.mark.parametrize(
    ("fields", "state"),
    [
        ({"contentStatus": "current"}, "current"),
        ({"contentStatus": None}, "current"),
        ({"contentStatus": "draft"}, "draft"),
        ({"contentStatus": "deleted"}, "deleted"),
        ({"contentStatus": "archived"}, "archived"),
        ({"contentStatus": "draft", "originalVersion": page_ref(1)}, "draft"),
        ({"contentStatus": "deleted", "originalVersionId": 1}, "deleted"),
        ({"contentStatus": "archived", "originalVersion": page_ref(1)}, "archived"),
        ({"contentStatus": "current", "originalVersion": page_ref(404)}, "history"),
        ({"contentStatus": "current", "originalVersionId": 1}, "history"),
        ({"contentStatus": None, "originalVersionId": 1}, "history"),
    ],
)
@pytest.mark.parametrize(
    ("plural", "add"),
    [
        ("pages", lambda export, fields: export.page("P", **fields)),
        ("blogposts", lambda export, fields: export.blog_post("B", **fields)),
        ("comments", lambda export, fields: export.comment(None, **fields)),
        ("attachments", lambda export, fields: export.attachment("A", None, **fields)),
    ],
)
def test_the_state_of_a_content(export, inspect, fields, state, plural, add):
    add(export, fields)

    found = inspect(export)

    assert {name: found[f"{plural}_{name}"] for name in STATES if found[f"{plural}_{name}"]} == {
        state: 1
    }


def test_on_content_means_on_a_current_page_or_blog_post_of_the_package(export, inspect):
    page = page_ref(export.page("Page"))
    post = Ref("BlogPost", export.blog_post("Post"))
    draft = page_ref(export.page("Draft", contentStatus="draft"))
    comment = Ref("Comment", export.comment(page))
    for container in (post, draft, page_ref(404), None, comment):
        export.comment(container)
    export.comment(page, contentStatus="deleted")
    for container in (page, post, draft, comment, page_ref(404)):
        export.attachment("A", container)
    export.attachment("A", page, originalVersionId=5)

    found = inspect(export)

    assert (found["comments_current"], found["comments_on_content"]) == (6, 2)
    assert (found["attachments_current"], found["attachments_on_content"]) == (5, 2)


def test_users_are_distinct_names_in_lower_case(export, inspect):
    export.user("Ann", key="k1")
    export.user("ANN", key="k2")
    export.user(None, key="k3")
    export.account("ann")
    export.account("Bob")
    export.add("DefaultHibernateUser", name="bob")
    export.add("DefaultHibernateUser", name="carl")
    export.page("Page", creator=user_ref("unknown"))

    assert inspect(export)["users"] == 3


def test_groups_are_distinct_names_and_memberships_are_rows(export, inspect):
    groups = [Ref("InternalGroup", export.add("InternalGroup", name=name)) for name in "aab"]
    legacy = Ref("DefaultHibernateUser", export.add("DefaultHibernateUser", name="ann"))
    export.add("DefaultHibernateGroup", name="c", localMembers=[legacy])
    for group in groups:
        export.add("HibernateMembership", parentGroup=group, userMember=Ref("InternalUser", 404))

    found = inspect(export)

    assert (found["groups"], found["memberships"], found["memberships_legacy"]) == (3, 3, 1)


def test_an_object_written_twice_counts_once_and_one_without_id_each_time(export, inspect):
    export.space("DEMO")
    export.page("Twice", object_id=5)
    export.page("Twice", object_id=5)
    for _ in range(2):
        export.raw('<object class="Page" package="p"><property name="title">x</property></object>')

    found = inspect(export)

    assert (found["spaces"], found["pages_current"]) == (1, 3)
    assert found["classes"]["Page"] == 4


def test_one_id_in_two_classes_is_two_objects(export, inspect):
    export.page("Page", object_id=5)
    export.blog_post("Post", object_id=5)
    export.add("Label", object_id=5, name="a")

    found = inspect(export)

    assert (found["pages_current"], found["blogposts_current"], found["labels"]) == (1, 1, 1)


def test_strays_and_dangling_objects_are_counted_like_all_others(export, inspect):
    export.space("OTHER", object_id=200)
    export.page("Stray", space=Ref("Space", 200))
    export.body(page_ref(404), "x")
    export.body(None, "x")
    export.add("Labelling", label=Ref("Label", 404), content=page_ref(404))
    export.add("ContentPermission", type="View")

    found = inspect(export)

    assert (found["spaces"], found["pages_current"], found["bodies"]) == (2, 1, 3)
    assert (found["labellings"], found["content_permissions"]) == (1, 1)
    assert found["unresolved"].items() >= {"BodyContent.content": 1, "Labelling.label": 1}.items()


def test_files_under_attachments_are_counted_with_or_without_a_record(export, inspect):
    export.attachment("plan.pdf", page_ref(export.page("Page")))
    export.files["attachments/1/2/3"] = b""
    export.files["attachments/readme.txt"] = b""
    export.files["plugin-data/x.pdata"] = b""

    assert inspect(export)["attachment_files"] == 3


def test_a_package_without_any_object_counts_nothing(inspect):
    found = inspect(ExportBuilder())

    assert [name for name in COUNTS if found[name]] == []


def test_a_package_without_descriptor_says_so(inspect):
    export = ExportBuilder()
    export.descriptor = None

    assert inspect(export)["export"]["descriptor"] is False


def test_no_secret_appears_anywhere(export, inspect):
    export.account("ann", credential="s3cret", passwordHash="s3cret")
    export.raw(
        '<object class="InternalUser" package="p"><id name="id">9</id><component name="credential">'
        '<property name="credential">s3cret</property></component></object>'
    )
    export.add("ConfluenceBandanaRecord", context="_GLOBAL", key="x", value="s3cret")

    found = inspect(export)

    assert "s3cret" not in json.dumps(found)
    assert "s3cret" not in render_inspection(found)


@pytest.mark.parametrize("path", sorted(SAMPLES.glob("*.zip")), ids=lambda path: path.name)
def test_the_text_for_people_shows_the_counts(path):
    found = inspect_export(path)

    text = render_inspection(found)

    assert found["export"]["sha256"] in text
    assert "Pages" in text


def test_the_text_for_people_shows_repairs_notes_and_strays(export, inspect):
    export.space("OTHER", object_id=200)
    export.page("Bell\x07" + "\x08" * 20)

    text = render_inspection(inspect(export))

    assert "21 spots that XML forbids" in text
    assert "and 11 more" in text
    assert "not what the export is about" in text
