"""What the assistant's clients make of an answer that arrives in pieces."""

import httpx
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from portway_assistant.clients import InventoryCutError
from portway_assistant.clients.bodies import counted_rows, ndjson

texts = st.text() | st.sampled_from(["a\u2028b", "a\u2029b", "a\x85b", "a\x0bb", "a\r\nb"])
rows = st.lists(st.fixed_dictionaries({"sourceKey": texts}), max_size=5)


def an_answer(body: bytes, size: int) -> httpx.Response:
    pieces = [body[start : start + size] for start in range(0, len(body), size)]
    return httpx.Response(200, content=iter(pieces))


@given(rows=rows, size=st.integers(1, 50))
def test_rows_arrive_as_they_were_whatever_their_texts_hold(rows, size):
    body = ndjson([*rows, {"end": True, "items": len(rows)}])

    assert list(counted_rows(an_answer(body, size), "inventory")) == rows


@given(rows=rows.filter(bool), size=st.integers(1, 50), data=st.data())
def test_an_answer_that_was_cut_off_is_never_taken_for_whole(rows, size, data):
    body = ndjson([*rows, {"end": True, "items": len(rows)}])
    cut = body[: data.draw(st.integers(0, len(body) - 2))]

    with pytest.raises((InventoryCutError, orjson.JSONDecodeError)):
        list(counted_rows(an_answer(cut, size), "inventory"))
