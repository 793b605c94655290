"""How a server app's listener becomes known: a one-time token, a key, a declaration.

Source: docs/reference/gateway-api.md#enrolment and #declaration
"""

import hashlib
from datetime import datetime

from sqlalchemy import Connection, insert, select, update

from portway_platform import error_codes
from portway_platform.catalogue.tables import apps
from portway_platform.forge.installing import check_environment, get_forge
from portway_platform.gate import get_manifest, get_terms
from portway_platform.listeners.messages import ListenerOutput
from portway_platform.listeners.rules import find_scopes_not_offered, is_connected
from portway_platform.listeners.tables import enrolments, listeners
from portway_platform.services import Services
from portway_platform.sites.service import get_server
from portway_sdk.tokens import thumbprint
from portway_sdk.wire import Declaration, EnrolmentRequest, ListenerRegistration
from portway_service.database import by_bytes
from portway_service.errors import Refusal


def create_enrolment(services: Services, server_key: str, app_key: str) -> tuple[str, datetime]:
    """Return a token with which one listener of the app may enrol on the server, and its end.

    Only the token's digest is kept.
    """
    token = services.ids.secret()
    expires_at = services.clock.now() + services.settings.enrolment_life
    with services.database.write() as connection:
        server = get_server(connection, server_key)
        _get_server_app_key(connection, app_key)
        connection.execute(
            insert(enrolments).values(
                token_digest=_digest(token),
                server_id=server.id,
                app_key=app_key,
                expires_at=expires_at,
            )
        )
    return token, expires_at


def enrol(services: Services, token: str, request: EnrolmentRequest) -> ListenerRegistration:
    """Make the holder of a token the app's listener on the token's server.

    The same token and key give the same answer again. A listener that enrols anew with a fresh
    token keeps its id and transfers; its former key opens nothing from then on.
    """
    key_id = thumbprint(request.public_key)
    with services.database.write() as connection:
        row = connection.execute(
            select(enrolments).where(enrolments.c.token_digest == _digest(token)).with_for_update()
        ).first()
        if row is None or (row.used_by_key_id is None and row.expires_at <= services.clock.now()):
            raise Refusal(error_codes.ENROLMENT_UNKNOWN)
        if row.used_by_key_id not in (None, key_id):
            raise Refusal(error_codes.ENROLMENT_USED)
        server_app_key = _get_server_app_key(connection, row.app_key)
        declared = (request.declaration.server_app_key, request.declaration.cloud_app_key)
        if declared != (server_app_key, row.app_key):
            raise Refusal(
                error_codes.ENROLMENT_FOR_OTHER_APP,
                server_app_key=server_app_key,
                app_key=row.app_key,
            )
        _check_scopes(connection, row.app_key, request.declaration)
        _check_forge(connection, row.app_key, request.declaration)
        connection.execute(
            update(enrolments)
            .where(enrolments.c.token_digest == row.token_digest)
            .values(used_by_key_id=key_id)
        )
        listener_id = _save_listener(
            connection, services, row.server_id, server_app_key, key_id, request
        )
    return ListenerRegistration(
        listener_id=listener_id, server_id=row.server_id, key_id=key_id, issuer=server_app_key
    )


def declare(services: Services, listener_id: str, declaration: Declaration) -> ListenerRegistration:
    """Keep what a listener says about itself today."""
    with services.database.write() as connection:
        row = connection.execute(
            select(listeners).where(listeners.c.id == listener_id).with_for_update()
        ).one()
        if (declaration.server_app_key, declaration.cloud_app_key) != (
            row.server_app_key,
            row.app_key,
        ):
            raise Refusal(
                error_codes.ENROLMENT_FOR_OTHER_APP,
                server_app_key=row.server_app_key,
                app_key=row.app_key,
            )
        _check_scopes(connection, row.app_key, declaration)
        _check_forge(connection, row.app_key, declaration)
        connection.execute(
            update(listeners)
            .where(listeners.c.id == listener_id)
            .values(declaration=declaration.to_wire(), last_seen_at=services.clock.now())
        )
    return ListenerRegistration(
        listener_id=listener_id,
        server_id=row.server_id,
        key_id=row.key_id,
        issuer=row.server_app_key,
    )


def list_listeners(services: Services, server_key: str) -> list[ListenerOutput]:
    """Return the listeners of a server, by app."""
    now = services.clock.now()
    with services.database.read() as connection:
        server = get_server(connection, server_key)
        rows = connection.execute(
            select(listeners)
            .where(listeners.c.server_id == server.id)
            .order_by(by_bytes(listeners.c.app_key))
        ).all()
    return [
        ListenerOutput(
            listener_id=row.id,
            app_key=row.app_key,
            server_app_key=row.server_app_key,
            version=declaration.version,
            data_access_scopes=sorted(declaration.data_access_scopes),
            checks=[{"checkId": spec.check_id, "title": spec.title} for spec in declaration.checks],
            forge_app_id=declaration.forge_app_id,
            forge_environment=declaration.forge_environment if declaration.forge_app_id else None,
            transfers=list(declaration.transfers),
            preloads=declaration.preloads,
            macro_mappings=declaration.macro_mappings,
            custom_field_mappings=list(declaration.custom_field_mappings),
            workflow_rule_mappings=declaration.workflow_rule_mappings,
            last_seen_at=row.last_seen_at,
            connected=is_connected(row.last_seen_at, now),
        )
        for row in rows
        for declaration in [Declaration.model_validate(row.declaration)]
    ]


def _save_listener(
    connection: Connection,
    services: Services,
    server_id: str,
    server_app_key: str,
    key_id: str,
    request: EnrolmentRequest,
) -> str:
    values = {
        "key_id": key_id,
        "public_key": request.public_key.x,
        "declaration": request.declaration.to_wire(),
        "server_app_key": server_app_key,
    }
    app_key = request.declaration.cloud_app_key
    holder = connection.execute(
        select(listeners.c.server_id, listeners.c.app_key).where(listeners.c.key_id == key_id)
    ).first()
    if holder is not None and (holder.server_id, holder.app_key) != (server_id, app_key):
        raise Refusal(error_codes.LISTENER_KEY_TAKEN)
    found: str | None = connection.execute(
        select(listeners.c.id)
        .where(listeners.c.server_id == server_id, listeners.c.app_key == app_key)
        .with_for_update()
    ).scalar()
    if found is not None:
        connection.execute(update(listeners).where(listeners.c.id == found).values(**values))
        return found
    listener_id = services.ids.uuid()
    connection.execute(
        insert(listeners).values(
            id=listener_id,
            server_id=server_id,
            app_key=app_key,
            enrolled_at=services.clock.now(),
            **values,
        )
    )
    return listener_id


def _get_server_app_key(connection: Connection, app_key: str) -> str:
    found: str | None = connection.execute(
        select(apps.c.server_app_key).where(apps.c.key == app_key)
    ).scalar()
    if found is None:
        raise Refusal(error_codes.APP_UNKNOWN, key=app_key)
    return found


def _check_scopes(connection: Connection, app_key: str, declaration: Declaration) -> None:
    terms = get_terms(connection, app_key)
    missing = find_scopes_not_offered(declaration.data_access_scopes, terms.scopes)
    if missing:
        raise Refusal(
            error_codes.SCOPE_NOT_IN_CATALOGUE,
            scopes=", ".join(missing),
            app_key=app_key,
            version=terms.app_version,
            details={"missing": missing},
        )


def _check_forge(connection: Connection, app_key: str, declaration: Declaration) -> None:
    """Refuse a Forge app or environment the catalogue does not know: no event would reach it."""
    if declaration.forge_app_id is None:
        return
    forge = get_forge(get_manifest(connection, app_key).forge, app_key)
    if declaration.forge_app_id != str(forge.app_id):
        raise Refusal(
            error_codes.FORGE_APP_OTHER,
            declared=declaration.forge_app_id,
            present=str(forge.app_id),
            app_key=app_key,
        )
    check_environment(declaration.forge_environment, forge.environment_names, app_key=app_key)


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
