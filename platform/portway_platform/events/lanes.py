"""How many attempts may be under way, to each endpoint and in all.

Every endpoint has a lane with a window: a quick 200 opens it by one, a slow one halves it, a
failure closes it to one. Lanes that are down to one share at most half of the threads, so the
others go on at their pace. Safe to use from several threads.
"""

import threading
from collections import Counter, deque
from datetime import timedelta

from portway_platform.events.sending import Attempt, Parcel
from portway_platform.work.service import DueWork

Item = tuple[DueWork, Parcel]

FIRST_WINDOW = 2
CLAIMED_AHEAD = 64
"""Deliveries of one open lane taken from the database at a time."""

_SLOW = timedelta(seconds=1)


class Lanes:
    """Deliveries that were claimed: waiting in their lanes, or under way."""

    def __init__(self, *, threads: int, per_endpoint: int) -> None:
        self._threads = threads
        self._per_endpoint = per_endpoint
        self._waiting: dict[str, deque[Item]] = {}
        self._under_way: Counter[str] = Counter()
        self._windows: dict[str, int] = {}
        self._lock = threading.Lock()

    def find_wanted(self, lanes_with_work: list[str]) -> dict[str, int]:
        """Return how many more deliveries of which lanes to claim now."""
        with self._lock:
            wanted = {}
            for_closed_lanes = self._room_for_closed_lanes()
            for lane in lanes_with_work:
                waiting = len(self._waiting.get(lane, ()))
                if not self._is_closed(lane):
                    # A lane is filled again when half of it has gone, not one by one.
                    if waiting <= CLAIMED_AHEAD // 2:
                        wanted[lane] = CLAIMED_AHEAD - waiting
                elif not waiting and for_closed_lanes > 0 and self._room(lane) > 0:
                    wanted[lane] = 1
                    for_closed_lanes -= 1
            return wanted

    def add(self, item: Item) -> None:
        """Let a delivery wait in its lane."""
        with self._lock:
            self._waiting.setdefault(item[0].lane, deque()).append(item)

    def take_startable(self) -> list[Item]:
        """Return what there is room to begin, one of each lane in turn; it is under way now."""
        started: list[Item] = []
        with self._lock:
            before = -1
            while len(started) > before:
                before = len(started)
                for lane in list(self._waiting):
                    if self._room(lane) > 0:
                        self._under_way[lane] += 1
                        started.append(self._take(lane))
        return started

    def end(self, lane: str, attempt: Attempt) -> Item | None:
        """Note how an attempt went; return the lane's next delivery, if it may go on at once."""
        with self._lock:
            self._adjust_window(lane, attempt)
            if self._waiting.get(lane) and self._under_way[lane] <= self._window(lane):
                return self._take(lane)
            self._under_way[lane] -= 1
            if not self._under_way[lane]:
                del self._under_way[lane]
            return None

    def take_surplus(self) -> list[DueWork]:
        """Take back from closed lanes what was claimed for them while they were open."""
        surplus = []
        with self._lock:
            for lane in [lane for lane in self._waiting if self._is_closed(lane)]:
                while len(self._waiting.get(lane, ())) > max(self._room(lane), 0):
                    surplus.append(self._take(lane, newest=True)[0])
        return surplus

    def take_all(self) -> list[DueWork]:
        """Take back everything that waits."""
        with self._lock:
            unsent = [work for lane in self._waiting.values() for work, _ in lane]
            self._waiting.clear()
        return unsent

    def _take(self, lane: str, *, newest: bool = False) -> Item:
        waiting = self._waiting[lane]
        item = waiting.pop() if newest else waiting.popleft()
        if not waiting:
            del self._waiting[lane]
        return item

    def _window(self, lane: str) -> int:
        return min(self._windows.get(lane, FIRST_WINDOW), self._per_endpoint)

    def _is_closed(self, lane: str) -> bool:
        return self._window(lane) == 1

    def _adjust_window(self, lane: str, attempt: Attempt) -> None:
        if not attempt.delivered:
            self._windows[lane] = 1
        elif attempt.finished_at - attempt.started_at > _SLOW:
            self._windows[lane] = max(self._window(lane) // 2, 1)
        else:
            self._windows[lane] = self._window(lane) + 1

    def _room(self, lane: str) -> int:
        """Return how many more attempts the lane may have under way."""
        free_threads = self._threads - self._under_way.total()
        if self._is_closed(lane):
            free_threads = min(free_threads, self._room_for_closed_lanes())
        return min(self._window(lane) - self._under_way[lane], free_threads)

    def _room_for_closed_lanes(self) -> int:
        taken = sum(number for lane, number in self._under_way.items() if self._is_closed(lane))
        return max(self._threads // 2, 1) - taken
