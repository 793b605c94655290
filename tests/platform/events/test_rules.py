"""Where events go, and when a delivery is attempted again. Wire contract, 1.5 and 3.6."""

from datetime import UTC, datetime, timedelta

import pytest

from portway_platform.events.rules import (
    chance_of,
    context_path_for,
    event_urls,
    next_attempt_at,
)

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
HOOK = {"cloudAppMigration": {"migrationWebhookPath": "/hook"}}


@pytest.mark.parametrize(
    ("base_url", "descriptor", "registered", "urls"),
    [
        ("https://a.example/app", HOOK, [], ("https://a.example/app/hook",)),
        ("https://a.example/app/", HOOK, [], ("https://a.example/app/hook",)),
        ("https://a.example", {"modules": HOOK}, [], ("https://a.example/hook",)),
        ("https://a.example", {}, ["https://b.example/x"], ("https://b.example/x",)),
        ("https://a.example", {}, [], ()),
        (
            "https://a.example",
            HOOK,
            ["https://a.example/hook", "https://b.example/x"],
            ("https://a.example/hook", "https://b.example/x"),
        ),
    ],
)
def test_events_go_to_the_descriptors_webhook_and_to_registered_ones_once(
    base_url, descriptor, registered, urls
):
    assert event_urls(base_url, descriptor, registered) == urls


@pytest.mark.parametrize(
    ("url", "base_url", "context_path"),
    [
        ("https://a.example/app/hook?x=1", "https://a.example/app", "/app"),
        ("https://a.example/app", "https://a.example/app/", "/app"),
        ("https://a.example/apple/hook", "https://a.example/app", ""),
        ("https://b.example/app/hook", "https://a.example/app", ""),
        ("https://a.example/hook", "https://a.example", ""),
    ],
)
def test_a_token_leaves_out_the_path_of_the_apps_base_url(url, base_url, context_path):
    assert context_path_for(url, base_url) == context_path


def pause(attempts_made, *, retry_after=None, chance=0.5, age=timedelta(0)):
    due_at = next_attempt_at(
        attempts_made,
        created_at=NOON - age,
        now=NOON,
        retry_after_seconds=retry_after,
        chance=chance,
    )
    return None if due_at is None else (due_at - NOON).total_seconds()


@pytest.mark.parametrize(
    ("attempts_made", "seconds"), [(1, 5), (2, 10), (5, 80), (10, 2560), (11, 3600), (99, 3600)]
)
def test_each_pause_is_twice_the_one_before_up_to_an_hour(attempts_made, seconds):
    assert pause(attempts_made) == pytest.approx(seconds)


def test_deliveries_that_failed_together_come_back_apart():
    assert pause(1, chance=0.0) == pytest.approx(4)
    assert pause(1, chance=0.999999) == pytest.approx(6, abs=0.001)
    chances = {chance_of(f"delivery {number}", 1) for number in range(100)}
    assert len(chances) == 100
    assert all(0 <= chance < 1 for chance in chances)
    assert chance_of("delivery 1", 1) != chance_of("delivery 1", 2)


@pytest.mark.parametrize(("retry_after", "seconds"), [(60, 60), (1, 5), (7200, 7200)])
def test_an_endpoint_that_asks_for_rest_gets_it(retry_after, seconds):
    assert pause(1, retry_after=retry_after) == pytest.approx(seconds)


def test_after_75_hours_a_delivery_is_given_up():
    assert pause(20, age=timedelta(hours=73, minutes=59)) == pytest.approx(3600)
    assert pause(20, age=timedelta(hours=75)) is None


def test_the_last_attempt_is_made_at_75_hours_whatever_rest_was_asked_for():
    assert pause(20, age=timedelta(hours=74, minutes=1)) == pytest.approx(59 * 60)
    for retry_after in (75 * 3600 + 1, float("9" * 9)):
        assert pause(1, retry_after=retry_after) == pytest.approx(75 * 3600)
