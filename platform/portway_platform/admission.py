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
)
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
        with self.services.database.read() as connection:
            caller = self.authenticator.identify(connection, request, path["site_key"])
            if not request.path.startswith(f"{caller.base_path}/rest/"):
                # Confluence addresses have a /wiki that Jira's do not.
                raise Refusal(NOT_FOUND)
            if isinstance(access, AppItself):
                return Admitted(caller)
            if not isinstance(access, AppMay):
                raise TypeError(f"the Connect interface does not know {access!r}")
            wanted = asked(request, access.access, data_class=None)
            with noting_refusals(self.services, caller.app_key, wanted, path):
                granted = pass_gate(connection, wanted, path, caller.owner, self.services.clock)
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
            caller = identify_listener(connection, self.services, request)
            if isinstance(access, ListenerItself):
                return Admitted(caller)
            if not isinstance(access, ListenerMay):
                raise TypeError(f"the gateway does not know {access!r}")
            wanted = asked(request, access.access, data_class=access.data_class)
            with noting_refusals(self.services, caller.app_key, wanted, path):
                granted = pass_gate(connection, wanted, path, caller.owner, self.services.clock)
            return Admitted(caller, granted)


def admit_anybody(request: flask.Request, access: Any, path: Mapping[str, str], query: Any) -> None:
    """Admit anybody to an address that says why it is open."""
    if not isinstance(access, Open):
        raise TypeError(f"the public interface does not know {access!r}")


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
