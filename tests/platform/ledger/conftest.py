"""What the tests of this feature begin with."""

import pytest

from support.app_side import Moving, a_move
from support.platform import Running


@pytest.fixture
def move(running: Running) -> Moving:
    """A migration whose core is done, with the notes app on both sides and an agreement."""
    return a_move(running)


@pytest.fixture
def transfer_id(move: Moving) -> str:
    """A transfer under way."""
    return move.start()
