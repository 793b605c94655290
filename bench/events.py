"""Events delivered, signed and recorded, beside bare POSTs of the same bodies with httpx.

The events wait in the database of a platform that is not yet working: each is the
`app-data-uploaded` of a small file, put there through the gateway. Then `portway serve` is started
on a copy of that folder. The clock runs from the first event that arrives until the platform says
that all are delivered.
"""

import shutil
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import httpx

from bench.cloud_app import APP_KEY, EVENTS_PATH
from bench.measuring import Row, Target, alternate
from bench.moving import CloudApp, Moving, begin_move, start_cloud_app
from bench.processes import Door, Served, serving
from bench.workplace import Workplace
from portway_assistant.clients import PlatformClient
from portway_cli.composition import Composition
from portway_cli.data_folder import DataFolder
from portway_platform.events.deliverer import PER_ENDPOINT
from portway_platform.rate_limits.rules import RateLimits
from portway_sdk.tokens import verify_connect_token
from portway_service.ids import RandomIds
from portway_service.outbound import Outbound
from portway_service.wsgi_transport import StreamingWSGITransport

WANTED_PER_SECOND = 500
LIMIT_SECONDS = 60.0
_URL = "http://127.0.0.1:8484"
_UPLOADERS = 8


def measure_events(place: Workplace) -> Row:
    """Deliver the same waiting events several times, each time from a fresh copy."""
    count = place.pick(1500, 300)
    cloud_app = start_cloud_app(place)
    waiting = place.folder / "waiting"
    began = time.perf_counter()
    moving = _let_events_wait(waiting, cloud_app, count)
    place.say(f"{count} events wait, after {time.perf_counter() - began:.1f} s")
    copies = iter(range(100))
    bodies: list[str] = []

    def delivered() -> float:
        data = place.folder / f"data-{next(copies)}"
        shutil.copytree(waiting, data)
        cloud_app.ask("POST", "/forget")
        with serving(data) as served:
            seconds = _await_delivered(served, moving, cloud_app, count)
        _check_signature(cloud_app, moving)
        bodies[:] = cloud_app.ask("GET", "/bodies")
        shutil.rmtree(data)
        return count / seconds

    def floor() -> float:
        return count / _post_bare(f"{cloud_app.url}{EVENTS_PATH}", bodies[:count])

    found, floors = alternate(place.pick(3, 1), delivered, floor, budget_seconds=20)
    best, best_floor = max(found), max(floors)
    return Row(
        measured=best,
        unit="events/s",
        floor=best_floor,
        floor_unit="POSTs/s",
        floor_is=f"bare httpx, {PER_ENDPOINT} threads",
        share=best / best_floor,
        targets=[Target("rate", best, WANTED_PER_SECOND, "/s")],
        notes=[f"{count:,} events to one endpoint, from the first POST to the last record"],
        rounds={"events": found, "floor": floors},
    )


def _let_events_wait(data: Path, cloud_app: CloudApp, count: int) -> Moving:
    """Fill a data folder with undelivered events: a platform that takes files and sends nothing."""
    folder = DataFolder.open(data)
    composition = Composition(
        folder,
        public_url=_URL,
        outbound=Outbound.LOOPBACK,
        rate_limits=RateLimits(None, None),
    )
    try:
        transport = StreamingWSGITransport(composition.open())
        moving = begin_move(Door(_URL, folder.admin_token(RandomIds()), transport), cloud_app)
        path = f"transfers/{moving.transfer_id}/app-data"

        def upload(number: int) -> None:
            target, authorization = moving.gateway("PUT", path, {"label": f"bench-{number:05}"})
            headers = {"Authorization": authorization}
            client.put(target, content=b"x" * 100, headers=headers).raise_for_status()

        with (
            closing(httpx.Client(transport=transport, base_url=_URL, trust_env=False)) as client,
            ThreadPoolExecutor(_UPLOADERS) as uploaders,
        ):
            for _ in uploaders.map(upload, range(count)):
                pass
    finally:
        composition.stop()
    return moving


def _await_delivered(served: Served, moving: Moving, cloud_app: CloudApp, count: int) -> float:
    """Return the seconds from the first arrival until all is recorded."""
    platform = PlatformClient(served.door().caller())
    given_up_at = time.monotonic() + LIMIT_SECONDS
    while time.monotonic() < given_up_at:
        # The platform is asked only at the end: asking costs it time.
        if cloud_app.ask("GET", "/seen")["events"] >= count:
            events = platform.transfer(moving.transfer_id)["events"]
            if events["delivered"] >= count and not events["pending"]:
                return time.monotonic() - float(cloud_app.ask("GET", "/seen")["firstAt"])
        time.sleep(0.02)
    raise AssertionError(f"not all {count} events were delivered within {LIMIT_SECONDS:.0f} s")


def _check_signature(cloud_app: CloudApp, moving: Moving) -> None:
    verify_connect_token(
        cloud_app.ask("GET", "/seen")["authorization"].removeprefix("JWT "),
        secret=moving.secret,
        issuer=moving.client_key,
        audience=APP_KEY,
        method="POST",
        url=f"{cloud_app.url}{EVENTS_PATH}",
        now=datetime.now(UTC),
    )


def _post_bare(url: str, bodies: Sequence[str]) -> float:
    """POST the bodies with as many threads as the platform uses; return how long it took."""
    left = iter(bodies)
    lock = threading.Lock()

    def post_some() -> None:
        with closing(httpx.Client(trust_env=False)) as client:
            while True:
                with lock:
                    body = next(left, None)
                if body is None:
                    return
                client.post(url, content=body).raise_for_status()

    began = time.perf_counter()
    threads = [threading.Thread(target=post_some) for _ in range(PER_ENDPOINT)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return time.perf_counter() - began


ROWS = {"events": measure_events}
