"""The three endpoints that only Jira sites have. Wire contract, 3.5."""

import json

import pytest

from support.app_side import a_move, enrol, install
from support.manifests import APP_KEY
from support.vendor import sign_as_app

HEADER = "Atlassian-Transfer-Id"
WORKFLOW = "11111111-0000-4000-8000-000000000001"
RULE, OTHER_RULE, NO_RULE = (f"22222222-0000-4000-8000-00000000000{n}" for n in (1, 2, 3))


@pytest.fixture
def move(running):
    return a_move(running, product="JIRA")


@pytest.fixture
def transfer_id(move):
    return move.start()


def call(move, method, path, body, *, transfer_id=None, secret=None):
    target = f"/sites/acme/rest/atlassian-connect/1/migration/{path}"
    headers = sign_as_app(
        secret or move.cloud.vendor.secret,
        method,
        target,
        now=move.running.clock.now(),
        context_path="/sites/acme",
    )
    if transfer_id is not None:
        headers[HEADER] = transfer_id
    return move.running.call(method, target, headers=headers, json=body)


def seed(move, *lines):
    body = b"".join(json.dumps(line).encode() + b"\n" for line in lines)
    answer = move.running.admin("POST", "sites/acme/jira-data", data=body)
    assert answer.status_code == 200, answer.text
    assert answer.json == {"received": len(lines)}


def kept(move, kind):
    answer = move.running.admin("GET", f"sites/acme/jira-data?kind={kind}")
    assert answer.mimetype == "application/x-ndjson"
    return [json.loads(line) for line in answer.text.splitlines()]


def a_value(kind="StringIssueField", member="string", value="seven", issue=1, field=10, **more):
    return {"_type": kind, "issueID": issue, "fieldID": field, member: value, **more}


# field

VALUES = [
    a_value(),
    a_value("TextIssueField", "text", "two\nlines", field=11),
    a_value("RichTextIssueField", "richText", "*bold*", field=12),
    a_value("NumberIssueField", "number", 7.5, field=13),
    a_value("SingleSelectIssueField", "optionID", "1", field=14),
    a_value("MultiSelectIssueField", "optionID", "1", field=15),
    a_value("MultiSelectIssueField", "optionID", 2, field=15),
]


def test_values_of_every_type_of_field_are_kept(move, transfer_id):
    answer = call(move, "PUT", "field", {"updateValueList": VALUES}, transfer_id=transfer_id)

    assert (answer.status_code, answer.data) == (200, b"")
    assert {line["fieldId"]: line["value"] for line in kept(move, "fieldValue")} == {
        10: "seven", 11: "two\nlines", 12: "*bold*", 13: 7.5, 14: "1", 15: ["1", "2"],
    }  # fmt: skip


def test_the_same_values_sent_again_change_nothing(move, transfer_id):
    for _ in range(2):
        call(move, "PUT", "field", {"updateValueList": VALUES}, transfer_id=transfer_id)

    assert len(kept(move, "fieldValue")) == 6


@pytest.mark.parametrize(("count", "status"), [(0, 400), (200, 200), (201, 400)])
def test_at_most_200_values_come_at_once(move, transfer_id, count, status):
    body = {"updateValueList": [a_value(issue=number) for number in range(1, count + 1)]}

    answer = call(move, "PUT", "field", body, transfer_id=transfer_id)

    assert answer.status_code == status
    assert len(kept(move, "fieldValue")) == (count if status == 200 else 0)


@pytest.mark.parametrize(
    "value",
    [
        a_value("DateIssueField", "date", "today"),
        a_value(member="text"),
        a_value(value=7),
        a_value(value="\0"),
        a_value(issue="one"),
        a_value(issue=0),
        a_value("NumberIssueField", "number", "7"),
        a_value("NumberIssueField", "number", True),
        a_value("SingleSelectIssueField", "optionID", ""),
        {"issueID": 1, "fieldID": 1, "string": "x"},
        "seven",
    ],
)
def test_a_value_that_makes_no_sense_is_refused_with_the_others(move, transfer_id, value):
    body = {"updateValueList": [a_value(), value]}

    answer = call(move, "PUT", "field", body, transfer_id=transfer_id)

    assert (answer.status_code, answer.json["code"]) == (400, "invalid_request")
    assert answer.json["details"][0]["field"].startswith("updateValueList.1")
    assert kept(move, "fieldValue") == []


def test_a_site_that_knows_its_issues_and_fields_takes_values_for_those_alone(move, transfer_id):
    field = {"kind": "field", "type": "StringIssueField", "appKey": APP_KEY}
    seed(
        move,
        {"kind": "issue", "issueId": 1},
        field | {"fieldId": 10},
        field | {"fieldId": 11, "appKey": "com.example.other"},
        field | {"fieldId": 12, "type": "SingleSelectIssueField", "options": ["1", "2"]},
    )
    wrong = [
        a_value(issue=2),
        a_value(field=99),
        a_value(field=11),
        a_value("TextIssueField", "text", "x"),
        a_value("SingleSelectIssueField", "optionID", "3", field=12),
    ]

    refused = call(
        move, "PUT", "field", {"updateValueList": [a_value(), *wrong]}, transfer_id=transfer_id
    )
    taken = call(move, "PUT", "field", {"updateValueList": [a_value()]}, transfer_id=transfer_id)

    assert [fault["field"] for fault in refused.json["details"]] == [
        "updateValueList.1.issueID",
        "updateValueList.2.fieldID",
        "updateValueList.3.fieldID",
        "updateValueList.4._type",
        "updateValueList.5.optionID",
    ]
    assert taken.status_code == 200
    assert len(kept(move, "fieldValue")) == 1


# properties


@pytest.mark.parametrize(
    "entity_type",
    [
        *("IssueProperty", "CommentProperty", "DashboardItemProperty", "IssueTypeProperty"),
        *("ProjectProperty", "UserProperty", "WorklogProperty", "BoardProperty", "SprintProperty"),
    ],
)
def test_every_kind_of_entity_has_properties(move, transfer_id, entity_type):
    body = [{"entityId": 1, "key": "notes", "value": {"count": 7}}]

    answer = call(move, "PUT", f"properties/{entity_type}", body, transfer_id=transfer_id)

    assert answer.status_code == 200
    assert kept(move, "property") == [
        {
            "kind": "property", "entityType": entity_type, "entityId": 1,
            "key": "notes", "value": {"count": 7},
        }
    ]  # fmt: skip


@pytest.mark.parametrize(("count", "status"), [(0, 400), (1, 200), (50, 200), (51, 400)])
def test_one_to_50_properties_come_at_once(move, transfer_id, count, status):
    body = [{"entityId": number, "key": "k", "value": None} for number in range(1, count + 1)]

    answer = call(move, "PUT", "properties/IssueProperty", body, transfer_id=transfer_id)

    assert answer.status_code == status
    assert len(kept(move, "property")) == (count if status == 200 else 0)


@pytest.mark.parametrize(
    "wrong",
    [
        {"entityId": "x", "key": "k", "value": 1},
        {"entityId": 1, "key": "", "value": 1},
        {"entityId": 1, "key": "k" * 256, "value": 1},
        {"entityId": 1, "key": "k"},
        {"entityId": 1, "key": "k", "value": "x" * 40_000},
        {"entityId": 1, "key": "k", "value": ["\0"]},
    ],
)
def test_a_property_that_makes_no_sense_is_refused(move, transfer_id, wrong):
    answer = call(move, "PUT", "properties/IssueProperty", [wrong], transfer_id=transfer_id)

    assert (answer.status_code, answer.json["code"]) == (400, "invalid_request")


def test_properties_of_no_known_kind_are_refused(move, transfer_id):
    body = [{"entityId": 1, "key": "k", "value": 1}]

    answer = call(move, "PUT", "properties/PlanetProperty", body, transfer_id=transfer_id)

    assert (answer.status_code, answer.json["code"]) == (400, "entity_type_unknown")


def test_a_site_that_knows_its_entities_gives_properties_to_those_alone(move, transfer_id):
    seed(
        move,
        {"kind": "entity", "entityType": "ProjectProperty", "entityId": 1},
        {"kind": "issue", "issueId": 5},
    )

    def set_property(entity_type, entity_id):
        body = [{"entityId": entity_id, "key": "k", "value": 1}]
        path = f"properties/{entity_type}"
        return call(move, "PUT", path, body, transfer_id=transfer_id).status_code

    assert set_property("ProjectProperty", 1) == 200
    assert set_property("ProjectProperty", 2) == 400
    assert set_property("IssueProperty", 5) == 200
    assert set_property("IssueProperty", 6) == 400
    assert set_property("BoardProperty", 6) == 200


# workflow/rule/search


def a_rule(rule_id, **changes):
    return {
        "kind": "workflowRule",
        "workflowEntityId": WORKFLOW,
        "ruleId": rule_id,
        "appKey": APP_KEY,
        "workflowName": "Review",
        "ruleKind": "postFunction",
        "key": "add-note",
        "configuration": {"value": "{}"},
        "transition": {"id": 11, "name": "Done"},
        **changes,
    }


def search(move, transfer_id, *rule_ids, **more):
    body = {"workflowEntityId": WORKFLOW, "ruleIds": list(rule_ids), **more}
    return call(move, "POST", "workflow/rule/search", body, transfer_id=transfer_id)


def test_an_app_finds_its_rules_by_workflow(move, transfer_id):
    third = "22222222-0000-4000-8000-000000000009"
    seed(
        move,
        a_rule(RULE),
        a_rule(third, ruleKind="condition", key="has-note"),
        a_rule(OTHER_RULE, appKey="com.example.other"),
    )

    answer = search(move, transfer_id, RULE, OTHER_RULE, NO_RULE, third)

    assert (answer.status_code, answer.json) == (
        200,
        {
            "workflowEntityId": WORKFLOW,
            "invalidRules": [OTHER_RULE, NO_RULE],
            "validRules": [
                {
                    "workflowId": {"name": "Review", "draft": False},
                    "postFunctions": [
                        {"id": RULE, "key": "add-note", "configuration": {"value": "{}"}}
                    ],
                    "conditions": [
                        {"id": third, "key": "has-note", "configuration": {"value": "{}"}}
                    ],
                    "validators": [],
                }
            ],
        },
    )


def test_the_transition_of_a_rule_is_told_when_asked_for(move, transfer_id):
    seed(move, a_rule(RULE))

    (workflow,) = search(move, transfer_id, RULE, expand="transition").json["validRules"]

    assert workflow["postFunctions"][0]["transition"] == {"id": 11, "name": "Done"}


@pytest.mark.parametrize(("count", "status"), [(0, 400), (1, 200), (10, 200), (11, 400)])
def test_one_to_ten_rules_are_searched_at_once(move, transfer_id, count, status):
    ids = [f"22222222-0000-4000-8000-0000000000{number:02}" for number in range(count)]

    assert search(move, transfer_id, *ids).status_code == status


def test_a_search_that_makes_no_sense_is_refused(move, transfer_id):
    assert search(move, transfer_id, "no-uuid").status_code == 400
    assert search(move, transfer_id, RULE, expand="everything").status_code == 400
    assert search(move, transfer_id, RULE, workflowEntityId="x").status_code == 400


# Who may call

CALLS = [
    ("PUT", "field", {"updateValueList": [a_value()]}),
    ("PUT", "properties/IssueProperty", [{"entityId": 1, "key": "k", "value": 1}]),
    ("POST", "workflow/rule/search", {"workflowEntityId": WORKFLOW, "ruleIds": [RULE]}),
]


@pytest.mark.parametrize(("method", "path", "body"), CALLS)
def test_each_needs_a_transfer_in_the_header_that_is_the_apps_and_runs(
    move, transfer_id, method, path, body
):
    def code(**options):
        answer = call(move, method, path, body, **options)
        return answer.status_code, answer.json["code"]

    assert code() == (400, "transfer_id_missing")
    assert code(transfer_id="nobody's") == (403, "transfer_unknown")
    stranger = "a secret of somebody else, long enough for HS256"
    assert code(transfer_id=transfer_id, secret=stranger) == (403, "unauthenticated")
    move.cloud.report(transfer_id, "SUCCESS")
    assert code(transfer_id=transfer_id) == (403, "transfer_settled")


@pytest.mark.parametrize(("method", "path", "body"), CALLS)
def test_an_agreement_that_is_withdrawn_ends_them(move, transfer_id, method, path, body):
    move.withdraw_consent()

    answer = call(move, method, path, body, transfer_id=transfer_id)

    assert (answer.status_code, answer.json["code"]) == (403, "consent_withdrawn")


@pytest.mark.parametrize(("method", "path", "body"), CALLS)
def test_a_confluence_site_has_none_of_them(running, method, path, body):
    move = a_move(running)
    transfer_id = move.start()
    target = f"/sites/acme/wiki/rest/atlassian-connect/1/migration/{path}"
    signed = sign_as_app(move.cloud.vendor.secret, method, target, now=running.clock.now())

    answer = running.call(method, target, headers={**signed, HEADER: transfer_id}, json=body)

    assert answer.status_code == 404


# Seeding


def test_what_was_seeded_is_read_back_line_by_line(move):
    seed(move, {"kind": "issue", "issueId": 2}, {"kind": "issue", "issueId": 1}, a_rule(RULE))

    everything = move.running.admin("GET", "sites/acme/jira-data").text.splitlines()

    assert [json.loads(line)["kind"] for line in everything] == ["issue", "issue", "workflowRule"]
    seed(move, *map(json.loads, everything))
    assert move.running.admin("GET", "sites/acme/jira-data").text.splitlines() == everything


def test_a_seed_of_many_lines_is_read_back_whole(move):
    seed(move, *({"kind": "issue", "issueId": number} for number in range(1, 6001)))

    assert {line["issueId"] for line in kept(move, "issue")} == set(range(1, 6001))


@pytest.mark.parametrize(
    "line",
    [
        "{}",
        '{"kind":"planet"}',
        '{"kind":"issue"}',
        '{"kind":"issue","issueId":1,"colour":"red"}',
        '{"kind":"field","fieldId":1,"type":"DateIssueField","appKey":"x"}',
        '{"kind":"property","entityType":"IssueProperty","entityId":1,"key":"k","value":"\\u0000"}',
        '{"kind":"workflowRule","workflowEntityId":"x"}',
        "no json",
    ],
)
def test_one_bad_line_refuses_all_of_a_seed(move, line):
    body = f'{{"kind":"issue","issueId":1}}\n{line}\n'.encode()

    answer = move.running.admin("POST", "sites/acme/jira-data", data=body)

    assert (answer.status_code, answer.json["code"]) == (400, "line_invalid")
    assert answer.json["details"]["line"] == 2
    assert kept(move, "issue") == []


def test_a_kind_that_is_not_there_is_refused(move):
    for kind in ("planet", "", "%00"):
        answer = move.running.admin("GET", f"sites/acme/jira-data?kind={kind}")
        assert answer.status_code == 400, kind


def test_only_jira_sites_have_such_data(running):
    running.add_site()

    for method in ("GET", "POST"):
        answer = running.admin(method, "sites/acme/jira-data")
        assert (answer.status_code, answer.json["code"]) == (409, "no_jira_site")


def test_each_site_has_its_own_data(move, running):
    running.add_site("other", product="JIRA")
    enrol(running)
    install(running, site="other", context_path="/sites/other")
    seed(move, {"kind": "issue", "issueId": 1})

    assert running.admin("GET", "sites/other/jira-data").text == ""
