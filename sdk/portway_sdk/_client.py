"""A cloud app's calls to the platform, for one installation.

Source: wire contract, 3.4; docs/reference/connect-api.md.
"""

from collections.abc import Iterable, Mapping
from typing import Any

import httpx
import pydantic

from portway_scopes import SETTLED_BY_CLOUD_APP, TransferStatus
from portway_sdk._app_store import Installation
from portway_sdk._canonical import context_path_of
from portway_sdk._connect_tokens import sign_connect_token
from portway_sdk._errors import APIError, ConfigurationError, TransferSettledError
from portway_sdk._http import RetryPolicy, read_answer, segment
from portway_sdk._migration_reads import CLIENT_POLICY, MigrationReads
from portway_sdk._timing import Timing
from portway_sdk.wire import (
    AppDataItem,
    Endpoints,
    Feedback,
    ListenerError,
    ProgressReport,
    TransferSummary,
)

API_PATH = "/rest/atlassian-connect/1/migration"

_parse_items = pydantic.TypeAdapter(tuple[AppDataItem, ...]).validate_json
_parse_transfers = pydantic.TypeAdapter(tuple[TransferSummary, ...]).validate_json


class MigrationClient(MigrationReads):
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
        self._context_path = context_path_of(installation.base_url)
        super().__init__(
            api_url=installation.base_url.rstrip("/") + API_PATH,
            site_url=installation.base_url,
            authorise=self._authorise,
            client=client,
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

    def app_data_list(self, transfer_id: str) -> tuple[AppDataItem, ...]:
        """Return every file of the transfer that is stored by now."""
        answer = self._caller.call("GET", f"/data/{segment(transfer_id)}/all")
        return read_answer(answer, _parse_items, "a list of app data")

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
