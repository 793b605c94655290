"""How the assistant meets the platform and the cloud site: over HTTP, as any script could.

Every call may be repeated: PUTs and bulk doors by nature, creations by their Idempotency-Key. Lost
connections and restarts are waited out by the `Caller` underneath.
Source: docs/reference/admin-api.md, docs/reference/site-api.md
"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

import httpx
import orjson

from portway_sdk import APIError, TransportError
from portway_sdk.http import Caller, Chunks
from portway_service.edit_rules import EditPolicy

SITE_UNKNOWN = "cloud_site_unknown"
NDJSON = {"Content-Type": "application/x-ndjson"}
REHEARSAL_TIMEOUT = httpx.Timeout(30.0, read=None)
"""It answers once everything is decided, which takes as long as the export is large."""


def ndjson(rows: Iterable[Mapping[str, Any]]) -> bytes:
    """Return rows as newline-delimited JSON."""
    return b"".join(orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE) for row in rows)


def _q(part: str) -> str:
    return quote(part, safe="")


class PlatformClient:
    """The admin API of a platform."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller

    def _json(self, method: str, path: str, **request: Any) -> Any:
        response = self._caller.call(method, f"/admin/v1/{path}", idempotent=True, **request)
        return orjson.loads(response.content) if response.content else None

    def _create(self, path: str, body: Mapping[str, Any], key: str) -> Any:
        return self._json("POST", path, json=body, headers={"Idempotency-Key": key})

    def about(self) -> dict[str, Any]:
        """Return name, version and public address."""
        return dict(self._json("GET", "about"))

    def put_site(self, site_key: str, name: str) -> dict[str, Any]:
        """Make a Confluence site, or find it."""
        body = {"name": name, "product": "CONFLUENCE"}
        return dict(self._json("PUT", f"sites/{_q(site_key)}", json=body))

    def dialect(self, site_key: str) -> dict[str, Any]:
        """Return how a site speaks the contract."""
        return dict(self._json("GET", f"sites/{_q(site_key)}/dialect"))

    def set_dialect(self, site_key: str, switches: Mapping[str, str | None]) -> dict[str, Any]:
        """Set switches of a site's dialect; None puts one back to its default."""
        path = f"sites/{_q(site_key)}/dialect"
        body = {"switches": dict(switches)}
        return dict(self._json("PATCH", path, json=body))

    def put_server(self, server_key: str, name: str) -> dict[str, Any]:
        """Make a source server, or find it."""
        body = {"name": name, "product": "CONFLUENCE", "baseUrl": None}
        return dict(self._json("PUT", f"servers/{_q(server_key)}", json=body))

    def publish_app(self, manifest: Mapping[str, Any]) -> dict[str, Any]:
        """Publish a manifest's version of its app."""
        path = f"apps/{_q(manifest['app_key'])}/versions/{_q(manifest['version'])}"
        return dict(self._json("PUT", path, json=manifest))

    def app(self, app_key: str) -> dict[str, Any]:
        """Return an app of the catalogue, with its current version's manifest."""
        return dict(self._json("GET", f"apps/{_q(app_key)}"))

    def install_app(self, site_key: str, app_key: str, descriptor_url: str) -> dict[str, Any]:
        """Install a cloud app on a site, or find it installed."""
        path = f"sites/{_q(site_key)}/installations/{_q(app_key)}"
        return dict(self._json("PUT", path, json={"descriptorUrl": descriptor_url}))

    def install_forge_app(self, site_key: str, app_key: str, environment: str) -> dict[str, Any]:
        """Put an environment of a Forge app on a site, or find it there."""
        path = f"sites/{_q(site_key)}/forge-installations/{_q(app_key)}/{_q(environment)}"
        return dict(self._json("PUT", path, json={}))

    def enrol(self, server_key: str, app_key: str, *, key: str) -> dict[str, Any]:
        """Return a one-time enrolment token for a server app."""
        path = f"servers/{_q(server_key)}/enrolments"
        return dict(self._create(path, {"appKey": app_key}, key))

    def listeners(self, server_key: str) -> list[dict[str, Any]]:
        """Return the server apps enrolled for a server."""
        return list(self._json("GET", f"servers/{_q(server_key)}/listeners"))

    def consent_card(self, app_key: str, server_key: str, site_key: str) -> dict[str, Any]:
        """Return what an admin reads before agreeing, and where the app stands."""
        query = {"app": app_key, "server": server_key, "site": site_key}
        return dict(self._json("GET", "consents/card", params=query))

    def give_consent(self, record: Mapping[str, Any], *, key: str) -> dict[str, Any]:
        """Record an agreement to exactly the terms of a card."""
        return dict(self._create("consents", record, key))

    def withdraw_consent(self, record_id: str, withdrawn_by: str) -> dict[str, Any]:
        """Withdraw an agreement."""
        path = f"consents/{_q(record_id)}/withdrawal"
        return dict(self._json("POST", path, json={"withdrawnBy": withdrawn_by}))

    def consent_receipt(self, record_id: str) -> str:
        """Return the signed receipt of an agreement, a compact JWS."""
        path = f"/admin/v1/consents/{_q(record_id)}/receipt"
        return str(self._caller.call("GET", path).text)

    def put_installed_apps(self, server_key: str, apps: Sequence[Mapping[str, Any]]) -> None:
        """List what a server has installed, in place of what was listed before."""
        self._json("PUT", f"servers/{_q(server_key)}/installed-apps", json={"apps": list(apps)})

    def assessment(self, server_key: str, site_key: str) -> dict[str, Any]:
        """Return a server's apps with what was decided about each."""
        place = {"server": server_key, "site": site_key}
        return dict(self._json("GET", "assessment", params=place))

    def assessment_sheet(self, server_key: str, site_key: str) -> str:
        """Return the assessment as CSV."""
        place = {"server": server_key, "site": site_key}
        return str(self._caller.call("GET", "/admin/v1/assessment/sheet", params=place).text)

    def put_assessment_sheet(
        self, server_key: str, site_key: str, sheet: bytes, *, by: str
    ) -> dict[str, Any]:
        """Take the decisions of a CSV sheet, all or none."""
        place = {"server": server_key, "site": site_key, "by": by}
        headers = {"Content-Type": "text/csv"}
        return dict(
            self._json("PUT", "assessment/sheet", params=place, content=sheet, headers=headers)
        )

    def consents(self) -> list[dict[str, Any]]:
        """Return every consent record."""
        return list(self._json("GET", "consents"))

    def key_set(self) -> bytes:
        """Return the platform's published keys, a JWKS as JSON."""
        return bytes(self._caller.call("GET", "/.well-known/jwks.json").content)

    def ledger(self, **wanted: Any) -> list[dict[str, Any]]:
        """Return ledger entries that fit, the newest first."""
        query = {name: value for name, value in wanted.items() if value is not None}
        return list(self._json("GET", "ledger", params=query))

    def ledger_checkpoint(self) -> str:
        """Return the ledger's newest checkpoint, a signed note."""
        return str(self._caller.call("GET", "/admin/v1/ledger/checkpoint").text)

    def ledger_proof(self, index: int) -> str:
        """Return the proof of one ledger entry."""
        return str(self._caller.call("GET", f"/admin/v1/ledger/proofs/{index}").text)

    def ledger_entries(self) -> Iterator[bytes]:
        """Yield every ledger entry's bytes, from the first on, whatever their number."""
        with self._caller.open("/admin/v1/ledger/entries") as response:
            yield from _lines(response)

    def create_migration(
        self, server_key: str, site_key: str, name: str, *, key: str
    ) -> dict[str, Any]:
        """Begin a migration; the same key gives the same one again."""
        body = {"serverKey": server_key, "siteKey": site_key, "name": name}
        return dict(self._create("migrations", body, key))

    def set_core_status(self, migration_id: str, status: str) -> None:
        """Tell how far core migration is; apps start only after it."""
        self._json("PUT", f"migrations/{migration_id}/core", json={"status": status})

    def remove_mappings(self, migration_id: str, rows: Iterable[Mapping[str, Any]]) -> None:
        """Take mappings back whose item was deleted: rows as they were added."""
        path = f"migrations/{migration_id}/mappings"
        self._json("DELETE", path, content=ndjson(rows), headers=NDJSON)

    def knows(self, path: str) -> bool:
        """Tell whether the admin API has something at a path, such as `sites/acme`."""
        return _is_there(self._caller, f"/admin/v1/{path}")

    def add_mappings(self, migration_id: str, rows: Iterable[Mapping[str, Any]]) -> None:
        """Record id mappings: rows of `namespace`, `key`, `value`."""
        path = f"migrations/{migration_id}/mappings"
        self._json("POST", path, content=ndjson(rows), headers=NDJSON)

    def add_containers(self, migration_id: str, rows: Iterable[Mapping[str, Any]]) -> None:
        """Record what the migration covers: rows of `type`, `sourceId`, `key`, `name`."""
        path = f"migrations/{migration_id}/containers"
        self._json("POST", path, content=ndjson(rows), headers=NDJSON)

    def mappings(self, server_key: str, site_key: str, namespace: str) -> Iterator[tuple[str, str]]:
        """Walk every mapping of a namespace, in key order."""
        query = {"server": server_key, "site": site_key, "namespace": namespace}
        last: str | None = None
        while True:
            extra = {} if last is None else {"lastEntity": last}
            page = self._json("GET", "mappings", params=query | extra)
            yield from page["items"].items()
            if not page["meta"]["hasNext"]:
                return
            last = page["meta"]["lastEntity"]

    def start_transfer(self, migration_id: str, app_key: str, *, key: str) -> dict[str, Any]:
        """Start an app's transfer, or find the one under way."""
        path = f"migrations/{migration_id}/transfers"
        return dict(self._create(path, {"appKey": app_key}, key))

    def rerun_transfer(self, transfer_id: str, *, key: str) -> dict[str, Any]:
        """Run a transfer that failed again, as a new one."""
        return dict(self._create(f"transfers/{transfer_id}/rerun", {}, key))

    def transfer(self, transfer_id: str) -> dict[str, Any]:
        """Return where a transfer stands."""
        return dict(self._json("GET", f"transfers/{transfer_id}"))

    def start_checks(
        self,
        app_key: str,
        server_key: str,
        site_key: str,
        containers: Sequence[Mapping[str, Any]],
        *,
        key: str,
    ) -> str:
        """Ask an app's server side to run its checks; returns the check run's id."""
        body = {"serverKey": server_key, "siteKey": site_key, "containers": list(containers)}
        return str(self._create(f"apps/{_q(app_key)}/check-runs", body, key)["checkRunId"])

    def check_run(self, check_run_id: str) -> dict[str, Any]:
        """Return a check run and its results."""
        return dict(self._json("GET", f"check-runs/{check_run_id}"))


class SiteClient:
    """The bulk door of a cloud site, for items of one source."""

    def __init__(self, caller: Caller, site_key: str, source: str) -> None:
        self._caller = caller
        self._base = f"/sites/{_q(site_key)}/wiki"
        self._door = f"{self._base}/portway/v1/sources/{_q(source)}"

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
            yield _counted_rows(response, "rehearsal")
        except httpx.HTTPError as error:
            name = type(error).__name__
            raise TransportError(f"the answer broke off: {name}", sent=True) from error
        finally:
            response.close()

    def exists(self) -> bool:
        """Tell whether the site is there."""
        return _is_there(self._caller, f"{self._base}/api/v2/spaces?limit=1")

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
            yield from _counted_rows(response, "placeholders")

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
                return list(_counted_rows(response, "list"))
        except APIError as error:
            if error.code == SITE_UNKNOWN:
                return []
            raise

    @contextmanager
    def inventory(self) -> Iterator[Iterator[dict[str, Any]]]:
        """Stream what the site holds of this source, item by item, with digests made now."""
        with self._caller.open(f"{self._door}/inventory") as response:
            yield _counted_rows(response, "inventory")


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


class InventoryCutError(Exception):
    """The answer ended before its last line: it says nothing about what is missing."""


def _counted_rows(response: httpx.Response, what: str) -> Iterator[dict[str, Any]]:
    count = 0
    for line in _lines(response):
        row = orjson.loads(line)
        if row.get("end"):
            if row["items"] != count:
                raise InventoryCutError(f"{count} of {row['items']} rows of the {what} arrived")
            return
        count += 1
        yield row
    raise InventoryCutError(f"the {what} broke off after {count} rows")


def _lines(response: httpx.Response) -> Iterator[bytes]:
    """Yield the lines of NDJSON. Only a line feed ends one: texts may hold U+2028 and the like."""
    held = b""
    for chunk in response.iter_bytes():
        *lines, held = (held + chunk).split(b"\n")
        yield from filter(None, lines)
    if held:
        yield held


def _is_there(caller: Caller, path: str) -> bool:
    try:
        caller.call("GET", path)
    except APIError as error:
        if error.status == HTTPStatus.NOT_FOUND:
            return False
        raise
    return True
