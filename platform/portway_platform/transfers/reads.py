"""What both sides of a transfer may read of its migration: mappings and containers.

The gateway and the Connect API answer alike; only their addresses and their callers differ.
Source: docs/reference/connect-api.md#mappings and #containers
"""

from dataclasses import dataclass
from typing import Annotated

import flask
from pydantic import Field

from portway_platform.migrations.service import (
    CONTAINER_PAGE_SIZE,
    MAPPING_PAGE_SIZE,
    containers_page,
    find_mappings,
    mapping_page,
)
from portway_platform.services import Services
from portway_sdk.wire import ContainersPage, ContainerType, MappingPage, WireModel
from portway_service.endpoints import JSON, Call, answering

Cursor = Annotated[str, Field(max_length=500)]

KEYS = list[str]
"""The body of `find`: server keys."""


class NamespaceQuery(WireModel):
    """Which mappings are asked for."""

    namespace: Annotated[str, Field(min_length=1, max_length=100)]


class MappingPageQuery(NamespaceQuery):
    """Which page of them. A larger page size is cut to the limit."""

    last_entity: Cursor | None = None
    page_size: Annotated[int, Field(ge=1)] = MAPPING_PAGE_SIZE


class ContainersQuery(WireModel):
    """Which page of the plan's items. A larger page size is cut to the limit."""

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
        with self.services.database.read() as connection:
            page = mapping_page(
                connection,
                call.admitted.transfer.pair_id,
                call.query.namespace,
                last_entity=call.query.last_entity,
                page_size=call.query.page_size,
            )
        return flask.Response(page, mimetype=JSON)

    @answering({200: dict[str, str]})
    def find_mappings(self, call: Call) -> dict[str, str]:
        """Answer the cloud ids of those keys that have one."""
        with self.services.database.read() as connection:
            return find_mappings(
                connection, call.admitted.transfer.pair_id, call.query.namespace, call.body
            )

    @answering({200: ContainersPage})
    def containers_page(self, call: Call) -> flask.Response:
        """Answer one page of the plan's items of one type."""
        with self.services.database.read() as connection:
            page = containers_page(
                connection,
                call.admitted.transfer.migration_id,
                call.query.container_type,
                last_entity=call.query.last_entity,
                page_size=call.query.page_size,
            )
        return flask.Response(page, mimetype=JSON)
