"""Where the rows of one topic work: a temporary folder, and what several rows use together."""

import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeVar

ROOT = Path(__file__).parents[1]
BUILD = ROOT / "build" / "bench"
"""On the disk that holds the repository: a temporary folder in memory would sync for nothing."""

Made = TypeVar("Made")


@dataclass
class Workplace:
    """A folder that disappears with everything that was started for it."""

    folder: Path
    quick: bool
    stack: ExitStack
    mappings: int | None = None
    """How many mappings the large platform holds, when the usual number will not do."""
    _made: dict[Callable[..., Any], Any] = field(default_factory=dict)

    def once(self, make: "Callable[[Workplace], Made]") -> Made:
        """Return what `make` makes; the rows of a topic share it."""
        if make not in self._made:
            self._made[make] = make(self)
        found: Made = self._made[make]
        return found

    def pick(self, usual: Any, quick: Any) -> Any:
        """Return the usual size of something, or the one for a quick run."""
        return quick if self.quick else usual

    def say(self, text: str) -> None:
        """Tell whoever waits what is going on."""
        print(f"  {text}", file=sys.stderr, flush=True)


@contextmanager
def open_workplace(*, quick: bool, mappings: int | None = None) -> Iterator[Workplace]:
    """Open a folder to work in; at the end every process ends and the folder goes."""
    BUILD.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(prefix="work-", dir=BUILD) as name, ExitStack() as stack:
        yield Workplace(Path(name), quick, stack, mappings)
