"""Published tus clients, unchanged, upload to Portway: tuspy from PyPI, tus-js-client from npm."""

import hashlib
import random

import pytest
from tusclient.client import TusClient
from tusclient.exceptions import TusCommunicationError

from portway_service.clock import SystemClock
from portway_service.ids import RandomIds
from portway_service.outbound import Outbound
from support.app_side import ServedPlatform, a_move, stored_content
from support.foreign import node_project, run_node
from support.platform import a_platform

pytestmark = pytest.mark.processes

KIB = 1024


class Served:
    """A platform in a process of its own, a running transfer, and its upload token."""

    def __init__(self, folder, running):
        self.running = running
        self.move = a_move(running)
        self.transfer_id = self.move.start()
        answer = self.move.server.call("POST", f"transfers/{self.transfer_id}/upload-token")
        assert answer.status_code == 201, answer.text
        self.token = answer.json["token"]
        self.platform = ServedPlatform(folder)
        self.platform.start()

    @property
    def endpoint(self):
        return f"{self.platform.url}/gateway/v1/transfers/{self.transfer_id}/app-data"

    def stored(self):
        """Label and digest of every file, in the order of labels."""
        files = self.move.cloud.files(self.transfer_id)
        found = [
            (file["label"], hashlib.sha256(stored_content(self.running, file["s3Key"])).hexdigest())
            for file in files
        ]
        return sorted(found, key=str)


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    folder = tmp_path_factory.mktemp("served")
    real = {"clock": SystemClock(), "ids": RandomIds(), "outbound": Outbound.LOOPBACK}
    with a_platform(folder=folder, **real) as running:
        served = Served(folder, running)
        yield served
        served.platform.kill()


def new_files(served, before):
    found = served.stored()
    for entry in before:
        found.remove(entry)
    return found


def a_file(folder, size, seed):
    path = folder / f"{seed}.bin"
    path.write_bytes(random.Random(seed).randbytes(size))
    return path


def sha256_of(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


# tuspy


@pytest.mark.parametrize("checksum", [False, True])
@pytest.mark.parametrize("size", [1, 700 * KIB + 3])
def test_tuspy_uploads_in_pieces(served, tmp_path, size, checksum):
    before = served.stored()
    path = a_file(tmp_path, size, 1)
    client = TusClient(served.endpoint, headers={"Authorization": f"Bearer {served.token}"})

    with path.open("rb") as stream:
        uploader = client.uploader(
            file_stream=stream,
            chunk_size=256 * KIB,
            metadata={"label": "from-tuspy"},
            upload_checksum=checksum,
        )
        uploader.upload()

    assert new_files(served, before) == [("from-tuspy", sha256_of(path))]


def test_tuspy_goes_on_where_another_stopped(served, tmp_path):
    before = served.stored()
    path = a_file(tmp_path, 500 * KIB, 2)
    headers = {"Authorization": f"Bearer {served.token}"}
    with path.open("rb") as stream:
        first = TusClient(served.endpoint, headers=headers).uploader(
            file_stream=stream, chunk_size=200 * KIB
        )
        first.upload_chunk()
    with path.open("rb") as stream:
        second = TusClient(served.endpoint, headers=headers).uploader(
            file_stream=stream, url=first.url, chunk_size=200 * KIB
        )
        assert second.offset == 200 * KIB
        second.upload()

    assert new_files(served, before) == [(None, sha256_of(path))]


def test_tuspy_without_a_token_uploads_nothing(served, tmp_path):
    client = TusClient(served.endpoint)

    with a_file(tmp_path, 10, 3).open("rb") as stream, pytest.raises(TusCommunicationError):
        client.uploader(file_stream=stream).upload()


# tus-js-client


@pytest.fixture(scope="module")
def tus_js():
    return node_project("tus-js-client")


@pytest.mark.parametrize("mode", ["plain", "with-creation", "pieces", "broken"])
def test_tus_js_client_uploads_files_side_by_side(served, tus_js, tmp_path, mode):
    before = served.stored()
    paths = [a_file(tmp_path, size, seed) for seed, size in enumerate((300_001, 512 * KIB, 70_000))]

    urls = run_node(
        tus_js,
        "upload.js",
        {
            "endpoint": served.endpoint,
            "token": served.token,
            "mode": mode,
            "files": [{"path": str(path), "label": "same label"} for path in paths],
        },
    )

    assert len(set(urls)) == len(paths)
    assert sorted(new_files(served, before)) == sorted(
        ("same label", sha256_of(path)) for path in paths
    )


def test_tus_js_client_uploads_a_file_of_no_bytes(served, tus_js, tmp_path):
    before = served.stored()
    path = a_file(tmp_path, 0, 4)

    run_node(
        tus_js,
        "upload.js",
        {
            "endpoint": served.endpoint,
            "token": served.token,
            "mode": "plain",
            "files": [{"path": str(path)}, {"path": str(path), "label": ""}],
        },
    )

    empty = hashlib.sha256(b"").hexdigest()
    wanted = [("", empty), (None, empty)]
    assert sorted(new_files(served, before), key=str) == wanted


def test_tus_js_client_takes_an_upload_back(served, tus_js, tmp_path):
    before = served.stored()
    path = a_file(tmp_path, 300_000, 5)

    [url] = run_node(
        tus_js,
        "upload.js",
        {
            "endpoint": served.endpoint,
            "token": served.token,
            "mode": "terminate",
            "files": [{"path": str(path)}],
        },
    )

    key = url.rpartition("/")[2]
    assert served.move.server.head(key).status_code == 404
    assert new_files(served, before) == []
