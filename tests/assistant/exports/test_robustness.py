"""Damage of any kind is repaired, noted or refused; nothing else is ever raised."""

import random
import zipfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portway_assistant.exports.inspect import inspect_export
from portway_assistant.exports.package import ExportPackage
from portway_assistant.exports.work_store import open_work_store
from portway_service.errors import Refusal
from support.exports import HEAD, TAIL, pack

SAMPLES = sorted((Path(__file__).parents[3] / "cli" / "portway_cli" / "samples").glob("*.zip"))


def read_whole(path, folder):
    """Read an export and ask everything of it; return whether it was refused."""
    try:
        with open_work_store(ExportPackage.open(path), folder) as store:
            for space in store.spaces(with_strays=True):
                for query in (
                    store.pages, store.blog_posts, store.comments, store.attachments,
                    store.revisions, store.attachment_revisions, store.content_properties,
                    store.templates, store.space_permissions, store.content_restrictions,
                    store.likes, store.watches, store.inline_tasks, store.left_out_items,
                ):  # fmt: skip
                    list(query(space.id))
                store.left_out(space.id)
            list(store.users())
            list(store.groups())
            list(store.memberships())
        return False
    except Refusal:
        assert not list(folder.glob("*"))
        return True


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda path: path.name)
@pytest.mark.parametrize("seed", range(20))
def test_a_package_with_flipped_bytes(sample, seed, tmp_path):
    chance = random.Random(seed)
    raw = bytearray(sample.read_bytes())
    for _ in range(chance.randrange(1, 6)):
        raw[chance.randrange(len(raw))] ^= 1 << chance.randrange(8)
    path = tmp_path / "export.zip"
    path.write_bytes(raw[: len(raw) if seed % 2 else chance.randrange(len(raw))])

    read_whole(path, tmp_path / "stores")


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda path: path.name)
@pytest.mark.parametrize("seed", range(20))
def test_an_entities_file_with_bytes_changed_dropped_and_doubled(sample, seed, tmp_path):
    chance = random.Random(seed)
    with zipfile.ZipFile(sample) as package:
        entities = bytearray(package.read("entities.xml"))
    for _ in range(chance.randrange(1, 8)):
        at = chance.randrange(len(entities))
        match chance.randrange(4):
            case 0:
                entities[at] = chance.randrange(256)
            case 1:
                del entities[at : at + chance.randrange(50)]
            case 2:
                entities[at:at] = entities[at : at + chance.randrange(200)]
            case _:
                entities[at:at] = bytes([chance.choice([0, 8, 0x1C, 0xFF, 0xED])])
    path = tmp_path / "export.zip"
    path.write_bytes(pack({"entities.xml": bytes(entities)}))

    read_whole(path, tmp_path / "stores")


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda path: path.name)
def test_control_characters_planted_in_text_are_repaired_each(sample, tmp_path):
    with zipfile.ZipFile(sample) as package:
        entities = package.read("entities.xml")
    places = [at for at in range(len(entities)) if entities.startswith(b"<![CDATA[", at)][:30]
    for at in reversed(places):
        entities = entities[: at + 9] + b"\x0b" + entities[at + 9 :]
    path = tmp_path / "export.zip"
    path.write_bytes(pack({"entities.xml": entities}))

    found = inspect_export(path)
    clean = inspect_export(sample)

    assert [repair["offset"] for repair in found["repairs"]] == [
        at + 9 + number for number, at in enumerate(places)
    ]
    assert found["classes"] == clean["classes"]


words = st.sampled_from(
    ["Page", "Space", "Comment", "Attachment", "BodyContent", "Label", "1", "2", "", "-1", "x",
     "current", "draft", "99999999999999999999", "1.5", "～"]
)  # fmt: skip
fields = st.sampled_from(
    ["space", "parent", "title", "originalVersion", "originalVersionId", "containerContent", "body",
     "content", "position", "version", "contentStatus", "creationDate", "homePage", "key", "name"]
)  # fmt: skip


@st.composite
def wild_members(draw) -> str:
    key = f'<id name="id">{draw(words)}</id>'
    form = draw(st.integers(min_value=0, max_value=2))
    if form == 0:
        return f'<property name="{draw(fields)}">{draw(words)}</property>'
    if form == 1:
        return f'<property name="{draw(fields)}" class="{draw(words)}" package="p">{key}</property>'
    element = f'<element class="Page" package="p">{key}</element>'
    return f'<collection name="children" class="List">{element}</collection>'


@st.composite
def wild_objects(draw) -> str:
    members = "".join(draw(st.lists(wild_members(), max_size=6)))
    kind = draw(st.sampled_from(["Page", "Space", "Comment", "Attachment", "BodyContent"]))
    return f'<object class="{kind}" package="p"><id name="id">{draw(words)}</id>{members}</object>'


@settings(deadline=None, max_examples=60)
@given(st.lists(wild_objects(), max_size=12))
def test_well_formed_nonsense_is_read_to_the_end(tmp_path_factory, objects):
    folder = tmp_path_factory.mktemp("wild")
    path = folder / "export.zip"
    path.write_bytes(pack({"entities.xml": (HEAD + "".join(objects) + TAIL).encode()}))

    assert read_whole(path, folder / "stores") is False
