"""A cloud app's calls to the platform, for one installation.

Source: wire contract, 3.4; docs/reference/connect-api.md.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import urljoin

import httpx
import pydantic

from portway_scopes import SETTLED_BY_CLOUD_APP, TransferStatus
from portway_sdk._app_store import Installation
from portway_sdk._canonical import context_path_of
from portway_sdk._connect_tokens import sign_connect_token
from portway_sdk._downloads import AppDataReader, lines
from portway_sdk._errors import (
    APIError,
    ConfigurationError,
    IntegrityError,
    TransferSettledError,
)
from portway_sdk._http import Caller, Query, RetryPolicy, read_answer, segment
from portway_sdk._paging import CONTAINERS_PAGE, MAPPINGS_PAGE, batches, pages
from portway_sdk._timing import Timing
from portway_sdk.wire import (
    AppDataAddress,
    AppDataItem,
    Container,
    ContainersPage,
    ContainerType,
    Endpoints,
    Feedback,
    ListenerError,
    MappingPage,
    ProgressReport,
    TransferSummary,
)

API_PATH = "/rest/atlassian-connect/1/migration"

CLIENT_POLICY = RetryPolicy(patience_seconds=60.0)

_parse_found = pydantic.TypeAdapter(dict[str, str]).validate_json
_parse_items = pydantic.TypeAdapter(tuple[AppDataItem, ...]).validate_json
_parse_transfers = pydantic.TypeAdapter(tuple[TransferSummary, ...]).validate_json


class MigrationClient:
    """The migration API of one site, as one cloud app sees it. Safe to share between threads.

    Every call raises an `APIError` when the platform says no, and a `TransportError` when it
    stays away longer than a minute.
    """

    def __init__(
        self,
        installation: Installation,
        *,
        app_key: str,
        client: httpx.Client,
        timing: Timing,
        policy: RetryPolicy = CLIENT_POLICY,
    ) -> None:
        self._installation = installation
        self._app_key = app_key
        self._client = client
        self._policy = policy
        self._context_path = context_path_of(installation.base_url)
        self._timing = timing
        self._caller = Caller(
            client,
            base_url=installation.base_url.rstrip("/") + API_PATH,
            authorise=self._authorise,
            timing=timing,
            policy=policy,
        )

    @property
    def client_key(self) -> str:
        """Names the site."""
        return self._installation.client_key

    @property
    def site_url(self) -> str:
        """The site's base URL, such as `https://portway.example/sites/acme/wiki`."""
        return self._installation.base_url

    def progress(
        self,
        transfer_id: str,
        *,
        status: TransferStatus | str = TransferStatus.IN_PROGRESS,
        percent: int | None = None,
        message: str | None = None,
    ) -> None:
        """Tell the admin how far the import is. A percentage below an earlier one is ignored.

        Raises:
            ConfigurationError: The status is none an app may report, or the percentage not from
                0 to 100.
        """
        try:
            report = ProgressReport.model_validate(
                {"status": status, "percent": percent, "message": message}
            )
        except pydantic.ValidationError as exc:
            problems = [f"{error['loc'][0]}: {error['msg']}" for error in exc.errors()]
            raise ConfigurationError(*problems) from None
        self._caller.call(
            "POST",
            f"/progress/{segment(transfer_id)}",
            json=report.model_dump(mode="json", by_alias=True, exclude_none=True),
            idempotent=True,
        )

    def settle(
        self, transfer_id: str, status: TransferStatus | str, message: str | None = None
    ) -> None:
        """End the transfer with SUCCESS, INCOMPLETE or FAILED. Nothing can follow.

        Raises:
            ConfigurationError: The status does not settle a transfer.
            TransferSettledError: It had settled before.
        """
        if status not in SETTLED_BY_CLOUD_APP:
            raise ConfigurationError(f"{status} does not settle: SUCCESS, INCOMPLETE, FAILED do")
        try:
            self.progress(transfer_id, status=status, message=message)
        except TransferSettledError as exc:
            # An earlier attempt of this very call may have settled it, and its answer got lost.
            if not exc.after_lost_answer or exc.transfer_status not in (None, str(status)):
                raise

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

    def app_data_list(self, transfer_id: str) -> tuple[AppDataItem, ...]:
        """Return every file of the transfer that is stored by now."""
        answer = self._caller.call("GET", f"/data/{segment(transfer_id)}/all")
        return read_answer(answer, _parse_items, "a list of app data")

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

    def recent_transfers(self) -> tuple[TransferSummary, ...]:
        """Return the app's active transfers on this site, at most 100."""
        answer = self._caller.call("GET", "/transfer/recent")
        return read_answer(answer, _parse_transfers, "a list of transfers")

    def leave_feedback(self, transfer_id: str, details: Mapping[str, Any]) -> None:
        """Leave something for the server app to read; it replaces what was left before."""
        self._caller.call(
            "POST",
            f"/feedback/{segment(transfer_id)}",
            json=Feedback(details=dict(details)).to_wire(),
            idempotent=True,
        )

    def error(self, transfer_id: str) -> ListenerError | None:
        """Return how the listener failed, or None when it did not."""
        try:
            answer = self._caller.call("GET", f"/error/{segment(transfer_id)}")
        except APIError as exc:
            if exc.status == 404:
                return None
            raise
        if answer.content.strip() in (b"", b"{}", b"null"):
            return None
        return read_answer(answer, ListenerError.model_validate_json, "a listener's error")

    def endpoints(self) -> tuple[str, ...]:
        """Return the addresses registered for events beside the descriptor's."""
        answer = self._caller.call("GET", "/webhook")
        return read_answer(answer, Endpoints.model_validate_json, "endpoints").endpoints

    def set_endpoints(self, urls: Iterable[str]) -> None:
        """Register these addresses for events instead of those before; none removes them all."""
        self._caller.call("PUT", "/webhook", json=Endpoints(endpoints=tuple(urls)).to_wire())

    def _find_address(self, key: str) -> str:
        """Return a fresh address of a file, good for one hour and as secret as the file."""
        answer = self._caller.call("GET", f"/data/{segment(key)}")
        address = read_answer(answer, AppDataAddress.model_validate_json, "an address")
        return urljoin(self._installation.base_url + "/", address.url)

    def _authorise(self, request: httpx.Request) -> str:
        token = sign_connect_token(
            issuer=self._app_key,
            secret=self._installation.shared_secret,
            audience=[self._installation.client_key],
            method=request.method,
            url=request.url.raw_path.decode("ascii"),
            context_path=self._context_path,
            now=self._timing.now(),
        )
        return f"JWT {token}"
