"""Loss and damage planted at the destination: the proof names each."""

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from portway_assistant.clients import PlatformClient
from support.exports import DATE, ExportBuilder, Ref, page_ref, user_ref
from support.runs import Place

SPACE = Ref("Space", 100)


def an_export() -> ExportBuilder:
    builder = ExportBuilder()
    builder.space(homePage=page_ref(200))
    for name in ("ann", "ben"):
        builder.user(name)
        builder.account(name)
    builder.page("Start", object_id=200, creator=user_ref("key-ann"))
    builder.page("Child", object_id=201, parent=page_ref(200), creator=user_ref("key-ben"))
    builder.comment(page_ref(200), object_id=300, creator=user_ref("key-ben"))
    builder.comment(page_ref(200), object_id=301, parent=Ref("Comment", 300))
    builder.attachment("plan.txt", page_ref(201), object_id=400, data=b"the plan, whole")
    builder.label(page_ref(200), "important")
    builder.blog_post("News", object_id=500, creator=user_ref("key-ann"))
    builder.page(
        "Start as it was",
        object_id=210,
        originalVersion=page_ref(200),
        version=0,
        lastModifier=user_ref("key-ben"),
    )
    builder.attachment(
        "plan.txt",
        page_ref(201),
        object_id=410,
        data=b"the plan, first",
        version=0,
        folder=400,
        originalVersion=Ref("Attachment", 400),
    )
    builder.page("Old", object_id=220, contentStatus="archived")
    builder.restriction(page_ref(201), "View", users=["key-ann", "key-ben"])
    builder.restriction(page_ref(200), "Edit", users=["key-ben"])
    builder.content_property(page_ref(200), "color", "blue")
    builder.add("LikeEntity", content=page_ref(200), user=user_ref("key-ben"), creationDate=DATE)
    builder.add("Notification", content=page_ref(200), receiver=user_ref("key-ann"))
    builder.add("PageTemplate", object_id=600, name="Minutes", content="<p/>", space=SPACE)
    for holder in ({"userSubject": user_ref("key-ann")}, {}):
        builder.add("SpacePermission", type="VIEWSPACE", space=SPACE, **holder)
    return builder


PAGE = "(SELECT entity_id FROM wiki_origins WHERE source_key = 'page/201')"
OTHER_AUTHOR = "(SELECT id FROM wiki_people WHERE display_name = 'Ann')"

DAMAGE = {
    "a changed title": (
        f"UPDATE wiki_contents SET title = 'Chlid', title_key = 'chlid' WHERE id = {PAGE}",
        "page/201",
    ),
    "a changed text": (
        f"UPDATE wiki_contents SET body = replace(body, '<p>', '<p>x') WHERE id = {PAGE}",
        "page/201",
    ),
    "a truncated text": (f"UPDATE wiki_contents SET body = '' WHERE id = {PAGE}", "page/201"),
    "a swapped author": (
        f"UPDATE wiki_contents SET author_id = {OTHER_AUTHOR} WHERE id = {PAGE}",
        "page/201",
    ),
    "a lost author": (
        f"UPDATE wiki_contents SET author_id = NULL WHERE id = {PAGE}",
        "page/201",
    ),
    "a shifted date": (
        f"UPDATE wiki_contents SET created_at = created_at + 3600000000 WHERE id = {PAGE}",
        "page/201",
    ),
    "a lost parent": (f"UPDATE wiki_contents SET parent_id = NULL WHERE id = {PAGE}", "page/201"),
    "another place among its siblings": (
        f"UPDATE wiki_contents SET position = 7 WHERE id = {PAGE}",
        "page/201",
    ),
    "another version number": (
        f"UPDATE wiki_contents SET version = 9 WHERE id = {PAGE}",
        "page/201",
    ),
    "a changed blog post": (
        "UPDATE wiki_contents SET body = 'gone' WHERE title = 'News'",
        "blogPost/500",
    ),
    "a changed comment": (
        "UPDATE wiki_comments SET body = 'gone' WHERE parent_id IS NULL",
        "comment/300",
    ),
    "a reply that lost its thread": (
        "UPDATE wiki_comments SET parent_id = NULL WHERE parent_id IS NOT NULL",
        "comment/301",
    ),
    "a renamed file": ("UPDATE wiki_attachments SET title = 'other.txt'", "attachment/400"),
    "another media type": (
        "UPDATE wiki_attachments SET media_type = 'text/html'",
        "attachment/400",
    ),
    "a renamed space": ("UPDATE wiki_spaces SET name = 'Other'", "space/100"),
    "another home page": (f"UPDATE wiki_spaces SET homepage_id = {PAGE}", "page/200"),
    "a renamed person": (
        "UPDATE wiki_people SET display_name = 'Anne' WHERE display_name = 'Ann'",
        "user/key-ann",
    ),
    "another address": (
        "UPDATE wiki_people SET email = 'x@example.com' WHERE display_name = 'Ann'",
        "user/key-ann",
    ),
    "a renamed label": (
        "UPDATE wiki_labels SET name = 'unimportant'",
        "label/page/200/global:important",
    ),
    "a dropped label": ("DELETE FROM wiki_labellings", "label/page/200/global:important"),
    "a dropped reply": (
        "DELETE FROM wiki_comments WHERE parent_id IS NOT NULL",
        "comment/301",
    ),
    "a dropped attachment": ("DELETE FROM wiki_attachments", "attachment/400"),
    "a lost old version": ("DELETE FROM wiki_versions", "version/210"),
    "a changed old version": ("UPDATE wiki_versions SET body = 'x'", "version/210"),
    "an old version by somebody else": (
        f"UPDATE wiki_versions SET author_id = {OTHER_AUTHOR}",
        "version/210",
    ),
    "an old version of another page": (
        f"UPDATE wiki_versions SET content_id = {PAGE}",
        "version/210",
    ),
    "a lost old file": ("DELETE FROM wiki_attachment_versions", "attachmentVersion/410"),
    "an old file under another number": (
        "UPDATE wiki_attachment_versions SET version = 7",
        "attachmentVersion/410",
    ),
    "an archived page that is current": (
        "UPDATE wiki_contents SET status = 'current' WHERE status = 'archived'",
        "page/220",
    ),
    "a lost restriction": (
        "DELETE FROM wiki_restrictions WHERE operation = 'read'",
        "restriction/page/201/read",
    ),
    "a page that is closed no longer": (
        "UPDATE wiki_contents SET restricted = 0",
        "page/201",
    ),
    "a swapped subject": (
        f"UPDATE wiki_restriction_subjects SET subject_id = {OTHER_AUTHOR}",
        "restriction/page/200/update",
    ),
    "a subject too few": (
        "DELETE FROM wiki_restriction_subjects WHERE subject_key = 'user/key-ben'",
        "restriction/page/201/read",
    ),
    "a subject too many": (
        (
            "INSERT INTO wiki_restriction_subjects SELECT site_id, id, 9, 'user',"
            f" {OTHER_AUTHOR}, 'user/key-ann' FROM wiki_restrictions WHERE operation = 'update'"
        ),
        "restriction/page/200/update",
    ),
    "a restriction on another page": (
        (
            "UPDATE wiki_restrictions SET container_id = (SELECT container_id FROM"
            " wiki_restrictions WHERE operation = 'read') WHERE operation = 'update'"
        ),
        "restriction/page/200/update",
    ),
    "a changed property": ("UPDATE wiki_properties SET text = 'red'", "property/page/200/color"),
    "a lost property": ("DELETE FROM wiki_properties", "property/page/200/color"),
    "somebody else's like": (
        f"UPDATE wiki_likes SET person_id = {OTHER_AUTHOR}",
        "like/page/200/key-ben",
    ),
    "a lost watch": ("DELETE FROM wiki_watches", "watch/page/200/key-ann"),
    "a changed template": ("UPDATE wiki_templates SET name = 'Hours'", "template/600"),
    "a lost permission": (
        "DELETE FROM wiki_space_permissions WHERE subject_kind = 'user'",
        "spacePermission/100/user/key-ann/read:space",
    ),
    "another permission": (
        "UPDATE wiki_space_permissions SET operation = 'administer' WHERE subject_kind = 'user'",
        "spacePermission/100/user/key-ann/read:space",
    ),
    "a permission for everybody": (
        "UPDATE wiki_space_permissions SET subject_kind = 'group' WHERE subject_id = 0",
        "spacePermission/100/anonymous/read:space",
    ),
    "a dropped page": (
        f"PRAGMA foreign_keys = OFF; DELETE FROM wiki_contents WHERE id = {PAGE}",
        "page/201",
    ),
}


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """A folder with a finished migration, and its export."""
    folder = tmp_path_factory.mktemp("proof")
    export = an_export().write(folder / "export.zip")
    assert Place(folder / "data").run(export).proof.complete
    return folder


@pytest.fixture
def moved(finished, tmp_path):
    """A copy of it, to damage."""
    shutil.copytree(finished / "data", tmp_path / "data")
    return Place(tmp_path / "data"), finished / "export.zip"


def execute(database: Path, statements: str) -> None:
    with closing(sqlite3.connect(database)) as connection:
        connection.executescript(statements)


@pytest.mark.parametrize("name", sorted(DAMAGE))
def test_damage_in_the_sites_rows_is_named(moved, name):
    place, export = moved
    statements, source_key = DAMAGE[name]
    execute(place.path / "site.db", statements)

    proof = place.run(export).proof

    assert not proof.complete
    unexplained = {d.source_key for d in proof.differences if d.explanation is None}
    assert source_key in unexplained


@pytest.mark.parametrize("content", [b"", b"the plan", b"the plan, Whole"])
@pytest.mark.parametrize(
    ("before", "source_key"),
    [(b"the plan, whole", "attachment/400"), (b"the plan, first", "attachmentVersion/410")],
)
def test_damage_in_a_stored_file_is_named(moved, content, before, source_key):
    place, export = moved
    [stored] = [
        path
        for path in (place.path / "site-files").rglob("*")
        if path.is_file() and path.read_bytes() == before
    ]
    stored.chmod(0o600)
    stored.write_bytes(content)

    proof = place.run(export).proof

    assert not proof.complete
    assert [d.source_key for d in proof.differences] == [source_key]


@pytest.mark.parametrize(
    ("statement", "problem"),
    [
        ("DELETE FROM mappings WHERE server_key = '201'", "unmapped"),
        ("UPDATE mappings SET cloud_id = '1' WHERE server_key = '201'", "mapped_wrongly"),
    ],
)
def test_a_mapping_apps_would_miss_is_named(moved, statement, problem, monkeypatch):
    place, export = moved
    execute(place.path / "platform.db", statement)
    # The run would mend it before the proof looks.
    monkeypatch.setattr(PlatformClient, "add_mappings", lambda *_: None)

    proof = place.run(export).proof

    assert [(d.problem, d.source_key) for d in proof.differences] == [(problem, "page/201")]
