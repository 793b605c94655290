"""Samples: as large as asked, the same for the same seed, and readable to the last reference."""

import re
import subprocess
import sys
from xml.etree import ElementTree

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from notes_app.server.note_files import read_notes
from portway_assistant.exports.inspect import inspect_export, inspect_store
from portway_assistant.exports.records import BodyType, SubjectKind
from portway_assistant.samples.options import SampleFormat, SampleKind, SampleOptions
from portway_assistant.samples.people import SECRET
from portway_assistant.samples.site import UNKNOWN_KEY
from portway_assistant.samples.writing import write_sample
from support.export_oracle import count_export

ALL = [(kind, version) for kind in SampleKind for version in SampleFormat]


def test_a_sample_is_as_large_as_asked(sample):
    package = sample(
        spaces=4,
        pages=90,
        users=33,
        groups=7,
        comments=70,
        attachments=41,
        blogposts=9,
        revisions=2,
    )

    found = inspect_export(package)

    assert {
        name: found[name]
        for name in ("spaces", "pages_current", "users", "groups", "comments_on_content",
                     "attachments_on_content", "blogposts_current", "pages_history")
    } == {
        "spaces": 4,
        "pages_current": 90,
        "users": 33,
        "groups": 7,
        "comments_on_content": 70,
        "attachments_on_content": 41,
        "blogposts_current": 9,
        "pages_history": 180,
    }  # fmt: skip
    assert min(found[f"pages_{state}"] for state in ("draft", "deleted", "archived")) > 0


@pytest.mark.parametrize(("kind", "version"), ALL)
def test_every_kind_and_format_counts_as_the_reference_says(sample, kind, version):
    package = sample(kind=kind, format=version)

    found = inspect_export(package)

    expected = count_export(package)
    assert {name: found[name] for name in expected} == expected
    assert (found["users"] > 0) is (kind is SampleKind.SITE or version is not SampleFormat.SERVER_3)
    assert (found["groups"] > 0) is (kind is SampleKind.SITE)


@pytest.mark.parametrize(("kind", "version"), ALL)
def test_no_reference_of_an_undamaged_sample_leads_nowhere(read_sample, kind, version):
    store = read_sample(kind=kind, format=version)

    people = (".creator", ".lastModifier", ".user", ".userSubject", ".receiver")
    assert [name for name in store.unresolved() if not name.endswith(people)] == []
    assert {note.kind.value for note in store.notes()} <= {"nested_group"}


@settings(deadline=None, max_examples=25, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.builds(
        SampleOptions,
        kind=st.sampled_from(SampleKind),
        format=st.sampled_from(SampleFormat),
        spaces=st.integers(1, 9),
        pages=st.integers(1, 60),
        users=st.integers(1, 40),
        groups=st.integers(2, 12),
        attachments=st.integers(0, 60),
        comments=st.integers(0, 150),
        blogposts=st.integers(0, 12),
        revisions=st.integers(0, 3),
        app_notes=st.integers(0, 5),
        body_bytes=st.just(400),
        attachment_bytes=st.just(64),
        seed=st.integers(0, 99),
        plain=st.booleans(),
    )
)
def test_a_sample_of_any_size_is_whole(tmp_path_factory, options):
    package = write_sample(tmp_path_factory.mktemp("any") / "x.zip", options).package

    found = inspect_export(package)

    assert found["pages_current"] == max(options.pages, options.space_count)
    assert found["comments_on_content"] == options.comments
    assert found["attachments_on_content"] == options.attachments
    assert found["repairs"] == []
    assert {note["kind"] for note in found["notes"]} <= {"nested_group"}


def test_one_seed_makes_the_same_bytes_in_every_process(tmp_path):
    made = []
    for number, hash_seed in enumerate(("1", "2")):
        path = tmp_path / f"{number}.zip"
        subprocess.run(
            [
                sys.executable,
                "-m",
                "portway_cli",
                "sample",
                "-o",
                path,
                "--pages",
                "30",
                "--seed",
                "7",
            ],
            check=True,
            env={"PYTHONHASHSEED": hash_seed, "PATH": "", "TZ": ("UTC", "Asia/Tokyo")[number]},
        )
        made.append((path.read_bytes(), path.with_suffix(".notes.jsonl").read_bytes()))

    assert made[0] == made[1]


def test_another_seed_makes_other_bytes(sample):
    assert sample(seed=1).read_bytes() != sample(seed=2).read_bytes()


def test_nothing_is_left_half_written(tmp_path):
    with pytest.raises(KeyError):
        write_sample(tmp_path / "x.zip", SampleOptions(damages=frozenset({"no such"})))

    assert list(tmp_path.iterdir()) == []


def test_bodies_hold_every_kind_of_reference(read_sample):
    store = read_sample(spaces=3, pages=150, body_bytes=3000)
    bodies = "".join(page.body for space in store.spaces() for page in store.pages(space.id))

    for piece in (
        "<ri:page ri:space-key=", "<ri:page ri:content-title=", "<ri:user ri:userkey=",
        "/pages/viewpage.action?pageId=", "/display/", "/x/", "<ri:content-entity ri:content-id=",
        "<ri:attachment ri:filename=", "<ri:space ri:space-key=", "<ac:task-list>", "]]>",
        'ac:name="page-notes"', 'ac:name="code"', 'ac:name="excerpt-include"', "<table",
        "<ac:inline-comment-marker ac:ref=", "&nbsp;", UNKNOWN_KEY,
    ):  # fmt: skip
        assert piece in bodies, piece
    assert re.search("[^\x00-\x7f]", bodies)


def test_every_body_is_well_formed(read_sample):
    store = read_sample()
    names = "".join(f' xmlns:{prefix}="urn:{prefix}"' for prefix in ("ac", "ri", "at"))
    entities = '<!DOCTYPE x [<!ENTITY nbsp " "><!ENTITY ndash "-"><!ENTITY rarr "-">]>'
    bodies = [
        item.body
        for space in store.spaces()
        for query in (store.pages, store.blog_posts, store.comments, store.revisions)
        for item in query(space.id)
        if item.body_type is BodyType.STORAGE
    ]

    assert len(bodies) > 100
    for body in bodies:
        ElementTree.fromstring(f"{entities}<x{names}>{body}</x>")


def test_an_inline_comment_has_its_marker_in_the_page(read_sample):
    store = read_sample()
    spaces = list(store.spaces())
    bodies = {page.id: page.body for space in spaces for page in store.pages(space.id)}
    inline = [c for space in spaces for c in store.comments(space.id) if c.inline]

    assert inline
    for comment in inline:
        assert f'ac:ref="{comment.inline.marker_ref}"' in bodies[comment.container_id]
    assert any(comment.is_resolved and comment.resolved_by_key for comment in inline)


def test_children_come_before_their_parents_in_the_file(sample, read_sample):
    store = read_sample()
    text = b"".join(store.package.entities_chunks()).decode()
    order = {
        key: at for at, key in enumerate(re.findall(r'class="Page".*?<id name="id">(\d+)', text))
    }
    pages = [page for space in store.spaces() for page in store.pages(space.id) if page.parent_id]

    assert any(order[page.id] < order[page.parent_id] for page in pages)


def test_what_goes_with_content_is_there(read_sample):
    store = read_sample(spaces=4, pages=160)
    spaces = list(store.spaces())

    def all_of(query):
        return [item for space in spaces for item in query(space.id)]

    assert [space.is_archived for space in spaces].count(True) == 1
    assert [space.type for space in spaces].count("personal") == 1
    assert all(space.labels and space.description for space in spaces)
    for query in (
        store.likes, store.watches, store.content_restrictions, store.content_properties,
        store.templates, store.drafts, store.custom_contents, store.inline_tasks, store.revisions,
        store.attachment_revisions,
    ):  # fmt: skip
        assert all_of(query), query.__name__
    assert {r.type for r in all_of(store.content_restrictions)} == {"view", "edit"}
    assert any(watch.container_id is None for watch in all_of(store.watches))
    kinds = [permission.subject_kind for permission in all_of(store.space_permissions)]
    assert kinds.count(SubjectKind.ANONYMOUS) == 2
    assert {SubjectKind.USER, SubjectKind.GROUP} <= set(kinds)
    assert list(store.templates(None))
    assert list(store.space_permissions(None))


def test_people_are_of_every_sort(read_sample):
    store = read_sample(users=120)
    users = list(store.users())

    assert any(not user.active for user in users)
    assert any(not user.known for user in users)
    assert any(not (user.display_name or "").isascii() for user in users)
    assert any(membership.member_group for membership in store.memberships())
    assert len({user.email for user in users if user.email}) == 120


def test_a_plain_sample_gives_a_check_nothing_to_find(read_sample):
    store = read_sample(plain=True)
    permissions = [p for space in store.spaces() for p in store.space_permissions(space.id)]

    assert all(p.subject_kind is not SubjectKind.ANONYMOUS for p in permissions)
    assert all(user.known for user in store.users())
    assert not any(membership.member_group for membership in store.memberships())
    assert not any(list(store.content_restrictions(space.id)) for space in store.spaces())


def test_the_secrets_in_it_stay_in_it(sample, read_sample, tmp_path):
    store = read_sample()

    assert SECRET.encode() in b"".join(store.package.entities_chunks())
    assert SECRET.encode() not in store.path.read_bytes()
    assert inspect_store(store)["secrets_dropped"]


def test_the_notes_are_what_the_example_app_reads(tmp_path):
    options = SampleOptions(pages=20, app_notes=60)
    written = write_sample(tmp_path / "x.zip", options)

    notes = list(read_notes(written.notes))

    assert len(notes) == 60
    assert len({note.id for note, _ in notes}) == 60
    assert sum(1 for _, contents in notes if contents) == 3
    pages = re.findall(
        r'class="Page".*?<id name="id">(\d+)',
        b"".join(_entities(written.package)).decode(),
    )
    assert {note.page_id for note, _ in notes} <= set(pages)


def test_a_space_export_has_its_people_beside_it(tmp_path):
    from portway_assistant.exports.people import read_people

    written = write_sample(tmp_path / "x.zip", SampleOptions(kind=SampleKind.SPACE, users=30))

    assert len(read_people(written.people).entries) == 30
    assert write_sample(tmp_path / "y.zip", SampleOptions()).people is None


def _entities(package):
    from portway_assistant.exports.package import ExportPackage

    return ExportPackage.open(package).entities_chunks()
