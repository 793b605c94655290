"""Who calls: the cloud app or the listener behind a request, known by what it signed.

| caller | shows itself by | is found by |
|---|---|---|
| a cloud app on a site | HS256 JWT with its installation's secret | the site of the path, `iss` |
| the listener of a server app | EdDSA JWT with its own key | `kid` |
| a tus client of that listener | the listener's upload token | the key that asked for it |
"""

import secrets
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import quote, urlsplit

import flask
from sqlalchemy import Connection, bindparam, or_, select

from portway_platform.app_data.upload_tokens import PREFIX as UPLOAD_TOKEN_PREFIX
from portway_platform.app_data.upload_tokens import find_grant
from portway_platform.dialect.rules import DEFAULT, Dialect, dialect_of
from portway_platform.dialect.tables import dialects
from portway_platform.forge.callers import identify_app
from portway_platform.gate import Owner, get_manifest
from portway_platform.installations.rules import IN_FORCE, may_write
from portway_platform.installations.tables import installations
from portway_platform.listeners.tables import listeners
from portway_platform.services import Services
from portway_platform.sites.rules import Product, base_path
from portway_platform.sites.tables import sites
from portway_sdk.tokens import (
    VerificationError,
    VerificationReason,
    find_connect_token,
    read_unverified_issuer,
    read_unverified_key_id,
    verify_connect_token,
    verify_gateway_token,
)
from portway_sdk.wire import PublicKey
from portway_service.error_codes import NOT_FOUND, UNAUTHENTICATED
from portway_service.errors import Refusal

_WRITING = ("write:", "delete:", "manage:")
"""How the Forge scopes begin that let an app change a site."""


@dataclass(frozen=True)
class AppCaller:
    """A cloud app, installed on a site and recognised by its secret."""

    installation_id: str
    app_key: str
    site_id: str
    site_key: str
    base_path: str
    """Where the site's own addresses begin, such as `/sites/acme/wiki`."""
    product: Product
    client_key: str
    name: str
    may_write: bool
    """Whether its Connect scopes let it change the site's content."""
    dialect: Dialect = DEFAULT
    """How its site speaks the contract."""

    @property
    def owner(self) -> Owner:
        """Whose transfers it may reach."""
        return Owner(installation_id=self.installation_id)


@dataclass(frozen=True)
class ListenerCaller:
    """The listener of a server app, recognised by its key."""

    listener_id: str
    server_id: str
    app_key: str
    """The cloud app it moves data to."""
    server_app_key: str
    key_id: str

    @property
    def owner(self) -> Owner:
        """Whose transfers it may reach."""
        return Owner(listener_id=self.listener_id)


@dataclass(frozen=True)
class AppAuthenticator:
    """Recognises cloud apps by the tokens they sign with their installation's secret."""

    services: Services
    _nobodys_secret: str = field(default_factory=lambda: secrets.token_hex(32), repr=False)

    def authenticate(self, request: flask.Request, site_key: str) -> AppCaller:
        """Return the app, installed on the site, that signed this request; refuse anybody else."""
        with self.services.database.read() as connection:
            return self.identify_any(connection, request, site_key)

    def identify_any(
        self, connection: Connection, request: flask.Request, site_key: str
    ) -> AppCaller:
        """Return the Connect or Forge app that calls a site's own addresses, or refuse."""
        if not request.headers.get("Authorization", "").lower().startswith("bearer "):
            return self.identify(connection, request, site_key)
        forge = identify_app(connection, self.services, request)
        installed = connection.execute(
            _INSTALLATION, {"site_key": site_key, "app_key": forge.app_key}
        ).first()
        if installed is None or installed.id != forge.installation_id:
            raise Refusal(NOT_FOUND)
        described = get_manifest(connection, forge.app_key).forge
        permissions = described.permissions if described else ()
        may_change = any(each.startswith(_WRITING) for each in permissions)
        return replace(self._caller(installed, site_key), may_write=may_change)

    def identify(self, connection: Connection, request: flask.Request, site_key: str) -> AppCaller:
        """Return the app that signed this request, as the transaction sees it, or refuse.

        An unknown site, an app that is not installed there and a token signed by another get the
        same answer.
        """
        try:
            token = find_connect_token(
                request.headers.get("Authorization"), request.query_string.decode("latin-1")
            )
            installed = connection.execute(
                _INSTALLATION,
                {"site_key": site_key, "app_key": read_unverified_issuer(token)},
            ).first()
            self._verify(token, request, site_key, installed)
        except VerificationError as error:
            raise _unauthenticated(error, scheme="JWT") from None
        if installed is None:
            raise Refusal(NOT_FOUND)
        return self._caller(installed, site_key)

    @staticmethod
    def _caller(installed: Any, site_key: str) -> AppCaller:
        return AppCaller(
            installation_id=installed.id,
            app_key=installed.app_key,
            site_id=installed.site_id,
            site_key=site_key,
            base_path=base_path(site_key, installed.product),
            product=Product(installed.product),
            client_key=installed.client_key,
            name=installed.name,
            may_write=may_write(installed.scopes),
            dialect=dialect_of(installed.switches or {}),
        )

    def _verify(self, token: str, request: flask.Request, site_key: str, installed: Any) -> None:
        """Check a token against the secret in force, then against one that is to follow it.

        An app that was given a new secret may have kept it although its answer was lost.
        """
        secrets_of_it = [installed.shared_secret] if installed else [self._nobodys_secret]
        if installed and installed.pending:
            secrets_of_it.append(installed.pending["shared_secret"])
        for secret in secrets_of_it:
            try:
                verify_connect_token(
                    token,
                    secret=secret,
                    issuer=installed.app_key if installed else "",
                    audience=installed.client_key if installed else "",
                    method=request.method,
                    url=request_target(request),
                    context_path=base_path(site_key, installed.product) if installed else "",
                    now=self.services.clock.now(),
                )
            except VerificationError as error:
                is_last = secret == secrets_of_it[-1]
                if is_last or error.reason is not VerificationReason.SIGNATURE:
                    raise
            else:
                return


def identify_listener(
    connection: Connection, services: Services, request: flask.Request
) -> ListenerCaller:
    """Return the listener that signed this request; refuse anybody else."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    try:
        if scheme.lower() != "bearer" or not token.strip():
            raise VerificationError(VerificationReason.MISSING, "there is no bearer token")
        found = connection.execute(
            _LISTENER, {"key_id": read_unverified_key_id(token.strip())}
        ).first()
        if found is None:
            raise VerificationError(VerificationReason.KEY_UNKNOWN, "no listener has this key")
        verify_gateway_token(
            token.strip(),
            public_key=PublicKey(x=found.public_key),
            server_app_key=found.server_app_key,
            listener_id=found.id,
            method=request.method,
            url=request_target(request),
            now=services.clock.now(),
        )
    except VerificationError as error:
        raise _unauthenticated(error, scheme="Bearer") from None
    return _listener(found)


def _listener(found: Any) -> ListenerCaller:
    return ListenerCaller(
        listener_id=found.id,
        server_id=found.server_id,
        app_key=found.app_key,
        server_app_key=found.server_app_key,
        key_id=found.key_id,
    )


def identify_uploader(
    connection: Connection, services: Services, request: flask.Request
) -> tuple[ListenerCaller, str] | None:
    """Return who asked for the upload token of this request, and the transfer it opens.

    None when it carries no upload token; refuse one that opens nothing.
    """
    token = request.headers.get("Authorization", "").partition(" ")[2].strip()
    if not token.startswith(UPLOAD_TOKEN_PREFIX):
        return None
    grant = find_grant(services.keys.address_secret, token, now=services.clock.now())
    found = grant and connection.execute(_LISTENER, {"key_id": grant.key_id}).first()
    if not grant or not found:
        problem = "the upload token has ended, or is none of ours"
        error = VerificationError(VerificationReason.EXPIRED, problem)
        raise _unauthenticated(error, scheme="Bearer")
    return _listener(found), grant.transfer_id


def request_target(request: flask.Request) -> str:
    """Return path and query as they travelled, the path from where the platform begins."""
    environ = request.environ
    raw_target: str = environ.get("RAW_URI") or environ.get("REQUEST_URI") or ""
    if raw_target.startswith(("http://", "https://")):
        parts = urlsplit(raw_target)
        raw_target = f"{parts.path}?{parts.query}" if parts.query else parts.path
    if not raw_target:
        # The server did not keep the target: encode the path again.
        path = quote(environ.get("PATH_INFO", "").encode("latin-1"), safe="/:@!$&'()*+,;=~")
        query = environ.get("QUERY_STRING", "")
        return f"{path}?{query}" if query else path
    root = request.root_path.rstrip("/")
    return raw_target[len(root) :] if root and raw_target.startswith(f"{root}/") else raw_target


def _unauthenticated(error: VerificationError, *, scheme: str) -> Refusal:
    return Refusal(
        UNAUTHENTICATED,
        headers={"WWW-Authenticate": f'{scheme} realm="Portway"'},
        problem=str(error),
    )


# Built once: putting a statement together takes longer than carrying it out.
_INSTALLATION = (
    select(
        installations.c.id,
        installations.c.app_key,
        installations.c.site_id,
        installations.c.shared_secret,
        installations.c.pending,
        installations.c.name,
        installations.c.scopes,
        sites.c.client_key,
        sites.c.product,
        dialects.c.switches,
    )
    .join(sites, sites.c.id == installations.c.site_id)
    .outerjoin(dialects, dialects.c.site_id == sites.c.id)
    .where(
        sites.c.key == bindparam("site_key"),
        installations.c.app_key == bindparam("app_key"),
        or_(*(installations.c.status == status for status in IN_FORCE)),
    )
)
_LISTENER = select(
    listeners.c.id,
    listeners.c.server_id,
    listeners.c.app_key,
    listeners.c.server_app_key,
    listeners.c.public_key,
    listeners.c.key_id,
).where(listeners.c.key_id == bindparam("key_id"))
