"""Pages of one space that share a title: all but the oldest are renamed."""

from hypothesis import given
from hypothesis import strategies as st

from portway_assistant.core.titles import MAX_TITLE, rename_titles
from portway_service.folding import fold


def test_the_oldest_keeps_its_title_and_the_others_get_numbers():
    renamed = rename_titles([("1", "Foo"), ("2", "FOO"), ("3", "foo")], lambda _title: False)

    assert renamed == {"2": ("FOO", "FOO (2)"), "3": ("foo", "foo (3)")}


def test_a_title_somebody_has_is_not_given_again():
    renamed = rename_titles([("1", "Foo"), ("2", "foo")], lambda title: fold(title) == "foo (2)")

    assert renamed == {"2": ("foo", "foo (3)")}


@given(st.text(min_size=1, max_size=300), st.integers(2, 30))
def test_new_titles_are_all_different_and_fit(title, count):
    same = [(str(number), title) for number in range(count)]

    renamed = [new for _, new in rename_titles(same, lambda _title: False).values()]

    assert len({fold(new) for new in renamed}) == count - 1
    assert all(len(new) <= MAX_TITLE for new in renamed)
