"""The assistant puts a Forge app's environments on the site, as the manifest lists them."""

import threading
from typing import Any

import pytest

from portway_assistant.apps import AppMover, AppToMove
from portway_sdk import APIError


class Platform:
    """Notes what it is asked to install."""

    def __init__(self) -> None:
        self.installed: list[tuple[str, ...]] = []
        self.refusal: APIError | None = None

    def install_app(self, *what: str) -> dict[str, Any]:
        self.installed.append(("connect", *what))
        return {}

    def install_forge_app(self, *what: str) -> dict[str, Any]:
        if self.refusal is not None:
            raise self.refusal
        self.installed.append(("forge", *what))
        return {}


@pytest.fixture
def platform():
    return Platform()


def installed_from(platform, **parts):
    mover = AppMover(
        platform,
        server_key="acme-dc",
        site_key="acme",
        operator="ada",
        progress=None,
        stop=threading.Event(),
        patience_seconds=1,
        monotonic=lambda: 0.0,
    )
    manifest = {"app_key": "notes", "version": "1.0.0", **parts}
    return mover.install(AppToMove(manifest, agree=True))


FORGE = {"environments": [{"name": "production"}, {"name": "staging"}]}


def test_every_environment_of_the_manifest_is_put_on_the_site(platform):
    assert installed_from(platform, forge=FORGE).outcome == "passed"
    assert platform.installed == [
        ("forge", "acme", "notes", "production"),
        ("forge", "acme", "notes", "staging"),
    ]


def test_an_app_on_both_frameworks_is_installed_on_both(platform):
    cloud = {"descriptor_url": "https://notes.example/d.json"}

    assert installed_from(platform, forge=FORGE, cloud=cloud).outcome == "passed"
    assert [what[0] for what in platform.installed] == ["connect", "forge", "forge"]


def test_a_refusal_is_told_in_its_own_words(platform):
    platform.refusal = APIError("It is not there.", status=409, code="x")

    found = installed_from(platform, forge=FORGE)

    assert (found.outcome, found.message) == ("failed", "It is not there.")


def test_a_manifest_without_a_cloud_app_says_so(platform):
    found = installed_from(platform)

    assert found.outcome == "failed"
    assert "neither" in found.message
