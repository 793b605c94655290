"""Pages in order, at their place, with the right body: reference section 9, quirks 1 to 12."""

from datetime import UTC, datetime

import pytest

from portway_assistant.exports.notes import NoteKind
from portway_assistant.exports.records import BodyType
from support.exports import ANN, DATE, ExportBuilder, Ref, page_ref, user_ref


def titles(store, space_id="100"):
    return [page.title for page in store.pages(space_id)]


def page_of(store, title):
    return next(page for page in store.pages("100") if page.title == title)


def notes_of(store):
    return {note.kind: note.count for note in store.notes()}


def test_a_page_arrives_with_everything_said_about_it(export, read):
    page = export.page(
        "Plan",
        body="<p>The plan</p>",
        version=7,
        versionComment="typos",
        creator=user_ref("key-1"),
        creationDate="2020-05-06 07:08:09.123",
        lastModifier=user_ref("key-2"),
        lastModificationDate="2021-05-06 07:08:09.000",
        position=3,
    )
    export.label(page_ref(page), "draft-ideas")

    (found,) = read(export).pages("100")

    assert found.id == str(page)
    assert (found.title, found.body, found.body_type) == (
        "Plan",
        "<p>The plan</p>",
        BodyType.STORAGE,
    )
    assert (found.version, found.version_comment, found.position) == (7, "typos", 3)
    assert (found.creator_key, found.modifier_key) == ("key-1", "key-2")
    assert found.created_at == datetime(2020, 5, 6, 7, 8, 9, 123_000, UTC)
    assert found.modified_at == datetime(2021, 5, 6, 7, 8, 9, tzinfo=UTC)
    assert [(label.namespace, label.name) for label in found.labels] == [("global", "draft-ideas")]


def test_a_label_may_name_its_page_by_number_only(export, read):
    page = export.page("Page")
    label = Ref("Label", export.add("Label", name="old"))
    export.add("Labelling", label=label, labelableId=page, labelableType="CONTENT")

    assert [label.name for label in page_of(read(export), "Page").labels] == ["old"]


def five_levels():
    """A home page with five levels below it, children written before their parents."""
    export = ExportBuilder()
    export.space(homePage=page_ref(1))
    export.page("E level", object_id=5, parent=page_ref(4))
    export.page("D level", object_id=4, parent=page_ref(3))
    export.page("C level", object_id=3, parent=page_ref(2))
    export.page("zebra", object_id=2, parent=page_ref(1), position=1)
    export.page("Home", object_id=1)
    export.page("apple", object_id=9, parent=page_ref(1), position=2)
    export.page("no position B", object_id=8, parent=page_ref(1))
    export.page("No position a", object_id=7, parent=page_ref(1))
    export.page("apple too", object_id=6, parent=page_ref(1), position=10)
    return export


def test_no_child_comes_before_its_parent(read):
    seen = set()
    for page in read(five_levels()).pages("100"):
        assert page.parent_id is None or page.parent_id in seen
        seen.add(page.id)


def test_siblings_come_by_position_then_by_title_whatever_its_case(read):
    siblings = [page.title for page in read(five_levels()).pages("100") if page.parent_id == "1"]

    assert siblings == ["zebra", "apple", "apple too", "No position a", "no position B"]


def test_the_home_page_is_the_one_the_space_names(read):
    homes = [page.title for page in read(five_levels()).pages("100") if page.is_home]

    assert homes == ["Home"]


def test_other_roots_stay_at_root_level(read):
    export = five_levels()
    export.page("Second root", object_id=20)

    second = page_of(read(export), "Second root")

    assert (second.parent_id, second.is_home) == (None, False)


def test_a_space_without_home_page_gets_its_oldest_root(export, read):
    export.page("Younger", creationDate="2021-01-01 00:00:00.000")
    export.page("Older", creationDate="2019-01-01 00:00:00.000")
    store = read(export)

    assert page_of(store, "Older").is_home
    assert not page_of(store, "Younger").is_home
    assert next(store.spaces()).home_page_id == page_of(store, "Older").id
    assert notes_of(store)[NoteKind.HOME_CHOSEN] == 1


def test_a_home_page_below_another_page_becomes_a_root(read):
    export = ExportBuilder()
    export.space(homePage=page_ref(1))
    export.page("Home", object_id=1, parent=page_ref(2))
    export.page("Above", object_id=2)

    assert page_of(read(export), "Home").parent_id is None


@pytest.mark.parametrize("fate", ["absent", "draft", "deleted", "archived"])
def test_a_page_whose_parent_is_not_there_goes_below_the_home_page(read, fate):
    export = ExportBuilder()
    export.space(homePage=page_ref(1))
    export.page("Home", object_id=1)
    export.page("Orphan", object_id=3, parent=page_ref(2))
    if fate != "absent":
        export.page("Parent", object_id=2, contentStatus=fate)
    store = read(export)

    assert page_of(store, "Orphan").parent_id == "1"
    assert notes_of(store)[NoteKind.ORPHAN_PAGE] == 1
    assert store.unresolved().get("Page.parent") == (1 if fate == "absent" else None)


def test_pages_in_a_ring_are_cut_once_and_all_arrive(read):
    export = ExportBuilder()
    export.space(homePage=page_ref(1))
    export.page("Home", object_id=1)
    for number, above in ((11, 13), (12, 11), (13, 12), (14, 13), (21, 22), (22, 21), (31, 31)):
        export.page(f"Page {number}", object_id=number, parent=page_ref(above))
    store = read(export)

    assert len(titles(store)) == 8
    assert [page.id for page in store.pages("100") if page.parent_id == "1"] == ["11", "21", "31"]
    assert notes_of(store)[NoteKind.CYCLE_BROKEN] == 3


def test_a_space_that_is_nothing_but_a_ring_still_arrives(export, read):
    export.page("One", object_id=1, parent=page_ref(2))
    export.page("Two", object_id=2, parent=page_ref(1))

    found = list(read(export).pages("100"))

    assert [(page.id, page.parent_id, page.is_home) for page in found] == [
        ("1", None, True),
        ("2", "1", False),
    ]


def test_of_two_pages_that_claim_a_child_the_first_has_it(export, read):
    export.page("One", object_id=1, children=[page_ref(3)])
    export.page("Two", object_id=2, children=[page_ref(3)])
    export.page("Child", object_id=3)

    assert page_of(read(export), "Child").parent_id == "1"


def test_a_child_known_only_to_its_parent_is_found(export, read):
    export.page("Parent", object_id=1, children=[page_ref(2)])
    export.page("Parent too", object_id=3, childrens=[page_ref(4)])
    export.page("Child", object_id=2)
    export.page("Cloud child", object_id=4)
    store = read(export)

    assert page_of(store, "Child").parent_id == "1"
    assert page_of(store, "Cloud child").parent_id == "3"


@pytest.mark.parametrize("state", ["draft", "deleted", "archived"])
def test_only_current_pages_are_taken(export, read, state):
    export.page("Live")
    export.page("Live", contentStatus=state)

    assert titles(read(export)) == ["Live"]


def test_a_draft_that_names_its_page_is_a_draft_and_its_twin_stays_live(export, read):
    live = export.page("Twin")
    export.page("Twin", contentStatus="draft", originalVersion=page_ref(live), space=None)

    (found,) = read(export).pages("100")

    assert found.id == str(live)


def test_older_versions_come_with_their_page_in_order(export, read):
    page = export.page("Now", object_id=10, version=4)
    for object_id, version, edited in ((13, 2, 5), (11, 1, 3), (12, 2, 4)):
        export.page(
            f"Then {object_id}",
            object_id=object_id,
            version=version,
            originalVersion=page_ref(page),
            lastModificationDate=f"2020-01-0{edited} 00:00:00.000",
            space=None,
        )
    store = read(export)

    assert titles(store) == ["Now"]
    assert [revision.id for revision in store.revisions("100")] == ["11", "12", "13"]
    assert {revision.original_id for revision in store.revisions("100")} == {"10"}


def test_a_version_known_only_to_its_page_is_no_page_of_its_own(export, read):
    export.page("Now", object_id=10, historicalVersions=[page_ref(11)])
    export.page("Then", object_id=11)
    store = read(export)

    assert titles(store) == ["Now"]
    assert [revision.title for revision in store.revisions("100")] == ["Then"]


def test_the_id_alone_marks_an_older_version_too(export, read):
    export.page("Now", object_id=10)
    export.page("Then", originalVersionId=10)

    assert titles(read(export)) == ["Now"]


@pytest.mark.parametrize("order", [1, -1])
def test_of_several_bodies_the_filled_one_in_storage_format_counts(export, read, order):
    page = export.page("Page", body=None)
    bodies = [("wiki", 0), ("<p>storage</p>", 2), ("", 2)]
    for text, body_type in bodies[::order]:
        export.body(page_ref(page), text, body_type=body_type)
    store = read(export)

    assert page_of(store, "Page").body == "<p>storage</p>"
    assert notes_of(store)[NoteKind.BODY_DUPLICATE] == 2


def test_a_filled_wiki_body_counts_more_than_an_empty_one_in_storage_format(export, read):
    page = export.page("Page", body=None)
    export.body(page_ref(page), "h1. Text", body_type=0)
    export.body(page_ref(page), "", body_type=2)

    assert page_of(read(export), "Page").body == "h1. Text"


def test_a_body_known_only_to_its_page_is_found(export, read):
    export.page("Page", body=None, bodyContents=[Ref("BodyContent", 77)])
    export.body(None, "<p>found</p>", object_id=77)

    assert page_of(read(export), "Page").body == "<p>found</p>"


def test_a_page_without_body_is_empty_and_noted(export, read):
    export.page("Page", body=None)
    store = read(export)

    assert page_of(store, "Page").body == ""
    assert notes_of(store)[NoteKind.BODY_MISSING] == 1


@pytest.mark.parametrize(
    ("body_type", "text", "expected"),
    [
        (0, "h1. Wiki", BodyType.WIKI),
        (1, "raw", BodyType.RAW),
        (2, "<p/>", BodyType.STORAGE),
        (None, "<p>guessed</p>", BodyType.STORAGE),
        (None, "h1. guessed", BodyType.WIKI),
    ],
)
def test_the_type_of_a_body_is_declared_or_guessed(export, read, body_type, text, expected):
    page = export.page("Page", body=None)
    export.body(page_ref(page), text, body_type=body_type)

    assert page_of(read(export), "Page").body_type == expected


def test_the_end_of_a_cdata_section_is_restored_in_bodies_only(export, read):
    code = "<ac:plain-text-body><![CDATA[a[b[0]]> 1]]></ac:plain-text-body>"
    export.page("Title ]] > stays", body=code)
    export.page("Cut", body="<ac:plain-text-body><![CDATA[x]] </ac:plain-text-body>")
    store = read(export)

    assert page_of(store, "Title ]] > stays").body == code
    assert page_of(store, "Cut").body.endswith("<![CDATA[x]]></ac:plain-text-body>")


def test_a_control_character_in_a_title_is_removed_and_reported(export, inspect, read):
    export.page("Hell\x08o")
    at = export.entities().index(b"\x08")

    found = inspect(export)

    assert titles(read(export)) == ["Hello"]
    assert [repair["offset"] for repair in found["repairs"]] == [at]
    assert found["repair_count"] == 1


def test_line_separators_and_zero_width_characters_stay(export, read):
    export.page("Page", body="<p>a\u2028b\u2029c\u200bd</p>")

    assert page_of(read(export), "Page").body == "<p>a\u2028b\u2029c\u200bd</p>"


def test_titles_that_differ_in_case_only_are_noted(export, read):
    export.page("Start")
    export.page("START")

    assert notes_of(read(export))[NoteKind.TITLE_TWIN] == 2


def test_titles_that_differ_in_what_nobody_sees_are_noted(export, read):
    export.page("Start")
    export.page("St\u200bart\u2028")

    assert notes_of(read(export))[NoteKind.TITLE_TWIN] == 2


def test_an_older_version_marked_deleted_is_an_older_version_all_the_same(export, read):
    page = page_ref(export.page("Now"))
    export.page("Then", originalVersion=page, contentStatus="deleted")
    store = read(export)

    assert [revision.title for revision in store.revisions("100")] == ["Then"]
    assert titles(store) == ["Now"]


def test_missing_authors_and_dates_are_none_and_noted(export, read):
    export.page("Page", creator=None, creationDate=None, lastModifier=None)
    store = read(export)

    page = page_of(store, "Page")
    assert (page.creator_key, page.created_at, page.modifier_key) == (None, None, None)
    assert notes_of(store)[NoteKind.NO_CREATOR] == 1
    assert notes_of(store)[NoteKind.NO_DATE] == 1


def test_a_parent_in_another_space_is_no_parent(export, read):
    export.space("OTHER", object_id=200)
    export.page("Home", object_id=1, creationDate="2001-01-01 00:00:00.000")
    export.page("Elsewhere", object_id=2, space=Ref("Space", 200))
    export.page("Child", object_id=3, parent=page_ref(2))
    export.descriptor = None
    store = read(export)

    assert page_of(store, "Child").parent_id == "1"


def test_versions_of_a_page_that_is_not_taken_are_not_offered(export, read):
    export.page("Gone", object_id=10, contentStatus="deleted")
    export.page("Then", object_id=11, originalVersion=page_ref(10))

    assert list(read(export).revisions("100")) == []


def test_pages_of_another_space_are_not_mixed_in(export, read):
    export.space("OTHER", object_id=200)
    export.page("Mine")
    export.page("Stray", space=Ref("Space", 200))
    store = read(export)

    assert [space.key for space in store.spaces()] == ["DEMO"]
    assert titles(store) == ["Mine"]
    assert [space.key for space in store.spaces(with_strays=True)] == ["DEMO", "OTHER"]


def test_space_keys_match_without_case(read):
    export = ExportBuilder(descriptor={"spaceKey": "demo"})
    export.space("DEMO")
    export.space("OTHER", object_id=200)

    assert [space.key for space in read(export).spaces()] == ["DEMO"]


def test_a_site_export_takes_every_space(read):
    export = ExportBuilder(descriptor={"exportType": "all", "spaceKey": ""})
    export.space("B", object_id=100)
    export.space("A", object_id=200, spaceStatus="ARCHIVED")

    spaces = list(read(export).spaces())

    assert [(space.key, space.is_archived) for space in spaces] == [("A", True), ("B", False)]


def test_an_empty_space_is_a_space_without_pages(export, read):
    store = read(export)

    assert [space.key for space in store.spaces()] == ["DEMO"]
    assert titles(store) == []


def test_the_description_and_labels_of_a_space_come_with_it(read):
    export = ExportBuilder()
    export.space(description=Ref("SpaceDescription", 50))
    export.add("SpaceDescription", object_id=50, contentStatus="current")
    export.body(Ref("SpaceDescription", 50), "What it is for", body_type=0)
    export.label(Ref("SpaceDescription", 50), "team-a", namespace="team")

    (space,) = read(export).spaces()

    assert (space.description, space.description_type) == ("What it is for", BodyType.WIKI)
    assert [(label.namespace, label.name) for label in space.labels] == [("team", "team-a")]


def test_a_page_without_space_joins_the_only_one_there_is(export, read):
    export.page("Lost", space=None)
    store = read(export)

    assert titles(store) == ["Lost"]
    assert notes_of(store)[NoteKind.SPACE_ADOPTED] == 1


def test_authors_of_old_exports_are_found_by_name(export, read):
    old = {"creator": None, "lastModifier": None, "lastModifierName": "nobody"}
    export.user("Ann", key=ANN)
    export.page("Old", creatorName="ann", **old)
    store = read(export)

    page = page_of(store, "Old")
    assert (page.creator_key, page.modifier_key) == (ANN, "name:nobody")


def test_the_later_of_two_objects_with_one_id_counts(export, read):
    export.page("First", object_id=5)
    export.page("Second", object_id=5, creationDate=DATE)
    store = read(export)

    assert titles(store) == ["Second"]
    assert notes_of(store)[NoteKind.DUPLICATE_OBJECT] == 1


def test_ids_beyond_numbers_are_kept(export, read):
    export.page("Odd", object_id="abc-1")
    export.page("Below", parent=page_ref("abc-1"))
    store = read(export)

    assert page_of(store, "Below").parent_id == "abc-1"
    assert page_of(store, "Odd").body == "<p>Page abc-1</p>"


def test_a_class_in_another_java_package_is_read_and_noted(export, read):
    export.add(
        "Page", package="com.atlassian.confluence.spaces", title="Moved", space=Ref("Space", 100)
    )
    store = read(export)

    assert titles(store) == ["Moved"]
    assert notes_of(store)[NoteKind.UNUSUAL_PACKAGE] == 1
