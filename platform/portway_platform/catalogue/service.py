"""Publishing versions of apps, and what the catalogue says about them."""

import hashlib
from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy import Connection, Select, select, update

from portway_platform import error_codes
from portway_platform.catalogue.messages import Manifest
from portway_platform.catalogue.tables import app_versions, apps
from portway_platform.catalogue.versions import parse_version
from portway_platform.services import Services
from portway_service.database import by_bytes, insert_if_absent
from portway_service.endpoints import invalid_fields
from portway_service.errors import Refusal


@dataclass(frozen=True)
class App:
    """An app of the catalogue, with the manifest of its current version."""

    key: str
    current_version: str
    versions: tuple[str, ...]
    """Newest first."""
    manifest: Manifest


def publish(
    services: Services, app_key: str, version: str, manifest: Manifest
) -> tuple[str, str, bool]:
    """Publish one version of an app; return digest, current version, and whether it is new.

    The newest version becomes the current one, in whatever order they are published.

    Raises:
        Refusal: `version_published` when the version exists with other content.
    """
    _check_address(app_key, version, manifest)
    digest = manifest_digest(manifest)
    with services.database.write() as connection:
        _ensure_app(connection, services, manifest)
        values = {
            "app_key": app_key,
            "version": version,
            "manifest": manifest.model_dump(mode="json"),
            "digest": digest,
            "published_at": services.clock.now(),
        }
        is_new = insert_if_absent(connection, app_versions, values)
        if not is_new and _get_digest(connection, app_key, version) != digest:
            raise Refusal(error_codes.VERSION_PUBLISHED, key=app_key, version=version)
        current = _newest_version(connection, app_key)
        if current == version:
            connection.execute(
                update(apps)
                .where(apps.c.key == app_key)
                .values(
                    current_version=version,
                    server_app_key=manifest.server_app_key,
                    name=manifest.name,
                    vendor=manifest.vendor,
                )
            )
        return digest, current, is_new


def get_app(connection: Connection, app_key: str) -> App:
    """Return an app of the catalogue, or refuse."""
    row = connection.execute(_current_manifests().where(apps.c.key == app_key)).first()
    if row is None:
        raise Refusal(error_codes.APP_UNKNOWN, key=app_key)
    return _app(connection, row)


def list_apps(connection: Connection) -> list[App]:
    """Return every app of the catalogue, by key."""
    rows = connection.execute(_current_manifests().order_by(by_bytes(apps.c.key))).all()
    return [_app(connection, row) for row in rows]


def lock_app(connection: Connection, app_key: str) -> None:
    """Make other publications and agreements of this app wait until this transaction ends."""
    connection.execute(select(apps.c.key).where(apps.c.key == app_key).with_for_update())


def manifest_digest(manifest: Manifest) -> str:
    """Return the SHA-256 (hex) over everything a manifest says.

    What it leaves out does not count, so a field that manifests get later changes no digest.
    """
    said = manifest.model_dump(mode="json", exclude_defaults=True)
    return hashlib.sha256(orjson.dumps(said, option=orjson.OPT_SORT_KEYS)).hexdigest()


def _check_address(app_key: str, version: str, manifest: Manifest) -> None:
    faults = [
        {"field": field, "problem": f"the address says {asked}, the manifest {said}"}
        for field, asked, said in (
            ("app_key", app_key, manifest.app_key),
            ("version", version, manifest.version),
        )
        if asked != said
    ]
    if faults:
        raise invalid_fields(faults)


def _ensure_app(connection: Connection, services: Services, manifest: Manifest) -> None:
    values = {
        "key": manifest.app_key,
        "server_app_key": manifest.server_app_key,
        "name": manifest.name,
        "vendor": manifest.vendor,
        "current_version": manifest.version,
        "created_at": services.clock.now(),
    }
    insert_if_absent(connection, apps, values)
    # Publications of one app wait for each other, so each sees the versions before it.
    connection.execute(select(apps.c.key).where(apps.c.key == manifest.app_key).with_for_update())


def _get_digest(connection: Connection, app_key: str, version: str) -> str:
    digest: str = connection.execute(
        select(app_versions.c.digest).where(
            app_versions.c.app_key == app_key, app_versions.c.version == version
        )
    ).scalar_one()
    return digest


def _newest_version(connection: Connection, app_key: str) -> str:
    return _versions(connection, app_key)[0]


def _versions(connection: Connection, app_key: str) -> tuple[str, ...]:
    """Return the published versions, newest first; of equal ones, the one published later."""
    rows = connection.execute(
        select(app_versions.c.version)
        .where(app_versions.c.app_key == app_key)
        .order_by(app_versions.c.published_at.desc(), app_versions.c.version.desc())
    ).scalars()
    return tuple(sorted(rows, key=parse_version, reverse=True))


def _current_manifests() -> Select[Any]:
    return select(apps, app_versions.c.manifest).join(
        app_versions,
        (app_versions.c.app_key == apps.c.key) & (app_versions.c.version == apps.c.current_version),
    )


def _app(connection: Connection, row: Any) -> App:
    return App(
        key=row.key,
        current_version=row.current_version,
        versions=_versions(connection, row.key),
        manifest=Manifest.model_validate(row.manifest),
    )
