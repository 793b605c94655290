"""Which version is newer, and which lie in a range."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portway_platform.catalogue.versions import Between, lies_between, parse_version

numbers = st.lists(st.integers(0, 999), min_size=1, max_size=4)
words = st.text("abcXYZ019", min_size=1, max_size=4)
suffixes = st.one_of(
    st.just(""), st.lists(words, min_size=1, max_size=3).map(lambda parts: "-" + ".".join(parts))
)
versions = st.builds(lambda parts, suffix: ".".join(map(str, parts)) + suffix, numbers, suffixes)


@pytest.mark.parametrize(
    ("older", "newer"),
    [
        ("1.9.0", "1.10.0"),
        ("9", "10"),
        ("1.0.0-alpha", "1.0.0-alpha.1"),
        ("1.0.0-alpha.1", "1.0.0-alpha.beta"),
        ("1.0.0-alpha.beta", "1.0.0-beta"),
        ("1.0.0-beta.2", "1.0.0-beta.11"),
        ("1.0.0-rc.1", "1.0.0"),
        ("1.0.0", "1.0.0.Final"),
        ("1.0", "1.0.0.1"),
        ("3.2.1-m01", "3.2.1"),
    ],
)
def test_versions_order_as_semantic_versions_do(older, newer):
    assert parse_version(older) < parse_version(newer)


@pytest.mark.parametrize(
    "text", ["", "v1.0", "1.0.", "1..0", "1.0-", "1.0 beta", "1.0.0\n", "١.0", "1" * 40]
)
def test_a_version_nobody_can_order_is_refused(text):
    with pytest.raises(ValueError, match=r"1\.4\.0"):
        parse_version(text)


@given(numbers)
def test_missing_numbers_count_as_zero(parts):
    short = ".".join(map(str, parts))
    long = ".".join(map(str, parts + [0] * (4 - len(parts))))

    assert parse_version(short) == parse_version(long)


@given(st.lists(versions, min_size=2, max_size=6))
def test_the_newest_does_not_depend_on_the_order_of_looking(found):
    forward = max(map(parse_version, found))
    backward = max(map(parse_version, reversed(found)))

    assert not forward < backward
    assert not backward < forward


@given(versions, versions, versions)
def test_the_order_has_no_circles(first, second, third):
    a, b, c = map(parse_version, (first, second, third))

    assert not (a < b and b < a)
    assert not (a < b and b < c and not a < c)


@pytest.mark.parametrize(
    ("version", "start", "end", "lies"),
    [
        ("1.0.0", "1.0.0", "2.0.0", True),
        ("2.0.0", "1.0.0", "2.0.0", True),
        ("2.0.1", "1.0.0", "2.0.0", False),
        ("0.9", "1.0.0", None, False),
        ("99", "1.0.0", None, True),
        ("0.1", None, "2", True),
        ("1.0.0-beta", "1.0.0", None, True),
        ("2.0.0.Final", None, "2.0.0", True),
        ("of our own", "1.0.0", None, False),
        ("of our own", None, None, True),
    ],
)
def test_a_range_looks_at_the_numbers_and_includes_both_ends(version, start, end, lies):
    assert lies_between(version, [Between(start, end)]) is lies
