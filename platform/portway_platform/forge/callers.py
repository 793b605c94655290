"""Which environment of a Forge app calls, known by its app system token.

Source: docs/reference/forge-api.md#tokens
"""

import threading
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import flask
from sqlalchemy import Connection, bindparam, or_, select

from portway_platform.forge.installing import INSTALLED
from portway_platform.forge.rules import app_ari, installation_ari
from portway_platform.forge.tables import forge_installations
from portway_platform.gate import Owner
from portway_platform.installations.rules import IN_FORCE
from portway_platform.installations.tables import installations
from portway_platform.services import Services
from portway_platform.sites.tables import sites
from portway_sdk.tokens import (
    SYSTEM_LIFE,
    ForgeApp,
    VerificationError,
    VerificationReason,
    read_unverified_key_id,
    sign_app_system_token,
    verify_app_system_token,
)
from portway_service.error_codes import UNAUTHENTICATED
from portway_service.errors import Refusal

FORGE_PATH = "/app/migration/forge/v1"

_KEPT_FOR = timedelta(minutes=5)
"""How long one token is handed out again: an event then finds it good for 55 minutes or more."""


@dataclass(frozen=True)
class ForgeCaller:
    """An environment of a Forge app on a site, recognised by its token."""

    forge_installation_id: str
    installation_id: str
    app_key: str
    environment: str
    site_id: str
    site_key: str

    @property
    def owner(self) -> Owner:
        """Whose transfers it may reach."""
        return Owner(forge_installation_id=self.forge_installation_id)


def identify_app(connection: Connection, services: Services, request: flask.Request) -> ForgeCaller:
    """Return the environment whose token came with the request; refuse anybody else."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    try:
        if scheme.lower() != "bearer" or not token.strip():
            raise VerificationError(VerificationReason.MISSING, "there is no bearer token")
        app = _verify(services, token.strip())
        row = connection.execute(_CALLER, {"id": app.installation_id.rpartition("/")[2]}).first()
        if row is None or (app_ari(row.forge_app_id), row.environment) != (
            app.app_id,
            app.environment,
        ):
            raise VerificationError(VerificationReason.SUBJECT, "the app is not installed any more")
    except VerificationError as error:
        raise Refusal(
            UNAUTHENTICATED,
            headers={"WWW-Authenticate": 'Bearer realm="Portway"'},
            problem=str(error),
        ) from None
    return ForgeCaller(
        forge_installation_id=row.id,
        installation_id=row.installation_id,
        app_key=row.app_key,
        environment=row.environment,
        site_id=row.site_id,
        site_key=row.site_key,
    )


def _verify(services: Services, token: str) -> ForgeApp:
    now = services.clock.now()
    key = services.keys.forge.find(read_unverified_key_id(token), now)
    if key is None:
        raise VerificationError(VerificationReason.KEY_UNKNOWN, "its key is not in the key set")
    return verify_app_system_token(
        token,
        public_key=key.private_key.public_key(),
        issuer=services.settings.public_url,
        audience=audience_of(services),
        now=now,
    )


def audience_of(services: Services) -> str:
    """Return what app system tokens are for."""
    return f"{services.settings.public_url}{FORGE_PATH}"


@dataclass
class SystemTokens:
    """Makes app system tokens; one serves for a few minutes, as signing takes its time."""

    services: Services
    _made: dict[ForgeApp, tuple[datetime, str]] = field(default_factory=dict, repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def get(self, app: ForgeApp) -> tuple[str, datetime]:
        """Return a token of the app and when it ends: in 55 minutes or more."""
        now = self.services.clock.now()
        with self._lock:
            made_at, token = self._made.get(app, (None, ""))
            if made_at is None or not made_at <= now < made_at + _KEPT_FOR:
                key = self.services.keys.forge.signing_key(now)
                token = sign_app_system_token(
                    private_key=key.private_key,
                    key_id=key.kid,
                    app=app,
                    issuer=self.services.settings.public_url,
                    audience=audience_of(self.services),
                    now=now,
                    token_id=self.services.ids.uuid(),
                )
                made_at = now
                self._made[app] = (made_at, token)
        return token, made_at + SYSTEM_LIFE


def forge_app(forge_app_id: str, forge_installation_id: str, environment: str) -> ForgeApp:
    """Return an environment by the names its tokens carry."""
    return ForgeApp(
        app_id=app_ari(forge_app_id),
        installation_id=installation_ari(forge_installation_id),
        environment=environment,
    )


# Built once: putting a statement together takes longer than carrying it out.
_CALLER = (
    select(
        forge_installations.c.id,
        forge_installations.c.installation_id,
        forge_installations.c.forge_app_id,
        forge_installations.c.environment,
        installations.c.app_key,
        installations.c.site_id,
        sites.c.key.label("site_key"),
    )
    .join(installations, installations.c.id == forge_installations.c.installation_id)
    .join(sites, sites.c.id == installations.c.site_id)
    .where(
        forge_installations.c.id == bindparam("id"),
        forge_installations.c.is_installed == INSTALLED,
        or_(*(installations.c.status == status for status in IN_FORCE)),
    )
)
