"""What an admin's tool and a load balancer meet first."""

import subprocess
import sys

import portway_platform


def test_about_tells_name_version_and_address(running):
    answer = running.admin("GET", "about")

    assert answer.json["name"] == "Portway"
    assert answer.json["version"]
    assert answer.json["publicUrl"] == "https://portway.example"


def test_anybody_may_ask_whether_the_platform_is_well(running):
    answer = running.call("GET", "/healthz")

    assert (answer.status_code, answer.json) == (200, {"status": "ok"})


def test_every_answer_names_its_request(running):
    for path in ("/healthz", "/admin/v1/about", "/nowhere"):
        answer = running.call("GET", path)
        assert len(answer.headers["X-Request-Id"]) == 36
        if answer.status_code != 200:
            assert answer.json["request_id"] == answer.headers["X-Request-Id"]


def test_the_package_loads_the_platform_only_when_it_is_asked_for():
    code = "import portway_platform.error_codes, sys; sys.exit('flask' in sys.modules)"

    assert portway_platform.create_app.__module__ == "portway_platform.app"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
