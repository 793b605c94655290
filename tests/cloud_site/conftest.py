"""Sites for the tests of this folder."""

from collections.abc import Iterator

import pytest

from support.databases import on_both_databases, use_kind
from support.site import Site, a_filled_site, a_site, a_space, a_user


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run what opens a site on SQLite and on PostgreSQL."""
    on_both_databases(
        metafunc, opened_by={"site", "demo", "filled"}, opening={"a_site", "a_filled_site"}
    )


@pytest.fixture(autouse=True)
def database_kind(request: pytest.FixtureRequest) -> Iterator[str]:
    """Which database sites of this test open."""
    with use_kind(getattr(request, "param", None)) as kind:
        yield kind


@pytest.fixture
def site(database_kind: str, tmp_path) -> Site:
    """A site that is made and empty."""
    return a_site(tmp_path)


@pytest.fixture
def demo(database_kind: str, tmp_path) -> Site:
    """A site with the user Ada and the space DEMO."""
    site = a_site(tmp_path)
    site.must_send(a_user(), a_space())
    return site


@pytest.fixture
def filled(database_kind: str, tmp_path) -> Site:
    """A site that holds one of everything."""
    return a_filled_site(tmp_path)
