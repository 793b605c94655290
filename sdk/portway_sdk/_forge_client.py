"""A Forge app's calls to the platform, with the token that came with an event.

Source: wire contract, 4.1; docs/reference/forge-api.md.
"""

from collections.abc import Iterator

import httpx
import pydantic

from portway_sdk._errors import ConfigurationError, TransferSettledError
from portway_sdk._http import Query, RetryPolicy, read_answer, segment
from portway_sdk._migration_reads import CLIENT_POLICY, MigrationReads
from portway_sdk._timing import Timing
from portway_sdk.wire import (
    LOG_LIMIT,
    ForgeAppDataDetails,
    ForgeAppDataItem,
    ForgeAppDataPage,
    MessageReport,
)

API_PATH = "/app/migration/forge/v1"
FILES_PAGE = 1000

_parse_items = pydantic.TypeAdapter(tuple[ForgeAppDataItem, ...]).validate_json


class ForgeClient(MigrationReads):
    """The migration API of one site, as one environment of a Forge app sees it.

    Every call raises an `APIError` when the platform says no, and a `TransportError` when it
    stays away longer than a minute. The token is good for 55 minutes or more; work that takes
    longer goes on with the client of a later event.
    """

    def __init__(
        self,
        platform_url: str,
        system_token: str,
        *,
        client: httpx.Client,
        timing: Timing,
        policy: RetryPolicy = CLIENT_POLICY,
    ) -> None:
        self._system_token = system_token
        super().__init__(
            api_url=platform_url.rstrip("/") + API_PATH,
            site_url=platform_url,
            authorise=lambda _request: f"Bearer {self._system_token}",
            client=client,
            timing=timing,
            policy=policy,
        )

    def processed(self, transfer_id: str, *message_ids: str) -> None:
        """Acknowledge events: their files are imported."""
        self._acknowledge(transfer_id, "SUCCESS", message_ids)

    def failed(self, transfer_id: str, *message_ids: str) -> None:
        """Acknowledge events whose files cannot be imported. The transfer will fail."""
        self._acknowledge(transfer_id, "FAILED", message_ids)

    def log(self, transfer_id: str, message: str) -> None:
        """Write a line for the admin, up to 65,536 characters."""
        if len(message) > LOG_LIMIT:
            raise ConfigurationError(f"a log message has at most {LOG_LIMIT} characters")
        self._caller.call("POST", f"/log/{segment(transfer_id)}", json={"message": message})

    def app_data_list(self, transfer_id: str) -> tuple[ForgeAppDataItem, ...]:
        """Return every file of the transfer that is stored by now."""
        answer = self._caller.call("GET", f"/data/{segment(transfer_id)}/all")
        return read_answer(answer, _parse_items, "a list of app data")

    def app_data(self, transfer_id: str) -> Iterator[ForgeAppDataDetails]:
        """Yield the files of the transfer with their sizes, page by page."""
        last: str | None = None
        while True:
            params: Query = {"pageSize": FILES_PAGE, "lastEvaluatedKey": last}
            answer = self._caller.call("GET", f"/data/{segment(transfer_id)}/page", params=params)
            page = read_answer(answer, ForgeAppDataPage.model_validate_json, "a page of app data")
            yield from page.items
            last = page.last_evaluated_key
            if last is None:
                return

    def _acknowledge(self, transfer_id: str, status: str, message_ids: tuple[str, ...]) -> None:
        report = MessageReport.model_validate({"status": status, "message_ids": message_ids})
        try:
            self._caller.call(
                "POST",
                f"/message/{segment(transfer_id)}/status",
                json=report.to_wire(),
                idempotent=True,
            )
        except TransferSettledError as exc:
            # The last acknowledgement settles a transfer, and its answer may have got lost.
            if not exc.after_lost_answer:
                raise
