"""Opening a package: what is accepted, what is refused with which code, where bytes are found."""

import stat
import zipfile
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portway_assistant import error_codes
from portway_assistant.exports.limits import DEFAULT_LIMITS
from portway_assistant.exports.package import ExportPackage, parse_attachment_path
from portway_service.errors import Refusal
from support.exports import ExportBuilder, pack, page_ref

ENTITIES = ExportBuilder().entities()


def refusal_of(path, *, limits=DEFAULT_LIMITS):
    with pytest.raises(Refusal) as caught:
        ExportPackage.open(path, limits=limits)
    return caught.value


def written(tmp_path, files):
    path = tmp_path / "export.zip"
    path.write_bytes(pack(files))
    return path


def entry_with(tmp_path, name, *, mode=0o644, flags=0):
    path = tmp_path / "export.zip"
    with zipfile.ZipFile(path, "w") as package:
        package.writestr("entities.xml", ENTITIES)
        info = zipfile.ZipInfo(name)
        info.create_system = 3
        info.external_attr = mode << 16
        package.writestr(info, b"data")
    if flags:
        raw = bytearray(path.read_bytes())
        at = raw.rfind(b"PK\x01\x02")
        raw[at + 8] |= flags
        path.write_bytes(bytes(raw))
    return path


@pytest.mark.parametrize("unpacked", [False, True])
def test_a_package_and_the_folder_it_unpacks_to_say_the_same(tmp_path, unpacked):
    builder = ExportBuilder()
    page = builder.page("Start")
    builder.attachment("plan.pdf", page_ref(page), object_id=7, data=b"bytes of the plan")
    path = builder.unpack(tmp_path / "x") if unpacked else builder.write(tmp_path / "x.zip")

    package = ExportPackage.open(path)

    assert b"".join(package.entities_chunks()) == builder.entities()
    assert package.descriptor.space_keys == ("DEMO",)
    assert package.attachment_file_count == 1
    (found,) = package.attachment_files()
    assert (found.container_id, found.attachment_id, found.version) == (str(page), "7", 1)
    with package.open_file(found.file) as stream:
        assert stream.read() == b"bytes of the plan"


def test_a_missing_descriptor_is_noted_not_refused(tmp_path):
    package = ExportPackage.open(written(tmp_path, {"entities.xml": ENTITIES}))

    assert not package.descriptor.present
    assert any("exportDescriptor.properties" in note for note in package.notes)


def test_a_folder_somebody_wrapped_the_export_in_is_seen_through(tmp_path):
    files = {
        "my export/entities.xml": ENTITIES,
        "my export/attachments/1/2/3": b"x",
        "__MACOSX/my export/._entities.xml": b"junk",
    }

    package = ExportPackage.open(written(tmp_path, files))

    assert package.attachment_file_count == 1
    assert next(package.attachment_files()).container_id == "1"


def test_the_digest_names_the_content_of_the_file(tmp_path):
    one = ExportBuilder().write(tmp_path / "one.zip")
    same = ExportBuilder().write(tmp_path / "same.zip")
    builder = ExportBuilder()
    builder.page("Another")
    other = builder.write(tmp_path / "other.zip")

    digests = [ExportPackage.open(path).digest() for path in (one, same, other)]

    assert digests[0] == digests[1] != digests[2]
    assert len(digests[0]) == 64


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("attachments/10/20/3", ("10", "20", 3)),
        ("attachments/10/20", ("10", "20", None)),
        ("attachments/10/20/3/4", None),
        ("attachments/10", None),
        ("attachments/10/../3", None),
        ("attachments/10/20/x", None),
        ("attachments/10/２0/1", None),
        ("other/10/20/3", None),
    ],
)
def test_only_numbers_make_the_path_of_an_attachment(name, expected):
    assert parse_attachment_path(name) == expected


def test_nothing_at_the_path(tmp_path):
    assert refusal_of(tmp_path / "absent.zip").error is error_codes.EXPORT_NOT_FOUND


@pytest.mark.parametrize("raw", [b"", b"hello", b"\x1f\x8b\x08 gzip", b"PK but no zip"])
def test_a_file_that_is_no_zip(tmp_path, raw):
    path = tmp_path / "export.zip"
    path.write_bytes(raw)

    assert refusal_of(path).error is error_codes.EXPORT_NOT_A_ZIP


def test_a_truncated_download(tmp_path):
    path = tmp_path / "export.zip"
    path.write_bytes(pack({"entities.xml": ENTITIES})[:-40])

    assert refusal_of(path).error is error_codes.EXPORT_TRUNCATED


WHOLE = pack({"entities.xml": ENTITIES, "attachments/1/2/3": b"bytes of a file" * 40})


@given(st.integers(min_value=0, max_value=len(WHOLE) - 1))
def test_a_package_cut_anywhere_is_truncated(tmp_path_factory, kept):
    path = tmp_path_factory.mktemp("cut") / "export.zip"
    path.write_bytes(WHOLE[:kept])

    expected = error_codes.EXPORT_TRUNCATED if kept >= 4 else error_codes.EXPORT_NOT_A_ZIP
    assert refusal_of(path).error is expected


def test_many_small_bombs_are_told_by_their_ratio_together(tmp_path):
    blank = bytes(32 * 1024 * 1024)
    path = written(
        tmp_path,
        {"entities.xml": ENTITIES, **{f"attachments/1/2/{n}": blank for n in range(1, 4)}},
    )

    refusal = refusal_of(path)

    assert refusal.error is error_codes.EXPORT_TOO_LARGE
    assert refusal.facts["limit"] == "max_ratio"


def test_a_zip_without_entities(tmp_path):
    path = written(tmp_path, {"index.html": b"<html>"})

    assert refusal_of(path).error is error_codes.EXPORT_WITHOUT_ENTITIES


@pytest.mark.parametrize(
    "files",
    [
        {"exportDescriptor.properties": b"exportFormat=csv\nexportType=space"},
        {"spaces.csv": b"", "content.csv": b"", "bodycontent.csv": b""},
        {"content.csv.gz": b""},
    ],
)
def test_the_csv_variant_is_named_as_such(tmp_path, files):
    assert refusal_of(written(tmp_path, files)).error is error_codes.EXPORT_IS_CSV


@pytest.mark.parametrize(
    "name",
    ["../outside", "attachments/1/../../../etc/passwd", "/etc/passwd", "C:\\windows\\x", "..\\x"],
)
def test_a_path_that_leads_out_of_the_package(tmp_path, name):
    assert refusal_of(entry_with(tmp_path, name)).error is error_codes.EXPORT_UNSAFE_PATH


@pytest.mark.parametrize("kind", [stat.S_IFLNK, stat.S_IFIFO, stat.S_IFCHR])
def test_a_link_or_device_in_the_package(tmp_path, kind):
    path = entry_with(tmp_path, "attachments/1/2/3", mode=kind | 0o777)

    assert refusal_of(path).error is error_codes.EXPORT_HAS_LINKS


def test_a_link_in_an_unpacked_folder(tmp_path):
    folder = ExportBuilder().unpack(tmp_path / "export")
    (folder / "attachments").symlink_to("/etc")

    assert refusal_of(folder).error is error_codes.EXPORT_HAS_LINKS


def test_an_encrypted_package(tmp_path):
    path = entry_with(tmp_path, "attachments/1/2/3", flags=0x1)

    assert refusal_of(path).error is error_codes.EXPORT_ENCRYPTED


def test_a_package_packed_with_another_method(tmp_path):
    path = tmp_path / "export.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_BZIP2) as package:
        package.writestr("entities.xml", ENTITIES)

    refusal = refusal_of(path)

    assert refusal.error is error_codes.EXPORT_COMPRESSION_UNSUPPORTED


def test_a_zip_bomb_is_told_by_its_ratio(tmp_path):
    path = written(tmp_path, {"entities.xml": bytes(100 * 1024 * 1024)})

    refusal = refusal_of(path)

    assert refusal.error is error_codes.EXPORT_TOO_LARGE
    assert refusal.facts["limit"] == "max_ratio"


@pytest.mark.parametrize(
    ("limits", "name"),
    [
        ({"max_entries": 2}, "max_entries"),
        ({"max_total_bytes": 100}, "max_total_bytes"),
        ({"max_entities_bytes": 100}, "max_entities_bytes"),
    ],
)
def test_each_limit_is_named_when_it_is_passed(tmp_path, limits, name):
    path = written(tmp_path, {"entities.xml": ENTITIES, "a": b"", "b": b""})

    refusal = refusal_of(path, limits=replace(DEFAULT_LIMITS, **limits))

    assert refusal.error is error_codes.EXPORT_TOO_LARGE
    assert refusal.facts["limit"] == name


def test_entries_that_share_their_bytes(tmp_path):
    path = tmp_path / "export.zip"
    raw = pack({"entities.xml": ENTITIES, "attachments/1/2/1": b"".join(map(bytes, [range(256)]))})
    at = raw.index(b"PK\x01\x02")
    end = raw.rindex(b"PK\x05\x06")
    rows = raw[at:end]
    copies = rows * 9
    tail = bytearray(raw[end:])
    for place, value, size in ((8, 18, 2), (10, 18, 2), (12, len(copies), 4)):
        tail[place : place + size] = value.to_bytes(size, "little")
    path.write_bytes(raw[:at] + copies + tail)

    assert refusal_of(path).error is error_codes.EXPORT_CORRUPT


def test_two_files_of_the_same_name_at_the_top(tmp_path):
    path = tmp_path / "export.zip"
    with zipfile.ZipFile(path, "w") as package:
        package.writestr("entities.xml", ENTITIES)
        with pytest.warns(UserWarning, match="Duplicate"):
            package.writestr("entities.xml", ENTITIES)

    assert refusal_of(path).error is error_codes.EXPORT_CORRUPT


def test_damage_met_while_reading_is_a_refusal_too(tmp_path):
    path = ExportBuilder().write(tmp_path / "export.zip")
    package = ExportPackage.open(path)
    raw = bytearray(path.read_bytes())
    raw[60] ^= 0xFF
    path.write_bytes(bytes(raw))

    with pytest.raises(Refusal) as caught:
        b"".join(package.entities_chunks())

    assert caught.value.error is error_codes.EXPORT_CORRUPT


def test_an_attachment_that_has_gone_from_the_folder(tmp_path):
    builder = ExportBuilder()
    builder.files["attachments/1/2/3"] = b"x"
    package = ExportPackage.open(builder.unpack(tmp_path / "export"))
    (found,) = package.attachment_files()
    (tmp_path / "export" / found.file.name).unlink()

    with pytest.raises(Refusal) as caught:
        package.open_file(found.file)

    assert caught.value.error is error_codes.EXPORT_FILE_MISSING


def test_every_refusal_names_the_file_a_cause_and_a_cure(tmp_path):
    body = refusal_of(tmp_path / "absent.zip").body("request-1")

    assert "absent.zip" in body["message"]
    assert body["cause"]
    assert body["fix"]
