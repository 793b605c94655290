"""Where bytes are kept: a folder and an object store behave alike."""

import os

import pytest

from portway_platform.app_data.files import (
    PIECE_BYTES,
    BusyError,
    LocalFiles,
    Place,
    open_files,
)

PLACE = Place("t1", "k1")


@pytest.fixture(params=["folder", "objects"])
def files(request, tmp_path):
    return open_files(str(tmp_path / "files") if request.param == "folder" else "memory:///")


@pytest.fixture
def folder(tmp_path):
    return LocalFiles(tmp_path)


class Written:
    """A file and the parts it is made of."""

    def __init__(self, files, place=PLACE):
        self.files, self.place = files, place
        self.parts, self.size = [], 0

    def append(self, *pieces, keep=True):
        with self.files.append(self.place, self.size) as sink:
            for piece in pieces:
                sink.write(piece)
            if not keep:
                return
            part = sink.keep()
        self.parts += [part] if part else []
        self.size += sum(map(len, pieces))

    def read(self, start=0, stop=None):
        stop = self.size if stop is None else stop
        return b"".join(self.files.read(self.place, self.parts, start, stop))


def test_what_was_kept_can_be_read(files):
    written = Written(files)
    written.append(b"hello ", b"world")

    assert written.read() == b"hello world"


def test_a_file_grows_by_appending(files):
    written = Written(files)
    for piece in (b"a", b"bc", b"", b"def"):
        written.append(piece)

    assert written.read() == b"abcdef"
    assert written.read(1, 5) == b"bcde"
    assert written.read(3, 3) == b""


def test_an_empty_file_is_a_file(files):
    written = Written(files)
    written.append()
    files.settle_in(PLACE)

    assert written.read() == b""


def test_what_was_not_kept_is_gone(files):
    written = Written(files)
    written.append(b"kept")
    written.append(b"lost", keep=False)
    written.append(b" too")

    assert written.read() == b"kept too"


def test_an_exception_drops_what_was_written(files):
    written = Written(files)

    def stumble():
        with files.append(PLACE, 0) as sink:
            sink.write(b"half")
            raise LookupError

    with pytest.raises(LookupError):
        stumble()
    written.append(b"whole")

    assert written.read() == b"whole"


def test_pieces_are_bounded_whatever_the_size(files):
    content = os.urandom(3 * PIECE_BYTES + 17)
    written = Written(files)
    written.append(content[:100], content[100:])

    pieces = list(files.read(PLACE, written.parts, 0, len(content)))

    assert b"".join(pieces) == content
    assert max(map(len, pieces)) <= PIECE_BYTES
    assert (
        written.read(PIECE_BYTES - 1, 2 * PIECE_BYTES + 1)
        == (content[PIECE_BYTES - 1 : 2 * PIECE_BYTES + 1])
    )


def test_reading_beyond_the_end_is_an_error(files):
    written = Written(files)
    written.append(b"four")

    with pytest.raises(OSError, match="shorter"):
        written.read(0, 5)


def test_a_discarded_file_is_gone_and_can_be_discarded_again(files):
    written = Written(files)
    written.append(b"x")
    files.settle_in(PLACE)

    for _ in range(2):
        files.discard(PLACE)

    with pytest.raises(OSError, match=r".*"):
        written.read()


def test_files_of_the_same_name_in_two_transfers_do_not_meet(files):
    one, other = Written(files, Place("t1", "a")), Written(files, Place("t2", "b"))
    one.append(b"one")
    other.append(b"other")
    for written in (one, other):
        files.settle_in(written.place)

    assert (one.read(), other.read()) == (b"one", b"other")


def test_an_identity_changes_with_the_bytes(files):
    written = Written(files)
    written.append(b"one")
    files.settle_in(PLACE)
    before = files.identity(PLACE, written.parts)

    assert files.identity(PLACE, written.parts) == before
    files.discard(PLACE)
    again = Written(files)
    again.append(b"two")
    assert files.identity(PLACE, again.parts) != before


def test_clearing_leaves_the_complete_files_of_a_transfer(files):
    complete, moved, half, other = (
        Written(files, Place(transfer, key))
        for transfer, key in [("t1", "a"), ("t1", "b"), ("t1", "c"), ("t2", "d")]
    )
    for written in (complete, moved, half, other):
        written.append(b"one ")
        written.append(b"two")
    files.settle_in(moved.place)
    parts = [part for written in (complete, moved) for part in written.parts]

    for _ in range(2):
        files.clear("t1", keys={"a", "b"}, part_names={part.name for part in parts})

    assert [written.read() for written in (complete, moved, other)] == [b"one two"] * 3
    with pytest.raises(FileNotFoundError):
        half.read()


# The folder


def files_in(folder):
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    return [str(path.relative_to(folder)) for path in paths]


def test_a_complete_file_is_found_before_and_after_it_is_moved(folder, tmp_path):
    written = Written(folder)
    written.append(b"x")
    assert written.read() == b"x"

    for _ in range(2):
        folder.settle_in(PLACE)

    assert written.read() == b"x"
    assert files_in(tmp_path) == ["stored/t1/k1"]


def test_moving_never_replaces_a_file(folder, tmp_path):
    written = Written(folder)
    written.append(b"good")
    folder.settle_in(PLACE)
    (tmp_path / "incoming" / "t1" / "k1").write_bytes(b"")

    folder.settle_in(PLACE)

    assert written.read() == b"good"


def test_one_writer_at_a_time(folder):
    with (
        folder.append(PLACE, 0),
        pytest.raises(BusyError),
        folder.append(PLACE, 0),
    ):
        pass


def test_a_file_that_is_gone_is_not_begun_in_the_middle(folder, tmp_path):
    with pytest.raises(BusyError), folder.append(PLACE, 5):
        pass
    assert files_in(tmp_path) == []


def test_a_file_shorter_than_what_was_acknowledged_is_not_continued(folder):
    written = Written(folder)
    written.append(b"123")
    with (
        pytest.raises(OSError, match="less than was acknowledged"),
        folder.append(PLACE, 5) as sink,
    ):
        sink.write(b"x")


def test_bytes_of_a_writer_that_died_are_overwritten(folder, tmp_path):
    written = Written(folder)
    written.append(b"kept")
    with (tmp_path / "incoming" / "t1" / "k1").open("ab") as file:
        file.write(b"never acknowledged")

    written.append(b"!")

    assert written.read() == b"kept!"
    assert (tmp_path / "incoming" / "t1" / "k1").read_bytes() == b"kept!"


def test_looking_at_a_complete_file_does_not_harm_it(folder):
    """A writer that came too late finds the upload complete and leaves without writing."""
    written = Written(folder)
    written.append(b"good")
    with folder.append(PLACE, 0):
        pass
    assert written.read() == b"good"

    folder.settle_in(PLACE)
    with folder.append(PLACE, 0):
        pass
    folder.settle_in(PLACE)
    assert written.read() == b"good"


def test_files_are_for_their_owner_only(folder, tmp_path):
    Written(folder).append(b"secret")

    assert (tmp_path / "incoming").stat().st_mode & 0o777 == 0o700
    assert (tmp_path / "incoming" / "t1" / "k1").stat().st_mode & 0o777 == 0o600


def test_a_failed_sync_is_not_forgotten(folder, monkeypatch):
    """What the disk could not take must not be acknowledged."""
    monkeypatch.setattr("portway_platform.app_data.files._SYNC_AHEAD_BYTES", 10)
    real, failures = os.fdatasync, iter([OSError(5, "I/O error")])

    def failing_once(descriptor):
        for failure in failures:
            raise failure
        real(descriptor)

    monkeypatch.setattr(os, "fdatasync", failing_once)
    with pytest.raises(OSError, match="I/O error"):
        Written(folder).append(*[b"x" * 16] * 20)


@pytest.mark.parametrize("url", ["{}", "file://{}"])
def test_a_folder_is_named_by_path_or_url(tmp_path, url):
    place = tmp_path / "my files"
    named = url.format(str(place).replace(" ", "%20") if url.startswith("file") else place)

    assert isinstance(open_files(named), LocalFiles)
    assert place.is_dir()


def test_a_folder_without_hard_links_keeps_its_files_where_they_are(folder, tmp_path, monkeypatch):
    def refuse(source, target):
        raise PermissionError("no links here")

    written = Written(folder)
    written.append(b"x")
    monkeypatch.setattr(os, "link", refuse)

    folder.settle_in(PLACE)
    folder.clear("t1", keys={"k1"}, part_names=())

    assert written.read() == b"x"
    assert files_in(tmp_path) == ["incoming/t1/k1"]


def test_parts_that_were_never_taken_are_discarded_too():
    files = open_files("memory:///")
    first, second = Written(files), Written(files)
    first.append(b"taken")
    second.append(b"never taken")

    files.discard(PLACE)

    for written in (first, second):
        with pytest.raises(FileNotFoundError):
            written.read()
