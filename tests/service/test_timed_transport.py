"""One time limit for a whole exchange, against endpoints that are slow on purpose."""

import socket
import threading
import time
from contextlib import contextmanager, suppress

import httpx
import pytest

from portway_service.timed_transport import TimedTransport

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


@contextmanager
def an_endpoint(behave):
    """A server of one connection; `behave` gets it once the request's head has come."""
    listening = socket.create_server(("127.0.0.1", 0))

    def serve():
        try:
            connection, _ = listening.accept()
        except OSError:
            return
        with connection:
            while b"\r\n\r\n" not in connection.recv(65536):
                pass
            with open_end():
                behave(connection)

    @contextmanager
    def open_end():
        with suppress(OSError):
            yield

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/"
    finally:
        listening.close()
        thread.join(5)


def client(limit_seconds):
    return httpx.Client(transport=TimedTransport(limit_seconds), timeout=limit_seconds)


def test_an_answer_comes_through_whole():
    with an_endpoint(lambda connection: connection.sendall(ANSWER)) as url, client(5) as caller:
        answer = caller.post(url, content=b"x")

    assert (answer.status_code, answer.text) == (200, "ok")


def test_an_endpoint_that_drips_its_head_is_left_in_time():
    def drip(connection):
        for byte in ANSWER * 10:
            connection.sendall(bytes([byte]))
            time.sleep(0.05)

    began = time.monotonic()
    with (
        an_endpoint(drip) as url,
        client(0.4) as caller,
        pytest.raises(httpx.ReadTimeout),
    ):
        caller.get(url)
    assert time.monotonic() - began < 2


def test_an_endpoint_that_drips_its_body_is_left_in_time():
    def drip(connection):
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
        while True:
            connection.sendall(b"x")
            time.sleep(0.05)

    began = time.monotonic()
    with (
        an_endpoint(drip) as url,
        client(0.4) as caller,
        pytest.raises(httpx.ReadTimeout),
    ):
        caller.get(url)
    assert time.monotonic() - began < 2


def test_an_endpoint_that_hangs_up_is_an_error_of_the_network():
    with (
        an_endpoint(lambda connection: None) as url,
        client(5) as caller,
        pytest.raises(httpx.TransportError),
    ):
        caller.get(url)


def test_nobody_listening_is_an_error_of_the_connection():
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
    with client(5) as caller, pytest.raises(httpx.ConnectError):
        caller.get(f"http://127.0.0.1:{port}/")
