"""Who may call which part of a site: the accesses endpoints state, and who was admitted."""

from dataclasses import dataclass
from enum import Enum
from typing import Protocol

import flask

from portway_cloud_site.error_codes import APP_MAY_NOT_WRITE
from portway_service.admin_access import Admin, AdminAccess
from portway_service.errors import Refusal


class SiteAccess(Enum):
    """The access an address of a site needs."""

    READ = "an admin, or an app installed on the site"
    WRITE = "an admin, or an app installed on the site with the right to write"
    ADMIN = "an admin"


@dataclass(frozen=True)
class AppCaller:
    """An app that proved to be installed on the site it calls."""

    app_key: str
    site_key: str
    name: str
    may_write: bool = False
    in_migration: bool = False
    """Whether a transfer of it to this site runs: then it may see what is restricted, too."""


class AppAuthenticator(Protocol):
    """Recognises apps by what they send; the platform, which installs them, supplies it."""

    def authenticate(self, request: flask.Request, site_key: str) -> AppCaller:
        """Return the app that calls `site_key`; raise `Refusal` for anybody else."""
        ...


@dataclass(frozen=True)
class Gatekeeper:
    """Finds out who calls, and whether the stated access is open to them."""

    admin: AdminAccess
    apps: AppAuthenticator

    def admit(self, request: flask.Request, access: SiteAccess, site_key: str) -> Admin | AppCaller:
        """Return the caller, or refuse."""
        if access is SiteAccess.ADMIN or not _is_app(request):
            return self.admin.admit(request)
        caller = self.apps.authenticate(request, site_key)
        if caller.site_key != site_key:
            raise AssertionError("the authenticator admitted an app of another site")
        if access is SiteAccess.WRITE and not caller.may_write:
            raise Refusal(APP_MAY_NOT_WRITE, app_key=caller.app_key)
        return caller


def _is_app(request: flask.Request) -> bool:
    scheme, _, credentials = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        # An app system token of a Forge app has three parts; the admin's token has one.
        return credentials.count(".") == 2
    return scheme.lower() == "jwt" or (not scheme and "jwt" in request.args)
