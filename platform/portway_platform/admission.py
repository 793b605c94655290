"""Whether the access an endpoint states is open to whoever calls it.

| interface | who may call | its endpoints state |
|---|---|---|
| admin | an admin | `AdminMay` |
| Connect | a cloud app installed on the site of the path | `AppMay`, `AppItself` |
| Forge | an environment of a Forge app on a site (`forge/admission.py`) | `AppMay`, `AppItself` |
| gateway | the listener of a server app | `ListenerMay`, `ListenerItself` |
| public | anybody | `Open` |

An access to a transfer passes the gate here, before the body is read.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Generic, TypeVar

import flask
from sqlalchemy import Connection

from portway_platform import error_codes
from portway_platform.callers import (
    AppAuthenticator,
    AppCaller,
    ListenerCaller,
    identify_listener,
    identify_uploader,
)
from portway_platform.connect.answers import as_spoken
from portway_platform.dialect.refusals import hides_mappings
from portway_platform.gate import Owner, TransferAccess, check_transfer, find_file
from portway_platform.ledger.refusals import noting_refusals
from portway_platform.services import Services
from portway_scopes import Access, Request
from portway_service.admin_access import Admin, AdminAccess
from portway_service.clock import Clock
from portway_service.endpoints import Open
from portway_service.error_codes import NOT_FOUND
from portway_service.errors import Refusal

# What endpoints state


@dataclass(frozen=True)
class AdminMay:
    """An admin may do this."""

    what: str


def data_class_of_query(request: flask.Request) -> str | None:
    """Return the data class an upload names in its query."""
    return request.args.get("dataClass")


@dataclass(frozen=True)
class AppMay:
    """A cloud app may do this with a transfer of its own, named in the path.

    The path holds `<transfer_id>`, or `<s3_key>` for a file of a transfer.
    """

    access: Access
    transfer_header: str | None = None
    """The header that names the transfer in place of the path (wire contract, 3.5).

    There whoever cannot show who sends the request is answered 403.
    """


@dataclass(frozen=True)
class AppItself:
    """A cloud app may do this for itself; no transfer is touched."""

    what: str


@dataclass(frozen=True)
class ListenerMay:
    """A listener may do this with a transfer of its own, named in the path.

    The path holds `<transfer_id>`, or `<key>` for a file of a transfer.
    """

    access: Access
    data_class: Callable[[flask.Request], str | None] = data_class_of_query
    """Finds the data class of a new upload. A file that exists has its own."""
    by_upload_token: bool = False
    """Whether an upload token of the transfer does instead of a signature."""


@dataclass(frozen=True)
class ListenerItself:
    """A listener may do this for itself; no transfer is touched."""

    what: str


Caller = TypeVar("Caller")


@dataclass(frozen=True)
class Admitted(Generic[Caller]):
    """A caller, and the transfer its access was granted to."""

    caller: Caller
    granted: TransferAccess | None = None
    sees_no_mappings: bool = False
    """Whether mappings are answered as if there were none: the site's dialect for a refusal."""

    @property
    def transfer(self) -> TransferAccess:
        """The transfer of an endpoint that states an access to one."""
        if self.granted is None:
            raise LookupError("the endpoint states no access to a transfer")
        return self.granted


# Admission


@dataclass(frozen=True)
class AdminAdmission:
    """Admits admins."""

    admins: AdminAccess

    def admit(
        self, request: flask.Request, access: Any, path: Mapping[str, str], query: Any
    ) -> Admin:
        """Return the admin who calls; refuse anybody else."""
        if not isinstance(access, AdminMay):
            raise TypeError(f"the admin interface does not know {access!r}")
        return self.admins.admit(request)


@dataclass(frozen=True)
class AppAdmission:
    """Admits cloud apps to the Connect interface of the site they are installed on."""

    services: Services
    authenticator: AppAuthenticator

    def admit(
        self, request: flask.Request, access: Any, path: Mapping[str, str], query: Any
    ) -> Admitted[AppCaller] | None:
        """Return the app that calls, with the transfer it may reach; refuse anybody else."""
        if isinstance(access, Open):
            return None
        if "jwt" not in request.args and _is_bearer(request):
            raise Refusal(error_codes.CONNECT_APPS_ONLY)
        if any("\0" in part for part in path.values()):
            # PostgreSQL would not even look for it.
            raise Refusal(NOT_FOUND)
        with self.services.database.read() as connection:
            try:
                caller = self.authenticator.identify(connection, request, path["site_key"])
            except Refusal as refusal:
                if not isinstance(access, AppMay) or access.transfer_header is None:
                    raise
                raise refusal.with_status(403) from None
            if not request.path.startswith(f"{caller.base_path}/rest/"):
                # Confluence addresses have a /wiki that Jira's do not.
                raise Refusal(NOT_FOUND)
            self.services.rate_limiter.count("connect", caller.app_key, caller.site_id)
            if isinstance(access, AppItself):
                return Admitted(caller)
            if not isinstance(access, AppMay):
                raise TypeError(f"the Connect interface does not know {access!r}")
            path = _with_transfer(access, request, path)
            wanted = asked(request, access.access, data_class=None)
            try:
                with noting_refusals(self.services, caller.app_key, wanted, path):
                    granted = pass_gate(connection, wanted, path, caller.owner, self.services.clock)
            except Refusal as refusal:
                if not hides_mappings(refusal, caller.dialect):
                    raise as_spoken(connection, refusal, caller.dialect) from None
                wanted = Request(Access.READ_TRANSFER)
                granted = pass_gate(connection, wanted, path, caller.owner, self.services.clock)
                return Admitted(caller, granted, sees_no_mappings=True)
            return Admitted(caller, granted)


@dataclass(frozen=True)
class ListenerAdmission:
    """Admits listeners to the gateway."""

    services: Services

    def admit(
        self, request: flask.Request, access: Any, path: Mapping[str, str], query: Any
    ) -> Admitted[ListenerCaller] | None:
        """Return the listener that calls, with the transfer it may reach; refuse anybody else."""
        if isinstance(access, Open):
            return None
        with self.services.database.read() as connection:
            may_be_token = isinstance(access, ListenerMay) and access.by_upload_token
            uploader = (
                identify_uploader(connection, self.services, request) if may_be_token else None
            )
            if uploader is None:
                caller, only_transfer = (
                    identify_listener(connection, self.services, request),
                    None,
                )
            else:
                caller, only_transfer = uploader
            if isinstance(access, ListenerItself):
                return Admitted(caller)
            if not isinstance(access, ListenerMay):
                raise TypeError(f"the gateway does not know {access!r}")
            wanted = asked(request, access.access, data_class=access.data_class)
            with noting_refusals(self.services, caller.app_key, wanted, path):
                granted = pass_gate(connection, wanted, path, caller.owner, self.services.clock)
            if only_transfer not in (None, granted.transfer_id):
                raise Refusal(error_codes.TRANSFER_UNKNOWN, transfer_id=granted.transfer_id)
            self.services.rate_limiter.count("gateway", caller.app_key, granted.site_id)
            return Admitted(caller, granted)


def admit_anybody(request: flask.Request, access: Any, path: Mapping[str, str], query: Any) -> None:
    """Admit anybody to an address that says why it is open."""
    if not isinstance(access, Open):
        raise TypeError(f"the public interface does not know {access!r}")


def _with_transfer(
    access: AppMay, request: flask.Request, path: Mapping[str, str]
) -> Mapping[str, str]:
    """Return the path's arguments, with the transfer a header names where that is its place."""
    if access.transfer_header is None:
        return path
    transfer_id = request.headers.get(access.transfer_header, "").strip()
    if not transfer_id or "\0" in transfer_id:
        raise Refusal(error_codes.TRANSFER_ID_MISSING, header=access.transfer_header)
    return {**path, "transfer_id": transfer_id}


def _is_bearer(request: flask.Request) -> bool:
    scheme, _, credentials = request.headers.get("Authorization", "").partition(" ")
    return scheme.lower() == "bearer" and bool(credentials.strip())


def asked(
    request: flask.Request,
    access: Access,
    *,
    data_class: Callable[[flask.Request], str | None] | None,
) -> Request:
    """Return what a request asks of the gate."""
    return Request(
        access,
        namespace=request.args.get("namespace") if access is Access.READ_MAPPINGS else None,
        data_class=data_class(request)
        if data_class is not None and access is Access.UPLOAD_APP_DATA
        else None,
    )


def pass_gate(
    connection: Connection,
    wanted: Request,
    path: Mapping[str, str],
    owner: Owner,
    clock: Clock,
) -> TransferAccess:
    """Admit `owner` to the transfer, or to the file of one, that the path names, or refuse."""
    transfer_id = path.get("transfer_id")
    if transfer_id is None:
        key = path.get("s3_key") or path["key"]
        found = find_file(connection, key, owner)
        if found is None:
            raise Refusal(error_codes.APP_DATA_UNKNOWN, key=key)
        transfer_id, data_class = found
        wanted = replace(wanted, data_class=data_class)
    return check_transfer(connection, transfer_id, wanted, owner=owner, clock=clock)
