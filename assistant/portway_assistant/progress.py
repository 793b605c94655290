"""How a run tells whoever watches what it is doing."""

from typing import Protocol


class Progress(Protocol):
    """Receives the steps of a run as they happen."""

    def step(self, title: str) -> None:
        """A part of the run begins."""

    def note(self, text: str) -> None:
        """Something worth knowing about the present part."""

    def phase(self, name: str, total: int) -> None:
        """A countable phase begins."""

    def advance(self, name: str, count: int) -> None:
        """`count` more items of a phase are accounted for."""

    def app(self, app_key: str, status: str, percent: int, message: str) -> None:
        """An app's transfer moved on."""


class Silent:
    """A watcher that does not look."""

    def step(self, title: str) -> None:
        """Ignore it."""

    def note(self, text: str) -> None:
        """Ignore it."""

    def phase(self, name: str, total: int) -> None:
        """Ignore it."""

    def advance(self, name: str, count: int) -> None:
        """Ignore it."""

    def app(self, app_key: str, status: str, percent: int, message: str) -> None:
        """Ignore it."""
