"""What the platform's tests have in common."""

from collections.abc import Iterator

import pytest

from support.databases import on_both_databases, use_kind
from support.platform import Running, a_platform


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run what opens a platform on SQLite and on PostgreSQL."""
    on_both_databases(metafunc, opened_by={"running"}, opening={"a_platform"})


@pytest.fixture(autouse=True)
def database_kind(request: pytest.FixtureRequest) -> Iterator[str]:
    """Which database platforms of this test open."""
    with use_kind(getattr(request, "param", None)) as kind:
        yield kind


@pytest.fixture
def running(database_kind: str) -> Iterator[Running]:
    """A platform with nothing in it yet."""
    with a_platform() as platform:
        yield platform


@pytest.fixture
def ready(running: Running) -> Running:
    """A platform with a site, a server, and the notes app published."""
    running.add_site()
    running.add_server()
    running.publish()
    return running
