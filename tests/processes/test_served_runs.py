"""Plans and runs over HTTP: saved, started, followed, stopped, gone on with after a restart."""

import httpx
import pytest

from support.large_exports import a_large_export
from support.processes import an_environment, serving, wait_until

pytestmark = pytest.mark.processes


class Assistant:
    """The assistant API of a served folder."""

    def __init__(self, served):
        self._served = served
        token = (served.data / "admin.token").read_text().strip()
        self._headers = {"Authorization": f"Bearer {token}"}

    def call(self, method, path, expects=None, **request):
        answer = httpx.request(
            method, f"{self._served.url}/assistant/v1/{path}", headers=self._headers,
            trust_env=False, timeout=60, **request,
        )  # fmt: skip
        if expects is not None:
            assert answer.status_code == expects, answer.text
        return answer.json()

    def status(self, plan_id):
        return self.call("GET", f"plans/{plan_id}")["status"]

    def await_end(self, plan_id, wanted="FINISHED"):
        wait_until(lambda: self.runs(plan_id) and self.status(plan_id) == wanted, seconds=120)

    def runs(self, plan_id):
        return self.call("GET", f"plans/{plan_id}")["runs"]


def test_a_plan_is_saved_run_stopped_and_gone_on_with_over_http(tmp_path):
    export = a_large_export(pages=900).write(tmp_path / "export.zip")
    with serving(tmp_path / "portway", an_environment(tmp_path)) as served:
        assistant = Assistant(served)
        asked = {"export": str(export), "name": "Docs", "trustedDomains": ["all"]}
        plan_id = assistant.call("POST", "plans", expects=201, json=asked)["planId"]
        waiting = assistant.status(plan_id)
        assistant.call("POST", f"plans/{plan_id}/runs", expects=202, json={})
        wait_until(lambda: assistant.runs(plan_id) and assistant.status(plan_id) == "RUNNING")
        run_id = assistant.runs(plan_id)[0]["runId"]
        busy = assistant.call("POST", f"plans/{plan_id}/runs", expects=409, json={})
        assistant.call("POST", f"runs/{run_id}/stop", expects=202)
        assistant.await_end(plan_id, "STOPPED")
        assistant.call("POST", f"plans/{plan_id}/runs", expects=202, json={})
        assistant.await_end(plan_id)
        found = assistant.call("GET", f"runs/{run_id}")
        settled = assistant.call("POST", f"runs/{run_id}/stop", expects=409)

    assert waiting == "SAVED"
    assert busy["code"] == "data_in_use"
    assert settled["code"] == "plan_not_running"
    assert (found["runId"], found["status"]) == (run_id, "FINISHED")


def test_a_served_run_outlives_a_kill_of_the_service(tmp_path):
    export = a_large_export(pages=900).write(tmp_path / "export.zip")
    with serving(tmp_path / "portway", an_environment(tmp_path)) as served:
        assistant = Assistant(served)
        asked = {"export": str(export), "name": "Docs", "trustedDomains": ["all"]}
        plan_id = assistant.call("POST", "plans", expects=201, json=asked)["planId"]
        assistant.call("POST", f"plans/{plan_id}/runs", expects=202, json={})
        wait_until(lambda: assistant.runs(plan_id) and assistant.status(plan_id) == "RUNNING")
        served.kill()
        served.start()
        assistant.await_end(plan_id)

        assert len(assistant.runs(plan_id)) == 1


def test_what_cannot_be_is_refused(tmp_path):
    with serving(tmp_path / "portway", an_environment(tmp_path)) as served:
        assistant = Assistant(served)
        absent = {"export": str(tmp_path / "none.zip")}
        assert assistant.call("POST", "plans", expects=404, json=absent)["code"] == (
            "export_not_found"
        )
        odd = {"export": "x", "settings": {"edited": "sometimes"}}
        assert assistant.call("POST", "plans", expects=400, json=odd)["code"] == "invalid_request"
        assert assistant.call("GET", "plans/none", expects=404)["code"] == "plan_unknown"
        assert assistant.call("POST", "runs/none/stop", expects=404)["code"] == "run_unknown"
        assert assistant.call("GET", "plans") == []
