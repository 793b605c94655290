"""What a listener's handler works with: mappings, containers, uploads, feedback."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Protocol

from portway_scopes import AccessScope
from portway_sdk._paging import CONTAINERS_PAGE, MAPPINGS_PAGE, batches, pages
from portway_sdk._uploads import AppDataUpload, AppDataWriter, UploadSink
from portway_sdk.wire import (
    Container,
    ContainersPage,
    ContainerType,
    MappingPage,
    MigrationDetails,
)

_READ_BYTES = 1024 * 1024


class GatewayPort(Protocol):
    """What the platform answers a listener about one transfer."""

    @property
    def cancellation_requested(self) -> bool:
        """Whether the admin has cancelled."""
        ...

    def granted_scopes(self) -> frozenset[AccessScope]:
        """Return what the admin agreed to."""
        ...

    def mapping_page(self, namespace: str, page_size: int, last_entity: str | None) -> MappingPage:
        """Return the page after `last_entity`."""
        ...

    def find_mappings(self, namespace: str, keys: list[str]) -> dict[str, str]:
        """Return the known ones of at most 100 keys."""
        ...

    def containers_page(
        self, container_type: str, page_size: int, last_entity: str | None
    ) -> ContainersPage:
        """Return the page after `last_entity`."""
        ...

    def feedback(self) -> dict[str, Any] | None:
        """Return what the cloud app left, if it did."""
        ...

    def complete_export(self) -> None:
        """Take note that everything is uploaded."""
        ...

    def open_upload(self, label: str | None, data_class: str | None) -> UploadSink:
        """Return where the pieces of a new upload go."""
        ...


class Gateway:
    """One transfer as its listener sees it. Handlers get one; it may be shared between threads.

    Every call raises an `APIError` when the platform says no, a `TransportError` when it stays
    away longer than ten minutes, and a `WorkInterruptedError` once the work was taken back or the
    listener is ending: let that one through.
    """

    def __init__(
        self,
        port: GatewayPort,
        *,
        transfer_id: str,
        migration: MigrationDetails,
        attempt: int = 1,
        transfer_name: str | None = None,
        tags: Iterable[str] = (),
    ) -> None:
        self._port = port
        self._granted_scopes: frozenset[AccessScope] | None = None
        self.transfer_id = transfer_id
        self.migration = migration
        self.transfer_name = transfer_name
        """Which of the app's transfers this is, where it declares several."""
        self.tags = tuple(tags)
        """The tags of that transfer's definition."""
        self.attempt = attempt
        """Counts from 1. From 2 on, uploads of an earlier, broken attempt may be there already."""

    @property
    def granted_scopes(self) -> frozenset[AccessScope]:
        """What the admin agreed to, as of the first time this is read."""
        if self._granted_scopes is None:
            self._granted_scopes = self._port.granted_scopes()
        return self._granted_scopes

    @property
    def cancellation_requested(self) -> bool:
        """Whether the admin has cancelled, as of the last heartbeat: finish soon."""
        return self._port.cancellation_requested

    def create_app_data(
        self, *, label: str | None = None, data_class: AccessScope | str | None = None
    ) -> AppDataWriter:
        """Return a new upload to write to, in a `with` block.

        Args:
            label: The vendor's own tag, kept as sent. None and "" stay different.
            data_class: The data scope the content falls under, such as `APP_DATA_UGC`; then this
                very scope must be granted. Without one, any granted data scope admits it.
        """
        named = None if data_class is None else str(data_class)
        return AppDataWriter(self._port.open_upload(label, named), label)

    def upload_file(
        self,
        path: Path | str,
        *,
        label: str | None = None,
        data_class: AccessScope | str | None = None,
    ) -> AppDataUpload:
        """Upload the file at `path`, as `create_app_data` does."""
        with (
            Path(path).open("rb") as file,
            self.create_app_data(label=label, data_class=data_class) as upload,
        ):
            while piece := file.read(_READ_BYTES):
                upload.write(piece)
        return upload.upload

    def mapping_pages(
        self, namespace: str, *, page_size: int = MAPPINGS_PAGE
    ) -> Iterator[MappingPage]:
        """Yield the namespace's mappings page by page, in key order."""
        return pages(lambda last: self._port.mapping_page(namespace, page_size, last))

    def mappings(self, namespace: str) -> Iterator[tuple[str, str]]:
        """Yield each server id of the namespace with its cloud id."""
        for page in self.mapping_pages(namespace):
            yield from page.items.items()

    def mappings_by_id(self, namespace: str, keys: Iterable[str]) -> dict[str, str]:
        """Return the cloud ids of any number of server ids; unknown ones are absent."""
        found: dict[str, str] = {}
        for batch in batches(keys):
            found |= self._port.find_mappings(namespace, batch)
        return found

    def containers(self, container_type: ContainerType | str) -> Iterator[Container]:
        """Yield the migration plan's items of one type."""
        kind = str(container_type)
        for page in pages(lambda last: self._port.containers_page(kind, CONTAINERS_PAGE, last)):
            yield from page.containers

    def feedback(self) -> dict[str, Any] | None:
        """Return what the cloud app left for this app, or None."""
        return self._port.feedback()

    def complete_export(self) -> None:
        """Say that everything is uploaded. It settles nothing."""
        self._port.complete_export()
