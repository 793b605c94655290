"""Making and finding destination sites, source servers and the pairs of both."""

import re
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Table, select, update

from portway_platform import error_codes
from portway_platform.services import Services
from portway_platform.sites.messages import SERVER_KEY, SITE_KEY, ServerInput, SiteInput
from portway_platform.sites.rules import Product, base_url
from portway_platform.sites.tables import pairs, servers, sites
from portway_service.database import by_bytes, insert_if_absent
from portway_service.endpoints import invalid_fields
from portway_service.errors import Refusal


@dataclass(frozen=True)
class Site:
    """A destination site."""

    id: str
    key: str
    name: str
    product: Product
    client_key: str
    region: str | None

    def base_url(self, services: Services) -> str:
        """Return the site's address, without a trailing slash."""
        return base_url(services.settings.public_url, self.key, self.product)


@dataclass(frozen=True)
class Server:
    """A source server."""

    id: str
    key: str
    name: str
    product: Product
    base_url: str | None


def put_site(services: Services, key: str, wanted: SiteInput) -> tuple[Site, bool]:
    """Make a site, or change its name and region; tell whether it is new."""
    _check_key("siteKey", key, SITE_KEY, "acme-wiki")
    with services.database.write() as connection:
        values = {
            "id": services.ids.uuid(),
            "key": key,
            "name": wanted.name,
            "product": wanted.product,
            "client_key": services.ids.uuid(),
            "created_at": services.clock.now(),
            "region": wanted.region,
        }
        is_new = insert_if_absent(connection, sites, values)
        if not is_new:
            _check_product("site", key, get_site(connection, key).product, wanted.product)
            changed: dict[str, str | None] = {"name": wanted.name}
            if "region" in wanted.model_fields_set:
                changed["region"] = wanted.region
            connection.execute(update(sites).where(sites.c.key == key).values(**changed))
        return get_site(connection, key), is_new


def put_server(services: Services, key: str, wanted: ServerInput) -> tuple[Server, bool]:
    """Make a server, or change its name and address; tell whether it is new."""
    _check_key("serverKey", key, SERVER_KEY, "acme-dc")
    with services.database.write() as connection:
        values = {
            "id": services.ids.uuid(),
            "key": key,
            "name": wanted.name,
            "product": wanted.product,
            "base_url": wanted.base_url,
            "created_at": services.clock.now(),
        }
        is_new = insert_if_absent(connection, servers, values)
        if not is_new:
            _check_product("server", key, get_server(connection, key).product, wanted.product)
            connection.execute(
                update(servers)
                .where(servers.c.key == key)
                .values(name=wanted.name, base_url=wanted.base_url)
            )
        return get_server(connection, key), is_new


def get_site(connection: Connection, key: str) -> Site:
    """Return a site by its key, or refuse."""
    row = connection.execute(select(sites).where(sites.c.key == key)).first()
    if row is None:
        raise Refusal(error_codes.SITE_UNKNOWN, key=key)
    return _site(row)


def get_site_by_id(connection: Connection, site_id: str) -> Site:
    """Return a site that something refers to."""
    return _site(connection.execute(select(sites).where(sites.c.id == site_id)).one())


def list_sites(connection: Connection) -> list[Site]:
    """Return every site, by key."""
    return [_site(row) for row in _by_key(connection, sites)]


def get_server(connection: Connection, key: str) -> Server:
    """Return a server by its key, or refuse."""
    row = connection.execute(select(servers).where(servers.c.key == key)).first()
    if row is None:
        raise Refusal(error_codes.SERVER_UNKNOWN, key=key)
    return _server(row)


def list_servers(connection: Connection) -> list[Server]:
    """Return every server, by key."""
    return [_server(row) for row in _by_key(connection, servers)]


def ensure_pair(connection: Connection, services: Services, server_id: str, site_id: str) -> str:
    """Return the id of a server and site together (`migrationScopeId`); make it if need be."""
    values = {
        "id": services.ids.uuid(),
        "server_id": server_id,
        "site_id": site_id,
        "created_at": services.clock.now(),
    }
    insert_if_absent(connection, pairs, values)
    pair_id = find_pair(connection, server_id, site_id)
    if pair_id is None:
        raise LookupError(f"no pair of {server_id} and {site_id}")
    return pair_id


def find_pair(connection: Connection, server_id: str, site_id: str) -> str | None:
    """Return the id of a server and site together, or None before their first migration."""
    found: str | None = connection.execute(
        select(pairs.c.id).where(pairs.c.server_id == server_id, pairs.c.site_id == site_id)
    ).scalar()
    return found


def _check_key(field: str, key: str, pattern: str, example: str) -> None:
    if not re.fullmatch(pattern, key):
        problem = f"keys match {pattern}, for example {example}"
        raise invalid_fields([{"field": field, "problem": problem}])


def _check_product(kind: str, key: str, present: Product, wanted: Product) -> None:
    if present is not wanted:
        raise Refusal(error_codes.PRODUCT_FIXED, kind=kind, key=key, present=present, wanted=wanted)


def _by_key(connection: Connection, table: Table) -> list[Any]:
    return list(connection.execute(select(table).order_by(by_bytes(table.c.key))))


def _site(row: Any) -> Site:
    return Site(
        id=row.id,
        key=row.key,
        name=row.name,
        product=Product(row.product),
        client_key=row.client_key,
        region=row.region,
    )


def _server(row: Any) -> Server:
    return Server(
        id=row.id,
        key=row.key,
        name=row.name,
        product=Product(row.product),
        base_url=row.base_url,
    )
