"""Addresses others chose: checked after resolution, pinned, never followed elsewhere."""

import socket

import httpx
import pytest

from portway_service.errors import Refusal
from portway_service.outbound import CheckedTransport, Outbound, find_address_fault, outbound_client


def a_client(policy: Outbound, addresses: list[str], seen: list[httpx.Request]) -> httpx.Client:
    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(302, headers={"Location": "http://169.254.169.254/"})

    transport = CheckedTransport(
        policy, resolve=lambda host, port: addresses, inner=httpx.MockTransport(answer)
    )
    return httpx.Client(transport=transport, follow_redirects=False)


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "10.1.2.3", "192.168.0.1", "172.16.0.1", "169.254.169.254", "100.64.0.1",
     "0.0.0.0", "::1", "fe80::1", "fd00::1", "::ffff:127.0.0.1", "224.0.0.1", "255.255.255.255",
     "192.0.0.1", "198.18.0.1", "203.0.113.9", "240.0.0.1", "100.127.255.255", "172.31.255.255",
     "::", "::127.0.0.1", "::ffff:169.254.169.254", "::ffff:10.0.0.1", "fe80::1%eth0", "fec0::1",
     "fd00:ec2::254", "ff02::1", "2001:db8::1", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe",
     "2002:7f00:1::1", "2002:5db8:d70e::1", "2001:0:7f00:1::1", "100::1", "64:ff9b:1::1"],
)  # fmt: skip
def test_production_calls_no_private_address(address):
    assert find_address_fault(address, Outbound.PUBLIC) is not None
    with pytest.raises(Refusal) as refused:
        a_client(Outbound.PUBLIC, [address], []).get("https://app.example/hook")
    assert refused.value.code == "address_refused"


def test_one_private_address_among_public_ones_is_enough_to_refuse():
    seen: list[httpx.Request] = []
    with pytest.raises(Refusal):
        a_client(Outbound.PUBLIC, ["93.184.215.14", "127.0.0.1"], seen).get("https://app.example/")
    assert seen == []


def test_the_checked_address_is_the_one_called_under_the_name_that_was_given():
    seen: list[httpx.Request] = []

    a_client(Outbound.PUBLIC, ["93.184.215.14"], seen).get("https://app.example/hook?x=1")

    assert seen[0].url == "https://93.184.215.14/hook?x=1"
    assert seen[0].headers["Host"] == "app.example"
    assert seen[0].extensions["sni_hostname"] == "app.example"


def test_production_calls_https_only():
    with pytest.raises(Refusal):
        a_client(Outbound.PUBLIC, ["93.184.215.14"], []).get("http://app.example/")


def test_the_emulator_calls_this_machine_only():
    seen: list[httpx.Request] = []
    a_client(Outbound.LOOPBACK, ["127.0.0.1"], seen).get("http://localhost:9010/")
    assert len(seen) == 1
    with pytest.raises(Refusal):
        a_client(Outbound.LOOPBACK, ["93.184.215.14"], []).get("http://app.example/")


@pytest.mark.parametrize(
    "address", ["93.184.215.14", "2606:2800:21f:cb07:6820:80da:af6b:8b2c", "64:ff9b::5db8:d70e"]
)
def test_production_calls_public_addresses(address):
    assert find_address_fault(address, Outbound.PUBLIC) is None


@pytest.mark.parametrize(
    "host",
    ["localhost", "127.0.0.1", "127.1", "2130706433", "0x7f000001", "[::1]", "[::ffff:7f00:1]"],
)
def test_no_way_to_write_this_machine_gets_through(host):
    with outbound_client(Outbound.PUBLIC) as client:
        with pytest.raises((Refusal, httpx.HTTPError, httpx.InvalidURL)) as refused:
            client.get(f"https://{host}:9/")
        if isinstance(refused.value, Refusal):
            assert refused.value.code == "address_refused"


class Listening:
    """A server on this machine that counts who connects."""

    def __init__(self):
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.socket.settimeout(0.2)
        self.port = self.socket.getsockname()[1]

    def was_called(self):
        try:
            self.socket.accept()[0].close()
        except TimeoutError:
            return False
        return True


def test_a_name_that_changes_its_meaning_reaches_nothing_here():
    """DNS rebinding: public when it is looked up to be checked, this machine the next time."""
    listening = Listening()
    answers = iter([["93.184.215.14"], ["127.0.0.1"], ["93.184.215.14", "127.0.0.1"]])
    called = []

    def answer(request):
        called.append(request.url.host)
        return httpx.Response(200)

    transport = CheckedTransport(
        Outbound.PUBLIC,
        resolve=lambda host, port: next(answers),
        inner=httpx.MockTransport(answer),
    )
    with httpx.Client(transport=transport) as client:
        client.get(f"https://rebinding.example:{listening.port}/")
        for _ in range(2):
            with pytest.raises(Refusal):
                client.get(f"https://rebinding.example:{listening.port}/")

    # Called was the address that had been checked; nobody asked for the name a second time.
    assert called == ["93.184.215.14"]
    assert not listening.was_called()
    listening.socket.close()


def test_a_name_of_this_machine_is_refused_before_anything_connects():
    listening = Listening()
    transport = CheckedTransport(Outbound.PUBLIC, resolve=lambda host, port: ["127.0.0.1"])
    with httpx.Client(transport=transport) as client, pytest.raises(Refusal):
        client.get(f"https://app.example:{listening.port}/")

    assert not listening.was_called()
    listening.socket.close()


def test_a_host_with_several_addresses_is_reached_by_another_when_one_is_away():
    called = []

    def answer(request):
        called.append(request.url.host)
        if len(called) == 1:
            raise httpx.ConnectError("away", request=request)
        return httpx.Response(200)

    transport = CheckedTransport(
        Outbound.PUBLIC,
        resolve=lambda host, port: ["93.184.215.14", "93.184.215.15", "93.184.215.16"],
        inner=httpx.MockTransport(answer),
    )
    with httpx.Client(transport=transport) as client:
        assert client.post("https://app.example/", content=b"x").status_code == 200
    assert called == ["93.184.215.14", "93.184.215.15"]


def test_a_proxy_of_the_environment_is_not_asked(monkeypatch):
    listening = Listening()
    monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{listening.port}")
    monkeypatch.setenv("ALL_PROXY", f"http://127.0.0.1:{listening.port}")
    with outbound_client(Outbound.PUBLIC) as client, pytest.raises(Refusal):
        client.get("https://127.0.0.1:9/")

    assert not listening.was_called()
    listening.socket.close()


def test_redirects_are_not_followed():
    seen: list[httpx.Request] = []
    answer = a_client(Outbound.PUBLIC, ["93.184.215.14"], seen).get("https://app.example/")
    assert (answer.status_code, len(seen)) == (302, 1)
