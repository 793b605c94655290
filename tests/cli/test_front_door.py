"""The first page: it lets nobody in without the token, and shows what there is."""

import pytest

from portway_cli.composition import Composition
from portway_cli.data_folder import DataFolder
from portway_service.ids import RandomIds
from portway_service.outbound import Outbound
from support.runs import URL


@pytest.fixture
def served(tmp_path):
    import httpx

    from portway_service.wsgi_transport import StreamingWSGITransport

    folder = DataFolder.open(tmp_path / "data")
    composition = Composition(folder, public_url=URL, outbound=Outbound.LOOPBACK)
    transport = StreamingWSGITransport(composition.open())
    with httpx.Client(transport=transport, base_url=URL) as client:
        yield client, folder.admin_token(RandomIds())
    composition.stop()


def test_a_stranger_is_told_how_to_sign_in(served):
    client, _ = served

    answer = client.get("/")

    assert answer.status_code == 401
    assert "portway serve" in answer.text


def test_a_wrong_token_signs_nobody_in(served):
    client, _ = served

    answer = client.get("/sign-in", params={"token": "wrong"})

    assert answer.status_code == 401
    assert not client.cookies


def test_the_right_token_opens_every_page_by_cookie(served):
    client, token = served

    answer = client.get("/sign-in", params={"token": token})

    assert (answer.status_code, answer.headers["Location"]) == (303, "/")
    assert "HttpOnly" in answer.headers["Set-Cookie"]
    assert token not in answer.headers["Set-Cookie"]
    assert client.get("/").status_code == 200
    assert client.get("/assistant/v1/runs").json() == []


@pytest.mark.parametrize(
    "path",
    ["/admin/v1/sites", "/assistant/v1/runs", "/sites/acme/wiki/api/v2/pages", "/sites/acme/wiki",
     "/sites/acme/wiki/rest/atlassian-connect/1/migration/transfer/recent", "/gateway/v1/work"],
)  # fmt: skip
def test_every_room_refuses_strangers(served, path):
    client, _ = served

    assert client.get(path).status_code in {401, 403}


def test_pages_run_no_script(served):
    client, _ = served

    policy = client.get("/").headers["Content-Security-Policy"]

    assert "default-src 'none'" in policy
