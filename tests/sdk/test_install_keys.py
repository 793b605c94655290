"""Install keys are fetched when needed, held for a short time, and never believed blindly."""

import httpx
import pytest

from portway_sdk import TransportError, VerificationError
from portway_sdk._install_keys import FRESH_SECONDS, InstallKeys
from support.sdk import ManualTime


class Keys:
    def __init__(self, answer):
        self.answer = answer
        self.asked = []

    def __call__(self, request):
        self.asked.append(str(request.url))
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


def held_by(server, time=None):
    client = httpx.Client(transport=httpx.MockTransport(server))
    return InstallKeys(
        "https://portway.example/keys",
        client=lambda: client,
        timing=(time or ManualTime(chance=1.0)).timing,
    )


def test_a_key_is_asked_for_again_when_it_is_no_longer_fresh():
    server, time = Keys(httpx.Response(200, content=b"PEM")), ManualTime()
    keys = held_by(server, time)

    assert [keys.get("key-1"), keys.get("key-1")] == [b"PEM", b"PEM"]
    assert server.asked == ["https://portway.example/keys/key-1"]

    time.sleep(FRESH_SECONDS)
    keys.get("key-1")
    assert len(server.asked) == 2


def test_only_a_few_keys_are_held():
    server = Keys(httpx.Response(200, content=b"PEM"))
    keys = held_by(server)

    for number in range(100):
        keys.get(f"key-{number}")

    assert len(keys._held) == 16


def test_no_token_travels_with_the_question():
    def check(request):
        assert "Authorization" not in request.headers
        return httpx.Response(200, content=b"PEM")

    held_by(check).get("key-1")


@pytest.mark.parametrize("status", [301, 400, 401, 403, 404])
def test_a_key_that_is_not_there_verifies_nothing(status):
    with pytest.raises(VerificationError):
        held_by(Keys(httpx.Response(status))).get("key-1")


def test_an_answer_too_long_for_a_key_is_none():
    with pytest.raises(VerificationError):
        held_by(Keys(httpx.Response(200, content=b"x" * 20_000))).get("key-1")


@pytest.mark.parametrize("answer", [httpx.ConnectError("refused"), httpx.Response(503)])
def test_keys_that_cannot_be_reached_are_no_verdict(answer):
    with pytest.raises(TransportError):
        held_by(Keys(answer)).get("key-1")
