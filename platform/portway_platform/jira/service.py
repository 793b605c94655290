"""Filling in and looking up what a Jira site holds, for a migrating app and for an admin.

Source: docs/reference/connect-api.md#jira; wire contract, 3.5
"""

from collections.abc import Iterator, Sequence
from typing import IO, Any, cast, get_args

from sqlalchemy import Connection

from portway_platform import error_codes
from portway_platform.jira import store
from portway_platform.jira.lines import (
    FieldValueLine,
    PropertyLine,
    item_of,
    parse_line,
    write_line,
)
from portway_platform.jira.messages import FieldUpdates, Property, RuleSearch
from portway_platform.jira.rules import (
    EntityType,
    Known,
    find_value_faults,
    joined_values,
    sorted_rules,
)
from portway_platform.migrations.lines import checked_lines
from portway_platform.services import Services
from portway_platform.sites.rules import Product
from portway_platform.sites.service import get_site
from portway_service.endpoints import invalid_fields
from portway_service.errors import Refusal

BATCH_ROWS = 5000


def update_fields(
    services: Services, site_id: str, transfer_id: str, app_key: str, updates: FieldUpdates
) -> None:
    """Give issues their values in the app's fields: all of them, or none."""
    values = updates.values
    with services.database.write() as connection:
        faults = list(
            find_value_faults(values, _find_known(connection, site_id, updates), app_key=app_key)
        )
        if faults:
            raise invalid_fields(faults)
        store.keep(
            connection,
            site_id,
            (
                item_of(
                    FieldValueLine(
                        kind="fieldValue", issue_id=issue_id, field_id=field_id, value=value
                    )
                )
                for (issue_id, field_id), value in joined_values(values).items()
            ),
            transfer_id=transfer_id,
            now=services.clock.now(),
        )


def set_properties(
    services: Services,
    site_id: str,
    transfer_id: str,
    entity_type: EntityType,
    properties: Sequence[Property],
) -> None:
    """Give entities of one type their properties: all of them, or none."""
    with services.database.write() as connection:
        known = _find_entities(connection, site_id, entity_type, properties)
        faults = [
            {"field": f"{number}.entityId", "problem": "the site has nothing with this id"}
            for number, wanted in enumerate(properties)
            if known is not None and wanted.entity_id not in known
        ]
        if faults:
            raise invalid_fields(faults)
        store.keep(
            connection,
            site_id,
            (
                item_of(
                    PropertyLine(
                        kind="property",
                        entity_type=entity_type,
                        entity_id=wanted.entity_id,
                        key=wanted.key,
                        value=wanted.value,
                    )
                )
                for wanted in properties
            ),
            transfer_id=transfer_id,
            now=services.clock.now(),
        )


def search_rules(
    connection: Connection, site_id: str, app_key: str, search: RuleSearch
) -> dict[str, Any]:
    """Return which of the asked ids are rules of the app in a workflow, and what these are."""
    workflow, ids = str(search.workflow_entity_id), [str(one) for one in search.rule_ids]
    found = store.find(connection, site_id, "workflowRule", [f"{workflow}/{one}" for one in ids])
    return sorted_rules(
        workflow,
        ids,
        {place.partition("/")[2]: rule for place, rule in found.items()},
        app_key=app_key,
        with_transition=search.expand == "transition",
    )


# For admins


def receive(services: Services, site_key: str, stream: IO[bytes]) -> int:
    """Keep the data of an NDJSON body of any size; return how many lines it had."""
    site_id = get_jira_site_id(services, site_key)
    with checked_lines(stream, parse_line) as lines:
        for batch in lines.batches(BATCH_ROWS):
            with services.database.write() as connection:
                now = services.clock.now()
                store.keep(connection, site_id, batch, transfer_id=None, now=now)
        return lines.count


def walk(services: Services, site_id: str, kinds: Sequence[str]) -> Iterator[bytes]:
    """Return the data of a site as NDJSON, by kind and key; page by page, each as it is then."""
    after = ("", "")
    while True:
        with services.database.read() as connection:
            items = store.page(connection, site_id, kinds, after)
        if not items:
            return
        yield b"".join(map(write_line, items))
        after = (items[-1].kind, items[-1].key)


def get_jira_site_id(services: Services, site_key: str) -> str:
    """Return the id of a Jira site, or refuse."""
    with services.database.read() as connection:
        site = get_site(connection, site_key)
    if site.product is not Product.JIRA:
        raise Refusal(error_codes.NO_JIRA_SITE, key=site_key)
    return site.id


def get_entity_type(name: str) -> EntityType:
    """Return a kind of entities that has properties, or refuse."""
    for known in get_args(EntityType):
        if known == name:
            return cast(EntityType, known)
    raise Refusal(error_codes.ENTITY_TYPE_UNKNOWN, entity_type=name)


def _find_known(connection: Connection, site_id: str, updates: FieldUpdates) -> Known:
    issues, fields = None, None
    if store.has_any(connection, site_id, "issue"):
        asked = {str(value.issue_id) for value in updates.values}
        issues = frozenset(map(int, store.find(connection, site_id, "issue", asked)))
    if store.has_any(connection, site_id, "field"):
        asked = {str(value.field_id) for value in updates.values}
        found = store.find(connection, site_id, "field", asked)
        fields = {int(place): field for place, field in found.items()}
    return Known(issues, fields)


def _find_entities(
    connection: Connection,
    site_id: str,
    entity_type: EntityType,
    properties: Sequence[Property],
) -> frozenset[int] | None:
    """Return which of the entities there are, or None when the site was told of none."""
    ids = {wanted.entity_id for wanted in properties}
    known: frozenset[int] | None = None
    if store.has_any(connection, site_id, "entity", prefix=f"{entity_type}/"):
        places = [f"{entity_type}/{one}" for one in ids]
        found = store.find(connection, site_id, "entity", places)
        known = frozenset(int(place.partition("/")[2]) for place in found)
    if entity_type == "IssueProperty" and store.has_any(connection, site_id, "issue"):
        issues = store.find(connection, site_id, "issue", [str(one) for one in ids])
        known = (known or frozenset()) | frozenset(map(int, issues))
    return known
