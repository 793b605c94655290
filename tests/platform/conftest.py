"""What the platform's tests have in common."""

from collections.abc import Iterator

import pytest

from support.platform import Running, a_platform


@pytest.fixture
def running() -> Iterator[Running]:
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
