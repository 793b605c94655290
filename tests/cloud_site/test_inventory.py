"""The inventory says what the site holds now, so that the proof need not trust what it was told."""

import json
import tracemalloc

import pytest
from sqlalchemy import text

from portway_cloud_site.inventory.queries import QUERIES
from portway_service.item_digest import item_digest
from support.site import (
    LATER,
    SOURCE,
    a_blog_post,
    a_comment,
    a_group,
    a_label,
    a_like,
    a_membership,
    a_page,
    a_permission,
    a_property,
    a_restriction,
    a_space,
    a_template,
    a_user,
    a_version,
    a_watch,
    an_attachment,
    an_attachment_version,
)

EVERYTHING = (
    a_user("ada"),
    a_user("jo", email=None, placeholder=True),
    a_space("ONE", 1, description=None),
    a_space("~jo", 2, type="personal", status="archived", author=None),
    a_page(1, space="space/1", home=True, title="Home", position=0),
    a_page(2, space="space/1", parent="page/1", lastAuthor="user/jo", versionMessage=""),
    a_page(3, space="space/1", representation="wiki", body="h1. Ä & <b>", author=None),
    a_blog_post(4, space="space/1", updatedAt=None, createdAt="1969-12-31T23:59:59.999Z"),
    a_comment(5, container="page/1"),
    a_comment(6, container="page/1", parent="comment/5", author="user/jo"),
    a_comment(
        7,
        container="blogPost/4",
        inline={
            "markerRef": None,
            "selection": "words",
            "resolved": True,
            "resolvedBy": "user/jo",
            "resolvedAt": LATER,
        },
    ),
    a_comment(8, container="attachment/9"),
    an_attachment(10, b"", container="comment/5", comment="empty"),
    an_attachment(11, b"logo", container="space/1"),
    a_label(12, container="page/1", prefix="my"),
    a_label(13, container="space/1", prefix="team"),
    a_page(14, space="space/1", title="Old", status="archived", restricted=True),
    a_version(15, of="page/1", author="user/jo", versionMessage="first"),
    a_version(16, of="blogPost/4", representation="wiki", author=None, createdAt=None),
    an_attachment_version(17, b"seventeen", of="attachment/9", comment="older"),
    a_template(18, space=None),
    a_template(19, space="space/1", description="For minutes"),
    a_label(20, container="template/19"),
    a_property("color", "page/1"),
    a_property("count", "comment/5", text=None, number=-7),
    a_property("day", "attachment/9", text=None, instant=LATER),
    a_restriction("ada", "jo", on="page/1", groups=["group/nobody knows"]),
    a_restriction(on="page/14"),
    a_restriction("jo", on="blogPost/4", to="update"),
    a_like("jo", "comment/5"),
    a_watch("jo", "space/1", type="blogpost"),
    a_permission("anonymous", space="space/1"),
    a_permission("user/jo", "delete page", space="space/1"),
    a_group("Writers", description="They write."),
    a_membership("writers", "ada"),
)
SWAP_EDITOR = (
    "UPDATE wiki_restriction_subjects SET subject_id = (SELECT id FROM wiki_people"
    " WHERE NOT placeholder) WHERE subject_key = 'user/jo' AND restriction_id IN"
    " (SELECT id FROM wiki_restrictions WHERE operation = 'update')"
)
FILES = {
    "attachment/9": b"nine",
    "attachment/10": b"",
    "attachment/11": b"logo",
    "attachmentVersion/17": b"seventeen",
}


@pytest.fixture
def moved(site):
    """A site everything arrived on."""
    site.must_send(*EVERYTHING[:8], an_attachment(9, b"nine", container="page/1"), *EVERYTHING[8:])
    for key, content in FILES.items():
        assert site.send_file(key, content).status_code == 201
    return site


def change(site, statement):
    """Change the site's database behind its back."""
    with site.app.extensions["portway_cloud_site"].database.write() as connection:
        assert connection.execute(text(statement)).rowcount == 1


@pytest.mark.parametrize("item", EVERYTHING, ids=lambda item: item["sourceKey"])
def test_the_digest_of_what_arrived_is_that_of_what_was_sent(moved, item):
    line = moved.inventory()[item["sourceKey"]]

    assert line["digest"] == item_digest(item["kind"], item)
    assert line["kind"] == item["kind"]
    assert line["outcome"] == "created"
    assert line["editedHere"] is False


def test_lines_come_by_kind_and_source_key(moved):
    keys = list(moved.inventory())

    assert keys == sorted(keys)
    assert [*dict.fromkeys(key.partition("/")[0] for key in keys)] == sorted(QUERIES)


def test_ids_are_those_the_bulk_door_gave(moved):
    ids = {r["sourceKey"]: r["id"] for r in moved.send(*EVERYTHING)}
    inventory = moved.inventory()

    assert {key: inventory[key]["id"] for key in ids} == ids


def test_a_source_that_sent_nothing_has_an_empty_inventory(site):
    response = site.call("GET", "/portway/v1/sources/nobody/inventory")

    assert response.mimetype == "application/x-ndjson"
    assert json.loads(response.get_data()) == {"end": True, "items": 0}


@pytest.mark.parametrize(
    ("key", "statement"),
    [
        ("page/2", "UPDATE wiki_contents SET body = body || ' ' WHERE title = 'Page 2'"),
        ("page/2", "UPDATE wiki_contents SET author_id = NULL WHERE title = 'Page 2'"),
        ("page/2", "UPDATE wiki_contents SET parent_id = NULL WHERE title = 'Page 2'"),
        ("page/2", "UPDATE wiki_contents SET version = 4 WHERE title = 'Page 2'"),
        ("page/1", "UPDATE wiki_spaces SET homepage_id = NULL WHERE key = 'ONE'"),
        ("space/2", "UPDATE wiki_spaces SET status = 'current' WHERE key = '~jo'"),
        ("user/jo", "UPDATE wiki_people SET display_name = 'Jo!' WHERE placeholder"),
        ("comment/6", "UPDATE wiki_comments SET parent_id = NULL WHERE parent_id IS NOT NULL"),
        ("comment/7", "UPDATE wiki_comments SET resolved = false WHERE resolved"),
        ("label/12", "UPDATE wiki_labels SET name = 'x' WHERE prefix = 'my'"),
        ("comment/7", "UPDATE wiki_comments SET resolved_by_id = author_id WHERE resolved"),
        ("page/14", "UPDATE wiki_contents SET restricted = false WHERE restricted"),
        ("page/14", "UPDATE wiki_contents SET status = 'current' WHERE status = 'archived'"),
        ("version/15", "UPDATE wiki_versions SET body = '' WHERE message = 'first'"),
        ("version/15", "UPDATE wiki_versions SET version = 2 WHERE message = 'first'"),
        ("attachmentVersion/17", "UPDATE wiki_attachment_versions SET version = 9"),
        ("template/19", "UPDATE wiki_templates SET body = '' WHERE space_id IS NOT NULL"),
        ("property/comment/5/count", "UPDATE wiki_properties SET number = 7 WHERE number < 0"),
        (
            "restriction/page/1/read",
            "DELETE FROM wiki_restriction_subjects WHERE subject_key = 'user/ada'",
        ),
        (
            "restriction/page/1/read",
            "DELETE FROM wiki_restriction_subjects WHERE subject_id IS NULL",
        ),
        (
            "restriction/blogPost/4/update",
            SWAP_EDITOR,
        ),
        (
            "restriction/blogPost/4/update",
            "UPDATE wiki_restrictions SET operation = 'read' WHERE operation = 'update'",
        ),
        ("like/comment/5/jo", "UPDATE wiki_likes SET created_at = 0"),
        ("watch/space/1/jo", "UPDATE wiki_watches SET type = NULL"),
        (
            "spacePermission/100/anonymous/read:space",
            "UPDATE wiki_space_permissions SET operation = 'delete' WHERE subject_id = 0",
        ),
        ("attachment/11", "UPDATE wiki_attachments SET media_type = 'x' WHERE title LIKE '%11%'"),
    ],
)
def test_a_change_nobody_announced_shows(moved, key, statement):
    before = moved.inventory()

    change(moved, statement)

    after = moved.inventory()
    assert [k for k in before if before[k]["digest"] != after[k]["digest"]] == [key]


@pytest.mark.parametrize(
    ("damage", "state"),
    [(b"", "damaged"), (b"logO", "damaged"), (None, "missing")],
)
def test_a_file_that_changed_on_disk_shows(moved, damage, state):
    before = moved.inventory()
    [path] = [p for p in moved.files.rglob("*-*") if p.is_file() and p.read_bytes() == b"logo"]
    if damage is None:
        path.unlink()
    else:
        path.write_bytes(damage)

    line = moved.inventory()["attachment/11"]

    assert line["file"] == state
    assert line["digest"] != before["attachment/11"]["digest"]


def test_an_attachment_without_its_bytes_is_listed_as_waiting(demo):
    item = an_attachment()
    demo.must_send(a_page(), item)

    line = demo.inventory()["attachment/500"]

    assert line["file"] == "wanted"
    assert line["digest"] == item_digest("attachment", item | {"sizeBytes": None, "sha256": None})


def test_what_was_deleted_here_is_not_listed(moved):
    change(moved, "DELETE FROM wiki_contents WHERE title = 'Page 3'")

    assert "page/3" not in moved.inventory()


def test_somebody_from_elsewhere_equals_nobody_at_the_source(moved):
    moved.must_send(a_user("eve"), source="server-2")
    change(
        moved,
        "UPDATE wiki_contents SET author_id ="
        " (SELECT id FROM wiki_people WHERE email = 'eve@example.com') WHERE title = 'Page 2'",
    )

    [page] = [item for item in EVERYTHING if item["sourceKey"] == "page/2"]
    digest = moved.inventory()["page/2"]["digest"]
    assert digest not in {
        item_digest("page", page | {"author": author}) for author in (None, "user/eve", "user/ada")
    }


def test_merged_people_are_listed_under_every_key(site):
    site.must_send(a_user("ada"), a_user("twin", email="ADA@example.com"))

    inventory = site.inventory()

    assert [inventory[key]["outcome"] for key in ("user/ada", "user/twin")] == [
        "created",
        "merged",
    ]
    assert inventory["user/ada"]["id"] == inventory["user/twin"]["id"]


def test_one_inventory_is_one_state_of_the_site(moved):
    stream = moved.call("GET", f"/portway/v1/sources/{SOURCE}/inventory").response
    moved.must_send(a_page(99, space="space/1"))

    lines = [json.loads(line) for line in b"".join(stream).splitlines()]

    assert lines[-1] == {"end": True, "items": len(EVERYTHING) + 1}


def test_an_inventory_of_any_length_needs_little_memory(demo):
    for start in range(0, 3_000, 500):
        demo.must_send(*(a_page(n, body="x" * 10_000) for n in range(start, start + 500)))

    tracemalloc.start()
    stream = demo.call("GET", f"/portway/v1/sources/{SOURCE}/inventory").response
    lines = sum(chunk.count(b"\n") for chunk in stream)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert lines == 3_003
    assert peak < 10 << 20
