"""The cloud site as the assistant meets it: its bulk door, for one source."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import httpx
import orjson

from portway_assistant.clients.bodies import (
    NDJSON,
    counted_rows,
    is_there,
)
from portway_sdk import APIError, TransportError
from portway_sdk.http import Caller, Chunks, segment
from portway_service.edit_rules import EditPolicy

SITE_UNKNOWN = "cloud_site_unknown"
REHEARSAL_TIMEOUT = httpx.Timeout(30.0, read=None)
"""It answers once everything is decided, which takes as long as the export is large."""


class SiteClient:
    """The bulk door of a cloud site, for items of one source."""

    def __init__(self, caller: Caller, site_key: str, source: str) -> None:
        self._caller = caller
        self._base = f"/sites/{segment(site_key)}/wiki"
        self._door = f"{self._base}/portway/v1/sources/{segment(source)}"

    @property
    def path(self) -> str:
        """The path of the site, as this side reaches it."""
        return self._base

    def put_site(self, name: str) -> dict[str, Any]:
        """Make the site, or find it."""
        response = self._caller.call("PUT", f"{self._base}/portway/v1/site", json={"name": name})
        return dict(orjson.loads(response.content))

    def send_items(
        self,
        lines: Sequence[bytes],
        *,
        run_id: str,
        edited: EditPolicy = EditPolicy.LEAVE,
        ahead: bool = False,
    ) -> list[dict[str, Any]]:
        """Send items, one JSON line each; returns what became of each, in order.

        `edited` says who wins where both sides changed an item. With `ahead`, attachments may
        come before what they hang on, where an id is kept for it.
        """
        response = self._caller.call(
            "POST",
            f"{self._door}/items",
            params={"run": run_id, "edited": edited.value} | ({"ahead": "true"} if ahead else {}),
            content=b"\n".join(lines),
            headers=NDJSON,
            idempotent=True,
        )
        return list(orjson.loads(response.content)["results"])

    def delete_items(
        self, source_keys: Sequence[str], *, run_id: str, edited: EditPolicy
    ) -> list[dict[str, Any]]:
        """Delete items the source has no longer; returns what became of each, in order."""
        response = self._caller.call(
            "DELETE",
            f"{self._door}/items",
            params={"run": run_id, "edited": edited.value},
            json={"sourceKeys": list(source_keys)},
        )
        return list(orjson.loads(response.content)["results"])

    @contextmanager
    def rehearse(
        self, chunks: Chunks, *, run_id: str | None, edited: EditPolicy, ahead: bool = False
    ) -> Iterator[Iterator[dict[str, Any]]]:
        """Stream items and deletions, and what would become of each; nothing is changed."""
        response = self._caller.call(
            "POST",
            f"{self._door}/rehearsal",
            params={"run": run_id, "edited": edited.value, "ahead": str(ahead).lower()},
            content=chunks,
            headers=NDJSON,
            idempotent=True,
            timeout=REHEARSAL_TIMEOUT,
            stream=True,
        )
        try:
            yield counted_rows(response, "rehearsal")
        except httpx.HTTPError as error:
            name = type(error).__name__
            raise TransportError(f"the answer broke off: {name}", sent=True) from error
        finally:
            response.close()

    def exists(self) -> bool:
        """Tell whether the site is there."""
        return is_there(self._caller, f"{self._base}/api/v2/spaces?limit=1")

    def send_file(self, source_key: str, chunks: Chunks) -> None:
        """Send the bytes of one attachment; `chunks` gives them anew for a repetition."""
        self._caller.call(
            "PUT",
            f"{self._door}/files",
            params={"sourceKey": source_key},
            content=chunks,
            headers={"Content-Type": "application/octet-stream"},
        )

    def send_small_files(self, files: Sequence[tuple[str, bytes]]) -> list[dict[str, Any]]:
        """Send several small files in one request; returns what became of each."""
        body = b"".join(
            orjson.dumps(
                {"sourceKey": source_key, "sizeBytes": len(content)},
                option=orjson.OPT_APPEND_NEWLINE,
            )
            + content
            for source_key, content in files
        )
        response = self._caller.call(
            "POST",
            f"{self._door}/files",
            content=body,
            headers={"Content-Type": "application/octet-stream"},
            idempotent=True,
        )
        return list(orjson.loads(response.content)["results"])

    def ids(
        self, keys: Sequence[str] | Sequence[Mapping[str, Any]], *, reserve: bool
    ) -> list[dict[str, Any]]:
        """Return `sourceKey`, `id` and `state` of items; on request keep ids for what is to come.

        Without `reserve`, the site need not be made yet.
        """
        response = self._caller.call(
            "POST",
            f"{self._door}/ids",
            params={"reserve": "true"} if reserve else {},
            content=b"\n".join(orjson.dumps(key) for key in keys),
            headers=NDJSON,
            idempotent=True,
        )
        return list(orjson.loads(response.content)["results"])

    def unlink(self, keys: Sequence[str]) -> list[dict[str, Any]]:
        """Remove attachments that came ahead of their pages; returns what became of each."""
        response = self._caller.call(
            "POST",
            f"{self._door}/unlinked",
            content=b"\n".join(orjson.dumps(key) for key in keys),
            headers=NDJSON,
            idempotent=True,
        )
        return list(orjson.loads(response.content)["results"])

    def spaces(self) -> Iterator[dict[str, str]]:
        """Yield `id`, `key`, `name` and `status` of every space of the site, those in the archive
        and in the trash too. A site that is not made yet has none."""
        path = f"{self._base}/api/v2/spaces?limit=250&status=current,archived,trashed"
        while path:
            try:
                answer = orjson.loads(self._caller.call("GET", path).content)
            except APIError as error:
                if error.code == SITE_UNKNOWN:
                    return
                raise
            for space in answer["results"]:
                yield {name: space[name] for name in ("id", "key", "name", "status")}
            path = answer["_links"].get("next", "")

    def placeholders(self) -> Iterator[dict[str, Any]]:
        """Walk the placeholders nobody has claimed: key, account id, name, how much they wrote."""
        with self._caller.open(f"{self._door}/placeholders") as response:
            yield from counted_rows(response, "placeholders")

    def claim(self, claim: Mapping[str, Any]) -> dict[str, Any]:
        """Say who a placeholder is; the same claim again changes nothing."""
        response = self._caller.call(
            "POST", f"{self._door}/claims", json=dict(claim), idempotent=True
        )
        return dict(orjson.loads(response.content))

    def groups(self) -> list[dict[str, Any]]:
        """Return every group of the site: `id`, `name`, `members`, `sourceKey`.

        A site that is not made yet has none.
        """
        try:
            with self._caller.open(f"{self._door}/groups") as response:
                return list(counted_rows(response, "list"))
        except APIError as error:
            if error.code == SITE_UNKNOWN:
                return []
            raise

    @contextmanager
    def inventory(self) -> Iterator[Iterator[dict[str, Any]]]:
        """Stream what the site holds of this source, item by item, with digests made now."""
        with self._caller.open(f"{self._door}/inventory") as response:
            yield counted_rows(response, "inventory")


class RehearsedSite(SiteClient):
    """A site that keeps no ids: what would be kept is noted, and stands in by a made-up one."""

    def __init__(self, caller: Caller, site_key: str, source: str) -> None:
        super().__init__(caller, site_key, source)
        self._to_keep: list[str] = []

    def ids(
        self, keys: Sequence[str] | Sequence[Mapping[str, Any]], *, reserve: bool
    ) -> list[dict[str, Any]]:
        """Return what the site knows, and made-up ids in place of those it would keep."""
        answers = super().ids(keys, reserve=False)
        if not reserve:
            return answers
        for answer in answers:
            if answer["id"] is None:
                self._to_keep.append(answer["sourceKey"])
                answer["id"], answer["state"] = _made_up_id(answer["sourceKey"]), "reserved"
        return answers

    def take_kept(self) -> list[str]:
        """Return the keys that ids would have been kept for since this was asked last."""
        taken, self._to_keep = self._to_keep, []
        return taken


def _made_up_id(source_key: str) -> str:
    """Return an id that no site gives out: the same one for the same item."""
    digest = hashlib.sha256(source_key.encode()).digest()
    return str((1 << 62) + int.from_bytes(digest[:7], "big"))
