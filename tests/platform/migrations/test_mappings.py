"""Id mappings: in as NDJSON, out by page and by key."""

import json

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portway_platform.migrations import service
from support.platform import a_platform

PAGE = "confluence:page"
keys = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=8
)


@pytest.fixture
def migration(ready):
    return ready.begin_migration()


def line(key, value="1", namespace=PAGE):
    return {"namespace": namespace, "key": key, "value": value}


def ndjson(lines):
    return b"\n".join(map(orjson.dumps, lines))


def send(running, migration, body):
    path = f"migrations/{migration['migrationId']}/mappings"
    data = body if isinstance(body, bytes) else ndjson(body)
    return running.admin("POST", path, data=data)


def page(running, *, namespace=PAGE, server="acme-dc", **query):
    more = "".join(f"&{name}={value}" for name, value in query.items())
    path = f"mappings?server={server}&site=acme&namespace={namespace}{more}"
    return running.admin("GET", path)


def find(running, migration, wanted, *, namespace=PAGE):
    with running.platform.services.database.read() as connection:
        return service.find_mappings(connection, migration["migrationScopeId"], namespace, wanted)


def test_what_was_sent_comes_back_on_a_page(ready, migration):
    answer = send(ready, migration, [line("11", "91"), line("10", "90")])

    assert answer.json == {"received": 2, "changed": 2}
    assert page(ready).json == {
        "meta": {"pageSize": 1200, "hasNext": False, "lastEntity": None},
        "items": {"10": "90", "11": "91"},
    }


def take_back(running, migration, lines):
    path = f"migrations/{migration['migrationId']}/mappings"
    return running.admin("DELETE", path, data=ndjson(lines))


def test_a_mapping_whose_item_was_deleted_is_taken_back(ready, migration):
    send(ready, migration, [line("10", "90"), line("11", "91")])

    first = take_back(ready, migration, [line("10", "90"), line("12", "92")])
    again = take_back(ready, migration, [line("10", "90")])

    assert first.json == {"received": 2, "changed": 1}
    assert again.json == {"received": 1, "changed": 0}
    assert page(ready).json["items"] == {"11": "91"}


def test_a_mapping_that_stands_for_something_else_by_now_is_left(ready, migration):
    send(ready, migration, [line("10", "90")])

    answer = take_back(ready, migration, [line("10", "89"), line("10", "9", "identity:user")])

    assert answer.json["changed"] == 0
    assert page(ready).json["items"] == {"10": "90"}


def test_pages_follow_each_other_by_the_last_key(ready, migration):
    """Wire contract, 3.4: stop on `hasNext`; on the last page `lastEntity` is null."""
    send(ready, migration, [line(key) for key in "abcde"])

    first = page(ready, pageSize=2).json
    second = page(ready, pageSize=2, lastEntity=first["meta"]["lastEntity"]).json
    third = page(ready, pageSize=2, lastEntity=second["meta"]["lastEntity"]).json

    assert first["meta"] == {"pageSize": 2, "hasNext": True, "lastEntity": "b"}
    assert second["meta"] == {"pageSize": 2, "hasNext": True, "lastEntity": "d"}
    assert third["meta"] == {"pageSize": 2, "hasNext": False, "lastEntity": None}
    assert [*first["items"], *second["items"], *third["items"]] == list("abcde")


def test_a_page_that_is_just_full_is_the_last(ready, migration):
    send(ready, migration, [line("a"), line("b")])

    assert page(ready, pageSize=2).json["meta"]["hasNext"] is False


def test_a_larger_page_is_cut_to_1200(ready, migration):
    """Wire contract, 2.3: public code still asks for 5,000."""
    send(ready, migration, [line(f"{number:05}") for number in range(1201)])

    answer = page(ready, pageSize=5000).json

    assert answer["meta"] == {"pageSize": 1200, "hasNext": True, "lastEntity": "01199"}
    assert len(answer["items"]) == 1200


@pytest.mark.parametrize("size", ["0", "-1", "many"])
def test_a_page_of_nothing_is_refused(ready, migration, size):
    answer = page(ready, pageSize=size)

    assert (answer.status_code, answer.json["details"][0]["field"]) == (400, "pageSize")


def test_namespaces_and_servers_do_not_mix(ready, migration):
    ready.add_server("other-dc")
    other = ready.begin_migration(server="other-dc")
    send(ready, migration, [line("1", "here"), line("1", "space", "confluence:space")])
    send(ready, other, [line("1", "elsewhere")])

    assert page(ready).json["items"] == {"1": "here"}
    assert page(ready, server="other-dc").json["items"] == {"1": "elsewhere"}
    assert page(ready, namespace="confluence:comment").json["items"] == {}


def test_a_later_migration_of_the_same_pair_sees_the_earlier_mappings(ready, migration):
    """Wire contract, 5: they hang on server and site."""
    send(ready, migration, [line("1", "old"), line("2", "stays")])

    answer = send(ready, ready.begin_migration(), [line("1", "new"), line("2", "stays")])

    assert answer.json == {"received": 2, "changed": 1}
    assert page(ready).json["items"] == {"1": "new", "2": "stays"}


def test_sending_again_changes_nothing(ready, migration):
    send(ready, migration, [line("1"), line("2")])

    assert send(ready, migration, [line("1"), line("2")]).json == {"received": 2, "changed": 0}


def test_of_two_lines_with_one_key_the_later_counts(ready, migration):
    answer = send(ready, migration, [line("1", "a"), line("1", "b")])

    assert answer.json == {"received": 2, "changed": 1}
    assert page(ready).json["items"] == {"1": "b"}


def test_an_upload_of_many_batches_arrives_whole(ready, migration, monkeypatch):
    monkeypatch.setattr(service, "BATCH_ROWS", 7)

    answer = send(ready, migration, [line(f"{number:03}") for number in range(100)])

    assert answer.json == {"received": 100, "changed": 100}
    assert len(page(ready).json["items"]) == 100


@pytest.mark.parametrize(
    ("bad", "problem"),
    [
        (b"{", "it is no JSON"),
        (b'"text"', "it is no JSON object"),
        (b"[]", "it is no JSON object"),
        (b'{"key":"1","value":"2"}', "namespace is no mapping namespace"),
        (b'{"namespace":7,"key":"1","value":"2"}', "namespace is no mapping namespace"),
        (b'{"namespace":"trello:card","key":"1","value":"2"}', "namespace is no mapping"),
        (b'{"namespace":"confluence:page","value":"2"}', "key is no text"),
        (b'{"namespace":"confluence:page","key":1,"value":"2"}', "key is no text"),
        (b'{"namespace":"confluence:page","key":[1],"value":["2"]}', "key is no text"),
        (b'{"namespace":"confluence:page","key":"","value":"2"}', "key is no text, or empty"),
        (b'{"namespace":"confluence:page","key":"1","value":null}', "value is no text"),
        (b'{"namespace":"confluence:page","key":"\\u0000","value":"2"}', "zero character"),
        (b'{"namespace":"confluence:page","key":"1","value":"2","x":1}', "fields other than"),
        (
            b'{"namespace":"confluence:page","key":"' + b"k" * 501 + b'","value":"2"}',
            "longer than 500 characters",
        ),
        (b'{"namespace":"confluence:page","key":"\xff","value":"2"}', "it is no JSON"),
        (b'{"namespace":"confluence:page","key":"\\ud800","value":"2"}', "it is no JSON"),
        (b'{"a":1},{"b":2}', "it is no JSON"),
    ],
)
def test_one_bad_line_refuses_all_of_them_and_is_named(ready, migration, bad, problem):
    good = ndjson([line(f"{number}") for number in range(50)])

    answer = send(ready, migration, good + b"\n" + bad + b"\n" + good)

    assert (answer.status_code, answer.json["code"]) == (400, "line_invalid")
    assert answer.json["details"]["line"] == 51
    assert problem in answer.json["message"]
    assert page(ready).json["items"] == {}


def test_a_refusal_does_not_repeat_what_the_line_held(ready, migration):
    answer = send(ready, migration, [line("email/zoe@example.com", 7, "identity:user")])

    assert answer.status_code == 400
    assert "zoe" not in answer.text


def test_mappings_of_an_unknown_migration_are_refused_unread(ready):
    answer = send(ready, {"migrationId": "none"}, b"not even JSON")

    assert (answer.status_code, answer.json["code"]) == (404, "migration_unknown")


def test_an_empty_upload_is_no_mistake(ready, migration):
    assert send(ready, migration, b"").json == {"received": 0, "changed": 0}


def test_find_returns_what_there_is(ready, migration):
    send(ready, migration, [line("1", "91"), line("2", "92")])

    assert find(ready, migration, ["1", "3", "\0"]) == {"1": "91"}
    assert find(ready, migration, []) == {}
    assert find(ready, migration, ["1"], namespace="confluence:space") == {}


def test_find_returns_each_of_very_many_keys(ready, migration):
    send(ready, migration, [line(str(number), f"c{number}") for number in range(2500)])

    found = find(ready, migration, [str(number) for number in range(2600)] * 2)

    assert found == {str(number): f"c{number}" for number in range(2500)}


@settings(deadline=None, max_examples=25)
@given(st.dictionaries(keys, keys, max_size=30), st.integers(1, 7))
def test_a_walk_finds_every_mapping_once_in_byte_order(entries, size):
    with a_platform() as running:
        running.add_site()
        running.add_server()
        migration = running.begin_migration()
        send(running, migration, [line(key, value) for key, value in entries.items()])

        walked, last = [], None
        with running.platform.services.database.read() as connection:
            while True:
                found = json.loads(
                    service.mapping_page(
                        connection,
                        migration["migrationScopeId"],
                        PAGE,
                        last_entity=last,
                        page_size=size,
                    )
                )
                walked += found["items"].items()
                last = found["meta"]["lastEntity"]
                if not found["meta"]["hasNext"]:
                    break

    assert walked == sorted(entries.items(), key=lambda entry: entry[0].encode())
