"""The in-process transport streams both ways."""

import httpx

from portway_service.wsgi_transport import StreamingWSGITransport


def test_a_body_is_read_while_it_is_made_and_answered_while_it_is_read():
    made: list[int] = []

    def chunks():
        for number in range(4):
            made.append(number)
            yield b"x" * 70_000

    def app(environ, start_response):
        start_response("200 OK", [("Content-Type", "text/plain")])
        first = environ["wsgi.input"].read(70_000)
        yield f"{len(first)} {len(made)}\n".encode()
        rest = environ["wsgi.input"].read()
        yield f"{len(rest)} {len(made)}\n".encode()

    client = httpx.Client(transport=StreamingWSGITransport(app), base_url="http://test")
    answer = client.post("/", content=chunks())

    first, second = answer.text.splitlines()
    assert first.split()[0] == "70000"
    assert int(first.split()[1]) < 4
    assert second == "210000 4"


def test_paths_queries_and_headers_arrive_as_sent():
    seen = {}

    def app(environ, start_response):
        seen.update(environ)
        start_response("204 No Content", [])
        return []

    client = httpx.Client(transport=StreamingWSGITransport(app), base_url="http://test:81")
    client.get("/a%2Fb/é", params={"q": "1 2"}, headers={"X-Thing": "yes"})

    assert seen["RAW_URI"] == "/a%2Fb/%C3%A9?q=1+2" or seen["RAW_URI"] == "/a%2Fb/%C3%A9?q=1%202"
    assert seen["PATH_INFO"] == "/a/b/Ã©"
    assert (seen["HTTP_X_THING"], seen["SERVER_PORT"]) == ("yes", "81")
