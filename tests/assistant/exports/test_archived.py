"""Archived pages and what hangs on them, drafts, and what belongs to apps."""

from datetime import UTC, datetime

import pytest

from portway_assistant.exports.records import ContainerKind, LeftOutReason
from support.exports import Ref, page_ref, user_ref


@pytest.fixture
def archive(export):
    """Page 1 is current; 2 and 4 below it are archived, and 3 below 2."""
    export.page("Home", object_id=1)
    for number, parent in ((3, 2), (2, 1), (4, 1)):
        export.page(
            f"Old {number}",
            object_id=number,
            parent=page_ref(parent),
            contentStatus="archived",
            body=f"<p>{number}</p>",
        )
    return export


def test_archived_pages_come_parents_first_below_one_another_or_a_current_page(archive, read):
    store = read(archive)

    assert [(page.id, page.parent_id) for page in store.pages("100", archived=True)] == [
        ("2", "1"),
        ("4", "1"),
        ("3", "2"),
    ]
    assert next(page.body for page in store.pages("100", archived=True)) == "<p>2</p>"
    assert [page.id for page in store.pages("100")] == ["1"]
    assert store.count_taken("100")["pages"] == 4


def test_an_archived_page_below_nothing_known_stands_at_the_root(export, read):
    export.page("Old", object_id=2, parent=page_ref(404), contentStatus="archived")
    export.page("In a ring", object_id=3, parent=page_ref(3), contentStatus="archived")

    pages = list(read(export).pages("100", archived=True))

    assert [(page.id, page.parent_id) for page in pages] == [("3", None), ("2", None)]


def test_what_hangs_on_an_archived_page_is_offered_with_it_alone(archive, read):
    page = page_ref(2)
    comment = archive.comment(page, object_id=20)
    archive.comment(page, object_id=21, parent=Ref("Comment", comment))
    archive.attachment("old.txt", page, object_id=30)
    archive.attachment("old.txt", page, object_id=31, originalVersion=Ref("Attachment", 30))
    archive.comment(Ref("Attachment", 30), object_id=22)
    archive.label(page, "kept")
    archive.content_property(page, "colour", "red")
    archive.restriction(page, "View", groups=["staff"])
    archive.add("LikeEntity", content=page, user=user_ref("k1"))
    archive.add("Notification", content=page, receiver=user_ref("k1"))
    archive.page("Old 2", object_id=5, originalVersion=page, contentStatus="archived")

    store = read(archive)

    assert [(c.id, c.parent_id) for c in store.comments("100", archived=True)] == [
        ("20", None),
        ("21", "20"),
        ("22", None),
    ]
    assert [a.id for a in store.attachments("100", archived=True)] == ["30"]
    assert [a.id for a in store.attachment_revisions("100", archived=True)] == ["31"]
    assert [r.id for r in store.revisions("100", archived=True)] == ["5"]
    assert next(store.pages("100", archived=True)).labels[0].name == "kept"
    assert [p.name for p in store.content_properties("100", archived=True)] == ["colour"]
    assert [r.groups for r in store.content_restrictions("100", archived=True)] == [("staff",)]
    assert [like.user_key for like in store.likes("100", archived=True)] == ["k1"]
    assert [watch.container_id for watch in store.watches("100", archived=True)] == ["2"]
    for query in (
        store.comments,
        store.attachments,
        store.attachment_revisions,
        store.revisions,
        store.content_properties,
        store.content_restrictions,
        store.likes,
        store.watches,
    ):
        assert list(query("100")) == []


def test_archived_blog_posts_are_offered_apart(export, read):
    export.blog_post("New", object_id=1)
    export.blog_post("Old", object_id=2, contentStatus="archived")

    store = read(export)

    assert [post.title for post in store.blog_posts("100", archived=True)] == ["Old"]
    assert [post.title for post in store.blog_posts("100")] == ["New"]


def test_archived_pages_are_offered_and_so_not_left_out(archive, read):
    reasons = {item.reason for item in read(archive).left_out("100")}

    assert LeftOutReason.ARCHIVED not in reasons


def test_archived_pages_of_a_stray_space_are_not_offered(export, read):
    export.space("OTHER", object_id=200)
    export.page("Old", space=Ref("Space", 200), contentStatus="archived")

    assert list(read(export).pages("200", archived=True)) == []


def test_drafts_name_the_page_they_edit(export, read):
    export.page("Live", object_id=1)
    export.page("Edited", object_id=2, contentStatus="draft", originalVersion=page_ref(1))
    export.page("New", object_id=3, contentStatus="draft", parent=page_ref(1), body="<p>n</p>")
    export.blog_post("Post", object_id=4, contentStatus="draft")
    export.page("Nowhere", object_id=5, contentStatus="draft", space=None)

    store = read(export)

    assert [(d.id, d.kind, d.edits_id, d.parent_id, d.title) for d in store.drafts("100")] == [
        ("2", ContainerKind.PAGE, "1", None, "Edited"),
        ("3", ContainerKind.PAGE, None, "1", "New"),
        ("4", ContainerKind.BLOG_POST, None, None, "Post"),
    ]
    assert [draft.body for draft in store.drafts("100")][1] == "<p>n</p>"
    assert [draft.title for draft in store.drafts(None)] == ["Nowhere"]


def test_drafts_of_the_class_before_confluence_6_are_offered_too(export, read):
    export.page("Live", object_id=1)
    export.add("Draft", object_id=2, title="Edits", pageId="1", draftSpaceKey="demo")
    export.add(
        "Draft", object_id=3, title="Post", pageId="0", draftSpaceKey="DEMO", draftType="blogpost"
    )
    export.body(Ref("Draft", 2), "<p>d</p>")

    drafts = list(read(export).drafts("100"))

    assert [(d.id, d.kind, d.edits_id, d.body) for d in drafts] == [
        ("2", ContainerKind.PAGE, "1", "<p>d</p>"),
        ("3", ContainerKind.BLOG_POST, None, ""),
    ]


def test_custom_content_is_offered_with_its_module_and_container(export, read):
    page = page_ref(export.page("Page", object_id=1))
    export.add(
        "CustomContentEntityObject",
        object_id=2,
        title="A note",
        containerContent=page,
        pluginModuleKey="com.example.notes:note",
        space=Ref("Space", 100),
    )
    export.body(Ref("CustomContentEntityObject", 2), '{"a": 1}', body_type=1)

    (item,) = read(export).custom_contents("100")

    assert (item.id, item.module_key) == ("2", "com.example.notes:note")
    assert (item.title, item.body) == ("A note", '{"a": 1}')
    assert (item.container_kind, item.container_id) == (ContainerKind.PAGE, "1")


def test_labels_of_templates_come_with_them(export, read):
    template = export.add("PageTemplate", name="T", content="x", space=Ref("Space", 100))
    label = Ref("Label", export.add("Label", name="meeting", namespace="global"))
    export.add("Labelling", label=label, pageTemplate=Ref("PageTemplate", template))
    export.add(
        "Labelling",
        label=Ref("Label", export.add("Label", name="by-number", namespace="global")),
        labelableId=template,
        labelableType="PageTemplate",
    )

    (found,) = read(export).templates("100")

    assert [label.name for label in found.labels] == ["by-number", "meeting"]


@pytest.mark.parametrize(
    ("resolver", "key"), [("k1", "k1"), ("Ann", "k1"), ("gone", "gone"), (None, None)]
)
def test_a_resolved_comment_tells_by_whom_and_when(export, read, resolver, key):
    export.user("ann", key="k1")
    comment = Ref("Comment", export.comment(page_ref(export.page("Page"))))
    export.content_property(comment, "status", "resolved")
    export.content_property(comment, "status-lastmoddate", 1577934245000)
    if resolver:
        export.content_property(comment, "status-lastmodifier", resolver)

    store = read(export)

    (found,) = store.comments("100")
    assert (found.is_resolved, found.resolved_by_key) == (True, key)
    assert found.resolved_at == datetime(2020, 1, 2, 3, 4, 5, tzinfo=UTC)
    assert key is None or store.find_user(key) is not None


@pytest.mark.parametrize("status", ["open", "reopened", "dangling"])
def test_no_other_status_of_a_comment_is_resolved(export, read, status):
    comment = Ref("Comment", export.comment(page_ref(export.page("Page"))))
    export.content_property(comment, "status", status)

    (found,) = read(export).comments("100")

    assert not found.is_resolved


def test_a_reference_without_its_class_still_finds_its_content(export, inspect):
    page = export.page("Page")
    for name in ("containerContent", "owner"):
        export.raw(
            f'<object class="Comment" package="p"><id name="id">{name}</id>'
            f'<property name="{name}"><id name="id">{page}</id></property></object>'
        )
    export.raw(
        '<object class="Page" package="p"><id name="id">7</id>'
        '<collection name="comments"><element><id name="id">8</id></element></collection></object>'
        '<object class="Comment" package="p"><id name="id">8</id></object>'
    )

    assert inspect(export)["comments_on_content"] == 3


def test_an_older_version_may_be_marked_by_a_plain_number(export, inspect):
    export.page("Page", object_id=1)
    export.page("Older", originalVersion=1)

    assert (found := inspect(export))["pages_history"] == 1
    assert found["pages_current"] == 1
