"""What both sides of a transfer may read of its migration: mappings and containers.

All interfaces answer alike; only their addresses and their callers differ. Where the contract is
open the site's dialect decides. Source: docs/reference/connect-api.md#mappings and #containers
"""

from dataclasses import dataclass
from typing import Annotated

import flask
from pydantic import AwareDatetime, Field

from portway_platform.dialect.rules import Dialect
from portway_platform.gate import TransferAccess
from portway_platform.migrations.service import (
    CONTAINER_PAGE_SIZE,
    FIND_LIMIT,
    MAPPING_PAGE_SIZE,
    containers_page,
    find_mappings,
    mapping_page,
    no_mappings,
)
from portway_platform.services import Services
from portway_sdk.wire import ContainersPage, ContainerType, MappingPage, WireModel
from portway_service.endpoints import JSON, AsSent, Call, answering, invalid_fields

Cursor = Annotated[str, Field(max_length=500, pattern=r"^[^\x00]*$")]

KEYS = list[str]
"""The body of `find`: server keys."""


class NamespaceQuery(WireModel):
    """Which mappings are asked for.

    Two extensions: `migration_id`, only those that this migration brought or changed; `as_of`, as
    they were at this moment.
    """

    namespace: Annotated[str, Field(min_length=1, max_length=100, pattern=r"^[^\x00]*$")]
    migration_id: Annotated[str, Field(max_length=36, pattern=r"^[^\x00]*$")] | None = None
    as_of: AwareDatetime | None = None


class MappingPageQuery(NamespaceQuery):
    """Which page of them. A larger page size is cut to the limit, or refused."""

    last_entity: Cursor | None = None
    page_size: Annotated[int, Field(ge=1)] = MAPPING_PAGE_SIZE


class ContainersQuery(WireModel):
    """Which page of the plan's items. A larger page size is cut to the limit, or refused."""

    container_type: ContainerType
    last_entity: Cursor | None = None
    page_size: Annotated[int, Field(ge=1)] = CONTAINER_PAGE_SIZE


@dataclass(frozen=True)
class Reads:
    """Handlers for an interface that has admitted its caller to the transfer."""

    services: Services

    @answering({200: MappingPage})
    def mapping_page(self, call: Call) -> flask.Response:
        """Answer one page of a namespace's mappings."""
        access = call.admitted.transfer
        dialect = access.dialect
        with self.services.database.read() as connection:
            _check_page_size(call.query.page_size, MAPPING_PAGE_SIZE, dialect)
            if call.admitted.sees_no_mappings:
                page = no_mappings(call.query.page_size)
            else:
                page = mapping_page(
                    connection,
                    access.pair_id,
                    call.query.namespace,
                    last_entity=call.query.last_entity,
                    page_size=call.query.page_size,
                    migration_id=_only_migration(call),
                    as_of=call.query.as_of,
                    ends_with_key=dialect.last_page_cursor == "last-key",
                )
        return flask.Response(page, mimetype=JSON)

    @answering({200: dict[str, str]})
    def find_mappings(self, call: Call) -> dict[str, str]:
        """Answer the cloud ids of those keys that have one."""
        access, keys = call.admitted.transfer, call.body
        dialect = access.dialect
        with self.services.database.read() as connection:
            if len(keys) > FIND_LIMIT and dialect.find_over_limit == "refuse":
                problem = f"at most {FIND_LIMIT} keys at a time, these are {len(keys)}"
                raise invalid_fields([{"field": "body", "problem": problem}])
            if dialect.find_over_limit == "cut":
                keys = keys[:FIND_LIMIT]
            if call.admitted.sees_no_mappings:
                return {}
            return find_mappings(
                connection,
                access.pair_id,
                call.query.namespace,
                keys,
                migration_id=_only_migration(call),
                as_of=call.query.as_of,
            )

    @answering({200: AsSent(ContainersPage)})
    def containers_page(self, call: Call) -> flask.Response:
        """Answer one page of the plan's items of one type."""
        access = call.admitted.transfer
        dialect = access.dialect
        with self.services.database.read() as connection:
            _check_page_size(call.query.page_size, CONTAINER_PAGE_SIZE, dialect)
            page = containers_page(
                connection,
                access.migration_id,
                call.query.container_type,
                last_entity=call.query.last_entity,
                page_size=call.query.page_size,
                fields=_FIELDS[dialect.container_fields],
                ends_with_key=dialect.last_page_cursor == "last-key",
            )
        return flask.Response(page, mimetype=JSON)


_FIELDS = {
    "all": ("type", "sourceId", "key", "name"),
    "key": ("type", "key"),
    "source-id": ("type", "sourceId"),
    "type": ("type",),
}


def _check_page_size(page_size: int, limit: int, dialect: Dialect) -> None:
    if page_size > limit and dialect.page_size_over_limit == "refuse":
        problem = f"a page has at most {limit} entries"
        raise invalid_fields([{"field": "pageSize", "problem": problem}])


def _only_migration(call: Call) -> str | None:
    """Return the one migration whose mappings are read, or None for those of all."""
    access: TransferAccess = call.admitted.transfer
    if call.query.migration_id is not None:
        asked: str = call.query.migration_id
        return asked
    return access.migration_id if access.dialect.mapping_history == "this-migration" else None
