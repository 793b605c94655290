"""Lengths, headers, ranges and addresses of app data. tus 1.0; RFC 9110, 14; RFC 9530."""

import base64
import hashlib
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portway_platform.app_data.checksums import parse_upload_checksum
from portway_platform.app_data.rules import (
    AddressFault,
    ByteRange,
    LengthFault,
    MetadataError,
    find_address_fault,
    find_length_fault,
    find_repr_digest,
    parse_range,
    parse_upload_metadata,
    repr_digest,
    sign_address,
)

SECRET = bytes(32)
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


def b64(raw):
    return base64.b64encode(raw).decode()


# Lengths


@pytest.mark.parametrize(
    ("before", "now", "reached", "fault"),
    [
        (None, None, 5, None),
        (10, None, 10, None),
        (10, 10, 5, None),
        (None, 10, 10, None),
        (None, None, 100, None),
        (None, None, 101, LengthFault.TOO_LARGE),
        (None, 101, 0, LengthFault.TOO_LARGE),
        (10, None, 11, LengthFault.EXCEEDED),
        (None, 10, 11, LengthFault.EXCEEDED),
        (10, 11, 5, LengthFault.CHANGED),
        (None, -1, 0, LengthFault.NEGATIVE),
    ],
)
def test_a_length_fits_or_says_why_not(before, now, reached, fault):
    found = find_length_fault(
        declared_before=before, declared_now=now, reached_bytes=reached, limit_bytes=100
    )

    assert found is fault


# Headers


@pytest.mark.parametrize(
    ("header", "pairs"),
    [
        ("", {}),
        (f"label {b64(b'notes')}", {"label": "notes"}),
        ("label ", {"label": ""}),
        ("label", {"label": ""}),
        (f"label {b64(b'a,b c')},dataClass {b64(b'X')}", {"label": "a,b c", "dataClass": "X"}),
        (f" label  {b64('ü'.encode())} , ", {"label": "ü"}),
    ],
)
def test_upload_metadata_is_read(header, pairs):
    assert parse_upload_metadata(header) == pairs


@pytest.mark.parametrize(
    "header", ["label !!!", f"label {b64(b'x')},label {b64(b'y')}", f"label {b64(bytes([255]))}"]
)
def test_malformed_upload_metadata_is_refused(header):
    with pytest.raises(MetadataError):
        parse_upload_metadata(header)


@given(st.dictionaries(st.from_regex(r"[A-Za-z]{1,8}", fullmatch=True), st.text(), max_size=4))
def test_any_upload_metadata_survives(pairs):
    header = ",".join(f"{name} {b64(value.encode())}" for name, value in pairs.items())

    assert parse_upload_metadata(header) == pairs


@pytest.mark.parametrize(
    ("algorithm", "expected"),
    [  # of "123456789": FIPS 180, RFC 3720 B.4
        ("sha256", "15e2b0d3c33891ebb0f1ef609ec419420c20e320ce94c65fbc8c3312448eb225"),
        ("sha1", "f7c3bc1d808e04732adf679965ccc34ca7ae3441"),
        ("crc32c", "e3069283"),
    ],
)
def test_a_checksum_is_read_and_compared(algorithm, expected):
    checksum = parse_upload_checksum(f"{algorithm} {b64(bytes.fromhex(expected))}")
    digest = checksum.begin()
    digest.update(memoryview(b"12345"))
    digest.update(b"6789")

    assert digest.digest() == checksum.expected == bytes.fromhex(expected)


def test_a_checksum_that_makes_no_sense_is_refused():
    assert parse_upload_checksum("md5 whatever") is None
    for bad in ("sha256 !!!", f"sha256 {b64(b'short')}", "sha256", f"crc32c {b64(b'12345')}"):
        with pytest.raises(ValueError, match="it is"):
            parse_upload_checksum(bad)


def test_a_digest_of_the_whole_is_read_and_written():
    digest = hashlib.sha256(b"x").digest()

    assert find_repr_digest(repr_digest(digest)) == digest
    assert find_repr_digest(f"md5=:AAAA:, {repr_digest(digest)}") == digest
    for bad in ("", "sha-256=AAAA", "sha-256=:AAAA:", "sha-256=:A:", "md5=:AAAA:"):
        assert find_repr_digest(bad) is None


# Ranges


@pytest.mark.parametrize(
    ("header", "part"),
    [
        (None, None),
        ("bytes=0-", ByteRange(0, 10)),
        ("bytes=4-", ByteRange(4, 10)),
        ("bytes=4-5", ByteRange(4, 6)),
        ("bytes=4-400", ByteRange(4, 10)),
        ("bytes=-3", ByteRange(7, 10)),
        ("bytes=-30", ByteRange(0, 10)),
        ("bytes=-", None),
        ("bytes=5-4", None),
        ("bytes=0-1,3-4", None),
        ("lines=0-1", None),
        ("bytes=٣-", None),
    ],
)
def test_a_range_asks_for_one_part_or_is_passed_over(header, part):
    assert parse_range(header, 10) == part


@pytest.mark.parametrize(("header", "size"), [("bytes=10-", 10), ("bytes=-0", 10), ("bytes=0-", 0)])
def test_a_range_outside_the_file_is_refused(header, size):
    with pytest.raises(ValueError, match="outside"):
        parse_range(header, size)


@given(st.integers(1, 50), st.integers(0, 60), st.integers(0, 60))
def test_a_range_gives_what_slicing_gives(size, first, last):
    content = bytes(range(size))
    try:
        part = parse_range(f"bytes={first}-{last}", size)
    except ValueError:
        assert content[first : last + 1] == b""
    else:
        wanted = content[first : last + 1] if last >= first else content
        assert content[part.start : part.stop] == wanted if part else wanted == content


# Addresses


def fault(*, key="k", expires=None, signature=None, secret=SECRET):
    ends = int(NOON.timestamp()) + 60
    return find_address_fault(
        SECRET,
        key=key,
        expires=str(ends) if expires is None else expires,
        signature=sign_address(secret, "k", ends) if signature is None else signature,
        now=NOON,
    )


def test_an_address_opens_its_file_until_its_end():
    assert fault() is None
    past = int(NOON.timestamp())
    assert (
        fault(expires=str(past), signature=sign_address(SECRET, "k", past)) is AddressFault.EXPIRED
    )


def test_nothing_of_an_address_can_be_changed():
    later = str(int(NOON.timestamp()) + 3600)

    assert fault(key="other") is AddressFault.INVALID
    assert fault(expires=later) is AddressFault.INVALID
    assert fault(secret=b"x" * 32) is AddressFault.INVALID
    for signature in ("", "0" * 64, "ü"):
        assert fault(signature=signature) is AddressFault.INVALID
    for expires in ("", "soon", "-1", "1e9", "٣" * 10, "9" * 40):
        assert fault(expires=expires) is AddressFault.INVALID
