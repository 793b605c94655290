"""What cloud apps of either kind read of a transfer: mappings, containers, files.

The paths are the same for Connect and Forge; only their addresses and tokens differ.
"""

import json
from collections.abc import Iterable, Iterator
from typing import Any
from urllib.parse import urljoin

import httpx
import pydantic

from portway_sdk._downloads import AppDataReader, lines
from portway_sdk._errors import IntegrityError
from portway_sdk._http import Authorise, Caller, Query, RetryPolicy, read_answer, segment
from portway_sdk._paging import CONTAINERS_PAGE, MAPPINGS_PAGE, batches, pages
from portway_sdk._timing import Timing
from portway_sdk.wire import (
    AppDataAddress,
    Container,
    ContainersPage,
    ContainerType,
    MappingPage,
)

CLIENT_POLICY = RetryPolicy(patience_seconds=60.0)

_parse_found = pydantic.TypeAdapter(dict[str, str]).validate_json


class MigrationReads:
    """The reading half of a migration API. Safe to share between threads."""

    def __init__(
        self,
        *,
        api_url: str,
        site_url: str,
        authorise: Authorise,
        client: httpx.Client,
        timing: Timing,
        policy: RetryPolicy,
    ) -> None:
        self._site_url = site_url
        self._client = client
        self._timing = timing
        self._policy = policy
        self._caller = Caller(
            client, base_url=api_url, authorise=authorise, timing=timing, policy=policy
        )

    def mapping_pages(
        self, transfer_id: str, namespace: str, *, page_size: int = MAPPINGS_PAGE
    ) -> Iterator[MappingPage]:
        """Yield the namespace's mappings page by page, in key order."""

        def fetch(last_entity: str | None) -> MappingPage:
            params: Query = {
                "namespace": namespace,
                "pageSize": page_size,
                "lastEntity": last_entity,
            }
            answer = self._caller.call(
                "GET", f"/mapping/{segment(transfer_id)}/page", params=params
            )
            return read_answer(answer, MappingPage.model_validate_json, "a mapping page")

        return pages(fetch)

    def mappings(self, transfer_id: str, namespace: str) -> Iterator[tuple[str, str]]:
        """Yield each server id of the namespace with its cloud id."""
        for page in self.mapping_pages(transfer_id, namespace):
            yield from page.items.items()

    def mappings_by_id(
        self, transfer_id: str, namespace: str, keys: Iterable[str]
    ) -> dict[str, str]:
        """Return the cloud ids of any number of server ids; unknown ones are absent."""
        found: dict[str, str] = {}
        for batch in batches(keys):
            answer = self._caller.call(
                "POST",
                f"/mapping/{segment(transfer_id)}/find",
                params={"namespace": namespace},
                json=batch,
                idempotent=True,
            )
            found |= read_answer(answer, _parse_found, "a set of mappings")
        return found

    def containers(
        self, transfer_id: str, container_type: ContainerType | str
    ) -> Iterator[Container]:
        """Yield the migration plan's items of one type."""

        def fetch(last_entity: str | None) -> ContainersPage:
            params: Query = {
                "containerType": str(container_type),
                "pageSize": CONTAINERS_PAGE,
                "lastEntity": last_entity,
            }
            answer = self._caller.call(
                "GET", f"/container/{segment(transfer_id)}/page", params=params
            )
            return read_answer(answer, ContainersPage.model_validate_json, "a containers page")

        for page in pages(fetch):
            yield from page.containers

    def open_app_data(self, key: str) -> AppDataReader:
        """Return a file to read in a `with` block; iterating gives its bytes piece by piece."""
        return AppDataReader(
            key,
            find_address=self._find_address,
            client=self._client,
            timing=self._timing,
            policy=self._policy,
        )

    def app_data_lines(self, key: str) -> Iterator[Any]:
        """Yield what each line of a JSON Lines file holds. Blank lines are passed over.

        Raises:
            IntegrityError: A line is not JSON, or the file did not arrive as it was uploaded.
                The latter shows at the end only: undo or repeat what was done until then.
        """
        with self.open_app_data(key) as pieces:
            for number, line in enumerate(lines(pieces), start=1):
                if not line.strip():
                    continue
                try:
                    parsed = json.loads(line)
                except (ValueError, RecursionError):
                    raise IntegrityError(f"line {number} of app data {key} is not JSON") from None
                yield parsed

    def _find_address(self, key: str) -> str:
        """Return a fresh address of a file, good for one hour and as secret as the file."""
        answer = self._caller.call("GET", f"/data/{segment(key)}")
        address = read_answer(answer, AppDataAddress.model_validate_json, "an address")
        return urljoin(self._site_url + "/", address.url)
