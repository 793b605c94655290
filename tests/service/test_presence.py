"""A waiting request can see that its caller has gone."""

import socket

from portway_service.presence import caller_is_gone


def test_a_caller_is_there_until_it_closes_the_connection():
    ours, theirs = socket.socketpair()
    with ours:
        assert not caller_is_gone({"gunicorn.socket": ours})
        theirs.send(b"GET / HTTP/1.1")
        assert not caller_is_gone({"gunicorn.socket": ours})
        ours.recv(100)
        theirs.close()
        assert caller_is_gone({"gunicorn.socket": ours})


def test_behind_another_server_nobody_is_ever_gone():
    assert not caller_is_gone({})
