"""Pages as damaged, deep and foreign exports have them: reference sections 9 and 15."""

from portway_assistant.exports.notes import NoteKind
from portway_assistant.exports.records import LostPage
from support.exports import ExportBuilder, Ref, page_ref


def titles(store, space_id="100"):
    return [page.title for page in store.pages(space_id)]


def page_of(store, title):
    return next(page for page in store.pages("100") if page.title == title)


def notes_of(store):
    return {note.kind: note.count for note in store.notes()}


def test_a_page_that_only_others_speak_of_is_a_lost_page(export, read):
    lost = page_ref(404)
    export.page("Home", object_id=1)
    export.page("Child", parent=lost)
    export.page("Then", originalVersion=lost, space=None)
    export.body(lost, "<p>what is left</p>")
    comment = export.comment(lost)
    export.comment(lost, parent=Ref("Comment", comment))
    export.attachment("a.txt", lost)
    store = read(export)

    assert list(store.lost_pages()) == [
        LostPage("404", "100", "Then", children=1, versions=1, bodies=1, comments=2, attachments=1)
    ]
    assert notes_of(store)[NoteKind.LOST_PAGE] == 1
    assert page_of(store, "Child").parent_id == "1"


def test_a_deleted_page_is_not_lost(export, read):
    export.page("Gone", object_id=404, contentStatus="deleted")
    export.page("Child", parent=page_ref(404))

    assert list(read(export).lost_pages()) == []


def test_five_levels_of_pages_with_positions_against_the_order_of_the_file(export, read):
    tree = {"1": None} | {f"{i}{j}": "1" for i in (1,) for j in (3, 1, 2)}
    for level in range(3):
        tree[f"9{level}"] = "13" if level == 0 else f"9{level - 1}"
    for name, parent in reversed(tree.items()):
        export.page(
            f"Page {name}",
            object_id=int(name),
            parent=None if parent is None else page_ref(int(parent)),
            position=-int(name),
        )

    found = [(page.id, page.parent_id, page.depth) for page in read(export).pages("100")]

    assert found == [
        ("1", None, 0),
        ("13", "1", 1),
        ("12", "1", 1),
        ("11", "1", 1),
        ("90", "13", 2),
        ("91", "90", 3),
        ("92", "91", 4),
    ]


def test_collections_are_read_in_the_spelling_of_cloud(export, read):
    export.page("Home", object_id=1)
    export.page("Child", object_id=2)
    export.page("Parent", object_id=3, parent=page_ref(1))
    export.raw(
        '<object class="Page" package="p"><id name="id">4</id><property name="title">Top</property>'
        '<property name="space" class="Space" package="p"><id name="id">100</id></property>'
        '<collection name="childrens" class="java.util.Collection(a.b.Page.childrens)">'
        '<element class="Page" package="p"><id name="id">2</id></element></collection></object>'
    )

    assert page_of(read(export), "Child").parent_id == "4"


def test_two_spaces_whose_keys_differ_in_case_are_two(read):
    export = ExportBuilder(descriptor={"exportType": "all", "spaceKey": ""})
    export.space("DEMO")
    export.space("demo", object_id=200)

    assert [space.key for space in read(export).spaces()] == ["DEMO", "demo"]
