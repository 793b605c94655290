"""A stop takes effect wherever a run is: in a large file, in the proof, while it waits, reading."""

import threading
import time

import httpx
import pytest

from portway_assistant.proof import compare
from portway_assistant.stopping import StopRequested, checked, sleep, watching
from support.exports import ExportBuilder, page_ref
from support.large_exports import a_large_export
from support.runs import Place

LARGE = b"x" * (12 << 20)


@pytest.fixture
def place(tmp_path):
    return Place(tmp_path / "data")


class StopWhen(httpx.BaseTransport):
    """Sets the stop once a request's path ends like this; bodies are read on as usual."""

    def __init__(self, inner, stop, ending):
        self._inner, self._stop, self._ending = inner, stop, ending

    def handle_request(self, request):
        if request.url.path.endswith(self._ending):
            self._stop.set()
        return self._inner.handle_request(request)


def test_a_stop_breaks_off_a_large_file_which_then_arrives_whole(place, tmp_path):
    builder = ExportBuilder()
    builder.space()
    builder.page("Start", object_id=200)
    builder.attachment("large.bin", page_ref(200), object_id=400, data=LARGE)
    export = builder.write(tmp_path / "export.zip")
    stop = threading.Event()

    stopped = place.run(export, stop=stop, wrap=lambda inner: StopWhen(inner, stop, "/files"))
    incoming = [path for path in (place.path / "site-files").rglob("*") if path.is_file()]
    finished = place.run(export)

    assert stopped.run.status == "STOPPED"
    assert incoming == []
    assert finished.run.status == "FINISHED"
    assert finished.proof.complete
    assert finished.run.run_id == stopped.run.run_id


def test_a_stop_in_the_proof_leaves_a_run_that_proves_itself_later(place, tmp_path, monkeypatch):
    export = a_large_export(pages=30).write(tmp_path / "export.zip")
    stop = threading.Event()
    digest = compare.item_digest

    def digest_and_stop(kind, item):
        stop.set()
        return digest(kind, item)

    monkeypatch.setattr(compare, "item_digest", digest_and_stop)
    stopped = place.run(export, stop=stop)
    monkeypatch.setattr(compare, "item_digest", digest)
    finished = place.run(export)

    assert (stopped.run.status, stopped.proof) == ("STOPPED", None)
    assert finished.proof.complete
    assert finished.items == stopped.items


def test_a_stop_while_the_export_is_read_sends_nothing(tmp_path):
    from portway_assistant.folder import AssistantFolder
    from portway_assistant.progress import Silent
    from portway_assistant.runs.preparation import prepare_source
    from portway_assistant.runs.settings import PlanSettings
    from portway_service.clock import SystemClock
    from portway_service.ids import RandomIds

    export = a_large_export(pages=30).write(tmp_path / "export.zip")
    folder = AssistantFolder.open(tmp_path / "assistant", SystemClock(), RandomIds())

    def stop():
        raise StopRequested

    with pytest.raises(StopRequested), prepare_source(
        folder, export, people=None, space_keys=(), server_key="server", site_key="cloud",
        name="Test", app_keys=(), settings=PlanSettings(), progress=Silent(), pulse=stop,
    ):  # fmt: skip
        pass
    assert not list(folder.work_stores.glob("*"))
    folder.close()


def test_waiting_ends_with_the_stop():
    stop = threading.Event()
    threading.Timer(0.05, stop.set).start()
    began = time.monotonic()

    with pytest.raises(StopRequested):
        sleep(60, stop)

    assert time.monotonic() - began < 30


def test_what_another_process_asks_sets_the_stop():
    stop, asked = threading.Event(), threading.Event()
    with watching(stop, asked.is_set):
        assert not stop.wait(0.01)
        asked.set()
        assert stop.wait(30)


def test_items_flow_until_the_stop():
    stop = threading.Event()
    flowing = checked(iter(range(10)), stop)
    seen = [next(flowing), next(flowing)]
    stop.set()

    with pytest.raises(StopRequested):
        next(flowing)
    assert seen == [0, 1]
