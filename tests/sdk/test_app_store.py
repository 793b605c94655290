"""What a cloud app remembers, in memory and on disk alike."""

import multiprocessing
import sqlite3
import stat
import uuid
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest

from portway_sdk import (
    Attempt,
    Claim,
    ConfigurationError,
    Installation,
    MemoryAppStore,
    SqliteAppStore,
)
from support.sdk import MONDAY

ACME = Installation("client-acme", "https://acme.test/wiki", "confluence", "secret of acme")
OTHER = Installation("client-other", "https://other.test", "jira", "secret of other")


class Clock:
    def __init__(self):
        self.now = MONDAY

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture(params=["memory", "sqlite"])
def store(request, tmp_path, clock):
    if request.param == "memory":
        yield MemoryAppStore(now=clock)
        return
    with SqliteAppStore(tmp_path / "app.db", now=clock) as store:
        yield store


def an_attempt(message_id="m-1", client_key="client-acme"):
    return Attempt(client_key, message_id, uuid.uuid4().hex)


def test_installations_are_kept_by_client_key(store):
    store.save_installation(OTHER)
    store.save_installation(ACME)

    assert store.find_installation("client-acme") == ACME
    assert store.find_installation("client-unknown") is None
    assert store.installations() == (ACME, OTHER)


def test_a_second_installation_replaces_the_first(store):
    store.save_installation(ACME)
    renewed = replace(ACME, shared_secret="a new secret")

    store.save_installation(renewed)

    assert store.installations() == (renewed,)


def test_a_removed_installation_is_forgotten(store):
    store.save_installation(ACME)

    store.remove_installation("client-acme")
    store.remove_installation("client-acme")

    assert store.find_installation("client-acme") is None


def test_one_attempt_at_a_time_holds_an_event(store):
    assert store.claim(an_attempt(), lease_seconds=60) is Claim.CLAIMED
    assert store.claim(an_attempt(), lease_seconds=60) is Claim.IN_PROGRESS
    assert store.claim(an_attempt("m-2"), lease_seconds=60) is Claim.CLAIMED


def test_a_handled_event_stays_handled(store, clock):
    attempt = an_attempt()
    store.claim(attempt, lease_seconds=60)
    store.done(attempt)

    clock.now += timedelta(days=14)

    assert store.claim(an_attempt(), lease_seconds=60) is Claim.DONE


def test_a_released_event_is_free_again(store):
    attempt = an_attempt()
    store.claim(attempt, lease_seconds=60)

    store.release(attempt)

    assert store.claim(an_attempt(), lease_seconds=60) is Claim.CLAIMED


def test_a_claim_ends_with_its_lease(store, clock):
    store.claim(an_attempt(), lease_seconds=60)

    clock.now += timedelta(seconds=60)

    assert store.claim(an_attempt(), lease_seconds=60) is Claim.CLAIMED


def test_a_renewed_claim_lasts_longer(store, clock):
    attempt = an_attempt()
    store.claim(attempt, lease_seconds=60)
    clock.now += timedelta(seconds=50)

    store.renew(attempt, lease_seconds=60)

    clock.now += timedelta(seconds=50)
    assert store.claim(an_attempt(), lease_seconds=60) is Claim.IN_PROGRESS


def test_an_attempt_that_lost_its_claim_neither_renews_nor_frees_the_next(store, clock):
    late, next_one = an_attempt(), an_attempt()
    store.claim(late, lease_seconds=60)
    clock.now += timedelta(seconds=60)
    store.claim(next_one, lease_seconds=60)

    store.renew(late, lease_seconds=1000)
    store.release(late)

    assert store.claim(an_attempt(), lease_seconds=60) is Claim.IN_PROGRESS
    clock.now += timedelta(seconds=60)
    assert store.claim(an_attempt(), lease_seconds=60) is Claim.CLAIMED


def test_a_late_attempt_that_succeeds_is_believed(store, clock):
    late = an_attempt()
    store.claim(late, lease_seconds=60)
    clock.now += timedelta(seconds=60)
    store.claim(an_attempt(), lease_seconds=60)

    store.done(late)

    assert store.claim(an_attempt(), lease_seconds=60) is Claim.DONE


def test_message_ids_of_different_sites_do_not_meet(store):
    """One site must not be able to make another site's events look handled."""
    attempt = an_attempt(client_key="client-other")
    store.claim(attempt, lease_seconds=60)
    store.done(attempt)

    assert store.claim(an_attempt(), lease_seconds=60) is Claim.CLAIMED


def test_a_secret_is_not_shown(store):
    assert "secret" not in repr(ACME)


# On disk


def test_everything_is_found_again_after_a_restart(tmp_path):
    attempt = an_attempt()
    with SqliteAppStore(tmp_path / "deep" / "app.db") as store:
        store.save_installation(ACME)
        store.claim(attempt, lease_seconds=60)
        store.done(attempt)

    with SqliteAppStore(tmp_path / "deep" / "app.db") as store:
        assert store.installations() == (ACME,)
        assert store.claim(an_attempt(), lease_seconds=60) is Claim.DONE


def test_only_the_owner_can_read_the_files(tmp_path):
    with SqliteAppStore(tmp_path / "app.db") as store:
        store.save_installation(ACME)
        modes = {stat.S_IMODE(file.stat().st_mode) for file in tmp_path.iterdir()}

    assert modes == {0o600}


def test_writes_are_synced_before_they_are_answered(tmp_path):
    with SqliteAppStore(tmp_path / "app.db") as store:
        store.save_installation(ACME)
        (synchronous,) = store._connection.execute("PRAGMA synchronous").fetchone()
        (journal,) = store._connection.execute("PRAGMA journal_mode").fetchone()

    assert (synchronous, journal) == (2, "wal")


def test_messages_older_than_any_transfer_are_dropped(tmp_path, clock):
    with SqliteAppStore(tmp_path / "app.db", now=clock) as store:
        old = an_attempt("old")
        store.claim(old, lease_seconds=60)
        store.done(old)
        clock.now += timedelta(days=31)
        store.claim(an_attempt("new"), lease_seconds=60)

    with sqlite3.connect(tmp_path / "app.db") as connection:
        rows = connection.execute("SELECT message_id FROM messages").fetchall()
    connection.close()
    assert rows == [("new",)]


def test_a_failed_call_changes_nothing(tmp_path):
    with SqliteAppStore(tmp_path / "app.db") as store:
        store.save_installation(ACME)
        with pytest.raises(sqlite3.Error):
            store.save_installation(replace(OTHER, base_url=None))
        assert store.installations() == (ACME,)


def test_threads_share_one_store(tmp_path):
    with SqliteAppStore(tmp_path / "app.db") as store, ThreadPoolExecutor(8) as pool:
        claims = list(pool.map(lambda _: store.claim(an_attempt(), lease_seconds=60), range(50)))

    assert claims.count(Claim.CLAIMED) == 1
    assert claims.count(Claim.IN_PROGRESS) == 49


def claim_in_a_process(path, start, answers):
    start.wait()
    with SqliteAppStore(path) as store:
        answers.put([store.claim(an_attempt(f"m-{n}"), lease_seconds=60) for n in range(20)])


@pytest.mark.processes
def test_processes_that_open_a_new_file_together_share_it(tmp_path):
    context = multiprocessing.get_context("spawn")
    start, answers = context.Barrier(4), context.Queue()
    processes = [
        context.Process(target=claim_in_a_process, args=(tmp_path / "app.db", start, answers))
        for _ in range(4)
    ]
    for process in processes:
        process.start()
    claims = [answers.get(timeout=60) for _ in processes]
    for process in processes:
        process.join(60)

    for number in range(20):
        assert [each[number] for each in claims].count(Claim.CLAIMED) == 1


@pytest.mark.parametrize("content", [b"this is no database, only a text" * 100])
def test_a_file_that_is_no_store_is_a_setting_to_mend(tmp_path, content):
    (tmp_path / "app.db").write_bytes(content)

    with pytest.raises(ConfigurationError, match=r"app\.db"):
        SqliteAppStore(tmp_path / "app.db").installations()


def test_a_folder_that_cannot_be_made_is_a_setting_to_mend(tmp_path):
    (tmp_path / "file").touch()

    with pytest.raises(ConfigurationError, match=r"app\.db"):
        SqliteAppStore(tmp_path / "file" / "app.db").installations()
