"""A Forge app in the middle of a migration."""

import pytest

from support.forge import ForgeMove, a_forge_move
from support.platform import Running


@pytest.fixture
def move(running: Running) -> ForgeMove:
    """A migration that can move to a Forge app."""
    return a_forge_move(running)
