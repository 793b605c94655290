"""Sites for the tests of this folder."""

import pytest

from support.site import Site, a_filled_site, a_site, a_space, a_user


@pytest.fixture
def site(tmp_path) -> Site:
    """A site that is made and empty."""
    return a_site(tmp_path)


@pytest.fixture
def demo(tmp_path) -> Site:
    """A site with the user Ada and the space DEMO."""
    site = a_site(tmp_path)
    site.must_send(a_user(), a_space())
    return site


@pytest.fixture
def filled(tmp_path) -> Site:
    """A site that holds one of everything."""
    return a_filled_site(tmp_path)
