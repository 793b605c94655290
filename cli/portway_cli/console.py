"""Shows a run as it goes: a live display on a terminal, plain lines elsewhere."""

import sys
import time
from typing import TextIO

from rich.console import Console
from rich.live import Live
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
)

PHASE_NAMES = {
    "users": "People",
    "spaces": "Spaces",
    "pages": "Pages",
    "blogPosts": "Blog posts",
    "comments": "Comments",
    "labels": "Labels",
    "attachments": "Attachments",
    "fileComments": "Comments on files",
}


class LineProgress:
    """One line for each step, for logs and pipes."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream or sys.stderr
        self._totals: dict[str, int] = {}
        self._done: dict[str, int] = {}
        self._apps: dict[str, tuple[str, int]] = {}
        self._started = time.monotonic()

    def step(self, title: str) -> None:
        """Begin a part of the run."""
        self._line(f"{title}")

    def note(self, text: str) -> None:
        """Add a remark to the present part."""
        self._line(f"  {text}")

    def phase(self, name: str, total: int) -> None:
        """Begin a countable phase."""
        self._totals[name], self._done[name] = total, 0

    def advance(self, name: str, count: int) -> None:
        """Account for more items; the line comes when the phase is complete."""
        before, total = self._done[name], self._totals[name]
        self._done[name] = before + count
        if count and self._done[name] >= total:
            self._line(f"  {PHASE_NAMES.get(name, name)}: {total}")

    def app(self, app_key: str, status: str, percent: int, message: str) -> None:
        """Say so when an app's transfer moved on."""
        if self._apps.get(app_key) == (status, percent):
            return
        self._apps[app_key] = (status, percent)
        text = f"  {app_key}: {status.lower().replace('_', ' ')}, {percent} %"
        self._line(f"{text}, {message}" if message else text)

    def close(self) -> None:
        """Nothing is left open."""

    def _line(self, text: str) -> None:
        seconds = time.monotonic() - self._started
        print(f"{seconds:6.1f} s  {text}", file=self._stream, flush=True)


class LiveProgress:
    """Bars that move, on a terminal."""

    def __init__(self, console: Console | None = None) -> None:
        self._console = console or Console(stderr=True)
        self._bars = Progress(
            TextColumn("  {task.description:<22}"),
            BarColumn(bar_width=28),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TextColumn("[dim]{task.fields[note]}"),
            console=self._console,
        )
        self._tasks: dict[str, TaskID] = {}
        self._live = Live(self._bars, console=self._console, refresh_per_second=12)
        self._live.start()

    def step(self, title: str) -> None:
        """Begin a part of the run."""
        self._console.print(f"[bold]{title}")

    def note(self, text: str) -> None:
        """Add a remark to the present part."""
        self._console.print(f"  {text}", highlight=False, markup=False)

    def phase(self, name: str, total: int) -> None:
        """Begin a countable phase."""
        if total:
            title = PHASE_NAMES.get(name, name)
            self._tasks[name] = self._bars.add_task(title, total=total, note="")

    def advance(self, name: str, count: int) -> None:
        """Account for more items."""
        if name in self._tasks:
            self._bars.advance(self._tasks[name], count)

    def app(self, app_key: str, status: str, percent: int, message: str) -> None:
        """Show how far an app's transfer is."""
        if app_key not in self._tasks:
            self._tasks[app_key] = self._bars.add_task(app_key, total=100, note="")
        done = 100 if status == "SUCCESS" else percent
        note = f"{status.lower().replace('_', ' ')} {message}".strip()
        self._bars.update(self._tasks[app_key], completed=done, note=note)

    def close(self) -> None:
        """Leave the last state on the screen."""
        self._live.stop()


def choose_progress() -> LineProgress | LiveProgress:
    """Return the display that fits standard error."""
    return LiveProgress() if sys.stderr.isatty() else LineProgress()
