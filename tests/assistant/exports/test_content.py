"""Blog posts, comments and attachments, and what each hangs on."""

from datetime import UTC, datetime

import pytest

from portway_assistant.exports.notes import NoteKind
from portway_assistant.exports.records import ContainerKind, LeftOutReason
from support.exports import ExportBuilder, Ref, page_ref, user_ref


@pytest.fixture
def page(export) -> Ref:
    """A page to hang things on."""
    return page_ref(export.page("Page", object_id=1))


def notes_of(store):
    return {note.kind: note.count for note in store.notes()}


def comments_of(store):
    return {comment.id: comment for comment in store.comments("100")}


def attachments_of(store):
    return {attachment.title: attachment for attachment in store.attachments("100")}


def reasons_of(store, kind):
    return {item.id: item.reason for item in store.left_out_items("100") if item.kind == kind} | {
        item.id: item.reason for item in store.left_out_items(None) if item.kind == kind
    }


def test_blog_posts_come_by_their_publishing_day(export, read):
    export.blog_post("Second", creationDate="2021-01-01 00:00:00.000")
    export.blog_post("First", creationDate="2020-01-01 00:00:00.000")
    export.blog_post("Draft", contentStatus="draft")

    posts = list(read(export).blog_posts("100"))

    assert [post.title for post in posts] == ["First", "Second"]
    assert posts[0].created_at == datetime(2020, 1, 1, tzinfo=UTC)


def test_replies_come_after_what_they_answer(export, page, read):
    export.comment(page, object_id=13, parent=Ref("Comment", 12))
    export.comment(page, object_id=12, parent=Ref("Comment", 11))
    export.comment(page, object_id=11)

    found = list(read(export).comments("100"))

    assert [(comment.id, comment.parent_id, comment.depth) for comment in found] == [
        ("11", None, 0),
        ("12", "11", 1),
        ("13", "12", 2),
    ]


def test_comments_hang_on_pages_blog_posts_and_attachments(export, page, read):
    post = export.blog_post("Post")
    file = export.attachment("plan.pdf", page)
    export.comment(page, object_id=11)
    export.comment(Ref("BlogPost", post), object_id=12)
    export.comment(Ref("Attachment", file), object_id=13)

    kinds = {key: comment.container_kind for key, comment in comments_of(read(export)).items()}

    assert kinds == {
        "11": ContainerKind.PAGE,
        "12": ContainerKind.BLOG_POST,
        "13": ContainerKind.ATTACHMENT,
    }


@pytest.mark.parametrize("field", ["containerContent", "owner", "content"])
def test_old_names_of_the_container_are_read(export, page, read, field):
    fields = {"containerContent": None} | {field: page}
    export.comment(None, object_id=11, **fields)

    assert comments_of(read(export))["11"].container_id == "1"


def test_in_cloud_the_owner_is_a_person_not_the_container(export, read):
    export.comment(None, object_id=11, owner=user_ref("key-1"))
    store = read(export)

    assert reasons_of(store, "Comment") == {"11": LeftOutReason.CONTAINER_MISSING}
    assert "Comment.containerContent" not in store.unresolved()


def test_a_comment_known_only_to_its_page_is_found(export, read):
    export.page("Page", object_id=1, comments=[Ref("Comment", 11)])
    export.comment(None, object_id=11)

    assert comments_of(read(export))["11"].container_id == "1"


def test_a_container_with_the_wrong_class_is_found_by_its_id(export, read):
    export.blog_post("Post", object_id=1)
    export.comment(page_ref(1), object_id=11)
    store = read(export)

    assert comments_of(store)["11"].container_kind is ContainerKind.BLOG_POST
    assert notes_of(store)[NoteKind.CLASS_CORRECTED] == 1


def test_an_inline_comment_keeps_its_anchor_and_its_state(export, page, read):
    comment = Ref("Comment", export.comment(page, object_id=11))
    export.content_property(comment, "inline-comment", "true")
    export.content_property(comment, "inline-marker-ref", "ref-1")
    export.content_property(comment, "inline-original-selection", "marked words")
    export.content_property(comment, "status", "resolved")
    export.comment(page, object_id=12)
    found = comments_of(read(export))

    assert found["11"].inline is not None
    assert (found["11"].inline.marker_ref, found["11"].inline.selection) == (
        "ref-1",
        "marked words",
    )
    assert found["11"].is_resolved
    assert found["12"].inline is None
    assert not found["12"].is_resolved


def test_a_pin_on_an_attachment_is_kept(export, page, read):
    file = Ref("Attachment", export.attachment("plan.png", page))
    comment = Ref("Comment", export.comment(file, object_id=11))
    export.content_property(comment, "ANCHOR", '{"type":"pin","x":0.5}')

    assert comments_of(read(export))["11"].anchor == '{"type":"pin","x":0.5}'


def test_a_reply_without_its_parent_stands_by_itself(export, page, read):
    export.comment(page, object_id=11, parent=Ref("Comment", 404))
    store = read(export)

    assert comments_of(store)["11"].parent_id is None
    assert notes_of(store)[NoteKind.REPLY_WITHOUT_PARENT] == 1


def test_comments_that_answer_each_other_in_a_ring_all_arrive(export, page, read):
    export.comment(page, object_id=11, parent=Ref("Comment", 12))
    export.comment(page, object_id=12, parent=Ref("Comment", 11))

    found = list(read(export).comments("100"))

    assert [(comment.id, comment.parent_id) for comment in found] == [("11", None), ("12", "11")]


def test_comments_on_what_is_not_taken_are_left_out_with_a_reason(export, page, read):
    draft = export.page("Draft", contentStatus="draft")
    export.comment(page_ref(draft), object_id=11)
    export.comment(page_ref(404), object_id=12)
    export.comment(None, object_id=13)
    export.comment(page, object_id=14, contentStatus="deleted")
    export.comment(Ref("Comment", 11), object_id=15)
    store = read(export)

    assert comments_of(store) == {}
    assert reasons_of(store, "Comment") == {
        "11": LeftOutReason.CONTAINER_LEFT_OUT,
        "12": LeftOutReason.CONTAINER_MISSING,
        "13": LeftOutReason.CONTAINER_MISSING,
        "14": LeftOutReason.DELETED,
        "15": LeftOutReason.CONTAINER_LEFT_OUT,
    }


def test_an_attachment_arrives_with_its_bytes(export, page, read):
    export.attachment(
        "plan.pdf",
        page,
        object_id=7,
        data=b"the plan",
        version=3,
        versionComment="final",
        creator=user_ref("key-1"),
    )
    file = Ref("Attachment", 7)
    export.content_property(file, "MEDIA_TYPE", "application/pdf")
    export.content_property(file, "FILESIZE", 8)
    export.label(file, "plan")
    store = read(export)

    (found,) = store.attachments("100")
    assert (found.container_kind, found.container_id) == (ContainerKind.PAGE, "1")
    assert (found.media_type, found.declared_size) == ("application/pdf", 8)
    assert (found.version, found.version_comment, found.creator_key) == (3, "final", "key-1")
    assert [label.name for label in found.labels] == ["plan"]
    assert found.file is not None
    assert (found.file.name, found.file.size) == ("attachments/1/7/3", 8)
    with store.open_file(found.file) as stream:
        assert stream.read() == b"the plan"


def test_old_fields_of_an_attachment_are_read(export, page, read):
    export.add(
        "Attachment",
        object_id=7,
        fileName="old.doc",
        contentType="application/msword",
        fileSize=4,
        attachmentVersion=2,
        comment="second",
        content=page,
        creatorName="ann",
    )
    export.files["attachments/1/7/2"] = b"data"
    found = attachments_of(read(export))["old.doc"]

    assert (found.media_type, found.declared_size, found.version) == ("application/msword", 4, 2)
    assert (found.version_comment, found.creator_key) == ("second", "name:ann")
    assert found.file is not None


def test_a_revisions_bytes_lie_in_the_folder_of_the_newest_record(export, page, read):
    export.attachment("a.txt", page, object_id=30, version=3, data=b"three")
    for object_id, version, data in ((20, 2, b"two"), (10, 1, b"one")):
        export.attachment(
            "a.txt",
            page,
            object_id=object_id,
            version=version,
            data=data,
            folder=30,
            originalVersion=Ref("Attachment", 30),
        )
    store = read(export)

    assert list(attachments_of(store)) == ["a.txt"]
    revisions = list(store.attachment_revisions("100"))
    assert [(revision.id, revision.version) for revision in revisions] == [("10", 1), ("20", 2)]
    for revision, data in zip(revisions, (b"one", b"two"), strict=True):
        assert revision.file is not None
        with store.open_file(revision.file) as stream:
            assert stream.read() == data


def test_the_layout_of_very_old_exports_is_found(export, page, read):
    export.attachment("old.txt", page, object_id=7, data=None)
    export.files["attachments/1/7"] = b"very old"

    found = attachments_of(read(export))["old.txt"]

    assert found.file is not None
    assert found.file.size == 8


def test_bytes_in_another_containers_folder_are_found_by_the_attachments_id(export, page, read):
    export.attachment("moved.txt", page, object_id=7, data=None)
    export.files["attachments/999/7/1"] = b"x"

    assert attachments_of(read(export))["moved.txt"].file is not None


def test_bytes_in_the_containers_own_folder_come_first(export, page, read):
    export.files["attachments/999/7/1"] = b"another"
    export.attachment("a.txt", page, object_id=7, data=b"own")

    found = attachments_of(read(export))["a.txt"].file
    assert found is not None
    assert found.name == "attachments/1/7/1"


def test_an_attachment_whose_version_is_not_there_has_no_file(export, page, read):
    export.attachment("gap.txt", page, object_id=7, version=3, data=None)
    export.files["attachments/1/7/2"] = b"another version"
    store = read(export)

    assert attachments_of(store)["gap.txt"].file is None
    assert reasons_of(store, "Attachment") == {"7": LeftOutReason.FILE_MISSING}
    assert notes_of(store)[NoteKind.FILE_WITHOUT_RECORD] == 1


def test_a_deleted_attachment_is_not_taken_though_its_bytes_are_there(export, page, read):
    export.attachment("gone.txt", page, object_id=7, contentStatus="deleted")
    store = read(export)

    assert attachments_of(store) == {}
    assert reasons_of(store, "Attachment") == {"7": LeftOutReason.DELETED}


def test_an_empty_file_and_one_of_another_size_are_noted(export, page, read):
    export.attachment("empty.txt", page, data=b"")
    short = export.attachment("short.txt", page, data=b"1234")
    export.content_property(Ref("Attachment", short), "FILESIZE", 4000)
    store = read(export)

    assert notes_of(store)[NoteKind.FILE_EMPTY] == 1
    assert notes_of(store)[NoteKind.FILE_SIZE_DIFFERS] == 1
    assert attachments_of(store)["empty.txt"].file is not None


def test_the_logo_of_a_space_hangs_on_its_description(read):
    export = ExportBuilder()
    export.space(description=Ref("SpaceDescription", 50))
    export.add("SpaceDescription", object_id=50)
    export.attachment("DEMO", Ref("SpaceDescription", 50))

    found = attachments_of(read(export))["DEMO"]

    assert found.container_kind is ContainerKind.SPACE_DESCRIPTION


def test_attachments_on_comments_and_comments_on_attachments_nest(export, page, read):
    comment = Ref("Comment", export.comment(page, object_id=11))
    file = Ref("Attachment", export.attachment("shot.png", comment, object_id=12))
    export.comment(file, object_id=13)
    store = read(export)

    assert attachments_of(store)["shot.png"].container_kind is ContainerKind.COMMENT
    assert "13" in comments_of(store)


def test_app_content_is_left_to_its_app_with_all_that_hangs_on_it(export, page, read):
    custom = Ref(
        "CustomContentEntityObject",
        export.add(
            "CustomContentEntityObject",
            object_id=60,
            title="diagram",
            containerContent=page,
            pluginModuleKey="com.example:diagram",
        ),
    )
    export.attachment("diagram.png", custom, object_id=61)
    store = read(export)

    assert reasons_of(store, "CustomContentEntityObject") == {"60": LeftOutReason.APP_CONTENT}
    assert reasons_of(store, "Attachment") == {"61": LeftOutReason.CONTAINER_LEFT_OUT}


def test_properties_of_what_is_taken_are_offered(export, page, read):
    export.content_property(page, "com.example.state", '{"open": true}')
    export.content_property(page, "count", 5)

    found = list(read(export).content_properties("100"))

    assert [(item.name, item.text, item.number) for item in found] == [
        ("com.example.state", '{"open": true}', None),
        ("count", None, 5),
    ]


def test_a_property_known_only_to_its_page_is_found(export, read):
    export.page("Page", contentProperties=[Ref("ContentProperty", 70)])
    export.add("ContentProperty", object_id=70, name="key", stringValue="value")

    assert [item.name for item in read(export).content_properties("100")] == ["key"]


def test_templates_of_a_space_and_of_the_site_are_apart(export, read):
    body = "<at:var at:name='x'/>"
    export.add("PageTemplate", name="Meeting", content=body, space=Ref("Space", 100))
    export.add("PageTemplate", name="Everywhere", content="h1. Wiki")
    store = read(export)

    assert [(item.name, item.body) for item in store.templates("100")] == [("Meeting", body)]
    assert [item.name for item in store.templates(None)] == ["Everywhere"]


def test_likes_and_watches_are_offered(export, page, read):
    export.add("LikeEntity", content=page, user=user_ref("key-1"))
    export.add("Notification", content=page, receiver=user_ref("key-2"))
    export.add("Notification", space=Ref("Space", 100), userName="Ann")
    store = read(export)

    assert [(like.container_id, like.user_key) for like in store.likes("100")] == [("1", "key-1")]
    assert [(watch.container_id, watch.space_id, watch.user_key) for watch in
            store.watches("100")] == [(None, "100", "name:ann"), ("1", None, "key-2")]  # fmt: skip


def test_inline_tasks_come_from_their_table(export, page, read):
    export.files["AO_BAF3AA_AOINLINE_TASK.csv"] = (
        b"CONTENT_ID,ID,GLOBAL_ID,BODY,TASK_STATUS,CREATOR_USER_KEY,ASSIGNEE_USER_KEY\n"
        b'1,4,77,"<p>call,\nthen write</p>",UNCHECKED,key-1,key-2\n404,1,78,x,CHECKED,,\n'
    )

    (task,) = read(export).inline_tasks("100")

    assert (task.content_id, task.task_id, task.status) == ("1", "4", "UNCHECKED")
    assert (task.body, task.assignee_key) == ("<p>call,\nthen write</p>", "key-2")
