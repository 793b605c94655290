"""Requests over the limit are answered 429, for cloud apps and server apps, in every process."""

import threading
from datetime import timedelta

import pytest

from portway_platform.rate_limits.limiter import RateLimiter
from portway_platform.rate_limits.rules import RateLimits
from portway_service.clock import ManualClock
from portway_service.database import open_database
from portway_service.errors import Refusal
from support.app_side import a_move, install
from support.platform import a_platform

SITE = "11111111-0000-4000-8000-000000000001"


def limited(**limits):
    return a_platform(rate_limits=RateLimits(**limits))


def let_through(call, count):
    """How many of `count` calls got an answer other than 429."""
    return sum(call().status_code != 429 for _ in range(count))


def test_a_cloud_app_over_its_limit_is_asked_to_wait():
    with limited(app_per_minute=30) as running:
        move = a_move(running)

        passed = let_through(lambda: move.cloud.call("GET", "transfer/recent"), 40)
        answer = move.cloud.call("GET", "transfer/recent")

        assert passed == 30
        assert (answer.status_code, answer.json["code"]) == (429, "rate_limited")
        assert answer.json["message"] == "App migration API rate limit exceeded."
        assert answer.headers["Retry-After"] == "2"
        running.advance(seconds=2)
        assert move.cloud.call("GET", "transfer/recent").status_code == 200


def test_a_server_app_over_its_limit_is_asked_to_wait_and_nothing_is_stored():
    with limited(app_per_minute=5) as running:
        move = a_move(running)
        transfer_id = move.start()

        answers = [move.server.put(transfer_id, b"note", label=str(n)) for n in range(7)]

        assert [answer.status_code for answer in answers] == [201] * 5 + [429] * 2
        assert answers[-1].json["message"] == "App migration API rate limit exceeded."
        assert int(answers[-1].headers["Retry-After"]) >= 1
        assert move.transfer(transfer_id)["uploads"]["count"] == 5
        assert move.server.take_work() is not None


def test_a_busy_server_app_takes_nothing_from_its_cloud_app():
    with limited(app_per_minute=5) as running:
        move = a_move(running)
        transfer_id = move.start()
        let_through(lambda: move.server.put(transfer_id), 7)

        assert let_through(lambda: move.cloud.call("GET", "transfer/recent"), 7) == 5


def test_all_apps_of_a_site_share_its_limit_and_other_sites_have_their_own():
    with limited(app_per_minute=None, site_per_minute=8) as running:
        move = a_move(running)
        transfer_id = move.start()
        running.add_site("other")
        elsewhere = install(running, site="other")

        server = let_through(lambda: move.server.put(transfer_id), 5)
        cloud = let_through(lambda: move.cloud.call("GET", "transfer/recent"), 5)

        assert (server, cloud) == (5, 3)
        assert let_through(lambda: elsewhere.call("GET", "transfer/recent"), 5) == 5


def test_who_does_not_show_who_they_are_use_up_nothing():
    with limited(app_per_minute=3) as running:
        move = a_move(running)
        target = "/sites/acme/wiki/rest/atlassian-connect/1/migration/transfer/recent"
        for _ in range(5):
            assert running.call("GET", target).status_code == 401

        assert let_through(lambda: move.cloud.call("GET", "transfer/recent"), 5) == 3


def test_without_limits_nothing_is_counted():
    with limited(app_per_minute=None, site_per_minute=None) as running:
        move = a_move(running)

        assert let_through(lambda: move.cloud.call("GET", "transfer/recent"), 50) == 50


@pytest.fixture
def processes(running):
    """Two processes on the database of a platform, on one clock."""
    clock = ManualClock()
    databases = [open_database(running.platform.services.settings.database_url) for _ in range(2)]
    limits = RateLimits(app_per_minute=600, site_per_minute=None)
    yield clock, [RateLimiter(database, clock, limits) for database in databases]
    for database in databases:
        database.close()


def passes(limiter):
    try:
        limiter.count("connect", "notes", SITE)
    except Refusal:
        return False
    return True


def test_two_processes_count_against_one_bucket(processes):
    clock, (first, second) = processes

    passed = sum(passes(limiter) for _ in range(700) for limiter in (first, second))
    assert passed == 600
    clock.advance(timedelta(seconds=10))
    passed = sum(passes(limiter) for _ in range(200) for limiter in (first, second))
    assert passed == 100


def test_threads_of_two_processes_let_no_more_through(processes):
    _, limiters = processes
    passed = []

    def ask(limiter):
        passed.append(sum(passes(limiter) for _ in range(200)))

    threads = [threading.Thread(target=ask, args=(limiter,)) for limiter in limiters * 4]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sum(passed) == 600
