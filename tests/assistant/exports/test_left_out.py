"""Everything is either taken or accounted for."""

from collections import Counter

import pytest

from portway_assistant.exports.records import LeftOutReason
from portway_assistant.exports.shapes import INFRASTRUCTURE_CLASSES, SECRET_CLASSES
from support.exports import ExportBuilder, Ref, page_ref, user_ref


def counts(store, space_id):
    return {(item.kind, item.reason): item.count for item in store.left_out(space_id)}


def test_each_class_and_reason_has_its_count(export, read):
    page = export.page("Page", object_id=1)
    draft = export.page("Draft", contentStatus="draft")
    export.page("Old", originalVersion=page_ref(page))
    export.page("Archived", contentStatus="archived")
    export.body(page_ref(page), "")
    export.comment(page_ref(draft))
    export.restriction(page_ref(page), "View", users=["k"])
    export.restriction(page_ref(draft), "View", users=["k"])
    export.add("PageTemplate", name="T", space=Ref("Space", 100))
    export.add("SpacePermission", type="VIEWSPACE", space=Ref("Space", 100))
    export.add("LikeEntity", content=page_ref(page), user=user_ref("k"))

    found = counts(read(export), "100")

    assert found == {
        ("Page", LeftOutReason.DRAFT): 1,
        ("Comment", LeftOutReason.CONTAINER_LEFT_OUT): 1,
        ("BodyContent", LeftOutReason.DUPLICATE): 1,
        ("BodyContent", LeftOutReason.OWNER_LEFT_OUT): 2,
        ("ContentPermissionSet", LeftOutReason.OWN_STEP): 1,
        ("ContentPermissionSet", LeftOutReason.OWNER_LEFT_OUT): 1,
        ("ContentPermission", LeftOutReason.OWN_STEP): 1,
        ("ContentPermission", LeftOutReason.OWNER_LEFT_OUT): 1,
        ("PageTemplate", LeftOutReason.OWN_STEP): 1,
        ("SpacePermission", LeftOutReason.OWN_STEP): 1,
        ("LikeEntity", LeftOutReason.OWN_STEP): 1,
    }


def test_what_an_attachment_without_bytes_carries_is_still_offered(export, read):
    page = page_ref(export.page("Page"))
    attachment = Ref("Attachment", export.attachment("a.txt", page, data=None))
    export.content_property(attachment, "MEDIA_TYPE", "text/plain")

    assert counts(read(export), "100") == {
        ("Attachment", LeftOutReason.FILE_MISSING): 1,
        ("ContentProperty", LeftOutReason.OWN_STEP): 1,
    }


def test_what_has_no_space_is_accounted_for_apart(export, read):
    export.space("OTHER", object_id=200)
    export.body(page_ref(404), "<p>of nothing</p>")
    export.page("Lost", space=Ref("Space", 404))
    export.page("Stray", space=Ref("Space", 200))
    export.add("ConfluenceBandanaRecord", key="secret", value="s3cret")
    export.add("SchedulerClusteredJob")
    export.add("BrandNewThing")
    export.add("Label", name="unused")
    store = read(export)

    assert counts(store, None) == {
        ("BodyContent", LeftOutReason.OWNER_MISSING): 1,
        ("BodyContent", LeftOutReason.OWNER_LEFT_OUT): 1,
        ("Page", LeftOutReason.NO_SPACE): 1,
        ("ConfluenceBandanaRecord", LeftOutReason.SECRET): 1,
        ("SchedulerClusteredJob", LeftOutReason.SERVER_ONLY): 1,
        ("BrandNewThing", LeftOutReason.UNKNOWN_CLASS): 1,
        ("Label", LeftOutReason.UNUSED): 1,
    }
    assert counts(store, "200")["Page", LeftOutReason.OTHER_SPACE] == 1
    assert counts(store, "200")["Space", LeftOutReason.OTHER_SPACE] == 1


def test_a_content_without_id_cannot_be_carried(export, read):
    export.raw('<object class="Page" package="p"><property name="title">No id</property></object>')

    assert counts(read(export), "100") == {("Page", LeftOutReason.NO_ID): 1}


@pytest.mark.parametrize("class_name", sorted(SECRET_CLASSES | INFRASTRUCTURE_CLASSES))
def test_classes_nobody_misses_still_have_a_reason(export, read, class_name):
    export.add(class_name, object_id=5)

    reasons = {item.kind: item.reason for item in read(export).left_out(None)}

    assert reasons[class_name] in {LeftOutReason.SECRET, LeftOutReason.SERVER_ONLY}


def test_taken_and_left_out_add_up_to_every_content(read):
    export = ExportBuilder()
    export.space(homePage=page_ref(1), description=Ref("SpaceDescription", 90))
    export.add("SpaceDescription", object_id=90, contentStatus="current")
    states = [None, "current", "draft", "deleted", "archived"]
    for number, state in enumerate(states * 3, start=1):
        original = page_ref(1) if number > 10 else None
        export.page(f"P{number}", object_id=number, contentStatus=state, originalVersion=original)
        export.comment(page_ref(number))
        export.attachment(f"A{number}", page_ref(number), contentStatus=state)
        export.blog_post(f"B{number}", contentStatus=state, space=Ref("Space", 100 + number % 2))
    store = read(export)

    taken = Counter(Page=0, BlogPost=0, Comment=0, Attachment=0)
    for archived in (False, True):
        taken["Page"] += len(list(store.pages("100", archived=archived)))
        taken["BlogPost"] += len(list(store.blog_posts("100", archived=archived)))
        taken["Comment"] += len(list(store.comments("100", archived=archived)))
        taken["Attachment"] += len(list(store.attachments("100", archived=archived)))
        taken["Page"] += len(list(store.revisions("100", archived=archived)))
    left = Counter(item.kind for item in store.left_out_items("100"))
    lost = Counter(item.kind for item in store.left_out_items(None))

    assert taken + left + lost == dict.fromkeys(taken, 15)
