"""Delivers events: many at once, no endpoint in the way of another, each attempt recorded.

One thread claims and records, in one transaction for all that happened since the last; the others
send. A sending thread goes on with its lane as long as something waits there, so the records of a
busy lane come in large batches. How much may be under way is decided in `lanes.py`.
"""

import logging
import queue
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

import httpx
from sqlalchemy import Connection, bindparam, func, select, update

from portway_platform.dialect.rules import dialect_of
from portway_platform.dialect.tables import dialects
from portway_platform.events.health import Outcome, find_switched_off, note_outcomes
from portway_platform.events.lanes import Item, Lanes
from portway_platform.events.rules import DELIVERY, DeliveryStatus, chance_of, next_attempt_at
from portway_platform.events.sending import Attempt, Parcel, attempt
from portway_platform.events.tables import attempts, deliveries, events
from portway_platform.events.webhook_keys import get_keys
from portway_platform.forge.invocations import Invoker
from portway_platform.forge.rules import next_attempt_at as next_forge_attempt_at
from portway_platform.installations.rules import InstallationStatus
from portway_platform.installations.tables import installations
from portway_platform.services import Services
from portway_platform.sites.tables import sites
from portway_platform.work import service as work_service
from portway_platform.work.service import DueWork
from portway_platform.work.worker import owner_name
from portway_service.database import insert_new

log = logging.getLogger(__name__)

THREADS = 32
PER_ENDPOINT = 8
"""Attempts under way to one endpoint that answers well."""

_BATCH = 32
"""Ended attempts of busy lanes that are recorded together."""


@dataclass(frozen=True)
class _Ended:
    """A delivery whose attempt is over, or that has nowhere to go any more."""

    work: DueWork
    parcel: Parcel | None
    attempt: Attempt | None
    is_switched_off: bool = False


class Deliverer:
    """The chore that delivers events."""

    topic = work_service.topic_of(DELIVERY, in_lanes=True)

    def __init__(
        self, services: Services, *, threads: int = THREADS, per_endpoint: int = PER_ENDPOINT
    ) -> None:
        self._services = services
        self._threads = threads
        self._per_endpoint = per_endpoint
        self._owner = owner_name()
        self._invoker = Invoker(services)
        self._client: httpx.Client | None = None
        self._executor: ThreadPoolExecutor | None = None
        self._ended: queue.SimpleQueue[_Ended] = queue.SimpleQueue()
        self._lanes = _one_after_the_other()

    def start(self) -> None:
        """Get threads ready; from now on `step` hands work to them."""
        self._executor = ThreadPoolExecutor(self._threads, thread_name_prefix="portway delivery")
        self._lanes = Lanes(threads=self._threads, per_endpoint=self._per_endpoint)

    def stop(self) -> None:
        """Let the attempts under way end, record them, give back what was only claimed."""
        unsent = self._lanes.take_all()
        if self._executor is not None:
            self._executor.shutdown(wait=True)
            self._executor = None
        ended = self._take_ended()
        if ended or unsent:
            with self._recording(ended) as connection:
                work_service.give_back_all(connection, unsent)
        if self._client is not None:
            self._client.close()
            self._client = None
        self._lanes = _one_after_the_other()

    def step(self) -> int:
        """Record what ended, claim what is due, begin what there is room for."""
        now = self._services.clock.now()
        ended = self._take_ended()
        surplus = self._lanes.take_surplus()
        waiting = work_service.lanes_with_due_work(self._services.database, DELIVERY, now)
        wanted = self._lanes.find_wanted(waiting)
        claimed: list[DueWork] = []
        if ended or surplus or wanted:
            with self._recording(ended) as connection:
                work_service.give_back_all(connection, surplus)
                claimed = work_service.claim_in_lanes(
                    connection,
                    now=now,
                    owner=self._owner,
                    lease_seconds=self._services.settings.delivery_lease_seconds,
                    kind=DELIVERY,
                    wanted=wanted,
                )
        for item in self._load(claimed):
            self._lanes.add(item)
        started = self._lanes.take_startable()
        for work, parcel in started:
            self._begin(work, parcel)
        return len(ended) + len(surplus) + len(claimed) + len(started)

    def run_due(self) -> int:
        """Deliver everything that is due, one delivery after the other, in this thread."""
        if self._executor is not None:
            raise RuntimeError("the deliverer is running in threads")
        done = 0
        while just_done := self.step():
            done += just_done
        return done

    def next_due_at(self) -> datetime | None:
        """Return when the next delivery is due."""
        return work_service.next_due_at(self._services.database, [DELIVERY])

    # Sending

    def _begin(self, work: DueWork, parcel: Parcel) -> None:
        client = self._open_client()
        if self._executor is None:
            self._send_lane(client, work, parcel)
        else:
            self._executor.submit(self._send_lane, client, work, parcel)

    def _send_lane(self, client: httpx.Client, work: DueWork, parcel: Parcel) -> None:
        """Send a delivery, and what waits behind it as long as the lane lets us."""
        item: Item | None = (work, parcel)
        while item is not None:
            work, parcel = item
            made = attempt(client, parcel, self._services.clock, self._invoker)
            self._ended.put(_Ended(work, parcel, made))
            item = self._lanes.end(work.lane, made)
            if item is None or self._ended.qsize() >= _BATCH:
                self._services.database.announcements.ring([self.topic])

    def _open_client(self) -> httpx.Client:
        if self._client is None:
            self._client = self._services.open_client(self._services.settings.event_timeout_seconds)
        return self._client

    def _load(self, claimed: Sequence[DueWork]) -> list[tuple[DueWork, Parcel]]:
        """Return what to send; deliveries of apps that are gone end here, unsent."""
        if not claimed:
            return []
        with self._services.database.read() as connection:
            rows = connection.execute(
                select(
                    deliveries.c.id.label("delivery_id"),
                    deliveries.c.url,
                    func.coalesce(
                        deliveries.c.tried_from,
                        deliveries.c.created_at,
                        type_=deliveries.c.created_at.type,
                    ).label("tried_from"),
                    deliveries.c.attempts_before,
                    events.c.id.label("message_id"),
                    events.c.payload,
                    events.c.installation_id,
                    installations.c.app_key,
                    installations.c.base_url.label("app_base_url"),
                    sites.c.client_key,
                    installations.c.shared_secret,
                    installations.c.status,
                    dialects.c.switches,
                )
                .join(events, events.c.id == deliveries.c.event_id)
                .join(installations, installations.c.id == events.c.installation_id)
                .join(sites, sites.c.id == installations.c.site_id)
                .outerjoin(dialects, dialects.c.site_id == sites.c.id)
                .where(deliveries.c.id.in_([work.subject_id for work in claimed]))
            ).all()
            forge = self._invoker.find_targets(connection, [work.subject_id for work in claimed])
            found = {row.delivery_id: row for row in rows}
            switched_off = find_switched_off(
                connection,
                {
                    (found[work.subject_id].installation_id, work.lane)
                    for work in claimed
                    if work.subject_id in found
                },
            )
        keys = get_keys(self._services, {row.installation_id for row in rows})
        parcels = []
        for work in claimed:
            row = found.get(work.subject_id)
            if row is None or row.status == InstallationStatus.UNINSTALLED:
                self._ended.put(_Ended(work, None, None))
                continue
            if (row.installation_id, work.lane) in switched_off:
                self._ended.put(_Ended(work, None, None, is_switched_off=True))
                continue
            columns = dict(row._mapping)
            del columns["status"]
            dialect = dialect_of(columns.pop("switches") or {})
            parcel = Parcel(
                **columns,
                webhook_keys=keys[row.installation_id],
                dialect=dialect,
                forge=forge.get(row.delivery_id),
            )
            parcels.append((work, parcel))
        return parcels

    # Recording

    def _take_ended(self) -> list[_Ended]:
        ended: list[_Ended] = []
        while True:
            try:
                one = self._ended.get_nowait()
            except queue.Empty:
                return ended
            ended.append(one)

    @contextmanager
    def _recording(self, ended: Sequence[_Ended]) -> Iterator[Connection]:
        """A transaction in which what ended is recorded; if it fails, that is recorded later."""
        try:
            with self._services.database.write() as connection:
                self._record(connection, ended)
                yield connection
        except Exception:
            for one in ended:
                self._ended.put(one)
            raise

    def _record(self, connection: Connection, ended: Sequence[_Ended]) -> None:
        """Write down the attempts, and what follows from each, in the given transaction."""
        if not ended:
            return
        log_rows, outcomes, finished, again = [], [], [], []
        seen: dict[tuple[str, str], Outcome] = {}
        for one in ended:
            number = one.work.attempts + (one.parcel.attempts_before if one.parcel else 0)
            status, due_at = self._decide(one)
            outcomes.append(
                {
                    "its_id": one.work.subject_id,
                    "its_status": status,
                    "its_attempts": number,
                    "its_delivered_at": one.attempt.finished_at
                    if one.attempt and status is DeliveryStatus.DELIVERED
                    else None,
                }
            )
            if one.attempt is not None and one.parcel is not None:
                endpoint = (one.parcel.installation_id, one.work.lane)
                seen[endpoint] = Outcome(
                    endpoint, one.parcel.url, one.attempt.delivered, one.attempt.finished_at
                )
                log_rows.append(
                    {
                        "delivery_id": one.work.subject_id,
                        "number": number,
                        "started_at": one.attempt.started_at,
                        "finished_at": one.attempt.finished_at,
                        "http_status": one.attempt.http_status,
                        "problem": one.attempt.problem,
                    }
                )
            if due_at is None:
                finished.append(one.work)
            else:
                again.append((one.work, due_at))
        insert_new(connection, attempts, log_rows)
        connection.execute(_OUTCOME, outcomes)
        note_outcomes(connection, self._services, list(seen.values()))
        work_service.finish_all(connection, finished)
        work_service.reschedule_all(connection, again)

    def _decide(self, one: _Ended) -> tuple[DeliveryStatus, datetime | None]:
        if one.is_switched_off:
            return DeliveryStatus.SWITCHED_OFF, None
        if one.attempt is None or one.parcel is None:
            return DeliveryStatus.GIVEN_UP, None
        if one.attempt.delivered:
            return DeliveryStatus.DELIVERED, None
        chance = chance_of(one.parcel.delivery_id, one.work.attempts)
        if one.parcel.forge is not None:
            due_at = next_forge_attempt_at(
                one.work.attempts, now=one.attempt.finished_at, chance=chance
            )
        else:
            due_at = next_attempt_at(
                one.work.attempts,
                created_at=one.parcel.tried_from,
                now=one.attempt.finished_at,
                retry_after_seconds=one.attempt.retry_after_seconds,
                chance=chance,
                retries=one.parcel.dialect.event_retries,
            )
        if due_at is not None:
            return DeliveryStatus.PENDING, due_at
        log.warning(
            "delivery given up",
            extra={"delivery_id": one.parcel.delivery_id, "attempts": one.work.attempts},
        )
        return DeliveryStatus.GIVEN_UP, None


def _one_after_the_other() -> Lanes:
    return Lanes(threads=1, per_endpoint=2)


# A delivery that was acknowledged stays so, whatever a slower attempt of it finds.
_OUTCOME = (
    update(deliveries)
    .where(
        deliveries.c.id == bindparam("its_id"),
        deliveries.c.status != DeliveryStatus.DELIVERED,
    )
    .values(
        status=bindparam("its_status"),
        attempts=bindparam("its_attempts"),
        delivered_at=bindparam("its_delivered_at"),
    )
)
