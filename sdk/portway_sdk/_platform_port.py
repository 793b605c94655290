"""One transfer's part of the gateway API. Source: docs/reference/gateway-api.md#transfers"""

from typing import Any

import pydantic

from portway_scopes import AccessScope
from portway_sdk._http import Caller, Query, RetryPolicy, read_answer, segment
from portway_sdk._uploads import PlatformUpload
from portway_sdk.wire import ContainersPage, Feedback, MappingPage, TransferState

HANDLER_POLICY = RetryPolicy(patience_seconds=600)
"""A handler's calls wait out a restart or an upgrade of the platform."""

_parse_found = pydantic.TypeAdapter(dict[str, str]).validate_json


class PlatformPort:
    """One transfer's part of the gateway API: a `GatewayPort`."""

    def __init__(self, caller: Caller, *, cleaner: Caller, transfer_id: str) -> None:
        self._caller = caller
        self._cleaner = cleaner
        self._transfer_id = transfer_id
        self._path = f"/gateway/v1/transfers/{segment(transfer_id)}"
        self.cancellation_requested = False

    def granted_scopes(self) -> frozenset[AccessScope]:
        """Return what the admin agreed to, as of now."""
        answer = self._caller.call("GET", self._path)
        return read_answer(answer, TransferState.model_validate_json, "a transfer").granted_scopes

    def mapping_page(self, namespace: str, page_size: int, last_entity: str | None) -> MappingPage:
        """Return the page after `last_entity`."""
        params: Query = {"namespace": namespace, "pageSize": page_size, "lastEntity": last_entity}
        answer = self._caller.call("GET", f"{self._path}/mappings/page", params=params)
        return read_answer(answer, MappingPage.model_validate_json, "a mapping page")

    def find_mappings(self, namespace: str, keys: list[str]) -> dict[str, str]:
        """Return the known ones of at most 100 keys."""
        answer = self._caller.call(
            "POST",
            f"{self._path}/mappings/find",
            params={"namespace": namespace},
            json=keys,
            idempotent=True,
        )
        return read_answer(answer, _parse_found, "a set of mappings")

    def containers_page(
        self, container_type: str, page_size: int, last_entity: str | None
    ) -> ContainersPage:
        """Return the page after `last_entity`."""
        params: Query = {
            "containerType": container_type,
            "pageSize": page_size,
            "lastEntity": last_entity,
        }
        answer = self._caller.call("GET", f"{self._path}/containers/page", params=params)
        return read_answer(answer, ContainersPage.model_validate_json, "a containers page")

    def feedback(self) -> dict[str, Any] | None:
        """Return what the cloud app left, if it did."""
        answer = self._caller.call("GET", f"{self._path}/feedback")
        if answer.status_code == 204:
            return None
        return read_answer(answer, Feedback.model_validate_json, "feedback").details

    def complete_export(self) -> None:
        """Say that everything is uploaded; saying it again changes nothing."""
        self._caller.call("POST", f"{self._path}/export-completion", idempotent=True)

    def open_upload(self, label: str | None, data_class: str | None) -> PlatformUpload:
        """Return where the pieces of a new upload go. Nothing is sent yet."""
        return PlatformUpload(
            self._caller,
            cleaner=self._cleaner,
            transfer_id=self._transfer_id,
            label=label,
            data_class=data_class,
            policy=HANDLER_POLICY,
        )
