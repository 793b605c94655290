"""Each planted damage is found as what it is; what cannot be read leaves nothing behind."""

import pytest

from portway_assistant.exports.inspect import inspect_export, inspect_store
from portway_assistant.exports.package import ExportPackage
from portway_assistant.exports.records import LeftOutReason, SubjectKind
from portway_assistant.exports.work_store import open_work_store
from portway_assistant.samples.causes import CAUSES, RESERVED_GROUPS
from portway_assistant.samples.damages import DAMAGES, NOTED, REFUSED, REPAIRED
from portway_assistant.samples.options import SampleFormat, SampleKind
from portway_service.errors import Refusal

NAMED = [plant for plant in NOTED if plant.found_as]
COPED_WITH = [plant for plant in NOTED if not plant.found_as]


def name_of(plant):
    return plant.name


def planted(*names):
    return {"damages": frozenset(names)}


@pytest.mark.parametrize("plant", REPAIRED, ids=name_of)
def test_what_xml_forbids_is_repaired_at_its_byte(sample, plant):
    package = sample(**planted(plant.name))

    found = inspect_export(package)

    assert {repair["kind"] for repair in found["repairs"]} == {plant.found_as}
    raw = b"".join(ExportPackage.open(package).entities_chunks())
    for repair in found["repairs"]:
        spot = bytes.fromhex(repair["found"])
        assert raw[repair["offset"] :].startswith(spot)
    assert found["pages_current"] == 40


@pytest.mark.parametrize("version", SampleFormat)
@pytest.mark.parametrize("plant", NAMED, ids=name_of)
def test_what_is_odd_is_noted_or_left_out_with_its_reason(read_sample, plant, version):
    kind = SampleKind.SPACE if plant.name == "stray-space" else SampleKind.SITE

    store = read_sample(kind=kind, format=version, **planted(plant.name))

    found = {note.kind.value for note in store.notes()}
    for space in (*(space.id for space in store.spaces(with_strays=True)), None):
        found |= {item.reason.value for item in store.left_out(space)}
    assert plant.found_as in found


@pytest.mark.parametrize("plant", COPED_WITH, ids=name_of)
def test_what_is_merely_odd_is_read_like_anything_else(sample, plant):
    found = inspect_export(sample(**planted(plant.name)))

    assert found["pages_current"] >= 40
    assert found["repairs"] == []


@pytest.mark.parametrize("plant", REFUSED, ids=name_of)
def test_what_cannot_be_read_has_one_code_and_nothing_is_written(sample, plant, tmp_path):
    package = sample(**planted(plant.name))
    stores = tmp_path / "stores"

    with pytest.raises(Refusal) as caught:
        open_work_store(ExportPackage.open(package), stores)

    assert caught.value.error.code == plant.found_as
    assert not stores.exists() or list(stores.iterdir()) == []


def test_damages_add_up(sample):
    names = [plant.name for plant in (*REPAIRED, *NOTED)]

    found = inspect_export(sample(**planted(*names)))

    assert {repair["kind"] for repair in found["repairs"]} == {p.found_as for p in REPAIRED}


def test_every_unrepairable_kind_has_its_own_name():
    codes = {plant.found_as for plant in REFUSED}

    assert codes == {
        "export_not_a_zip", "export_truncated", "export_without_entities", "export_is_csv",
        "export_encrypted", "export_unsafe_path", "export_has_links", "export_too_large",
        "export_has_dtd", "export_malformed", "export_not_confluence",
    }  # fmt: skip


@pytest.mark.parametrize("plant", (DAMAGES | CAUSES).values(), ids=name_of)
def test_each_is_explained_in_one_sentence(plant):
    assert plant.sentence.endswith(".")
    assert plant.sentence.count(". ") == 0


# Causes


@pytest.fixture
def caused(read_sample):
    return lambda *names, **options: read_sample(plain=True, causes=frozenset(names), **options)


def emails_of(store):
    return [user.email for user in store.users() if user.in_directory]


def test_addresses_no_account_can_have_are_planted(caused):
    store = caused("invalid-email", "missing-email", "duplicate-email")
    emails = emails_of(store)

    assert [email for email in emails if email and "@" not in email] != []
    assert emails.count(None) == 1
    folded = [email.lower() for email in emails if email]
    assert len(folded) - len(set(folded)) == 1


def test_domains_to_decide_on_are_planted(caused):
    store = caused("shared-domain", "unknown-domain")
    domains = {email.rpartition("@")[2] for email in emails_of(store)}

    assert {"gmail.com", "outlook.com", "never-seen-before.example"} <= domains


def test_people_who_are_gone_are_planted(caused):
    before = list(caused().users())
    after = list(caused("disabled-user", "unknown-user", "deleted-user").users())

    def count(users, **facts):
        return sum(
            all(getattr(user, name) == value for name, value in facts.items()) for user in users
        )

    assert count(after, known=False) == count(before, known=False) + 1
    assert count(after, in_directory=True) == count(before, in_directory=True) - 1
    assert count(after, active=False) == count(before, active=False) + 2


def test_groups_that_clash_nest_or_never_move_are_planted(caused):
    store = caused("reserved-group", "group-clash", "group-case-clash", "nested-group")
    names = {group.name for group in store.groups()}

    assert set(RESERVED_GROUPS) <= names
    assert {membership.group for membership in store.memberships()} >= set(RESERVED_GROUPS)
    assert "Administrators" in names
    nested = {(m.group, m.member_group) for m in store.memberships() if m.member_group}
    assert ("confluence-users", "confluence-administrators") in nested
    assert ("confluence-administrators", "confluence-users") in nested
    folded = [group.lower() for group in ("Night-Shift", "night-shift")]
    assert sum(name.lower() in folded for name in names) == 1


def test_permissions_to_ask_about_are_planted(caused):
    store = caused("public-space", "missing-group", "signed-in-space", "restricted-page")
    (first,) = [space for space in store.spaces() if space.key == "PROJ"]
    permissions = list(store.space_permissions(first.id))

    kinds = {permission.subject_kind for permission in permissions}
    assert {SubjectKind.ANONYMOUS, SubjectKind.OTHER} <= kinds
    assert "left-long-ago" in {permission.subject for permission in permissions}
    restricted = {r.container_id for r in store.content_restrictions(first.id)}
    assert restricted == {first.home_page_id}


def test_keys_that_clash_by_case_are_planted(caused):
    keys = [space.key for space in caused("space-key-clash").spaces()]

    assert len([key for key in keys if key.lower() == "proj"]) == 3


def test_macros_of_other_apps_are_planted(caused):
    store = caused("foreign-macro")
    bodies = [page.body for space in store.spaces() for page in store.pages(space.id)]

    assert any('ac:name="gliffy"' in body for body in bodies)


def test_a_damaged_sample_counts_what_it_lost(read_sample):
    store = read_sample(**planted("lost-page"))

    assert inspect_store(store)["pages_current"] == 39
    (lost,) = store.lost_pages()
    assert (lost.bodies, lost.versions) == (1, 1)
    reasons = {item.reason for space in store.spaces() for item in store.left_out(space.id)}
    assert LeftOutReason.DRAFT in reasons
