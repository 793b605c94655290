"""What a migrating app may fill in on a Jira site, and what is wrong with what it sends.

Where a site was told which issues, fields or entities it has, others are refused; a site that was
told of none of a kind takes any. Source: wire contract, 3.5
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

FieldType = Literal[
    "StringIssueField",
    "TextIssueField",
    "RichTextIssueField",
    "NumberIssueField",
    "SingleSelectIssueField",
    "MultiSelectIssueField",
]
EntityType = Literal[
    "IssueProperty",
    "CommentProperty",
    "DashboardItemProperty",
    "IssueTypeProperty",
    "ProjectProperty",
    "UserProperty",
    "WorklogProperty",
    "BoardProperty",
    "SprintProperty",
]
RULE_LISTS = {
    "postFunction": "postFunctions",
    "condition": "conditions",
    "validator": "validators",
}


class FieldValue(Protocol):
    """A value of a field of an issue."""

    @property
    def type(self) -> FieldType:
        """The type of the field, as whoever sends it takes it to be."""

    @property
    def issue_id(self) -> int:
        """The issue."""

    @property
    def field_id(self) -> int:
        """The field."""

    @property
    def value(self) -> Any:
        """The value; the id of an option for a field of options."""


@dataclass(frozen=True)
class Known:
    """What a site was told it has, as far as a request asks. None: nothing of the kind at all."""

    issues: frozenset[int] | None
    fields: Mapping[int, Mapping[str, Any]] | None
    """Type, app and options by field id."""


def find_value_faults(
    values: Sequence[FieldValue], known: Known, *, app_key: str
) -> Iterator[dict[str, str]]:
    """Return what keeps values from being taken, as `field` and `problem`."""
    for number, value in enumerate(values):
        place = f"updateValueList.{number}"
        if known.issues is not None and value.issue_id not in known.issues:
            yield {"field": f"{place}.issueID", "problem": "the site has no such issue"}
        if known.fields is None:
            continue
        field = known.fields.get(value.field_id)
        if field is None or field["appKey"] != app_key:
            yield {"field": f"{place}.fieldID", "problem": "the app has no such field"}
        elif field["type"] != value.type:
            yield {"field": f"{place}._type", "problem": f"the field is a {field['type']}"}
        elif field["options"] and value.value not in field["options"]:
            yield {"field": f"{place}.optionID", "problem": "the field has no such option"}


def joined_values(values: Sequence[FieldValue]) -> dict[tuple[int, int], Any]:
    """Return the value of each issue's field: the last, or every option of a multi-select."""
    joined: dict[tuple[int, int], Any] = {}
    for value in values:
        place = (value.issue_id, value.field_id)
        if value.type == "MultiSelectIssueField":
            options = joined.get(place)
            chosen = options if isinstance(options, list) else []
            joined[place] = [*chosen, *({value.value} - set(chosen))]
        else:
            joined[place] = value.value
    return joined


def sorted_rules(
    workflow_entity_id: str,
    asked: Sequence[str],
    rules: Mapping[str, Mapping[str, Any]],
    *,
    app_key: str,
    with_transition: bool,
) -> dict[str, Any]:
    """Return the answer to a search: the app's rules by workflow, and the ids of no rule of it.

    Args:
        workflow_entity_id: The workflow that is searched.
        asked: Ids of rules.
        rules: The rules there are among them, by id.
    """
    valid: dict[tuple[str, bool], dict[str, Any]] = {}
    invalid = []
    for rule_id in dict.fromkeys(asked):
        rule = rules.get(rule_id)
        if rule is None or rule["appKey"] != app_key:
            invalid.append(rule_id)
            continue
        workflow = {"name": rule["workflowName"], "draft": rule["draft"]}
        entry = valid.setdefault(
            (rule["workflowName"], rule["draft"]),
            {"workflowId": workflow, **{name: [] for name in RULE_LISTS.values()}},
        )
        shown = {"id": rule_id, "key": rule["key"], "configuration": rule["configuration"]}
        if with_transition and rule["transition"] is not None:
            shown["transition"] = rule["transition"]
        entry[RULE_LISTS[rule["ruleKind"]]].append(shown)
    return {
        "workflowEntityId": workflow_entity_id,
        "invalidRules": invalid,
        "validRules": list(valid.values()),
    }
