"""Creations that are sent twice."""

import threading

import pytest

BODY = {"serverKey": "acme-dc", "siteKey": "acme", "name": "Wave 3"}


def create(running, *, key=None, **changes):
    headers = {} if key is None else {"Idempotency-Key": key}
    return running.admin("POST", "migrations", json={**BODY, **changes}, headers=headers)


def count_of_migrations(running):
    return len(running.admin("GET", "migrations").json)


def test_without_a_key_each_request_creates(ready):
    assert create(ready).json["migrationId"] != create(ready).json["migrationId"]


def test_the_same_key_and_request_give_the_first_answer_again(ready):
    first = create(ready, key="k-1")
    ready.advance(hours=5)

    again = create(ready, key="k-1")

    assert (first.status_code, again.status_code) == (201, 201)
    assert again.json == first.json
    assert again.headers["Idempotency-Replayed"] == "true"
    assert count_of_migrations(ready) == 1


def test_the_same_key_with_another_request_is_refused(ready):
    create(ready, key="k-1")

    answer = create(ready, key="k-1", name="Wave 4")

    assert (answer.status_code, answer.json["code"]) == (422, "idempotency_key_reused")
    assert count_of_migrations(ready) == 1


def test_a_refused_creation_leaves_its_key_free(ready):
    refused = create(ready, key="k-1", siteKey="none")

    assert refused.status_code == 404
    assert create(ready, key="k-1").status_code == 201


def test_a_key_is_forgotten_after_seven_days(ready):
    create(ready, key="k-1")
    ready.advance(days=7, seconds=1)

    create(ready, key="k-1")

    assert count_of_migrations(ready) == 2


@pytest.mark.parametrize("key", ["", "with space", "x" * 101, "ä"])
def test_a_key_is_visible_ascii(ready, key):
    answer = create(ready, key=key)

    assert answer.status_code == 400
    assert answer.json["details"][0]["field"] == "Idempotency-Key"
    assert count_of_migrations(ready) == 0


def test_a_key_sent_many_times_at_once_creates_once(ready):
    answers = []
    threads = [
        threading.Thread(target=lambda: answers.append(create(ready, key="k-1"))) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json["migrationId"] for answer in answers}) == 1
    assert count_of_migrations(ready) == 1
