"""The platform as the assistant meets it."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import orjson

from portway_assistant.clients.bodies import (
    NDJSON,
    is_there,
    ndjson,
    split_lines,
)
from portway_sdk.http import Caller, segment


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
        return dict(self._json("PUT", f"sites/{segment(site_key)}", json=body))

    def dialect(self, site_key: str) -> dict[str, Any]:
        """Return how a site speaks the contract."""
        return dict(self._json("GET", f"sites/{segment(site_key)}/dialect"))

    def set_dialect(self, site_key: str, switches: Mapping[str, str | None]) -> dict[str, Any]:
        """Set switches of a site's dialect; None puts one back to its default."""
        path = f"sites/{segment(site_key)}/dialect"
        body = {"switches": dict(switches)}
        return dict(self._json("PATCH", path, json=body))

    def put_server(self, server_key: str, name: str) -> dict[str, Any]:
        """Make a source server, or find it."""
        body = {"name": name, "product": "CONFLUENCE", "baseUrl": None}
        return dict(self._json("PUT", f"servers/{segment(server_key)}", json=body))

    def publish_app(self, manifest: Mapping[str, Any]) -> dict[str, Any]:
        """Publish a manifest's version of its app."""
        path = f"apps/{segment(manifest['app_key'])}/versions/{segment(manifest['version'])}"
        return dict(self._json("PUT", path, json=manifest))

    def app(self, app_key: str) -> dict[str, Any]:
        """Return an app of the catalogue, with its current version's manifest."""
        return dict(self._json("GET", f"apps/{segment(app_key)}"))

    def install_app(self, site_key: str, app_key: str, descriptor_url: str) -> dict[str, Any]:
        """Install a cloud app on a site, or find it installed."""
        path = f"sites/{segment(site_key)}/installations/{segment(app_key)}"
        return dict(self._json("PUT", path, json={"descriptorUrl": descriptor_url}))

    def install_forge_app(self, site_key: str, app_key: str, environment: str) -> dict[str, Any]:
        """Put an environment of a Forge app on a site, or find it there."""
        place = f"sites/{segment(site_key)}/forge-installations/{segment(app_key)}"
        path = f"{place}/{segment(environment)}"
        return dict(self._json("PUT", path, json={}))

    def enrol(self, server_key: str, app_key: str, *, key: str) -> dict[str, Any]:
        """Return a one-time enrolment token for a server app."""
        path = f"servers/{segment(server_key)}/enrolments"
        return dict(self._create(path, {"appKey": app_key}, key))

    def listeners(self, server_key: str) -> list[dict[str, Any]]:
        """Return the server apps enrolled for a server."""
        return list(self._json("GET", f"servers/{segment(server_key)}/listeners"))

    def consent_card(self, app_key: str, server_key: str, site_key: str) -> dict[str, Any]:
        """Return what an admin reads before agreeing, and where the app stands."""
        query = {"app": app_key, "server": server_key, "site": site_key}
        return dict(self._json("GET", "consents/card", params=query))

    def give_consent(self, record: Mapping[str, Any], *, key: str) -> dict[str, Any]:
        """Record an agreement to exactly the terms of a card."""
        return dict(self._create("consents", record, key))

    def withdraw_consent(self, record_id: str, withdrawn_by: str) -> dict[str, Any]:
        """Withdraw an agreement."""
        path = f"consents/{segment(record_id)}/withdrawal"
        return dict(self._json("POST", path, json={"withdrawnBy": withdrawn_by}))

    def consent_receipt(self, record_id: str) -> str:
        """Return the signed receipt of an agreement, a compact JWS."""
        path = f"/admin/v1/consents/{segment(record_id)}/receipt"
        return str(self._caller.call("GET", path).text)

    def put_installed_apps(self, server_key: str, apps: Sequence[Mapping[str, Any]]) -> None:
        """List what a server has installed, in place of what was listed before."""
        self._json(
            "PUT", f"servers/{segment(server_key)}/installed-apps", json={"apps": list(apps)}
        )

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
            yield from split_lines(response)

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
        return is_there(self._caller, f"/admin/v1/{path}")

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
        return str(self._create(f"apps/{segment(app_key)}/check-runs", body, key)["checkRunId"])

    def check_run(self, check_run_id: str) -> dict[str, Any]:
        """Return a check run and its results."""
        return dict(self._json("GET", f"check-runs/{check_run_id}"))
