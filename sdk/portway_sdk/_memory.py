"""A transfer in memory: what the testing helpers stand on. It refuses what the platform refuses."""

import json
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from portway_scopes import DATA_SCOPES, AccessScope, find_scope_for_namespace
from portway_sdk._errors import APIError, api_error
from portway_sdk.wire import Container, ContainersPage, MappingPage, PageMeta

Mappings = Mapping[str, Mapping[str, str]]
"""Server id to cloud id, by namespace."""


@dataclass(frozen=True)
class RecordedUpload:
    """A completed upload."""

    key: str
    label: str | None
    data_class: str | None
    content: bytes = field(repr=False)

    def json_lines(self) -> list[Any]:
        """Return what each line of the content holds."""
        return [json.loads(line) for line in self.content.splitlines() if line.strip()]


class TransferInMemory:
    """A transfer's mappings, containers and files: a `GatewayPort` without a platform."""

    def __init__(
        self,
        mappings: Mappings,
        containers: tuple[Container, ...],
        granted_scopes: frozenset[AccessScope],
    ) -> None:
        self._mappings = mappings
        self._containers = containers
        self._granted_scopes = granted_scopes
        self.uploads: list[RecordedUpload] = []
        self.feedback_details: dict[str, Any] | None = None
        self.export_completed = False
        self.cancellation_requested = False

    def granted_scopes(self) -> frozenset[AccessScope]:
        """Return what is granted."""
        return self._granted_scopes

    def mapping_page(self, namespace: str, page_size: int, last_entity: str | None) -> MappingPage:
        """Return the page after `last_entity`, in byte order."""
        known = self._open_namespace(namespace)
        keys, meta = _page(sorted(known, key=str.encode), min(page_size, 1200), last_entity)
        return MappingPage(meta=meta, items={key: known[key] for key in keys})

    def find_mappings(self, namespace: str, keys: list[str]) -> dict[str, str]:
        """Return the known ones."""
        known = self._open_namespace(namespace)
        return {key: known[key] for key in keys if key in known}

    def containers_page(
        self, container_type: str, page_size: int, last_entity: str | None
    ) -> ContainersPage:
        """Return the page after `last_entity`."""
        wanted = {c.source_id or "": c for c in self._containers if c.type == container_type}
        keys, meta = _page(list(wanted), min(page_size, 250), last_entity)
        return ContainersPage(meta=meta, containers=tuple(wanted[key] for key in keys))

    def feedback(self) -> dict[str, Any] | None:
        """Return what the cloud app left, if it did."""
        return self.feedback_details

    def complete_export(self) -> None:
        """Take note that everything is uploaded."""
        self.export_completed = True

    def open_upload(self, label: str | None, data_class: str | None) -> "_Sink":
        """Return where the pieces of a new upload go."""
        opening = {scope for scope in DATA_SCOPES if data_class in (None, scope)}
        if not opening:
            raise _refused(400, "data_class_unknown", f"{data_class} is no data class.")
        self._check(opening)
        return _Sink(self, label, data_class)

    def store(self, content: bytes, label: str | None, data_class: str | None) -> str:
        """Keep a file and return its key."""
        upload = RecordedUpload(str(uuid.uuid4()), label, data_class, content)
        self.uploads.append(upload)
        return upload.key

    def find_upload(self, key: str) -> RecordedUpload | None:
        """Return a file, or None."""
        return next((upload for upload in self.uploads if upload.key == key), None)

    def _open_namespace(self, namespace: str) -> Mapping[str, str]:
        scope = find_scope_for_namespace(namespace)
        if scope is None:
            raise _refused(400, "namespace_unknown", f"{namespace} is no mapping namespace.")
        self._check({scope})
        return self._mappings.get(namespace, {})

    def _check(self, opening: Iterable[AccessScope]) -> None:
        """Refuse unless one of the scopes is granted."""
        if not set(opening) & self._granted_scopes:
            names = sorted(opening)
            message = f"The agreement does not cover {' or '.join(names)}."
            raise _refused(403, "scope_not_granted", message, missing=names)


class _Sink:
    """Keeps the pieces of one upload: an `UploadSink`."""

    def __init__(self, memory: TransferInMemory, label: str | None, data_class: str | None) -> None:
        self._memory = memory
        self._label = label
        self._data_class = data_class
        self._pieces: list[bytes] = []

    def append(self, piece: bytes) -> None:
        """Keep a piece that is not the last."""
        self._pieces.append(piece)

    def finish(self, piece: bytes, sha256: bytes) -> str:
        """Keep the last piece; return the key of the whole."""
        return self._memory.store(b"".join([*self._pieces, piece]), self._label, self._data_class)

    def withdraw(self) -> None:
        """Forget everything."""
        self._pieces.clear()


def _page(keys: list[str], page_size: int, last_entity: str | None) -> tuple[list[str], PageMeta]:
    """Return the keys of the page after `last_entity`, and where it stands."""
    start = 0 if last_entity is None else keys.index(last_entity) + 1
    page = keys[start : start + page_size]
    has_next = start + page_size < len(keys)
    last = page[-1] if has_next else None
    return page, PageMeta(page_size=page_size, has_next=has_next, last_entity=last)


def _refused(status: int, code: str, message: str, *, missing: Iterable[str] = ()) -> APIError:
    body = {"code": code, "message": message, "details": {"missing": list(missing)}}
    return api_error(status, json.dumps(body).encode())
